// Kinds that are questions and not objects: who am I (SelfSubjectReview), may I or may somebody do this (SelfSubjectAccessReview,
// SubjectAccessReview, LocalSubjectAccessReview, SelfSubjectRulesReview). They are created, answered in their status, and never
// stored; `kubectl auth whoami` and `kubectl auth can-i` ask them.
#pragma once

#include "core/api/schema.h"
#include "core/apiserver/authorizer.h"

#include <optional>

namespace kubarium::apiserver {

// The answered review; nullopt if the resource is none of these.
std::optional<json::object> answerReview(const api::Resource& resource, json::object review, const User& user, const Authorizer& authorizer, WallTime now);

}  // namespace kubarium::apiserver
