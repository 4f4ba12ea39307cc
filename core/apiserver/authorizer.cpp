#include "core/apiserver/authorizer.h"

#include "core/apiserver/status.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace kubarium::apiserver {

bool User::inGroup(std::string_view group) const { return std::ranges::find(groups, group) != groups.end(); }

Error forbiddenError(const User& user, const RequestInfo& info, const std::string& path) {
    if (!info.isResource) {
        auto error = makeError(Reason::Forbidden, fmt::format("forbidden: User \"{}\" cannot {} path \"{}\"", user.name, info.verb, path));
        return error;
    }
    auto resource = info.resource.resource;
    if (!info.subresource.empty()) resource += "/" + info.subresource;
    auto why = fmt::format("User \"{}\" cannot {} resource \"{}\" in API group \"{}\"", user.name, info.verb, resource, info.resource.group);
    if (!info.nameSpace.empty())
        why += fmt::format(" in the namespace \"{}\"", info.nameSpace);
    else
        why += " at the cluster scope";
    return forbidden(info.resource, info.name, why);
}

Result<void> AuthenticatedAuthorizer::authorize(const User& user, const RequestInfo& info, const std::string& path) const {
    if (user.inGroup("system:masters") || user.inGroup("system:authenticated")) return {};
    constexpr std::array open{"healthz", "livez", "readyz", "version"};
    if (!info.isResource && !info.segments.empty() && std::ranges::find(open, info.segments.front()) != open.end()) return {};
    return forbiddenError(user, info, path);
}

}  // namespace kubarium::apiserver
