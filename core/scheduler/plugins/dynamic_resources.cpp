// The place of DynamicResources: there are no ResourceClaims here, so a Pod that names one waits for it for ever and every other Pod
// has nothing to do with it. What remains visible of the real one (pkg/scheduler/framework/plugins/dynamicresources of
// Kubernetes 1.34) is kept: its Filter fails where its PreFilter is disabled, and its PostFilter's words.
#include "core/scheduler/plugins/plugins.h"

#include <fmt/format.h>

namespace kubarium::scheduler {
namespace {

class DynamicResources final : public Plugin {
public:
    std::string_view name() const override { return "DynamicResources"; }
    std::unique_ptr<Plugin> clone() const override { return std::make_unique<DynamicResources>(*this); }
    Reads reads() const override { return Reads::Node; }

    Status preEnqueue(const PodInfo& pod) override {
        if (pod.resourceClaims.empty()) return {};
        return Status::unresolvable(fmt::format("waiting for resource claim \"{}\": Kubarium has no dynamic resource allocation (DynamicResources is absent), so it never comes", pod.resourceClaims.front()));
    }
    PreFilterResult preFilter(const Cycle&) override {
        prepared_ = true;
        return {Status::skip(), {}};
    }
    Status filter(const Cycle&, const NodeInfo&) override { return prepared_ ? Status() : Status::error("not found"); }

private:
    bool prepared_ = false;
};

}  // namespace

std::unique_ptr<Plugin> makeDynamicResources() { return std::make_unique<DynamicResources>(); }

}  // namespace kubarium::scheduler
