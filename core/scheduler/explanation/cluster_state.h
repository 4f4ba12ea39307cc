// Everything that a scheduler reads, as plain Kubernetes objects: a cluster that can be listed, written to a file, read again and
// changed in thought. Pure.
#pragma once

#include "core/api/resource.h"
#include "core/base/result.h"
#include "core/scheduler/profile.h"
#include "core/scheduler/snapshot.h"

#include <boost/json/object.hpp>

#include <span>

namespace kubarium::scheduler {

struct ClusterState {
    std::vector<ObjectPtr> nodes, pods;  // Pods that wait are among them
    std::shared_ptr<ClusterObjects> objects = std::make_shared<ClusterObjects>();
    ObjectMap priorityClasses;
    json::value configuration;           // a KubeSchedulerConfiguration; null: the defaults

    SnapshotPtr snapshot() const { return makeSnapshot(nodes, pods, objects); }
    // BadRequest if the configuration is not valid.
    Result<Configuration> parsedConfiguration() const;
    // By namespace and name, or nullptr.
    ObjectPtr findPod(std::string_view nameSpace, std::string_view name) const;
};

// A kind that belongs to a ClusterState.
struct StateKind {
    api::GroupVersionResource resource;
    std::string_view kind;
    bool required = false;  // without it nothing can be said
};
std::span<const StateKind> stateKinds();

// Takes the object in. False if its kind is none of stateKinds(). Kind and apiVersion are set where a list left them out.
bool add(ClusterState& state, const StateKind& kind, const ObjectPtr& object);

// A v1 List, without managedFields; `configuration` is not in it.
json::object toList(const ClusterState& state);
// YAML or JSON: Lists, single objects and at most one KubeSchedulerConfiguration, in any number of documents. BadRequest with the
// place for what is none of these; objects that no scheduler reads are skipped.
Result<ClusterState> parseState(std::string_view text);
// The same of one document that is parsed already.
Result<ClusterState> readState(const json::value& document);
// The documents that parseState() reads: the List, and the configuration if there is one.
std::string toText(const ClusterState& state);

}  // namespace kubarium::scheduler
