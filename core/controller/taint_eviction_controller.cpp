#include "core/controller/taint_eviction_controller.h"

#include "core/controller/indexes.h"
#include "core/controller/pods.h"

#include <boost/json.hpp>
#include <fmt/format.h>

#include <algorithm>

namespace kubarium::controller {

using namespace std::chrono_literals;
namespace resources = api::resources;

namespace {

std::vector<api::Taint> noExecuteTaints(const api::Object& node) {
    auto taints = node.as<api::Node>().spec.taints;
    std::erase_if(taints, [](const api::Taint& taint) { return taint.effect != "NoExecute"; });
    return taints;
}

bool tolerates(const api::Toleration& toleration, const api::Taint& taint) {
    if (!toleration.effect.empty() && toleration.effect != taint.effect) return false;
    if (!toleration.key.empty() && toleration.key != taint.key) return false;
    if (toleration.operator_ == "Exists") return true;
    return (toleration.operator_.empty() || toleration.operator_ == "Equal") && toleration.value == taint.value;
}

}  // namespace

TolerationTime tolerationTime(const std::vector<api::Taint>& taints, const std::vector<api::Toleration>& tolerations) {
    std::optional<std::chrono::seconds> least;
    for (const auto& taint : taints) {
        const auto it = std::ranges::find_if(tolerations, [&](const api::Toleration& toleration) { return tolerates(toleration, taint); });
        if (it == tolerations.end()) return {};
        if (!it->tolerationSeconds) continue;
        const auto wait = std::chrono::seconds{std::max<std::int64_t>(0, *it->tolerationSeconds)};
        least = least ? std::min(*least, wait) : wait;
    }
    return least ? TolerationTime{false, *least} : TolerationTime{true, 0s};
}

TaintEvictionController::TaintEvictionController(ControllerContext context)
    : Controller(context, "taint eviction", "taint-eviction-controller"),
      nodes_(informer(resources::nodes)),
      pods_(informer(resources::pods)),
      nodeQueue_(addQueue([this](std::string name) { return reconcileNode(std::move(name)); })),
      podQueue_(addQueue([this](std::string key) { return reconcilePod(std::move(key)); })) {
    pods_.addIndex(byNode, nodeIndex);
    const auto enqueueNode = [this](const ObjectPtr& node) { nodeQueue_.add(node->key()); };
    nodes_.addHandler({enqueueNode,
                       [enqueueNode](const ObjectPtr& before, const ObjectPtr& after) {
                           const auto *was = before->find({"spec", "taints"}), *is = after->find({"spec", "taints"});
                           if ((was == nullptr) != (is == nullptr) || (was && *was != *is)) enqueueNode(after);
                       },
                       enqueueNode});
    const auto enqueuePod = [this](const ObjectPtr& pod) { podQueue_.add(pod->key()); };
    pods_.addHandler({enqueuePod,
                      [enqueuePod](const ObjectPtr& before, const ObjectPtr& after) {
                          const auto *was = before->find({"spec", "tolerations"}), *is = after->find({"spec", "tolerations"});
                          if (before->string({"spec", "nodeName"}) != after->string({"spec", "nodeName"}) || (was == nullptr) != (is == nullptr) ||
                              (was && *was != *is))
                              enqueuePod(after);
                      },
                      enqueuePod});
}

void TaintEvictionController::cancel(const ObjectPtr& pod, const std::string& key) {
    const auto it = evictions_.find(key);
    if (it == evictions_.end()) return;
    const bool pending = !it->second.done;
    evictions_.erase(it);
    if (pending && pod) events_.record(*pod, "Normal", "TaintManagerEviction", fmt::format("Cancelling deletion of Pod {}", key));
}

void TaintEvictionController::processPod(const ObjectPtr& pod, const std::vector<api::Taint>& taints) {
    const auto key = pod->key();
    if (taints.empty()) return cancel(pod, key);
    const auto allowed = tolerationTime(taints, pod->as<api::Pod>().spec.tolerations);
    if (allowed.forever) return cancel(pod, key);
    const auto known = evictions_.find(key);
    if (known != evictions_.end() && known->second.done) return;
    const auto time = clock().clusterNow();
    auto created = time;
    if (known != evictions_.end() && allowed.wait > 0s) {
        created = known->second.created;
        // Due no later than now planned: leave it.
        if (created + allowed.wait < time + allowed.wait && allowed.wait >= time - created) return;
        cancel(pod, key);
    }
    auto& eviction = evictions_[key];
    eviction.created = created;
    if (allowed.wait > 0s) note(key, fmt::format("evicting in {} s", allowed.wait.count()));
    const auto wait = std::max<Duration>(Duration{}, created + allowed.wait - time);
    eviction.timer = clock().after(wait, [this, key, uid = std::string(pod->uid())] {
        evictions_[key].done = true;
        spawn<Result<void>>(alive_, evict(key, uid), [this, key](Result<void> result) {
            if (result) return;
            evictions_.erase(key);  // and try again
            podQueue_.addAfter(key, 100ms);
        });
    });
}

Async<Result<void>> TaintEvictionController::reconcileNode(std::string name) {
    const auto node = nodes_.get(name);
    const auto pods = pods_.byIndex(byNode, name);
    const auto taints = node ? noExecuteTaints(*node) : std::vector<api::Taint>{};
    if (!node) co_return Result<void>();
    for (const auto& pod : pods) processPod(pod, taints);
    co_return Result<void>();
}

Async<Result<void>> TaintEvictionController::reconcilePod(std::string key) {
    const auto pod = pods_.get(key);
    if (!pod) {
        evictions_.erase(key);
        co_return Result<void>();
    }
    const auto nodeName = std::string(pod->string({"spec", "nodeName"}));
    const auto node = nodeName.empty() ? nullptr : nodes_.get(nodeName);
    if (node) processPod(pod, noExecuteTaints(*node));
    co_return Result<void>();
}

Async<Result<void>> TaintEvictionController::evict(std::string key, std::string uid) {
    const auto pod = pods_.get(key);
    if (!pod || pod->uid() != uid) co_return Result<void>();
    events_.record(*pod, "Normal", "TaintManagerEviction", fmt::format("Marking for deletion Pod {}", key));
    note(key, "evicting from a tainted Node");
    const auto nameSpace = std::string(pod->nameSpace()), name = std::string(pod->name());
    for (int attempt = 0; attempt < 5; ++attempt) {
        auto fresh = co_await calls_.get(resources::pods, nameSpace, name);
        if (!fresh) {
            if (fresh.error().reason == Reason::NotFound) co_return Result<void>();
            continue;
        }
        if ((*fresh)->uid() != uid) co_return Result<void>();
        auto tree = (*fresh)->tree();
        json::object condition{{"type", "DisruptionTarget"}, {"status", "True"}, {"reason", "DeletionByTaintManager"},
                               {"message", "Taint manager: deleting due to NoExecute taint"}};
        if (const auto* generation = (*fresh)->find({"metadata", "generation"})) condition["observedGeneration"] = *generation;
        if (setPodCondition(api::ensureObject(tree, {"status"}), std::move(condition), now())) {
            auto written = co_await calls_.update(resources::pods, std::move(tree), "status");
            if (!written) continue;
        }
        auto removed = co_await calls_.remove(resources::pods, nameSpace, name);
        if (removed || removed.error().reason == Reason::NotFound) co_return Result<void>();
    }
    co_return makeError(Reason::ServerTimeout, fmt::format("could not evict Pod {}", key));
}

}  // namespace kubarium::controller
