#include "ui/bridge/cluster_link.h"

#include "core/client/http_client.h"

#include <boost/json/parse.hpp>

#include <algorithm>
#include <cmath>

namespace kubarium::bridge {

using model::Kind;
using model::ObjectPtr;

namespace {

constexpr int frameMilliseconds = 16;
constexpr int healthMilliseconds = 5000;  // how long a cluster may be silent before the window says so
constexpr int statsMilliseconds = 3000;
constexpr int measuredNodes = 20;
constexpr int patienceMilliseconds = 3000;  // with kinds that may not be listed

constexpr std::size_t indexOf(Kind kind) { return static_cast<std::size_t>(kind); }

// A client that cannot stream (a test's) is asked once for all there is.
class OneShot final : public client::Watch {
public:
    std::shared_ptr<bool> alive = std::make_shared<bool>(true);
    ~OneShot() override { *alive = false; }
};

}  // namespace

ClusterLink::ClusterLink(QtExecutor& executor, std::unique_ptr<client::Client> client, QString name, QObject* parent)
    : QObject(parent),
      executor_(executor),
      client_(std::move(client)),
      name_(std::move(name)),
      leases_(*client_, executor_, *this, *this, [this](const ObjectPtr& before, const ObjectPtr& after) { collect(Kind::Lease, before, after); }) {
    frame_.setSingleShot(true);
    frame_.setInterval(frameMilliseconds);
    frame_.setTimerType(Qt::PreciseTimer);
    connect(&frame_, &QTimer::timeout, this, &ClusterLink::flush);
    health_.setInterval(healthMilliseconds);
    connect(&health_, &QTimer::timeout, this, &ClusterLink::checkConnection);
    stats_.setInterval(statsMilliseconds);
    connect(&stats_, &QTimer::timeout, this, &ClusterLink::measure);
}

ClusterLink::~ClusterLink() {
    *alive_ = false;
    for (auto& informer : informers_) informer.reset();
}

void ClusterLink::start() {
    if (std::exchange(started_, true)) return;
    client_->getRaw("/apis/kubarium.dev/v1alpha1", [this, alive = alive_](Result<std::string> found) {
        if (!*alive) return;
        startInformers(found.value_or(std::string()));
    });
    health_.start();
    stats_.start();
}

void ClusterLink::startInformers(const std::string& ownResources) {
    for (const auto kind : model::allKinds) {
        if (kind == Kind::Lease) continue;  // they begin when the Nodes are known
        if (model::isOwnKind(kind) && ownResources.find('"' + model::resourceOf(kind).resource + '"') == std::string::npos) continue;
        auto informer = std::make_unique<client::Informer>(*client_, executor_, model::resourceOf(kind));
        informer->addHandler({[this, kind](const ObjectPtr& added) { collect(kind, nullptr, added); },
                              [this, kind](const ObjectPtr& before, const ObjectPtr& after) { collect(kind, before, after); },
                              [this, kind](const ObjectPtr& last) { collect(kind, last, nullptr); }});
        informer->start();
        informers_[indexOf(kind)] = std::move(informer);
    }
    since_.start();
    frame_.start();
}

const model::Objects& ClusterLink::all(Kind kind) const {
    static const model::Objects none;
    if (kind == Kind::Lease) return leases_.all();
    const auto& informer = informers_[indexOf(kind)];
    return informer ? informer->all() : none;
}

void ClusterLink::setShownNode(const QString& node) { leases_.setShown(node.toStdString()); }

bool ClusterLink::offers(Kind kind) const {
    if (kind == Kind::Lease) return leases_.synced() || !synced_;
    const auto& informer = informers_[indexOf(kind)];
    return informer && (informer->synced() || !synced_);
}

void ClusterLink::collect(Kind kind, const ObjectPtr& before, const ObjectPtr& after) {
    const auto& any = after ? after : before;
    nodesChanged_ |= kind == Kind::Node;
    revision_ = std::max(revision_, any->revision());
    if (kind == Kind::Clock) followClock(after);
    auto [it, isNew] = pending_[indexOf(kind)].try_emplace(any->key(), model::Change{kind, before, after});
    if (!isNew) {
        it->second.after = after;
        if (!it->second.before && !after) pending_[indexOf(kind)].erase(it);
    }
    hasPending_ = true;
    if (!frame_.isActive()) frame_.start();
}

void ClusterLink::flush() {
    // What a user may not list (Secrets of others, Leases) is not waited for without end; Pods and Nodes are.
    const bool patient = since_.elapsed() < patienceMilliseconds;
    const auto& nodes = informers_[indexOf(Kind::Node)];
    if (nodes && nodes->synced() && std::exchange(nodesChanged_, false)) leases_.onNodes();
    const bool nowSynced = synced_ || std::all_of(model::allKinds.begin(), model::allKinds.end(), [&](Kind kind) {
        const auto& informer = informers_[indexOf(kind)];
        const bool known = kind == Kind::Lease ? leases_.synced() : !informer || informer->synced();
        return known || (!patient && kind != Kind::Pod && kind != Kind::Node);
    });
    // Until everything has been listed once, a half picture would make Pods look ownerless.
    if (!nowSynced) return frame_.start();
    if (std::exchange(hasPending_, false) || !synced_) {
        model::Changes changes;
        for (auto& pending : pending_) {
            const auto from = changes.size();
            for (auto& [key, change] : pending) changes.push_back(std::move(change));
            pending.clear();
            // Whoever looks sees the same: what is first come is first served below.
            std::sort(changes.begin() + from, changes.end(), [](const model::Change& a, const model::Change& b) { return a.any()->key() < b.any()->key(); });
        }
        const bool first = !std::exchange(synced_, true);
        Q_EMIT changed(changes);
        if (first) {
            Q_EMIT syncedChanged();
            measure();
        }
    }
}

double ClusterLink::now() const { return std::chrono::duration<double>(executor_.clusterNow().sinceStart).count(); }

double ClusterLink::at(WallTime wall) const {
    const auto ahead = wall - executor_.now();
    // Times to come (the end of a fault) are cluster time already in the making: they come `rate` times as fast.
    if (ahead.count() > 0) return now() + std::chrono::duration<double>(ahead).count() * executor_.rate();
    return now() - std::chrono::duration<double>(executor_.clusterElapsedSince(wall)).count();
}

void ClusterLink::followClock(const ObjectPtr& clock) {
    if (!clock) return;
    const auto rate = model::numberAt(*clock, {"spec", "rate"}, 1);
    executor_.setRate(rate > 0 ? rate : 1);
    executor_.setPaused(model::boolAt(*clock, {"spec", "paused"}));
    Q_EMIT clockChanged();
}

QString ClusterLink::heldPod() const {
    const auto clock = get(Kind::Clock, std::string("cluster"));
    return clock ? model::at(*clock, {"status", "heldPod"}) : QString();
}

void ClusterLink::checkConnection() {
    if (std::exchange(checking_, true)) return;
    client_->getRaw("/version", [this, alive = alive_](Result<std::string> answer) {
        if (!*alive) return;
        checking_ = false;
        const bool bad = !answer && answer.error().reason == Reason::ServiceUnavailable;
        if (bad == lost_) return;
        lost_ = bad;
        Q_EMIT connectionChanged(bad ? tr("The cluster \"%1\" does not answer: %2").arg(name_, model::text(answer.error().message)) : QString());
    });
}

void ClusterLink::measure() {
    if (!synced_) return;
    int asked = 0;
    for (const auto& [key, node] : all(Kind::Node)) {
        if (node->label("kubarium.dev/simulated") == "true" || !model::conditionIsTrue(*node, "Ready")) {
            use_.remove(QString::fromStdString(key));
            continue;
        }
        if (++asked > measuredNodes) break;
        client_->getRaw("/api/v1/nodes/" + key + "/proxy/stats/summary", [this, alive = alive_, key = QString::fromStdString(key)](Result<std::string> body) {
            if (*alive && body) takeStats(key, *body);
        });
    }
}

void ClusterLink::takeStats(const QString& node, const std::string& body) {
    boost::system::error_code bad;
    const auto parsed = boost::json::parse(body, bad);
    if (bad) return;
    NodeUse use;
    use.cores = model::numberAt(parsed, {"node", "cpu", "usageNanoCores"}, -1e9) / 1e9;
    use.bytes = model::numberAt(parsed, {"node", "memory", "workingSetBytes"}, -1);
    // An idle Node's figures tremble; what no pixel would show is no news.
    const auto known = use_.constFind(node);
    if (known != use_.cend() && std::abs(known->cores - use.cores) < 0.004 && std::abs(known->bytes - use.bytes) < 1024.0 * 1024) return;
    use_.insert(node, use);
    Q_EMIT useChanged();
}

void ClusterLink::readDecision(const ObjectPtr& entry, std::function<void(const ObjectPtr&)> reply) {
    constexpr std::size_t kept = 8;
    const auto key = entry->key() + "@" + std::string(entry->resourceVersion());
    for (const auto& [known, whole] : decisions_)
        if (known == key) return executor_.post([alive = alive_, reply = std::move(reply), whole = whole] { if (*alive) reply(whole); });
    auto& waiting = reading_[key];
    waiting.push_back(std::move(reply));
    if (waiting.size() > 1) return;
    client_->get(model::resourceOf(Kind::Decision), std::string(entry->nameSpace()), std::string(entry->name()), [this, alive = alive_, key, entry](Result<ObjectPtr> read) {
        if (!*alive) return;
        const auto whole = read ? *read : entry;
        decisions_.emplace_back(key, whole);
        if (decisions_.size() > kept) decisions_.pop_front();
        for (const auto& each : std::exchange(reading_[key], {})) each(whole);
        reading_.erase(key);
    });
}

std::unique_ptr<client::Watch> ClusterLink::stream(const QString& path, std::function<void(QByteArray)> onData, std::function<void(QString)> onEnd) {
    if (auto* http = dynamic_cast<client::HttpClient*>(client_.get()))
        return http->stream(
            path.toStdString(), [onData](std::string data) { onData(QByteArray::fromStdString(data)); },
            [onEnd](Result<void> end) { onEnd(end ? QString() : model::text(end.error().message)); });
    auto shot = std::make_unique<OneShot>();
    client_->getRaw(path.toStdString(), [onData, onEnd, alive = shot->alive](Result<std::string> body) {
        if (!*alive) return;
        if (body) onData(QByteArray::fromStdString(*body));
        onEnd(body ? QString() : model::text(body.error().message));
    });
    return shot;
}

}  // namespace kubarium::bridge
