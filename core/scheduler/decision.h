// One scheduling attempt as a pure function of (snapshot, Pod, profile, options): what kube-scheduler's ScheduleOne works out,
// with everything that it would throw away kept for the explanation. Follows pkg/scheduler/schedule_one.go of Kubernetes 1.34.
#pragma once

#include "core/scheduler/framework/plugin.h"

#include <functional>

namespace kubarium::scheduler {

struct PluginScore {
    std::string plugin;
    std::int64_t raw = 0, normalized = 0, weight = 1, weighted = 0;
};

struct NodeVerdict {
    std::string node;
    bool evaluated = false;   // went through the filters (sampling may leave Nodes out)
    Status filter;            // the first plugin that refused; success: feasible
    std::vector<PluginScore> scores;
    std::int64_t total = 0;
};

struct Candidate {
    std::string node;
    std::vector<PodInfoPtr> victims;  // most important first
    int pdbViolations = 0;
};

struct PreemptionResult {
    bool tried = false;
    Code code = Code::Success;
    std::string message;       // PostFilter's part of the message
    std::string nominatedNode;
    std::vector<PodInfoPtr> victims;
    // What is told of the others: empty where a decision is made from what is kept between Pods, as the scheduler does.
    std::vector<std::string> nominatedAnyOf;  // the Nodes that no rule tells apart, sorted
    std::vector<Candidate> candidates;
    std::map<std::string, Status> notHelped;
    bool clearsNomination = false;
    std::size_t offset = 0;    // where it began to look for candidates
    std::string decidedBy;     // which rule chose the Node
};

struct Decision {
    enum class Result { Scheduled, Unschedulable, Error, NoNodes } result = Result::Unschedulable;
    Status preFilter;
    std::optional<std::set<std::string>> narrowedTo;
    std::vector<std::string> narrowedBy;
    std::vector<std::string> skippedFilter, skippedScore;
    std::vector<NodeVerdict> nodes;     // in snapshot order; empty when PreFilter refused
    std::set<std::string> refusedBy;    // plugins, where no Node was feasible
    int feasible = 0, evaluated = 0;
    bool scoringSkipped = false;
    bool nominatedNodeUsed = false;
    std::vector<std::string> best;      // sorted; several: a tie
    std::string selectedNode;
    std::string message, reason;        // of the PodScheduled condition; Unschedulable or SchedulerError
    std::string error;
    PreemptionResult preemption;
    std::size_t nextStart = 0;          // where the next cycle begins to look
};

struct DecideOptions {
    std::size_t startIndex = 0;
    bool sampling = true;       // look only at as many Nodes as kube-scheduler would
    bool fullStory = false;     // scores even if there is one Node, verdicts of every Node
    bool preempt = true;
    std::optional<std::size_t> preemptionOffset;  // instead of drawing it: to tell a decision again
    // Called when an extension point begins: PreFilter, Filter, PostFilter, Score, Select.
    std::function<void(const char*)> onPoint;
    // Draws an index below the given number, among the best Nodes in snapshot order.
    std::function<std::size_t(std::size_t)> draw;
};

Decision decide(const Snapshot& snapshot, const PodInfo& pod, const Configuration& configuration, const Profile& profile, const DecideOptions& options);

// What preemption would find for a decision that no Node fits, whether or not the profile has DefaultPreemption.
PreemptionResult considerPreemption(const Snapshot& snapshot, const PodInfo& pod, const Profile& profile, const Decision& decision);

// Every Filter plugin on its own, without nominated Pods, on every Node; only refusals.
std::map<std::string, std::map<std::string, Status>> filterAll(const Snapshot& snapshot, const PodInfo& pod, const Profile& profile);

// schedule_one.go: numFeasibleNodesToFind.
std::size_t numFeasibleNodesToFind(std::optional<int> profilePercentage, int percentage, std::size_t nodes);

}  // namespace kubarium::scheduler
