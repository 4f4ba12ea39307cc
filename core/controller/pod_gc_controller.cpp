#include "core/controller/pod_gc_controller.h"

#include "core/api/types/pod.h"
#include "core/controller/pods.h"

#include <boost/json.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <set>

namespace kubarium::controller {

using namespace std::chrono_literals;
namespace resources = api::resources;

namespace {

constexpr auto period = 20s;
constexpr auto quarantine = 40s;
constexpr std::size_t finishedThreshold = 12500;

}  // namespace

PodGcController::PodGcController(ControllerContext context)
    : Controller(context, "pod gc", "pod-garbage-collector"), nodes_(informer(resources::nodes)), pods_(informer(resources::pods)) {}

void PodGcController::start() { schedule(); }

void PodGcController::schedule() {
    timer_ = clock().after(period, [this] {
        spawn(alive_, collect());
        schedule();
    });
}

Async<void> PodGcController::collect() {
    co_await collectFinished();
    co_await collectOrphans();
    std::vector<ObjectPtr> unscheduled;
    for (const auto& [key, pod] : pods_.all())
        if (pod->deleting() && pod->string({"spec", "nodeName"}).empty()) unscheduled.push_back(pod);
    for (const auto& pod : unscheduled) (void)co_await remove(pod, false);
}

Async<void> PodGcController::collectFinished() {
    std::vector<ObjectPtr> finished;
    for (const auto& [key, pod] : pods_.all())
        if (isPodFinished(pod->as<api::Pod>())) finished.push_back(pod);
    if (finished.size() <= finishedThreshold) co_return;
    std::ranges::sort(finished, {}, [](const ObjectPtr& pod) { return api::metaOf(*pod).creationTimestamp; });
    finished.resize(finished.size() - finishedThreshold);
    for (const auto& pod : finished) (void)co_await remove(pod, false);
}

Async<void> PodGcController::collectOrphans() {
    std::vector<ObjectPtr> orphans;
    std::set<std::string> missingNow;
    for (const auto& [key, pod] : pods_.all()) {
        const std::string node(pod->string({"spec", "nodeName"}));
        if (node.empty() || nodes_.get(node)) continue;
        missingNow.insert(node);
        const auto since = missing_.try_emplace(node, clock().clusterNow()).first->second;
        if (clock().clusterNow() - since >= quarantine) orphans.push_back(pod);
    }
    std::erase_if(missing_, [&](const auto& entry) { return !missingNow.contains(entry.first); });
    for (const auto& pod : orphans) {
        // The cache may be behind: ask.
        const std::string nodeName(pod->string({"spec", "nodeName"}));
        auto node = co_await calls_.get(resources::nodes, "", nodeName);
        if (node || node.error().reason != Reason::NotFound) continue;
        note(pod->key(), "its Node is gone: removing the Pod");
        (void)co_await remove(pod, true);
    }
}

Async<Result<void>> PodGcController::remove(ObjectPtr pod, bool nodeGone) {
    auto tree = pod->tree();
    auto& status = api::ensureObject(tree, {"status"});
    bool changed = false;
    if (!isPodFinished(pod->as<api::Pod>())) {
        status["phase"] = "Failed";
        changed = true;
        if (nodeGone) {
            json::object condition{{"type", "DisruptionTarget"}, {"status", "True"}, {"reason", "DeletionByPodGC"}, {"message", "PodGC: node no longer exists"}};
            if (const auto* generation = pod->find({"metadata", "generation"})) condition["observedGeneration"] = *generation;
            setPodCondition(status, std::move(condition), now());
        }
    }
    if (changed) {
        auto written = co_await calls_.update(resources::pods, std::move(tree), "status");
        if (!written) co_return written.error();
    }
    client::DeleteOptions options;
    options.gracePeriodSeconds = 0;
    auto removed = co_await calls_.remove(resources::pods, std::string(pod->nameSpace()), std::string(pod->name()), options);
    if (!removed && removed.error().reason != Reason::NotFound) co_return removed.error();
    co_return Result<void>();
}

}  // namespace kubarium::controller
