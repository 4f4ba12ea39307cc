// Makes EndpointSlices what they should be.
#pragma once

#include "core/controller/async.h"
#include "core/controller/calls.h"
#include "core/controller/endpoint_slices.h"

#include <functional>
#include <string>

namespace kubarium::controller {

// `trigger` becomes the annotation of that name of what is written ("" takes it away); `onCreated` is told of each new slice. A
// namespace that is going takes no new ones, which is no error.
Async<Result<void>> writeSlices(Calls& calls, SliceChanges changes, std::string trigger, std::function<void(const ObjectPtr&)> onCreated);

}  // namespace kubarium::controller
