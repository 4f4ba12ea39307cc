// Turns answers into bytes: JSON or YAML, objects or Tables or metadata only. Pure, any thread: the HTTP front end calls it on
// its own thread so that big lists do not hold up the engine.
#pragma once

#include "core/apiserver/request.h"

#include <string>

namespace kubarium::apiserver {

// Fills `form`, `encoding`, metaVersion and includeObject from an Accept header and the query's includeObject and pretty.
// NotAcceptable if nothing in it can be served. `streaming`: of a watch.
Result<Presentation> negotiateAccept(std::string_view accept, const api::Resource* resource);
// Whether discovery is to be answered with one APIGroupDiscoveryList of version v2. NotAcceptable as above.
Result<bool> wantsAggregatedDiscovery(std::string_view accept);
// NotAcceptable if the metadata of one object were asked of a list, or those of a list of one object.
Result<void> checkPartialMetadata(const Presentation& presentation, const Response& response);

std::string contentTypeOf(const Response& response);
std::string renderBody(const Response& response);
// One event of a watch, with the newline that ends it. `first`: Table columns come with the first event only.
std::string renderFrame(const Presentation& presentation, const WatchFrame& frame, bool first);

// The list as one tree, for those that want no bytes.
json::object listTree(const ListBody& list, const api::Resource& resource);

}  // namespace kubarium::apiserver
