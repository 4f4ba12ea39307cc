// The scheduling framework's extension points that look at a Pod and Nodes. A Plugin object serves one scheduling cycle of one
// Pod: it is made for the cycle, keeps there what its PreFilter and PreScore worked out, and is copied for the dry runs of
// preemption. Pure: it reads the snapshot and nothing else. Follows pkg/scheduler/framework of Kubernetes 1.34.
#pragma once

#include "core/scheduler/framework/status.h"
#include "core/scheduler/profile.h"
#include "core/scheduler/snapshot.h"

#include <memory>
#include <optional>
#include <set>
#include <span>

namespace kubarium::scheduler {

inline constexpr std::int64_t maxNodeScore = 100;

struct Cycle {
    const Snapshot& snapshot;
    const PodInfo& pod;
    const Profile& profile;
};

struct PreFilterResult {
    Status status;
    std::optional<std::set<std::string>> nodeNames;  // narrows the Nodes to look at
};

struct ScoreResult {
    std::int64_t score = 0;
    Status status;
};

// What the verdicts of a plugin about one Node depend on beside the Pod and the profile; tells what may be kept from one Pod of a
// template to the next (core/scheduler/incremental).
enum class Reads {
    Node,     // that Node alone (and how many Nodes have an image)
    Tracked,  // also Pods elsewhere, and incremental/ has a tracker that follows them
    Cluster,  // anything: never kept, unless PreFilter or PreScore skips the plugin
};

// What normalize() does to the raw scores: nothing, defaultNormalize() or something of its own.
enum class Normalization { None, Default, DefaultReversed, Own };

class Plugin {
public:
    virtual ~Plugin() = default;
    virtual std::string_view name() const = 0;
    virtual std::unique_ptr<Plugin> clone() const = 0;
    virtual Reads reads() const { return Reads::Cluster; }
    virtual Normalization normalization() const { return Normalization::Own; }

    virtual Status preEnqueue(const PodInfo&) { return {}; }
    virtual PreFilterResult preFilter(const Cycle&) { return {}; }
    virtual Status filter(const Cycle&, const NodeInfo&) { return {}; }
    // While preemption (or a nominated Pod) is tried: what PreFilter worked out follows.
    virtual void addPod(const Cycle&, const PodInfo&, const NodeInfo&) {}
    virtual void removePod(const Cycle&, const PodInfo&, const NodeInfo&) {}
    virtual Status preScore(const Cycle&, std::span<const NodeInfo* const>) { return {}; }
    virtual ScoreResult score(const Cycle&, const NodeInfo&) { return {}; }
    // `scores` in the order of `nodes`.
    virtual void normalize(const Cycle&, std::span<const NodeInfo* const>, std::span<std::int64_t>) {}
};

// nullptr if there is no such plugin.
std::unique_ptr<Plugin> makePlugin(std::string_view name, const Profile& profile);

// framework helper DefaultNormalizeScore.
void defaultNormalize(std::span<std::int64_t> scores, bool reverse);

}  // namespace kubarium::scheduler
