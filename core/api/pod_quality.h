// The quality-of-service class of a Pod: who is evicted and killed first when a Node runs out of memory.
#pragma once

#include "core/api/object.h"

#include <string_view>

namespace kubarium::api {

// Guaranteed: every container has equal requests and limits of cpu and memory. BestEffort: none has any. Else Burstable.
std::string_view podQualityOfService(const json::object& pod);

}  // namespace kubarium::api
