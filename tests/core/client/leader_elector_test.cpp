#include "core/client/leader_elector.h"

#include "core/simulation/simulated_loop.h"
#include "tests/support/memory_client.h"

#include <gtest/gtest.h>

namespace kubarium::client {
namespace {

using namespace std::chrono_literals;

class LeaderElection : public ::testing::Test {
protected:
    struct Candidate {
        int started = 0, lost = 0;
        std::unique_ptr<LeaderElector> elector;
    };
    Candidate& candidate(const std::string& identity) {
        auto& made = candidates[identity];
        made.elector = std::make_unique<LeaderElector>(client, loop, loop.random(), LeaseSettings{"kube-system", "kube-scheduler", identity},
                                                       LeaderElector::Callbacks{[&made] { ++made.started; }, [&made] { ++made.lost; }, {}});
        made.elector->start();
        return made;
    }
    std::string holder() const { return std::string(client.find(api::resources::leases, "kube-system/kube-scheduler")->string({"spec", "holderIdentity"})); }

    SimulatedLoop loop;
    testing::MemoryClient client{loop, loop, loop.random()};
    std::map<std::string, Candidate> candidates;
};

TEST_F(LeaderElection, OneLeadsAndTheOtherWaits) {
    auto& a = candidate("a");
    loop.runReady();
    auto& b = candidate("b");
    loop.advance(1min);
    EXPECT_EQ(a.started, 1);
    EXPECT_EQ(b.started, 0);
    EXPECT_EQ(holder(), "a");
}

TEST_F(LeaderElection, ALeaderThatIsGoneIsFollowedWhenItsLeaseEnds) {
    candidate("a");
    loop.runReady();
    auto& b = candidate("b");
    loop.advance(5s);
    candidates["a"].elector.reset();
    loop.advance(9s);
    EXPECT_EQ(b.started, 0) << "the lease still runs";
    loop.advance(15s);
    EXPECT_EQ(b.started, 1);
    EXPECT_EQ(client.find(api::resources::leases, "kube-system/kube-scheduler")->find({"spec", "leaseTransitions"})->to_number<int>(), 1);
}

TEST_F(LeaderElection, ALeaseThatIsGivenUpIsFree) {
    auto& a = candidate("a");
    loop.runReady();
    auto& b = candidate("b");
    loop.runReady();
    bool done = false;
    a.elector->release([&] { done = true; });
    loop.advance(5s);
    EXPECT_TRUE(done);
    EXPECT_EQ(b.started, 1);
    EXPECT_EQ(a.lost, 0);
}

TEST_F(LeaderElection, WhoCannotRenewInTimeNoLongerLeads) {
    auto& a = candidate("a");
    loop.runReady();
    client.failWrites(1000, makeError(Reason::ServiceUnavailable, "down"));
    loop.advance(9s);
    EXPECT_EQ(a.lost, 0);
    loop.advance(4s);
    EXPECT_EQ(a.lost, 1);
    EXPECT_FALSE(a.elector->leading());
}

}  // namespace
}  // namespace kubarium::client
