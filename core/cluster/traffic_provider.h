// Serves ServiceTraffic: per Service the connections that its endpoints got, as the kernel's packet filter on the real Nodes counts
// them, in total and per second of real time (never of cluster time: requests are real). A connection is counted once, when it is
// opened: ten requests over one kept-alive connection count as one.
// Measured only while somebody watches or has asked within the last seconds, so that a cluster nobody looks at costs nothing.
// Simulated Nodes have no traffic. Engine thread only.
#pragma once

#include "core/api/service_traffic.h"
#include "core/apiserver/resource_provider.h"
#include "core/base/clock.h"
#include "core/base/random.h"
#include "core/kubelet/network/network_controller.h"

#include <map>
#include <optional>

namespace kubarium::cluster {

// Asks for the counters of this moment.
using TrafficSource = std::function<void(std::function<void(std::vector<kubelet::EndpointTraffic>)>)>;

class TrafficProvider final : public apiserver::ResourceProvider {
public:
    static constexpr auto period = std::chrono::seconds{2};
    static constexpr auto keepMeasuring = std::chrono::seconds{10};  // after the last question of somebody who does not watch

    TrafficProvider(Executor& executor, Clock& clock, Random& random, TrafficSource source);
    ~TrafficProvider() override { *alive_ = false; }

    const api::GroupVersionResource& resource() const override { return api::resources::serviceTraffics; }
    void get(const std::string& nameSpace, const std::string& name, std::move_only_function<void(api::ObjectPtr)> reply) override;
    apiserver::ProvidedList list(const std::string& nameSpace) override;
    std::unique_ptr<client::Watch> watch(const std::string& nameSpace, std::uint64_t since, std::function<void(client::WatchEvent)> handler) override;

private:
    struct Watcher {
        std::string nameSpace;
        std::function<void(client::WatchEvent)> handler;
    };
    struct Handle;
    struct EndpointKey {
        std::string ip;
        int port = 0;
        auto operator<=>(const EndpointKey&) const = default;
    };
    using Counters = std::map<EndpointKey, std::map<std::string, std::int64_t>>;  // by endpoint, then by the Node that sent
    using Key = std::pair<std::string, std::string>;                              // namespace and name of the Service
    struct Entry {
        Counters counters;
        std::string uid, created;
        std::uint64_t revision = 0;
        boost::json::object status;
        api::ObjectPtr object;
    };
    void wanted();
    void measure();
    void take(const std::vector<kubelet::EndpointTraffic>& counted);
    void update(const Key& key, Entry& entry, Counters counters, double seconds);
    void tell(client::WatchEventType type, const Key& key, const api::ObjectPtr& object);

    Executor& executor_;
    Clock& clock_;
    Random& random_;
    TrafficSource source_;
    std::map<Key, Entry> entries_;
    std::vector<std::weak_ptr<Watcher>> watchers_;
    std::uint64_t revision_ = 1;
    std::optional<Duration> measuredAt_;
    Duration askedAt_{};
    bool measuring_ = false, running_ = false;
    Timer timer_;
    std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace kubarium::cluster
