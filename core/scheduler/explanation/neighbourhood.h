// What the Pods of a cluster are to one that waits, by topology domain: whom its terms exclude, whose terms exclude it, how many a
// spread counts. Each is worked out when it is first asked for, in one walk over the cluster, and serves every Node: a search that
// looks at each Node of a zone would otherwise walk over the zone as often as it has Nodes. Not thread-safe.
#pragma once

#include "core/scheduler/explanation/edit.h"

namespace kubarium::scheduler {

class Neighbourhood {
public:
    using Pods = std::vector<PodInfoPtr>;
    // A list of Pods ends after so many: nobody moves more of them away.
    static constexpr std::size_t most = 4;

    // The world must live as long as this.
    explicit Neighbourhood(const World& world) : world_(world) {}

    // Pods in the Node's domain that the Pod's required anti-affinity term excludes.
    const Pods& excluded(std::size_t term, const NodeInfo& node);
    // Pods whose required anti-affinity keeps the Pod from the Node.
    Pods excluding(const NodeInfo& node);
    // A domain, by its label's value, with a Pod that the required affinity term speaks of; nullptr if there is none.
    const std::string* home(std::size_t term);
    // Pods per domain of a spread constraint that must hold, as the plugin counts them. `constraint` is an index into spread.
    const std::map<std::string, std::int64_t>& spread(std::size_t constraint);
    // Pods that use a claim of the Pod.
    const Pods& claimUsers();

private:
    using Domains = std::map<std::string, Pods>;  // by the label's value
    const World& world_;
    std::map<std::size_t, Domains> excluded_;
    std::optional<std::map<std::string, Domains>> excluding_;  // by topology key
    std::map<std::size_t, std::optional<std::string>> homes_;
    std::map<std::size_t, std::map<std::string, std::int64_t>> spread_;
    std::optional<Pods> claimUsers_;
};

}  // namespace kubarium::scheduler
