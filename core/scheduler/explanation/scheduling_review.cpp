#include "core/scheduler/explanation/scheduling_review.h"

#include "core/scheduler/explanation/change_report.h"
#include "core/scheduler/explanation/comparison.h"

#include <boost/json.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <utility>

namespace kubarium::scheduler {
namespace {

constexpr std::size_t mostPods = 10000, mostInDetail = 20;
constexpr double secondsForChanges = 0.3;

std::vector<std::string> textsAt(const json::object& spec, std::string_view key) {
    std::vector<std::string> texts;
    if (const auto* list = spec.if_contains(key); list && list->is_array())
        for (const auto& entry : list->get_array())
            if (entry.is_string()) texts.emplace_back(entry.get_string());
    return texts;
}

json::object nameOf(const PodInfo& pod) { return {{"namespace", pod.nameSpace}, {"name", pod.name}}; }
// What it takes of a Node, as quantities: for pictures of the outcome.
json::object requestsOf(const PodInfo& pod) {
    return {{"cpu", fmt::format("{}m", pod.requests.milliCpu)}, {"memory", std::to_string(pod.requests.memory)}};
}
json::array namesOf(const std::vector<PodInfoPtr>& pods) {
    json::array list;
    for (const auto& pod : pods) list.push_back(nameOf(*pod));
    return list;
}

Result<Supposition> suppositionOf(const json::object& spec) {
    Supposition supposition{{}, textsAt(spec, "drainNodes"), textsAt(spec, "withoutZones")};
    const auto* nodes = spec.if_contains("addNodes");
    if (!nodes || !nodes->is_array()) return supposition;
    for (std::size_t i = 0; i < nodes->get_array().size(); ++i) {
        const auto& node = nodes->get_array()[i];
        if (!node.is_object() || api::stringAt(node, {"kind"}) != "Node") return badRequest(fmt::format("spec.addNodes[{}]: not a Node", i));
        auto state = readState(node);
        if (!state) return badRequest(fmt::format("spec.addNodes[{}]: {}", i, state.error().message));
        supposition.addNodes.insert(supposition.addNodes.end(), state->nodes.begin(), state->nodes.end());
    }
    return supposition;
}

Result<std::shared_ptr<const Configuration>> configurationAt(const json::object& spec, std::string_view key) {
    auto configuration = parseConfiguration(spec.at(key));
    if (!configuration) return badRequest(fmt::format("spec.{}: {}", key, configuration.error().message));
    return std::make_shared<const Configuration>(std::move(*configuration));
}

class Review {
public:
    Review(const json::object& spec, const ReviewedCluster& cluster) : spec_(spec), cluster_(cluster) {}

    Result<json::object> answer() {
        auto configuration = cluster_.configuration;
        if (given("configuration")) configuration = TRY(configurationAt(spec_, "configuration"));
        const auto supposition = TRY(suppositionOf(spec_));
        auto supposed = TRY(suppose(*cluster_.snapshot, supposition));
        if (given("pod")) TRY(addNamed(supposed));
        TRY(addManifests(supposed));
        pods_.insert(pods_.end(), supposed.displaced.begin(), supposed.displaced.end());
        if (pods_.empty() && bringsServicesOnly_) return badRequest("spec.manifests: no Pod comes from a Service; write the Pods, Deployments, ReplicaSets, StatefulSets or Jobs that it selects");
        if (pods_.size() > mostPods) return badRequest(fmt::format("spec.manifests: {} Pods; at most {} are scheduled at a time", pods_.size(), mostPods));
        json::object status;
        if (!supposed.displaced.empty()) status["displaced"] = namesOf(supposed.displaced);
        if (!supposed.lost.empty()) status["lost"] = namesOf(supposed.lost);
        if (const auto target = api::stringAt(spec_, {"targetNode"}); !target.empty()) {
            TRY(addTarget(std::string(target), supposed.snapshot, *configuration, status));
            return status;
        }
        const auto outcome = TRY(scheduleInOrder(supposed.snapshot, pods_, configuration, cluster_.givesUp));
        addPlacements(outcome, status);
        if (given("compareWith")) {
            const auto other = TRY(configurationAt(spec_, "compareWith"));
            const auto otherOutcome = TRY(scheduleInOrder(supposed.snapshot, pods_, other, cluster_.givesUp));
            status["comparison"] = compareOutcomes(outcome, otherOutcome);
        }
        return status;
    }

private:
    bool given(std::string_view key) const {
        const auto* value = spec_.if_contains(key);
        return value && value->is_object() && !value->get_object().empty();
    }

    // A Pod of the cluster, as if it waited.
    Result<void> addNamed(Supposed& supposed) {
        if (!cluster_.pod) return makeError(Reason::NotFound, fmt::format("pods \"{}\" not found", reviewedPod(spec_).second));
        auto world = waitingWorld(supposed.snapshot, PodInfo::make(cluster_.pod));
        supposed.snapshot = std::move(world.snapshot);
        pods_.push_back(std::move(world.pod));
        return {};
    }

    Result<void> addManifests(Supposed& supposed) {
        const auto* manifests = spec_.if_contains("manifests");
        if (!manifests || !manifests->is_array()) return {};
        auto objects = std::make_shared<ClusterObjects>(*supposed.snapshot.objects);
        for (std::size_t i = 0; i < manifests->get_array().size(); ++i) {
            const auto* manifest = manifests->get_array()[i].if_object();
            if (!manifest) return badRequest(fmt::format("spec.manifests[{}]: not an object", i));
            auto brought = broughtBy(*manifest, cluster_.priorityClasses, "default");
            if (!brought) return badRequest(fmt::format("spec.manifests[{}]: {}", i, brought.error().message));
            for (const auto& pod : brought->pods) {
                pods_.push_back(PodInfo::make(pod));
                brought_.insert(pod->key());
            }
            if (brought->selecting) add(*objects, brought->selecting);
        }
        supposed.snapshot.objects = std::move(objects);
        bringsServicesOnly_ = !manifests->get_array().empty() && std::ranges::all_of(manifests->get_array(), [](const auto& manifest) { return api::stringAt(manifest, {"kind"}) == "Service"; });
        return {};
    }

    static void add(ClusterObjects& objects, const ObjectPtr& selecting) {
        const auto kind = selecting->kind();
        auto& store = kind == "Service" ? objects.services : kind == "StatefulSet" ? objects.statefulSets : kind == "ReplicationController" ? objects.replicationControllers : objects.replicaSets;
        store[selecting->key()] = selecting;
    }

    // What can be changed of a manifest is the manifest: the controller that its Pods would have is no object yet.
    PodInfoPtr toBeEdited(const PodInfoPtr& pod) const {
        if (!brought_.contains(pod->key())) return pod;
        auto tree = pod->object->tree();
        tree.at("metadata").as_object().erase("ownerReferences");
        return PodInfo::make(api::Object::make(std::move(tree)));
    }

    Result<void> addTarget(const std::string& target, const Snapshot& snapshot, const Configuration& configuration, json::object& status) {
        if (!snapshot.index(target)) return makeError(Reason::NotFound, fmt::format("nodes \"{}\" not found", target));
        if (pods_.empty()) return badRequest("spec.targetNode: which Pod? Give spec.pod or spec.manifests");
        const auto* profile = configuration.find(pods_.front()->schedulerName);
        if (!profile) return makeError(Reason::NotFound, fmt::format("no profile of the configuration has the schedulerName \"{}\"", pods_.front()->schedulerName));
        status["smallestChanges"] = findChanges(snapshot, toBeEdited(pods_.front()), *profile, target);
        return {};
    }

    void addPlacements(const Outcome& outcome, json::object& status) const {
        const auto end = std::chrono::steady_clock::now() + std::chrono::duration<double>(secondsForChanges);
        json::array placements, decisions;
        std::size_t placed = 0;
        bool first = true;
        for (const auto& placement : outcome.placements) {
            const auto& record = placement.record;
            placed += !placement.node.empty();
            json::object entry{{"pod", nameOf(*record.pod)}, {"result", record.result}, {"node", placement.node}, {"requests", requestsOf(*record.pod)}};
            if (!placement.victims.empty()) entry["victims"] = namesOf(placement.victims);
            placements.push_back(std::move(entry));
            if (decisions.size() == mostInDetail) continue;
            auto decision = reportDecision(record, outcome.placements.size() <= 3 ? Detail::Full : Detail::Summary);
            // The first one in any case: on a slow machine the time may be up before it.
            if (placement.node.empty() && record.result == "Unschedulable" && (std::exchange(first, false) || std::chrono::steady_clock::now() < end))
                decision.at("status").as_object()["smallestChanges"] = findChanges(*record.snapshot, toBeEdited(record.pod), *record.configuration->find(record.schedulerName));
            decisions.push_back(std::move(decision));
        }
        status["pods"] = outcome.placements.size();
        status["placed"] = placed;
        status["placements"] = std::move(placements);
        status["decisions"] = std::move(decisions);
    }

    const json::object& spec_;
    const ReviewedCluster& cluster_;
    std::vector<PodInfoPtr> pods_;
    bool bringsServicesOnly_ = false;
    std::set<std::string> brought_;  // keys of those that manifests have brought
};

}  // namespace

std::pair<std::string, std::string> reviewedPod(const json::object& spec) {
    const std::string nameSpace(api::stringAt(spec, {"pod", "namespace"})), name(api::stringAt(spec, {"pod", "name"}));
    return {nameSpace.empty() && !name.empty() ? "default" : nameSpace, name};
}

Result<ReviewedCluster> ReviewedCluster::of(const ClusterState& state, const json::object& spec) {
    auto configuration = TRY(state.parsedConfiguration());
    const auto [nameSpace, name] = reviewedPod(spec);
    return ReviewedCluster{state.snapshot(), std::make_shared<const Configuration>(std::move(configuration)), state.findPod(nameSpace, name), state.priorityClasses, {}};
}

Result<json::object> answerSchedulingReview(const json::object& spec, const ReviewedCluster& cluster) {
    const auto* given = spec.if_contains("snapshot");
    if (!given || !given->is_object() || given->get_object().empty()) return Review(spec, cluster).answer();
    const auto state = TRY(readState(*given));
    auto reviewed = TRY(ReviewedCluster::of(state, spec));
    reviewed.givesUp = cluster.givesUp;
    return Review(spec, reviewed).answer();
}

}  // namespace kubarium::scheduler
