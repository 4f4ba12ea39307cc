// The volume plugins for Pods without claims and without volumes that one machine can use at a time: there they have nothing to say.
#include "core/scheduler/plugins/plugins.h"

namespace kubarium::scheduler {
namespace {

// A Pod's claims must exist; where they are bound to a volume with a Node affinity, that decides.
class VolumePlugin final : public Plugin {
public:
    explicit VolumePlugin(std::string_view name) : name_(name) {}
    std::string_view name() const override { return name_; }
    std::unique_ptr<Plugin> clone() const override { return std::make_unique<VolumePlugin>(*this); }

    PreFilterResult preFilter(const Cycle& cycle) override {
        if (cycle.pod.claims.empty()) return {Status::skip(), {}};
        if (name_ != "VolumeRestrictions" && name_ != "VolumeBinding") return {Status::skip(), {}};
        for (const auto& claim : cycle.pod.claims)
            if (!cycle.snapshot.objects->claims.contains(cycle.pod.nameSpace + "/" + claim))
                return {Status::unresolvable("persistentvolumeclaim \"" + claim + "\" not found"), {}};
        if (name_ == "VolumeRestrictions") return {Status::skip(), {}};
        return {};
    }

    Status filter(const Cycle& cycle, const NodeInfo& node) override {
        for (const auto& name : cycle.pod.claims) {
            const auto claim = cycle.snapshot.objects->claims.find(cycle.pod.nameSpace + "/" + name);
            if (claim == cycle.snapshot.objects->claims.end()) continue;
            const auto volume = cycle.snapshot.objects->volumes.find(std::string(claim->second->string({"spec", "volumeName"})));
            if (volume == cycle.snapshot.objects->volumes.end()) continue;
            const auto* required = volume->second->find({"spec", "nodeAffinity", "required"});
            if (!required) continue;
            const json::value affinity{{"requiredDuringSchedulingIgnoredDuringExecution", *required}};
            const auto parsed = NodeAffinity::parse(&affinity);
            bool matches = false;
            for (const auto& term : parsed.required) matches |= term.matches(node.labels, node.name);
            if (!matches) return Status::unresolvable("node(s) had volume node affinity conflict");
        }
        return {};
    }
    Status preScore(const Cycle&, std::span<const NodeInfo* const>) override { return Status::skip(); }

private:
    std::string_view name_;
};

}  // namespace

std::unique_ptr<Plugin> makeVolumePlugin(std::string_view name) {
    for (const std::string_view known : {"VolumeRestrictions", "NodeVolumeLimits", "VolumeBinding", "VolumeZone"})
        if (name == known) return std::make_unique<VolumePlugin>(known);
    return nullptr;
}

}  // namespace kubarium::scheduler
