// The heartbeats of the Nodes, as far as they are seen. Of few Nodes each renewal is watched: the Stage shows its age. Of many it shows
// none, and a hundred renewals a second would cost an idle window more than all the rest: there the Leases are listed from time to
// time, and kept are only those that are late while their Node is Ready (a fuse burns) and the one of the Node that is looked at, which is
// watched alone. While one is late they are listed more often, so that a fuse goes soon after its Lease was renewed. GUI thread only.
#pragma once

#include "core/client/informer.h"
#include "ui/model/cluster_objects.h"

#include <functional>
#include <memory>
#include <string>

namespace kubarium::bridge {

class NodeLeases {
public:
    // Up to so many Nodes every renewal is watched.
    static constexpr std::size_t watchedNodes = 50;
    // One that is kept from now on (before is null), was renewed, or is not kept any more (after is null).
    using Changed = std::function<void(const model::ObjectPtr& before, const model::ObjectPtr& after)>;

    // `cluster` tells of the Nodes.
    NodeLeases(client::Client& client, Clock& clock, const model::ClusterObjects& cluster, const model::ClusterTimes& times, Changed changed);
    ~NodeLeases();

    // Nodes came or went; the first call starts it.
    void onNodes();
    // The Node that is looked at, or "".
    void setShown(const std::string& node);
    bool synced() const { return watch_ ? watch_->synced() : listed_; }
    const model::Objects& all() const { return watch_ ? watch_->all() : kept_; }

private:
    std::unique_ptr<client::Informer> informer(const std::string& fieldSelector);
    void watchAll();
    void listSometimes();
    void watchShown();
    void list();
    void take(const std::vector<model::ObjectPtr>& leases);
    Duration period() const;

    client::Client& client_;
    Clock& clock_;
    const model::ClusterObjects& cluster_;
    const model::ClusterTimes& times_;
    Changed changed_;
    std::unique_ptr<client::Informer> watch_, shownWatch_;
    std::string shown_;
    model::Objects kept_;  // while watch_ is null
    bool listed_ = false, anyLate_ = false;
    Timer timer_;
    std::shared_ptr<bool> alive_;  // of the listing that goes on by itself; null while all are watched
};

}  // namespace kubarium::bridge
