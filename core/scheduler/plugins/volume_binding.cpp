// VolumeBinding: bound claims and from where their volume can be reached; claims that wait for their first consumer.
// Follows pkg/scheduler/framework/plugins/volumebinding of Kubernetes 1.34.
#include "core/scheduler/plugins/plugins.h"
#include "core/scheduler/plugins/volume_claims.h"

namespace kubarium::scheduler {
namespace {

class VolumeBinding final : public Plugin {
public:
    std::string_view name() const override { return "VolumeBinding"; }
    std::unique_ptr<Plugin> clone() const override { return std::make_unique<VolumeBinding>(*this); }

    PreFilterResult preFilter(const Cycle& cycle) override {
        auto claims = PodClaims::of(*cycle.snapshot.objects, cycle.pod);
        if (!claims.any) {
            claims_ = std::make_shared<const PodClaims>();
            return {Status::skip(), {}};
        }
        if (!claims.status.success()) return {std::move(claims.status), {}};
        claims_ = std::make_shared<const PodClaims>(std::move(claims));
        return {};
    }

    Status filter(const Cycle& cycle, const NodeInfo& node) override {
        if (!claims_) return Status::error("not found");
        return claims_->on(*cycle.snapshot.objects, node).status;
    }

    // Scores only with a feature that is off at the defaults.
    Status preScore(const Cycle&, std::span<const NodeInfo* const>) override { return Status::skip(); }

private:
    std::shared_ptr<const PodClaims> claims_;
};

}  // namespace

std::unique_ptr<Plugin> makeVolumeBinding() { return std::make_unique<VolumeBinding>(); }

}  // namespace kubarium::scheduler
