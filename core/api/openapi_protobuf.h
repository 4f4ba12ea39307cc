// The OpenAPI v2 document in the encoding that client-go asks for: protobuf messages of gnostic's openapi.v2 (OpenAPIv2.proto).
// Internal to core/api; see openApiV2Protobuf in openapi.h.
#pragma once

#include <boost/json/object.hpp>

#include <string>

namespace kubarium::api {

// `document`: what GET /openapi/v2 answers as JSON.
std::string encodeOpenApiV2(const boost::json::object& document);

}  // namespace kubarium::api
