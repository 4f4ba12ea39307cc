#include "core/apiserver/reviews.h"

#include <boost/json.hpp>

#include <algorithm>

namespace kubarium::apiserver {
namespace {

json::array texts(const std::vector<std::string>& from) {
    json::array list;
    for (const auto& each : from) list.emplace_back(json::string(each));
    return list;
}

json::object userInfo(const User& user) {
    json::object info{{"username", user.name}};
    if (!user.uid.empty()) info["uid"] = user.uid;
    if (!user.groups.empty()) info["groups"] = texts(user.groups);
    json::object extra;
    for (const auto& [key, values] : user.extra) extra[key] = texts(values);
    if (!extra.empty()) info["extra"] = std::move(extra);
    return info;
}

// The user that a SubjectAccessReview asks about.
User reviewedUser(const json::value& review) {
    User user;
    user.name = api::stringAt(review, {"spec", "user"});
    user.uid = api::stringAt(review, {"spec", "uid"});
    if (const auto* groups = api::findPath(review, {"spec", "groups"}); groups && groups->is_array())
        for (const auto& each : groups->get_array())
            if (each.is_string()) user.groups.emplace_back(each.get_string());
    return user;
}

bool allowed(const json::value& review, const User& user, const Authorizer& authorizer) {
    RequestInfo info;
    std::string path;
    if (const auto* resource = api::findPath(review, {"spec", "resourceAttributes"}); resource && resource->is_object()) {
        info.isResource = true;
        info.verb = api::stringAt(*resource, {"verb"});
        info.resource = {std::string(api::stringAt(*resource, {"group"})), std::string(api::stringAt(*resource, {"version"})), std::string(api::stringAt(*resource, {"resource"}))};
        info.subresource = api::stringAt(*resource, {"subresource"});
        info.nameSpace = api::stringAt(*resource, {"namespace"});
        info.name = api::stringAt(*resource, {"name"});
    } else {
        info.verb = api::stringAt(review, {"spec", "nonResourceAttributes", "verb"});
        path = api::stringAt(review, {"spec", "nonResourceAttributes", "path"});
        info.segments = parseRequest("GET", path, Query::parse({})).segments;
    }
    return authorizer.authorize(user, info, path).has_value();
}

json::object everything() {
    const json::array all{"*"};
    return {{"resourceRules", json::array{json::object{{"verbs", all}, {"apiGroups", all}, {"resources", all}}}},
            {"nonResourceRules", json::array{json::object{{"verbs", all}, {"nonResourceURLs", all}}}},
            {"incomplete", false}};
}

}  // namespace

json::object answerTokenReview(json::object review, const Authenticator& authenticator, const std::function<bool(const TokenClaims&)>& stillBound, WallTime now) {
    std::vector<std::string> audiences;
    const json::value asked(review);
    if (const auto* list = api::findPath(asked, {"spec", "audiences"}); list && list->is_array())
        for (const auto& each : list->get_array())
            if (each.is_string()) audiences.emplace_back(each.get_string());
    if (!review.contains("metadata")) review["metadata"] = json::object();
    auto& status = review["status"].emplace_object();
    const auto identity = authenticator.authenticateToken(api::stringAt(asked, {"spec", "token"}), audiences, now);
    if (!identity || (identity->claims && !stillBound(*identity->claims))) {
        status["user"] = json::object();
        status["error"] = "invalid bearer token";
        return review;
    }
    status["authenticated"] = true;
    status["user"] = userInfo(identity->user);
    json::array meant;
    const std::vector<std::string> own{authenticator.issuer()};
    for (const auto& audience : audiences.empty() ? own : audiences)
        if (!identity->claims || std::ranges::find(identity->claims->audiences, audience) != identity->claims->audiences.end()) meant.emplace_back(json::string(audience));
    status["audiences"] = std::move(meant);
    return review;
}

std::optional<json::object> answerReview(const api::Resource& resource, const json::object& given, const User& user, const Authorizer& authorizer, WallTime now) {
    const auto& name = resource.id.resource;
    const bool own = resource.id.group == "authentication.k8s.io" && name == "selfsubjectreviews";
    if (!own && resource.id.group != "authorization.k8s.io") return std::nullopt;
    auto review = given;
    if (own) {
        api::ensureObject(review, {"metadata"})["creationTimestamp"] = formatTime(now);
        review["status"] = json::object{{"userInfo", userInfo(user)}};
        return review;
    }
    if (!review.contains("metadata")) review["metadata"] = json::object();
    if (name == "selfsubjectrulesreviews") {
        review["status"] = everything();
        return review;
    }
    const json::value asked(review);
    const auto subject = name == "selfsubjectaccessreviews" ? user : reviewedUser(asked);
    review["status"] = json::object{{"allowed", allowed(asked, subject, authorizer)}};
    return review;
}

}  // namespace kubarium::apiserver
