// NodeResourcesFit and NodeResourcesBalancedAllocation (pkg/scheduler/framework/plugins/noderesources).
#include "core/scheduler/plugins/plugins.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace kubarium::scheduler {
namespace {

bool isScalar(std::string_view name) { return name != "cpu" && name != "memory" && name != "ephemeral-storage" && name != "pods"; }

struct Amount {
    std::int64_t allocatable = 0, requested = 0;
};

// calculateResourceAllocatableRequest. `nonZero`: what is requested on the Node counts with the defaults.
Amount amountOf(const NodeInfo& node, const std::string& resource, std::int64_t podRequest, bool nonZero) {
    if (podRequest == 0 && isScalar(resource)) return {};
    if (resource == "cpu") return {node.allocatable.milliCpu, wrappingAdd(nonZero ? node.nonZeroCpu : node.requested.milliCpu, podRequest)};
    if (resource == "memory") return {node.allocatable.memory, wrappingAdd(nonZero ? node.nonZeroMemory : node.requested.memory, podRequest)};
    if (resource == "ephemeral-storage") return {node.allocatable.ephemeralStorage, wrappingAdd(node.requested.ephemeralStorage, podRequest)};
    const auto it = node.allocatable.scalar.find(resource);
    return it == node.allocatable.scalar.end() ? Amount{} : Amount{it->second, wrappingAdd(node.requested.get(resource), podRequest)};
}

class NodeResourcesFit final : public Plugin {
public:
    std::string_view name() const override { return "NodeResourcesFit"; }
    std::unique_ptr<Plugin> clone() const override { return std::make_unique<NodeResourcesFit>(*this); }
    Reads reads() const override { return Reads::Node; }
    Normalization normalization() const override { return Normalization::None; }

    PreFilterResult preFilter(const Cycle&) override {
        prepared_ = true;
        return {};
    }

    Status filter(const Cycle& cycle, const NodeInfo& node) override {
        if (!prepared_) return Status::error("error reading \"PreFilterNodeResourcesFit\" from cycleState: not found");
        Status status;
        const auto refuse = [&](std::string reason, bool unresolvable) {
            status.reasons.push_back(std::move(reason));
            if (status.code != Code::UnschedulableAndUnresolvable) status.code = unresolvable ? Code::UnschedulableAndUnresolvable : Code::Unschedulable;
        };
        const auto& wanted = cycle.pod.filterRequests;
        if (static_cast<std::int64_t>(node.pods.size()) + 1 > node.allocatable.allowedPods) refuse("Too many pods", false);
        const auto check = [&](std::string_view resource, std::int64_t request, std::int64_t allocatable, std::int64_t requested) {
            if (request > 0 && request > wrappingSubtract(allocatable, requested)) refuse(fmt::format("Insufficient {}", resource), request > allocatable);
        };
        check("cpu", wanted.milliCpu, node.allocatable.milliCpu, node.requested.milliCpu);
        check("memory", wanted.memory, node.allocatable.memory, node.requested.memory);
        check("ephemeral-storage", wanted.ephemeralStorage, node.allocatable.ephemeralStorage, node.requested.ephemeralStorage);
        for (const auto& [resource, request] : wanted.scalar)
            if (!ignored(cycle.profile.fit, resource)) check(resource, request, node.allocatable.get(resource), node.requested.get(resource));
        return status;
    }

    ScoreResult score(const Cycle& cycle, const NodeInfo& node) override {
        const auto& args = cycle.profile.fit;
        std::int64_t sum = 0, weights = 0;
        for (const auto& [resource, weight] : args.resources) {
            const auto amount = amountOf(node, resource, cycle.pod.fitRequests.get(resource), true);
            if (amount.allocatable == 0) continue;
            const auto part = scoreOf(args, amount);
            // A resource whose ratio scores nothing does not count in the mean either.
            if (args.strategy == FitArgs::Strategy::RequestedToCapacityRatio && part <= 0) continue;
            sum += part * weight;
            weights += weight;
        }
        if (weights == 0) return {0, {}};
        if (args.strategy == FitArgs::Strategy::RequestedToCapacityRatio)
            return {static_cast<std::int64_t>(std::round(static_cast<double>(sum) / static_cast<double>(weights))), {}};
        return {sum / weights, {}};
    }

private:
    static bool ignored(const FitArgs& args, const std::string& resource) {
        if (resource.starts_with("hugepages-") || resource.find('/') == std::string::npos) return false;
        if (std::ranges::find(args.ignoredResources, resource) != args.ignoredResources.end()) return true;
        const auto group = resource.substr(0, resource.find('/'));
        return std::ranges::find(args.ignoredResourceGroups, group) != args.ignoredResourceGroups.end();
    }

    static std::int64_t scoreOf(const FitArgs& args, const Amount& amount) {
        const auto [capacity, requested] = amount;
        switch (args.strategy) {
            case FitArgs::Strategy::LeastAllocated:
                return requested > capacity ? 0 : wrappingMultiply(wrappingSubtract(capacity, requested), maxNodeScore) / capacity;
            case FitArgs::Strategy::MostAllocated: return wrappingMultiply(std::min(requested, capacity), maxNodeScore) / capacity;
            case FitArgs::Strategy::RequestedToCapacityRatio:
                return requested > capacity ? onShape(args, 100) : onShape(args, wrappingMultiply(requested, 100) / capacity);
        }
        return 0;
    }

    static std::int64_t onShape(const FitArgs& args, std::int64_t utilization) {
        constexpr std::int64_t scale = maxNodeScore / 10;  // scores of a shape go from 0 to 10
        const auto& shape = args.shape;
        for (std::size_t i = 0; i < shape.size(); ++i) {
            if (utilization > shape[i].utilization) continue;
            if (i == 0) return shape[0].score * scale;
            const auto& low = shape[i - 1];
            return low.score * scale + (shape[i].score - low.score) * scale * (utilization - low.utilization) / (shape[i].utilization - low.utilization);
        }
        return shape.empty() ? 0 : shape.back().score * scale;
    }

    bool prepared_ = false;
};

class NodeResourcesBalancedAllocation final : public Plugin {
public:
    std::string_view name() const override { return "NodeResourcesBalancedAllocation"; }
    std::unique_ptr<Plugin> clone() const override { return std::make_unique<NodeResourcesBalancedAllocation>(*this); }
    Reads reads() const override { return Reads::Node; }
    Normalization normalization() const override { return Normalization::None; }
    Status preScore(const Cycle& cycle, std::span<const NodeInfo* const>) override {
        return bestEffort(cycle) ? Status::skip() : Status{};
    }
    ScoreResult score(const Cycle& cycle, const NodeInfo& node) override {
        if (bestEffort(cycle)) return {0, {}};  // a profile may have this PreScore disabled
        std::vector<double> fractions;
        double total = 0;
        for (const auto& [resource, weight] : cycle.profile.balancedResources) {
            const auto amount = amountOf(node, resource, cycle.pod.requests.get(resource), false);
            if (amount.allocatable == 0) continue;
            const auto fraction = std::min(1.0, static_cast<double>(amount.requested) / static_cast<double>(amount.allocatable));
            fractions.push_back(fraction);
            total += fraction;
        }
        double deviation = 0;
        if (fractions.size() == 2) {
            deviation = std::abs((fractions[0] - fractions[1]) / 2);
        } else if (fractions.size() > 2) {
            const auto mean = total / static_cast<double>(fractions.size());
            double sum = 0;
            for (const auto fraction : fractions) sum = sum + (fraction - mean) * (fraction - mean);
            deviation = std::sqrt(sum / static_cast<double>(fractions.size()));
        }
        return {static_cast<std::int64_t>((1 - deviation) * static_cast<double>(maxNodeScore)), {}};
    }

private:
    static bool bestEffort(const Cycle& cycle) {
        return std::ranges::all_of(cycle.profile.balancedResources, [&](const auto& entry) { return cycle.pod.requests.get(entry.name) == 0; });
    }
};

}  // namespace

std::unique_ptr<Plugin> makeResourcePlugin(std::string_view name) {
    if (name == "NodeResourcesFit") return std::make_unique<NodeResourcesFit>();
    if (name == "NodeResourcesBalancedAllocation") return std::make_unique<NodeResourcesBalancedAllocation>();
    return nullptr;
}

}  // namespace kubarium::scheduler
