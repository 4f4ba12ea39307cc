// The window's connection to one cluster: an informer per kind, whose news are collected and handed on once per frame, the
// measured use of the Nodes, and the Clock. A client of the API and nothing else: kinds that a server lacks (those of
// kubarium.dev on a real cluster) are simply not offered. GUI thread only.
#pragma once

#include "core/client/informer.h"
#include "ui/bridge/node_leases.h"
#include "ui/bridge/qt_executor.h"
#include "ui/model/cluster_objects.h"

#include <QElapsedTimer>
#include <QHash>
#include <QObject>
#include <QTimer>

#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <unordered_map>

namespace kubarium::bridge {

using model::NodeUse;

class ClusterLink final : public QObject, public model::ClusterObjects, public model::ClusterTimes {
    Q_OBJECT

public:
    ClusterLink(QtExecutor& executor, std::unique_ptr<client::Client> client, QString name, QObject* parent = nullptr);
    ~ClusterLink() override;

    void start();
    const QString& name() const { return name_; }
    // Becomes false when this is gone: for what may answer later.
    const std::shared_ptr<bool>& aliveFlag() const { return alive_; }
    client::Client& client() { return *client_; }
    QtExecutor& executor() { return executor_; }
    // True once all kinds have been listed for the first time.
    bool synced() const { return synced_; }
    bool isLost() const { return lost_; }
    // The highest revision seen.
    std::uint64_t revision() const { return revision_; }

    const model::Objects& all(model::Kind kind) const override;
    bool offers(model::Kind kind) const override;

    double now() const override;
    double at(WallTime wall) const override;
    using model::ClusterTimes::at;
    WallTime wallNow() const override { return executor_.now(); }
    bool answers() const override { return !lost_; }

    double rate() const { return executor_.rate(); }
    bool isPaused() const { return executor_.paused(); }
    // What the cluster's Clock says is held, or "".
    QString heldPod() const;

    const QHash<QString, NodeUse>& nodeUse() const { return use_; }

    // The Node that is looked at, or "": its Lease is known whatever the size of the cluster. Of many Nodes all(Kind::Lease) has only
    // what is late besides (node_leases.h).
    void setShownNode(const QString& node);

    // The whole of a decision: its list entry leaves out what is long or takes work (all Nodes, the smallest change). Read once per
    // revision; where it cannot be read, the entry itself. Never called back before this returns, nor after the link is gone.
    void readDecision(const model::ObjectPtr& entry, std::function<void(const model::ObjectPtr&)> reply);

    // A line-by-line GET (logs). `onEnd` gets a sentence when it failed, or "". Dropping the result ends it.
    std::unique_ptr<client::Watch> stream(const QString& path, std::function<void(QByteArray)> onData, std::function<void(QString)> onEnd);

Q_SIGNALS:
    // At most once per frame, of each kind in the order of the keys. The first one after start() tells of everything that exists.
    void changed(const kubarium::model::Changes& changes);
    void syncedChanged();
    void clockChanged();
    void useChanged();
    // `sentence`: what happened and what to do; "" when the connection is back.
    void connectionChanged(const QString& sentence);

private:
    // `ownResources`: the discovery document of kubarium.dev, or "" where there is none.
    void startInformers(const std::string& ownResources);
    void collect(model::Kind kind, const model::ObjectPtr& before, const model::ObjectPtr& after);
    void flush();
    void followClock(const model::ObjectPtr& clock);
    void checkConnection();
    void measure();
    void takeStats(const QString& node, const std::string& body);

    QtExecutor& executor_;
    std::unique_ptr<client::Client> client_;
    QString name_;
    std::array<std::unique_ptr<client::Informer>, model::kindCount> informers_;  // none of Leases
    NodeLeases leases_;
    std::array<std::unordered_map<std::string, model::Change>, model::kindCount> pending_;
    bool hasPending_ = false, synced_ = false, lost_ = false, checking_ = false, started_ = false;
    bool nodesChanged_ = true;  // since leases_ was told
    std::uint64_t revision_ = 0;
    QTimer frame_, health_, stats_;
    QElapsedTimer since_;
    // Decisions that were read whole, the latest last; and who waits for one that is under way.
    std::deque<std::pair<std::string, model::ObjectPtr>> decisions_;
    std::map<std::string, std::vector<std::function<void(const model::ObjectPtr&)>>> reading_;
    QHash<QString, NodeUse> use_;
    std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace kubarium::bridge
