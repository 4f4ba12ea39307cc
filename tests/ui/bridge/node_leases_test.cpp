#include "tests/ui/view/demo_cluster.h"
#include "tests/ui/view/wait_for.h"
#include "ui/bridge/cluster_link.h"
#include "ui/bridge/qt_executor.h"
#include "ui/model/stage_builder.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace kubarium::bridge {
namespace {

namespace r = api::resources;
using model::Kind;
using testing::waitFor;

class NodeLeasesTest : public ::testing::Test {
protected:
    void open() {
        link_ = std::make_unique<ClusterLink>(executor_, cluster_.client(), QStringLiteral("demo"));
        builder_ = std::make_unique<model::StageBuilder>(*link_, *link_);
        QObject::connect(link_.get(), &ClusterLink::changed, [this](const model::Changes& changes) {
            builder_->apply(changes);
            for (const auto& change : changes) told_ += change.kind == Kind::Lease;
        });
        link_->start();
        ASSERT_TRUE(waitFor([this] { return link_->synced(); }));
    }
    void renewAll(int nodes) {
        for (int i = 1; i <= nodes; ++i) cluster_.renewLease(fmt::format("sim-{:04}", i), 0);
    }
    std::size_t known() const { return link_->all(Kind::Lease).size(); }
    bool knows(const char* node) const { return link_->get(Kind::Lease, std::string("kube-node-lease/") + node) != nullptr; }
    std::size_t burning() {
        std::size_t fuses = 0;
        for (const auto& node : builder_->build(QStringLiteral("demo"), 1).nodes) fuses += node.fuses.size();
        return fuses;
    }

    QtExecutor executor_;
    testing::DemoCluster cluster_{executor_, executor_};
    std::unique_ptr<ClusterLink> link_;
    std::unique_ptr<model::StageBuilder> builder_;
    int told_ = 0;
};

TEST_F(NodeLeasesTest, OfFewNodesEveryRenewalIsSeen) {
    cluster_.fillLarge(3, 0);
    open();
    EXPECT_EQ(known(), 3U);
    const auto before = told_;
    cluster_.renewLease("sim-0002", 0);
    EXPECT_TRUE(waitFor([&] { return told_ == before + 1; }));
}

TEST_F(NodeLeasesTest, OfManyNodesOnlyALateLeaseIsKnownAndItsFuseGoesWhenItIsRenewed) {
    cluster_.fillLarge(60, 0);
    cluster_.renewLease("sim-0007", 20);
    open();
    EXPECT_EQ(known(), 1U);
    EXPECT_TRUE(knows("sim-0007"));
    EXPECT_EQ(burning(), 1U);
    renewAll(60);
    EXPECT_TRUE(waitFor([&] { return burning() == 0; })) << "the fuse of a Lease that was renewed burns on";
    EXPECT_EQ(known(), 0U);
    EXPECT_TRUE(waitFor([&] { return told_ >= 2; }));
    EXPECT_EQ(told_, 2) << "renewals that nobody sees were told";
}

TEST_F(NodeLeasesTest, OfManyNodesTheOneThatIsLookedAtIsFollowed) {
    cluster_.fillLarge(60, 0);
    open();
    link_->setShownNode(QStringLiteral("sim-0003"));
    ASSERT_TRUE(waitFor([&] { return knows("sim-0003"); }));
    EXPECT_EQ(known(), 1U);
    ASSERT_TRUE(waitFor([&] { return told_ == 1; }));
    renewAll(60);
    EXPECT_TRUE(waitFor([&] { return told_ == 2; }));
    link_->setShownNode(QStringLiteral("sim-0004"));
    EXPECT_TRUE(waitFor([&] { return knows("sim-0004"); }));
    EXPECT_FALSE(knows("sim-0003"));
    link_->setShownNode({});
    EXPECT_EQ(known(), 0U);
}

TEST_F(NodeLeasesTest, AClusterThatGrowsIsListedAndOneThatShrinksIsWatched) {
    cluster_.fillLarge(50, 0);
    open();
    EXPECT_EQ(known(), 50U);
    cluster_.addNode("sim-0051", "8", "16Gi", true);
    ASSERT_TRUE(waitFor([&] { return known() == 0; }));
    cluster_.objects().erase(r::nodes, "sim-0051");
    EXPECT_TRUE(waitFor([&] { return known() == 51; })) << "the Lease of the Node that went is still there";
}

}  // namespace
}  // namespace kubarium::bridge
