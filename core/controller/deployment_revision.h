// The bookkeeping annotations of ReplicaSets and Deployments: revisions, their history, and the sizes that proportional scaling needs.
#pragma once

#include "core/api/types/workloads.h"

#include <optional>
#include <string>

namespace kubarium::controller {

namespace json = boost::json;

inline const std::string revisionAnnotation = "deployment.kubernetes.io/revision";
inline const std::string revisionHistoryAnnotation = "deployment.kubernetes.io/revision-history";
inline const std::string desiredReplicasAnnotation = "deployment.kubernetes.io/desired-replicas";
inline const std::string maxReplicasAnnotation = "deployment.kubernetes.io/max-replicas";

std::int64_t revisionOf(const api::ObjectMeta& meta);  // 0 if none
std::optional<int> intAnnotation(const api::ObjectMeta& meta, const std::string& key);
// Both below change the annotations of a ReplicaSet's tree and say whether anything changed.
bool setReplicasAnnotations(json::object& set, int desired, int most);
bool setNewSetAnnotations(const api::Deployment& deployment, json::object& set, std::int64_t revision, bool exists);
// Whether two Pod templates are the same apart from the label pod-template-hash.
bool sameTemplate(const json::value& a, const json::value& b);

}  // namespace kubarium::controller
