#include "core/api/resource.h"

namespace kubarium::api {

std::pair<std::string, std::string> splitApiVersion(std::string_view apiVersion) {
    const auto slash = apiVersion.find('/');
    if (slash == std::string_view::npos) return {"", std::string(apiVersion)};
    return {std::string(apiVersion.substr(0, slash)), std::string(apiVersion.substr(slash + 1))};
}

}  // namespace kubarium::api
