// A KubeSchedulerProfile: which plugins run at which extension point, in which order, with which weight and arguments.
#pragma once

#include "core/base/result.h"
#include "core/scheduler/pod_info.h"

#include <chrono>
#include <map>
#include <string>
#include <vector>

namespace kubarium::scheduler {

struct ResourceWeight {
    std::string name;
    std::int64_t weight = 1;
};

struct FitArgs {
    enum class Strategy { LeastAllocated, MostAllocated, RequestedToCapacityRatio } strategy = Strategy::LeastAllocated;
    std::vector<ResourceWeight> resources{{"cpu", 1}, {"memory", 1}};
    struct Point {
        std::int64_t utilization, score;
    };
    std::vector<Point> shape;
    std::vector<std::string> ignoredResources, ignoredResourceGroups;
};

struct Profile {
    std::string schedulerName = "default-scheduler";
    std::vector<std::string> preEnqueue, preFilter, filter, postFilter, preScore, reserve, preBind, bind;
    std::vector<std::pair<std::string, std::int64_t>> score;  // with weights
    std::optional<int> percentageOfNodesToScore;

    FitArgs fit;
    std::vector<ResourceWeight> balancedResources{{"cpu", 1}, {"memory", 1}};
    std::int64_t hardPodAffinityWeight = 1;
    bool ignorePreferredTermsOfExistingPods = false;
    NodeAffinity addedAffinity;
    bool hasAddedAffinity = false;
    bool systemDefaultedSpread = true;
    std::vector<SpreadConstraint> defaultSpread;  // of defaultingType List
    int minCandidateNodesPercentage = 10, minCandidateNodesAbsolute = 100;
    std::chrono::seconds volumeBindTimeout{600};

    static Profile makeDefault();
};

// component-base/config: how several schedulers agree on one that works.
struct LeaderElection {
    bool leaderElect = true;
    std::chrono::milliseconds leaseDuration{15'000}, renewDeadline{10'000}, retryPeriod{2'000};
    std::string resourceNamespace = "kube-system", resourceName = "kube-scheduler";
};

struct Configuration {
    std::vector<Profile> profiles{Profile::makeDefault()};
    int parallelism = 16;  // accepted; a decision here is made on one thread
    LeaderElection leaderElection;
    std::vector<std::string> warnings;  // what is accepted but has no effect here, for people
    int percentageOfNodesToScore = 0;
    double podInitialBackoffSeconds = 1, podMaxBackoffSeconds = 10;
    std::shared_ptr<const json::value> document;  // what it was read from; nullptr: the defaults

    const Profile* find(const std::string& schedulerName) const;
};

// kubescheduler.config.k8s.io/v1, JSON or YAML already parsed: decoded strictly, defaulted and validated as
// cmd/kube-scheduler does. BadRequest with its words: the field and what is wrong.
Result<Configuration> parseConfiguration(const json::value& value);
// The same from YAML or JSON text.
Result<Configuration> parseConfigurationText(std::string_view text);
// One that leaves everything at its defaults.
json::value defaultConfigurationDocument();

}  // namespace kubarium::scheduler
