#include "core/cluster/traffic_provider.h"
#include "core/simulation/simulated_loop.h"

#include <boost/json.hpp>

#include <gtest/gtest.h>

namespace kubarium::cluster {
namespace {

using namespace std::chrono_literals;
using kubelet::EndpointTraffic;

class TrafficProviderTest : public ::testing::Test {
protected:
    TrafficProvider make() {
        return TrafficProvider(loop_, loop_, loop_.random(), [this](auto reply) {
            ++asked_;
            loop_.post([reply = std::move(reply), counters = counters_] { reply(counters); });
        });
    }
    static EndpointTraffic counter(const char* service, const char* ip, std::int64_t connections, const char* node = "worker-a") {
        return {node, "default", service, 80, ip, 8080, connections};
    }
    static api::ObjectPtr get(TrafficProvider& provider, const std::string& name) {
        api::ObjectPtr got;
        provider.get("default", name, [&](api::ObjectPtr object) { got = std::move(object); });
        return got;
    }
    static double rate(const api::ObjectPtr& object) { return object->find({"status", "connectionsPerSecond"})->to_number<double>(); }

    SimulatedLoop loop_{3};
    std::vector<EndpointTraffic> counters_;
    int asked_ = 0;
};

TEST_F(TrafficProviderTest, RatesAreWhatTheCountersGrewByInRealTime) {
    auto provider = make();
    counters_ = {counter("web", "10.0.0.1", 100), counter("web", "10.0.0.2", 40)};
    loop_.setRate(20);  // a fast Clock makes requests no more frequent
    provider.list("");
    loop_.runReady();
    ASSERT_TRUE(get(provider, "web"));
    EXPECT_EQ(rate(get(provider, "web")), 0) << "what was counted before anybody looked belongs to no interval";
    counters_ = {counter("web", "10.0.0.1", 110), counter("web", "10.0.0.2", 40), counter("web", "10.0.0.2", 30, "worker-b")};
    loop_.advance(TrafficProvider::period);
    loop_.runReady();
    const auto object = get(provider, "web");
    EXPECT_DOUBLE_EQ(rate(object), 20);
    EXPECT_EQ(object->find({"status", "connections"})->as_int64(), 180);
    const auto& second = object->find({"status", "endpoints"})->as_array().at(1).as_object();
    EXPECT_EQ(second.at("ip").as_string(), "10.0.0.2");
    EXPECT_DOUBLE_EQ(second.at("connectionsPerSecond").as_double(), 15);
}

TEST_F(TrafficProviderTest, ACounterThatBeganAnewIsNoNegativeRate) {
    auto provider = make();
    counters_ = {counter("web", "10.0.0.1", 100)};
    provider.list("");
    loop_.runReady();
    counters_ = {counter("web", "10.0.0.1", 8)};
    loop_.advance(TrafficProvider::period);
    loop_.runReady();
    EXPECT_DOUBLE_EQ(rate(get(provider, "web")), 4);
}

TEST_F(TrafficProviderTest, NobodyIsAskedWhileNobodyLooks) {
    auto provider = make();
    loop_.advance(1min);
    EXPECT_EQ(asked_, 0);
    provider.list("");
    loop_.advance(1min);
    const int after = asked_;
    EXPECT_GT(after, 1);
    loop_.advance(10min);
    EXPECT_EQ(asked_, after);
}

TEST_F(TrafficProviderTest, WatchersHearOfChangesOnlyAndOfTheEnd) {
    auto provider = make();
    counters_ = {counter("web", "10.0.0.1", 1)};
    std::vector<client::WatchEventType> events;
    auto watch = provider.watch("", provider.list("").revision, [&](client::WatchEvent event) { events.push_back(event.type); });
    loop_.advance(20s);
    loop_.runReady();
    ASSERT_EQ(events, std::vector{client::WatchEventType::Added}) << "the same figures again are no news";
    counters_ = {counter("web", "10.0.0.1", 5)};
    loop_.advance(2s);
    loop_.runReady();
    ASSERT_EQ(events.back(), client::WatchEventType::Modified);
    counters_.clear();
    loop_.advance(4s);
    loop_.runReady();
    EXPECT_EQ(events.back(), client::WatchEventType::Deleted);
}

}  // namespace
}  // namespace kubarium::cluster
