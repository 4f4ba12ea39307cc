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

// Namespace and name of "system:serviceaccount:NAMESPACE:NAME".
std::optional<std::pair<std::string, std::string>> serviceAccountOf(std::string_view user) {
    constexpr std::string_view prefix = "system:serviceaccount:";
    if (!user.starts_with(prefix)) return std::nullopt;
    user.remove_prefix(prefix.size());
    const auto colon = user.find(':');
    if (colon == user.npos || colon == 0 || colon + 1 == user.size() || user.find(':', colon + 1) != user.npos) return std::nullopt;
    return std::pair(std::string(user.substr(0, colon)), std::string(user.substr(colon + 1)));
}

std::vector<std::string> serviceAccountGroups(const std::string& nameSpace) { return {"system:serviceaccounts", "system:serviceaccounts:" + nameSpace}; }

// What is impersonated but no user, as Go prints the references.
std::string requestedBeside(const User& user) {
    std::vector<std::string> references;
    for (const auto& group : user.groups) references.push_back(fmt::format("{{Group  {}    }}", group));
    for (const auto& [key, values] : user.extra)
        for (const auto& value : values) references.push_back(fmt::format("{{UserExtra  {}  authentication.k8s.io/v1  {}}}", value, key));
    if (!user.uid.empty()) references.push_back(fmt::format("{{UID  {}  authentication.k8s.io/v1  }}", user.uid));
    return fmt::format("{}", fmt::join(references, " "));
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
    if (user.name.empty()) return makeError(Reason::InternalError, fmt::format("requested [{}] without impersonating a user", requestedBeside(user)));
    const auto account = serviceAccountOf(user.name);
    if (!by.inGroup("system:masters")) {
        if (account)
            return forbidden({"", "v1", "serviceaccounts"}, account->second,
                             fmt::format("User \"{}\" cannot impersonate resource \"serviceaccounts\" in API group \"\" in the namespace \"{}\"", by.name, account->first));
        return forbidden({"", "v1", "users"}, user.name, fmt::format("User \"{}\" cannot impersonate resource \"users\" in API group \"\" at the cluster scope", by.name));
    }
    // The groups of an account are known, unless others are asked for.
    if (account && user.groups.empty()) user.groups = serviceAccountGroups(account->first);
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
    return authenticateToken(token, {}, now);
}

Result<Identity> Authenticator::authenticateToken(std::string_view token, const std::vector<std::string>& audiences, WallTime now) const {
    Identity identity;
    if (const auto it = users_.find(token); it != users_.end()) {
        identity.user = it->second;
        addGroup(identity.user, "system:authenticated");
        return identity;
    }
    auto claims = tokens_.verify(token, now);
    const auto isMeant = [&](const std::string& audience) {
        return audiences.empty() ? audience == tokens_.issuer() : std::ranges::find(audiences, audience) != audiences.end();
    };
    if (!claims || std::ranges::none_of(claims->audiences, isMeant)) return unauthorized();
    identity.user.name = fmt::format("system:serviceaccount:{}:{}", claims->nameSpace, claims->name);
    identity.user.uid = claims->uid;
    identity.user.groups = serviceAccountGroups(claims->nameSpace);
    addGroup(identity.user, "system:authenticated");
    if (!claims->tokenId.empty()) identity.user.extra["authentication.kubernetes.io/credential-id"] = {"JTI=" + claims->tokenId};
    if (claims->boundKind == "Pod") {
        identity.user.extra["authentication.kubernetes.io/pod-name"] = {claims->boundName};
        identity.user.extra["authentication.kubernetes.io/pod-uid"] = {claims->boundUid};
    }
    if (!claims->nodeName.empty()) identity.user.extra["authentication.kubernetes.io/node-name"] = {claims->nodeName};
    if (!claims->nodeName.empty() && !claims->nodeUid.empty()) identity.user.extra["authentication.kubernetes.io/node-uid"] = {claims->nodeUid};
    identity.claims = std::move(*claims);
    return identity;
}

Result<Identity> Authenticator::authenticate(const Credentials& credentials, WallTime now) const {
    auto identity = TRY(identify(credentials, now));
    if (!credentials.impersonation.empty()) identity.user = TRY(impersonated(identity.user, credentials));
    return identity;
}

}  // namespace kubarium::apiserver
