// The JSON patch (RFC 6902) that turns one document into another.
#pragma once

#include <boost/json/array.hpp>

namespace kubarium::api {

// Operations add, remove and replace; empty if the documents are equal. Lists are compared place by place: what was appended is
// added at "-", what is gone from one place on is removed, and a list that changed in another way is replaced as a whole.
boost::json::array makeJsonPatch(const boost::json::value& before, const boost::json::value& after);

}  // namespace kubarium::api
