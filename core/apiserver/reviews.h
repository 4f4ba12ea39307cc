// Kinds that are questions and not objects: who am I (SelfSubjectReview), whose token is this (TokenReview), may I or may somebody do this (SelfSubjectAccessReview,
// SubjectAccessReview, LocalSubjectAccessReview, SelfSubjectRulesReview). They are created, answered in their status, and never
// stored; `kubectl auth whoami` and `kubectl auth can-i` ask them.
#pragma once

#include "core/api/schema.h"
#include "core/apiserver/authenticator.h"
#include "core/apiserver/authorizer.h"

#include <functional>
#include <optional>

namespace kubarium::apiserver {

// The answered review; nullopt if the resource is none of these.
std::optional<json::object> answerReview(const api::Resource& resource, const json::object& given, const User& user, const Authorizer& authorizer, WallTime now);

// Answers a TokenReview. `stillBound`: whether what a service account token is bound to exists.
json::object answerTokenReview(json::object review, const Authenticator& authenticator, const std::function<bool(const TokenClaims&)>& stillBound, WallTime now);

}  // namespace kubarium::apiserver
