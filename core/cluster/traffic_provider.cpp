#include "core/cluster/traffic_provider.h"

#include <boost/json.hpp>

#include <algorithm>
#include <cmath>

namespace kubarium::cluster {

namespace json = boost::json;

namespace {

std::int64_t sum(const std::map<std::string, std::int64_t>& byNode) {
    std::int64_t all = 0;
    for (const auto& [node, connections] : byNode) all += connections;
    return all;
}

double perSecond(std::int64_t count, double seconds) { return seconds <= 0 ? 0 : std::round(static_cast<double>(count) / seconds * 10) / 10; }

}  // namespace

struct TrafficProvider::Handle final : client::Watch {
    explicit Handle(std::shared_ptr<Watcher> owned) : watcher(std::move(owned)) {}
    std::shared_ptr<Watcher> watcher;
};

TrafficProvider::TrafficProvider(Executor& executor, Clock& clock, Random& random, TrafficSource source)
    : executor_(executor), clock_(clock), random_(random), source_(std::move(source)) {}

void TrafficProvider::get(const std::string& nameSpace, const std::string& name, std::move_only_function<void(api::ObjectPtr)> reply) {
    wanted();
    const auto it = entries_.find({nameSpace, name});
    reply(it == entries_.end() ? nullptr : it->second.object);
}

apiserver::ProvidedList TrafficProvider::list(const std::string& nameSpace) {
    wanted();
    apiserver::ProvidedList listed;
    listed.revision = revision_;
    for (const auto& [key, entry] : entries_)
        if (nameSpace.empty() || key.first == nameSpace) listed.items.push_back(entry.object);
    return listed;
}

std::unique_ptr<client::Watch> TrafficProvider::watch(const std::string& nameSpace, std::uint64_t since, std::function<void(client::WatchEvent)> handler) {
    auto watcher = std::make_shared<Watcher>(Watcher{nameSpace, std::move(handler)});
    watchers_.push_back(watcher);
    for (const auto& [key, entry] : entries_) {
        if (entry.revision <= since || (!nameSpace.empty() && key.first != nameSpace)) continue;
        executor_.post([weak = std::weak_ptr(watcher), object = entry.object] {
            if (const auto alive = weak.lock()) alive->handler({client::WatchEventType::Added, object, {}});
        });
    }
    wanted();
    return std::make_unique<Handle>(std::move(watcher));
}

void TrafficProvider::wanted() {
    askedAt_ = clock_.monotonic();
    if (std::exchange(running_, true)) return;
    // Whatever was counted while nobody looked belongs to no interval.
    measuredAt_.reset();
    measure();
}

void TrafficProvider::measure() {
    std::erase_if(watchers_, [](const auto& weak) { return weak.expired(); });
    if (watchers_.empty() && clock_.monotonic() - askedAt_ > keepMeasuring) {
        running_ = false;
        return timer_.reset();
    }
    timer_ = clock_.afterReal(period, [this] { measure(); });
    // A slow answer is waited for: two at once would be counted twice.
    if (std::exchange(measuring_, true)) return;
    source_([this, alive = alive_](std::vector<kubelet::EndpointTraffic> counted) {
        if (!*alive) return;
        measuring_ = false;
        take(counted);
    });
}

void TrafficProvider::take(const std::vector<kubelet::EndpointTraffic>& counted) {
    const auto now = clock_.monotonic();
    const double seconds = measuredAt_ ? std::chrono::duration<double>(now - *measuredAt_).count() : 0;
    measuredAt_ = now;
    std::map<Key, Counters> services;
    for (const auto& one : counted) services[{one.nameSpace, one.service}][{one.endpointIp, one.endpointPort}][one.node] += one.connections;
    for (auto it = entries_.begin(); it != entries_.end();) {
        if (services.contains(it->first)) {
            ++it;
            continue;
        }
        ++revision_;
        tell(client::WatchEventType::Deleted, it->first, it->second.object);
        it = entries_.erase(it);
    }
    for (auto& [key, counters] : services) update(key, entries_[key], std::move(counters), seconds);
}

void TrafficProvider::update(const Key& key, Entry& entry, Counters counters, double seconds) {
    json::array endpoints;
    std::int64_t all = 0, fresh = 0;
    for (const auto& [endpoint, byNode] : counters) {
        const auto known = entry.counters.find(endpoint);
        const auto total = sum(byNode);
        // A counter that is smaller than it was belongs to an endpoint that went and came back.
        const auto before = known == entry.counters.end() ? 0 : sum(known->second);
        const auto grown = total >= before ? total - before : total;
        json::array from;
        for (const auto& [node, connections] : byNode) from.push_back({{"node", node}, {"connections", connections}});
        endpoints.push_back({{"ip", endpoint.ip}, {"port", endpoint.port}, {"connections", total}, {"connectionsPerSecond", perSecond(grown, seconds)}, {"from", std::move(from)}});
        all += total;
        fresh += grown;
    }
    entry.counters = std::move(counters);
    json::object status{{"connections", all}, {"connectionsPerSecond", perSecond(fresh, seconds)}, {"endpoints", std::move(endpoints)}};
    const bool isNew = !entry.object;
    if (!isNew && entry.status == status) return;
    if (isNew) {
        entry.uid = random_.uuid();
        entry.created = formatTime(clock_.now());
    }
    entry.status = status;
    entry.revision = ++revision_;
    entry.object = api::Object::make({{"apiVersion", "kubarium.dev/v1alpha1"},
                                      {"kind", "ServiceTraffic"},
                                      {"metadata", {{"name", key.second}, {"namespace", key.first}, {"uid", entry.uid}, {"resourceVersion", std::to_string(entry.revision)}, {"creationTimestamp", entry.created}}},
                                      {"status", std::move(status)}});
    tell(isNew ? client::WatchEventType::Added : client::WatchEventType::Modified, key, entry.object);
}

void TrafficProvider::tell(client::WatchEventType type, const Key& key, const api::ObjectPtr& object) {
    for (const auto& weak : watchers_) {
        const auto watcher = weak.lock();
        if (!watcher || (!watcher->nameSpace.empty() && watcher->nameSpace != key.first)) continue;
        executor_.post([weak, type, object] {
            if (const auto alive = weak.lock()) alive->handler({type, object, {}});
        });
    }
}

}  // namespace kubarium::cluster
