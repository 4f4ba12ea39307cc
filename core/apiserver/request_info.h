// What a path and a method mean: /apis/apps/v1/namespaces/default/deployments/web/scale is the subresource "scale" of one
// Deployment, and GET of it the verb "get".
#pragma once

#include "core/api/resource.h"

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace kubarium::apiserver {

struct RequestInfo {
    bool isResource = false;
    bool isWatchPath = false;  // the old form /api/v1/watch/...
    std::string verb;          // get list watch create update patch delete deletecollection; lower-case method otherwise
    api::GroupVersionResource resource;
    std::string subresource;
    std::string nameSpace;
    std::string name;
    std::vector<std::string> rest;       // below the subresource (proxy)
    std::vector<std::string> segments;   // all of the path, decoded
};

// A query string; a key may have several values.
class Query {
public:
    static Query parse(std::string_view text);
    bool has(std::string_view key) const { return values_.find(key) != values_.end(); }
    std::string get(std::string_view key) const;
    std::vector<std::string> all(std::string_view key) const;
    // As the API server reads booleans: absent, "0" and "false" are false.
    bool flag(std::string_view key) const;

private:
    std::multimap<std::string, std::string, std::less<>> values_;
};

RequestInfo parseRequest(std::string_view method, std::string_view path, const Query& query);
// %XX and, in queries, '+'. Broken escapes stay as they are.
std::string percentDecode(std::string_view text, bool plusIsBlank);
std::string percentEncode(std::string_view text);

}  // namespace kubarium::apiserver
