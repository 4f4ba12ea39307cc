// OpenAPI documents, sufficient for `kubectl apply` with validation and `kubectl explain`. Built from the table on first use and
// kept; the strings live as long as the program. Thread-safe.
#pragma once

#include "core/api/schema.h"

#include <string>
#include <string_view>

namespace kubarium::api {

// GET /openapi/v3: {"paths": {"api/v1": {"serverRelativeURL": "/openapi/v3/api/v1?hash=..."}}}
const std::string& openApiIndex(const Schema&);
// GET /openapi/v3/<path>, path like "api/v1" or "apis/apps/v1"; nullptr if there is none.
const std::string* openApiV3(const Schema&, std::string_view path);
// GET /openapi/v2 as JSON.
const std::string& openApiV2(const Schema&);
// The same as protobuf, which is the only form that client-go reads.
const std::string& openApiV2Protobuf(const Schema&);

}  // namespace kubarium::api
