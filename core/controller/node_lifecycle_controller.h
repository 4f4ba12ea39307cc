// Notices Nodes that fall silent (kube-controller-manager's node-lifecycle-controller). A kubelet shows that it lives by renewing
// its Lease; when neither Lease nor status has changed for 50 s, the Node's conditions become Unknown, its Pods not ready, and the
// Node is tainted: NoSchedule at once, NoExecute (which makes taint_eviction_controller.h evict) at most one Node per 10 s and zone,
// since when many Nodes fall silent it is more likely that the network is broken than that they all died. A zone of up to 50
// Nodes in which more than half are down gets no NoExecute taints at all.
#pragma once

#include "core/api/types/node.h"
#include "core/controller/controller.h"

#include <deque>
#include <map>
#include <set>

namespace kubarium::controller {

class NodeLifecycleController final : public Controller {
public:
    explicit NodeLifecycleController(ControllerContext context);
    void start() override;

private:
    struct Health {
        std::vector<api::Condition> conditions;  // as last seen or written
        std::string leaseRenewTime;
        WallTime probed;  // when the Node last showed a sign of life
        std::string readyStatus;
        bool podsMarked = false;
    };
    enum class ZoneState { Initial, Normal, PartialDisruption, FullDisruption };
    struct Zone {
        ZoneState state = ZoneState::Initial;
        double evictionsPerSecond = 0.1;
        std::deque<std::string> waiting;  // Nodes to be tainted NoExecute
        std::optional<ClusterTime> lastEviction;
        Timer timer;
    };

    // Every 5 s.
    void scheduleMonitor();
    Async<void> monitor();
    Async<std::string> checkNode(ObjectPtr node);  // the Ready status as it is now
    void observe(const api::Object& node, Health& health);
    Async<Result<ObjectPtr>> markUnknown(ObjectPtr node, Health& health);
    Async<void> markPodsNotReady(ObjectPtr node);
    Async<Result<void>> markPodNotReady(ObjectPtr pod);
    void noteMembership();
    Async<void> handleDisruption(std::map<std::string, std::vector<std::string>> readyByZone);
    void setZoneState(Zone& zone, std::size_t nodes, ZoneState state);

    // NoExecute, rate limited.
    Async<void> processTaints(ObjectPtr node, std::string ready);
    void queueForTainting(const std::string& zone, const std::string& node);
    void pumpZone(const std::string& zone);
    Async<void> taintNoExecute(std::string zone, std::string node);
    Async<Result<void>> markReachable(ObjectPtr node);
    // NoSchedule and labels follow the conditions at once.
    Async<Result<void>> reconcileNode(std::string name);
    json::object nodePatch(const api::Object& node) const;

    client::Informer& nodes_;
    client::Informer& leases_;
    client::Informer& pods_;
    client::WorkQueue& queue_;
    std::map<std::string, ObjectPtr> known_;
    std::map<std::string, Health> health_;
    std::map<std::string, Zone> zones_;
    Timer monitorTimer_;
};

}  // namespace kubarium::controller
