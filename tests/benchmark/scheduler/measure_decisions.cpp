#include "core/base/random.h"
#include "core/scheduler/cache/scheduler_cache.h"
#include "core/scheduler/incremental/incremental_decider.h"
#include "tests/benchmark/scheduler/measure.h"

#include <fmt/format.h>
#ifdef KUBARIUM_JEMALLOC
#include <jemalloc/jemalloc.h>
#else
#include <malloc.h>
#endif

#include <algorithm>
#include <chrono>

namespace kubarium::benchmark {

using namespace scheduler;

std::int64_t allocatedBytes() {
#ifdef KUBARIUM_JEMALLOC
    std::uint64_t epoch = 1;
    mallctl("epoch", nullptr, nullptr, &epoch, sizeof epoch);  // the figures are taken anew then
    std::size_t allocated = 0, size = sizeof allocated;
    mallctl("stats.allocated", &allocated, &size, nullptr, 0);
    return static_cast<std::int64_t>(allocated);
#else
    const auto info = mallinfo2();
    return static_cast<std::int64_t>(info.uordblks + info.hblkhd);
#endif
}

namespace {

using SteadyClock = std::chrono::steady_clock;

double percentile(std::vector<double>& values, double share) {
    if (values.empty()) return 0;
    const auto at = std::min(values.size() - 1, static_cast<std::size_t>(share * static_cast<double>(values.size())));
    std::ranges::nth_element(values, values.begin() + static_cast<std::ptrdiff_t>(at));
    return values[at];
}

class Run {
public:
    explicit Run(const Case& given) : given_(given) {
        const auto empty = allocatedBytes();
        for (int i = 0; i < given.nodes; ++i) cache_.setNode(api::Object::make(given.workload.node(i)));
        figures_.bytesPerNode = static_cast<double>(allocatedBytes() - empty) / given.nodes;
        const auto withNodes = allocatedBytes();
        const int initial = given.workload.initialPods(given.nodes);
        for (int i = 0; i < initial; ++i) step(podOf(given.workload.initialPod(i), fmt::format("initial-{}", i)));
        if (initial > 0) figures_.bytesPerPod = static_cast<double>(allocatedBytes() - withNodes) / initial;
        times_.clear();
        figures_.placed = 0;
    }

    DecisionFigures measure() {
        const auto& workload = given_.workload;
        for (int i = 0; i < given_.pods; ++i) {
            auto tree = workload.pod(i);
            if (given_.unique) makeUnique(tree, i);
            if (workload.between && i % workload.tickEvery == 0) tick(i / workload.tickEvery);
            figures_.placed += step(podOf(std::move(tree), fmt::format("pod-{}", i)));
        }
        figures_.decisions = static_cast<int>(times_.size());
        double sum = 0;
        for (const auto time : times_) sum += time;
        figures_.perSecond = sum > 0 ? 1e6 * static_cast<double>(times_.size()) / sum : 0;
        figures_.p50Microseconds = percentile(times_, 0.50);
        figures_.p99Microseconds = percentile(times_, 0.99);
        return figures_;
    }

private:
    static PodInfoPtr podOf(json::object tree, const std::string& uid) {
        tree["metadata"].as_object()["uid"] = uid;
        return PodInfo::make(api::Object::make(std::move(tree)));
    }

    Decision decideOnce(const PodInfoPtr& pod) {
        const auto start = SteadyClock::now();
        const auto snapshot = cache_.snapshot();
        DecideOptions options;
        options.startIndex = next_ % snapshot->nodes.size();
        options.sampling = given_.sampling;
        options.draw = [this](std::size_t count) { return static_cast<std::size_t>(random_.below(count)); };
        const auto& profile = configuration_->profiles.front();
        auto decision = given_.fromScratch ? decide(*snapshot, *pod, *configuration_, profile, options) : decider_.decide(snapshot, pod, configuration_, profile, options);
        next_ = decision.nextStart;
        if (decision.result == Decision::Result::Scheduled) cache_.assume(pod, decision.selectedNode);
        times_.push_back(std::chrono::duration<double, std::micro>(SteadyClock::now() - start).count());
        return decision;
    }

    // Whether the Pod has a place.
    bool step(const PodInfoPtr& pod) {
        auto decision = decideOnce(pod);
        if (!decision.preemption.nominatedNode.empty()) {
            for (const auto& victim : decision.preemption.victims) cache_.removePod(victim->uid);
            auto tree = pod->object->tree();
            tree["status"] = json::object{{"nominatedNodeName", decision.preemption.nominatedNode}};
            const auto nominated = PodInfo::make(api::Object::make(std::move(tree)));
            cache_.setNominated(nominated, nominated->nominatedNode);
            decision = decideOnce(nominated);
        }
        return decision.result == Decision::Result::Scheduled;
    }

    void tick(int number) {
        const auto& workload = given_.workload;
        const auto pod = [&] { step(podOf(workload.between(number), fmt::format("between-{}", number))); };
        if (!workload.recreates) return pod();
        const auto node = api::Object::make(workload.node(given_.nodes + number / 2));
        auto objects = std::make_shared<ClusterObjects>();
        if (number % 2 == 0) {
            cache_.setNode(node);
            auto service = api::Object::make(churnService(number));
            objects->services[service->key()] = service;
            pod();
        } else {
            cache_.removeNode(std::string(node->name()));
        }
        cache_.setObjects(std::move(objects));
    }

    const Case& given_;
    SchedulerCache cache_;
    IncrementalDecider decider_;
    std::shared_ptr<const Configuration> configuration_ = std::make_shared<const Configuration>();
    SeededRandom random_{1};
    std::size_t next_ = 0;
    std::vector<double> times_;
    DecisionFigures figures_;
};

}  // namespace

DecisionFigures measureDecisions(const Case& given) { return Run(given).measure(); }

}  // namespace kubarium::benchmark
