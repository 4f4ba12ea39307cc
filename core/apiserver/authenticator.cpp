#include "core/apiserver/authenticator.h"

#include "core/apiserver/request_info.h"
#include "core/apiserver/status.h"

#include <fmt/format.h>

#include <algorithm>

namespace kubarium::apiserver {
namespace {

// One line of comma-separated values with double quotes.
std::vector<std::string> splitCsv(std::string_view line) {
    std::vector<std::string> fields(1);
    bool quoted = false;
    for (std::size_t i = 0; i < line.size(); ++i) {
        const char c = line[i];
        if (c == '"') {
            if (quoted && i + 1 < line.size() && line[i + 1] == '"') {
                fields.back() += '"';
                ++i;
            } else {
                quoted = !quoted;
            }
        } else if (c == ',' && !quoted) {
            fields.emplace_back();
        } else if (c != '\r') {
            fields.back() += c;
        }
    }
    return fields;
}

Error unauthorized() { return makeError(Reason::Unauthorized, "Unauthorized"); }

void addGroup(User& user, std::string group) {
    if (!user.inGroup(group)) user.groups.push_back(std::move(group));
}

// Whoever impersonates must say whom; the rest of what it may claim follows.
Result<User> impersonated(const User& by, const Credentials& credentials) {
    User user;
    for (const auto& [name, value] : credentials.impersonation) {
        if (name == "impersonate-user")
            user.name = value;
        else if (name == "impersonate-group")
            user.groups.push_back(value);
        else if (name == "impersonate-uid")
            user.uid = value;
        else if (name.starts_with("impersonate-extra-"))
            user.extra[percentDecode(name.substr(18), false)].push_back(value);
    }
    if (user.name.empty()) return makeError(Reason::InternalError, "Internal error occurred: requested [] without impersonating a user");
    if (!by.inGroup("system:masters")) {
        auto error = forbidden({"", "v1", "users"}, user.name, fmt::format("User \"{}\" cannot impersonate resource \"users\" in API group \"\" at the cluster scope", by.name));
        return error;
    }
    if (user.name == "system:anonymous")
        addGroup(user, "system:unauthenticated");
    else
        addGroup(user, "system:authenticated");
    return user;
}

}  // namespace

Result<void> Authenticator::addTokenFile(std::string_view text) {
    int number = 0;
    while (!text.empty()) {
        const auto end = std::min(text.find('\n'), text.size());
        const auto line = text.substr(0, end);
        text.remove_prefix(std::min(end + 1, text.size()));
        ++number;
        if (line.empty() || line == "\r") continue;
        const auto fields = splitCsv(line);
        if (fields.size() < 3 || fields[0].empty())
            return badRequest(fmt::format("token file, line {}: expected token,user,uid and perhaps \"group1,group2\"", number));
        User user;
        user.name = fields[1];
        user.uid = fields[2];
        if (fields.size() > 3)
            for (auto& group : splitCsv(fields[3]))
                if (!group.empty()) user.groups.push_back(std::move(group));
        addToken(fields[0], std::move(user));
    }
    return {};
}

Result<Identity> Authenticator::identify(const Credentials& credentials, WallTime now) const {
    Identity identity;
    if (credentials.commonName) {
        identity.user.name = *credentials.commonName;
        identity.user.groups = credentials.organizations;
        addGroup(identity.user, "system:authenticated");
        return identity;
    }
    const auto& header = credentials.authorization;
    if (header.empty()) {
        identity.user = {"system:anonymous", "", {"system:unauthenticated"}, {}};
        return identity;
    }
    constexpr std::string_view scheme = "bearer ";
    const bool bearer = header.size() > scheme.size() &&
                        std::ranges::equal(header.substr(0, scheme.size()), scheme, [](char a, char b) { return std::tolower(static_cast<unsigned char>(a)) == b; });
    if (!bearer) {
        identity.user = {"system:anonymous", "", {"system:unauthenticated"}, {}};
        return identity;
    }
    auto token = std::string_view(header).substr(scheme.size());
    while (token.starts_with(' ')) token.remove_prefix(1);
    if (const auto it = users_.find(token); it != users_.end()) {
        identity.user = it->second;
        addGroup(identity.user, "system:authenticated");
        return identity;
    }
    auto claims = tokens_.verify(token, now);
    if (!claims || std::ranges::find(claims->audiences, tokens_.issuer()) == claims->audiences.end()) return unauthorized();
    identity.user.name = fmt::format("system:serviceaccount:{}:{}", claims->nameSpace, claims->name);
    identity.user.uid = claims->uid;
    identity.user.groups = {"system:serviceaccounts", "system:serviceaccounts:" + claims->nameSpace, "system:authenticated"};
    if (!claims->tokenId.empty()) identity.user.extra["authentication.kubernetes.io/credential-id"] = {"JTI=" + claims->tokenId};
    if (claims->boundKind == "Pod") {
        identity.user.extra["authentication.kubernetes.io/pod-name"] = {claims->boundName};
        identity.user.extra["authentication.kubernetes.io/pod-uid"] = {claims->boundUid};
    }
    identity.claims = std::move(*claims);
    return identity;
}

Result<Identity> Authenticator::authenticate(const Credentials& credentials, WallTime now) const {
    auto identity = TRY(identify(credentials, now));
    if (!credentials.impersonation.empty()) identity.user = TRY(impersonated(identity.user, credentials));
    return identity;
}

}  // namespace kubarium::apiserver
