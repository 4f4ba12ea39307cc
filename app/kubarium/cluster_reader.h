// A cluster's scheduling state by LIST requests alone: from any cluster that a kubeconfig reaches, nothing is written.
#pragma once

#include "app/kubarium/command.h"

#include "core/scheduler/explanation/cluster_state.h"
#include "core/scheduler/explanation/edit.h"

#include <string>
#include <vector>

namespace kubarium::cli {

struct ReadState {
    scheduler::ClusterState state;
    std::vector<scheduler::Sentence> assumptions;  // what could not be read, and what is taken for true instead
};

// Where a state comes from.
struct StateSource {
    std::string snapshot;         // a file; "" asks the cluster
    std::string schedulerConfig;  // a KubeSchedulerConfiguration that counts instead of the cluster's own
};

// Nodes and Pods must be readable; whatever else is not becomes an assumption.
Result<ReadState> readState(const Options& options, const StateSource& source);

// A file, or standard input for "-". NotFound with its name.
Result<std::string> readFile(const std::string& path);
// The KubeSchedulerConfiguration in a YAML or JSON file, valid; BadRequest with file, field and what is wrong.
Result<boost::json::value> readSchedulerConfiguration(const std::string& path);

// What really placed a Pod: its schedulerName and, where events can be read, who says so in them.
scheduler::Sentence placedBy(Session& session, const api::Object& pod);

}  // namespace kubarium::cli
