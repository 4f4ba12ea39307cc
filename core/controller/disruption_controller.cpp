#include "core/controller/disruption_controller.h"

#include "core/api/selector.h"
#include "core/api/types/workloads.h"
#include "core/controller/deployment_plan.h"
#include "core/controller/indexes.h"
#include "core/controller/pods.h"

#include <boost/json.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <map>

namespace kubarium::controller {

using namespace std::chrono_literals;
namespace resources = api::resources;

namespace {

constexpr Duration deletionTimeout = 2min;

// One that is missing selects nothing, an empty one every Pod of the namespace.
bool covers(const api::Object& budget, const api::Object& pod) {
    const auto* given = budget.find({"spec", "selector"});
    if (!given || !given->is_object()) return false;
    const auto selector = api::Selector::from(api::decodeObjectAs<api::LabelSelector>(given->get_object()));
    return selector && selector->matches(pod);
}

std::int64_t generationOf(const api::Object& budget) {
    const auto* generation = budget.find({"metadata", "generation"});
    return generation && generation->is_number() ? generation->to_number<std::int64_t>() : 0;
}

}  // namespace

DisruptionController::DisruptionController(ControllerContext context)
    : Controller(context, "disruption", "controllermanager"),
      budgets_(informer(resources::podDisruptionBudgets)),
      pods_(informer(resources::pods)),
      sets_(informer(resources::replicaSets)),
      deployments_(informer(resources::deployments)),
      queue_(addQueue([this](std::string key) { return reconcile(std::move(key)); })) {
    pods_.addIndex(byNamespace, namespaceIndex);
    const auto enqueue = [this](const ObjectPtr& budget) { queue_.add(budget->key()); };
    budgets_.addHandler({enqueue, [enqueue](const ObjectPtr&, const ObjectPtr& after) { enqueue(after); }, nullptr});
    const auto enqueueFor = [this](const ObjectPtr& pod) { enqueueBudgetsOf(*pod); };
    pods_.addHandler({enqueueFor,
                      [this](const ObjectPtr& before, const ObjectPtr& after) {
                          if (api::metaOf(*before).labels != api::metaOf(*after).labels) enqueueBudgetsOf(*before);
                          enqueueBudgetsOf(*after);
                      },
                      enqueueFor});
}

void DisruptionController::enqueueBudgetsOf(const api::Object& pod) {
    const auto prefix = std::string(pod.nameSpace()) + "/";
    for (auto it = budgets_.all().lower_bound(prefix); it != budgets_.all().end() && it->first.starts_with(prefix); ++it)
        if (covers(*it->second, pod)) queue_.add(it->first);
}

int DisruptionController::expectedScale(const std::vector<ObjectPtr>& pods, std::vector<std::string>& unmanaged) const {
    std::map<std::string, int> scales;  // by the uid of what makes the Pods
    for (const auto& pod : pods) {
        const auto* owner = api::metaOf(*pod).controllerOwner();
        const auto set = owner && owner->kind == "ReplicaSet" ? sets_.get(std::string(pod->nameSpace()), owner->name) : nullptr;
        if (!set || set->uid() != owner->uid) {
            unmanaged.emplace_back(pod->name());
            continue;
        }
        const auto* above = api::metaOf(*set).controllerOwner();
        const auto deployment = above && above->kind == "Deployment" ? deployments_.get(std::string(pod->nameSpace()), above->name) : nullptr;
        if (deployment && deployment->uid() == above->uid) scales[above->uid] = deployment->as<api::Deployment>().spec.replicas.value_or(1);
        else if (!above) scales[owner->uid] = set->as<api::ReplicaSet>().spec.replicas.value_or(1);
        else unmanaged.emplace_back(pod->name());
    }
    int sum = 0;
    for (const auto& [uid, replicas] : scales) sum += replicas;
    return sum;
}

DisruptionController::Expected DisruptionController::expected(const api::Object& budget, const std::vector<ObjectPtr>& pods) const {
    Expected result;
    const auto *most = budget.find({"spec", "maxUnavailable"}), *least = budget.find({"spec", "minAvailable"});
    if (most && !most->is_null()) {
        result.count = expectedScale(pods, result.unmanaged);
        result.healthy = std::max(0, result.count - scaledValue(*most, result.count, true, 0));
    } else if (least && least->is_number()) {
        result.count = static_cast<int>(pods.size());
        result.healthy = least->to_number<int>();
    } else if (least && least->is_string()) {
        result.count = expectedScale(pods, result.unmanaged);
        result.healthy = scaledValue(*least, result.count, true, 0);
    }
    return result;
}

json::object DisruptionController::disrupted(const api::Object& budget, const std::vector<ObjectPtr>& pods, std::optional<Duration>& recheck) {
    json::object still;
    const auto* noted = budget.find({"status", "disruptedPods"});
    if (!noted || !noted->is_object()) return still;
    for (const auto& pod : pods) {
        const auto* time = pod->deleting() ? nullptr : noted->get_object().if_contains(pod->name());
        const auto since = time && time->is_string() ? parseTime(std::string_view(time->get_string())) : std::nullopt;
        if (!since) continue;
        const auto left = *since + deletionTimeout - now();
        if (left < Duration::zero()) {
            events_.record(*pod, "Warning", "NotDeleted", fmt::format("Pod was expected by PDB {} to be deleted but it wasn't", budget.key()));
            continue;
        }
        still[pod->name()] = *time;
        recheck = recheck ? std::min(*recheck, left) : left;
    }
    return still;
}

Async<Result<void>> DisruptionController::reconcile(std::string key) {
    const auto budget = budgets_.get(key);
    if (!budget || budget->deleting()) co_return Result<void>();
    auto pods = pods_.byIndex(byNamespace, std::string(budget->nameSpace()));
    std::erase_if(pods, [&](const ObjectPtr& pod) { return !covers(*budget, *pod); });
    if (pods.empty()) events_.record(*budget, "Normal", "NoPods", "No matching pods found");
    const auto wanted = expected(*budget, pods);
    if (!wanted.unmanaged.empty())
        events_.record(*budget, "Warning", "UnmanagedPods", fmt::format("Pods selected by this PodDisruptionBudget were found to be unmanaged. As a result, the status of the PDB cannot be calculated correctly, which may result in undefined behavior. To account for these pods please set \".spec.minAvailable\" field of the PDB to an integer value."));
    std::optional<Duration> recheck;
    auto still = disrupted(*budget, pods, recheck);
    const auto healthy = static_cast<int>(std::ranges::count_if(pods, [&](const ObjectPtr& pod) { return !pod->deleting() && !still.contains(pod->name()) && isPodReady(pod->as<api::Pod>()); }));
    const int allowed = wanted.count <= 0 ? 0 : std::max(0, healthy - wanted.healthy);

    const auto* before = budget->find({"status"});
    auto status = before && before->is_object() ? before->get_object() : json::object();
    status["currentHealthy"] = healthy;
    status["desiredHealthy"] = wanted.healthy;
    status["expectedPods"] = wanted.count;
    status["disruptionsAllowed"] = allowed;
    status["observedGeneration"] = generationOf(*budget);
    if (still.empty()) status.erase("disruptedPods");
    else status["disruptedPods"] = std::move(still);
    setPodCondition(status, {{"type", "DisruptionAllowed"}, {"status", allowed > 0 ? "True" : "False"}, {"observedGeneration", generationOf(*budget)}, {"reason", allowed > 0 ? "SufficientPods" : "InsufficientPods"}, {"message", ""}}, now());
    if (!before || *before != json::value(status)) {
        auto tree = budget->tree();
        tree["status"] = std::move(status);
        note(key, fmt::format("{} of {} healthy, {} may be evicted", healthy, wanted.count, allowed));
        auto written = co_await calls_.update(resources::podDisruptionBudgets, std::move(tree), "status");
        if (!written && written.error().reason != Reason::NotFound) co_return written.error();
    }
    if (recheck) queue_.addAfter(key, *recheck + 1ms);
    co_return Result<void>();
}

}  // namespace kubarium::controller
