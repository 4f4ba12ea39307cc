// The window against a live engine with a thousand simulated Nodes, and against a cluster that lets it do little.
#include "tests/ui/live/live_window.h"
#include "ui/view/tool_bar.h"

#include <QFile>
#include <QLabel>
#include <QStandardPaths>

namespace kubarium::view {
namespace {

using namespace testing;

class LiveLarge : public LiveWindow {};

TEST_F(LiveLarge, AThousandRefusalsAreGatheredByReasonAndOpenOnAClick) {
    ASSERT_EQ(run(bridge::EngineProcess::program(), {QStringLiteral("up"), QStringLiteral("--detach"), QStringLiteral("--name"), name_, QStringLiteral("--nodes"), QStringLiteral("0"),
                                                     QStringLiteral("--simulated-nodes"), QStringLiteral("1000")}), 0);
    open({});
    EXPECT_EQ(window_->stage().model()->nodes.size(), 1000U);
    // A Node that is Ready may still have the taint of one that is not, for a moment: that would be a second reason.
    ASSERT_TRUE(waitFor([this] {
        const auto& nodes = window_->link()->all(Kind::Node);
        return std::all_of(nodes.begin(), nodes.end(), [](const auto& node) { return model::arrayAt(*node.second, {"spec", "taints"}).empty(); });
    }, engineMilliseconds));
    apply("{apiVersion: v1, kind: Pod, metadata: {name: big}, spec: {containers: [{name: c, image: kubarium/web:1.0, resources: {requests: {cpu: '640'}}}]}}");
    ASSERT_TRUE(waitFor([this] { return pod("default/big") && model::condition(*pod("default/big"), "PodScheduled"); }, engineMilliseconds));
    follow("default/big");
    const auto reason = QStringLiteral("Insufficient cpu");
    ASSERT_TRUE(waitFor([&] { return !window_->stage().reasonRect(reason).isEmpty(); }, engineMilliseconds)) << "the verdicts are not gathered";
    ASSERT_EQ(theatre()->reasonCounts.size(), 1U);
    EXPECT_EQ(theatre()->reasonCounts.front().count, 1000);
    QTest::mouseClick(&window_->stage(), Qt::LeftButton, {}, window_->stage().reasonRect(reason).center());
    const auto listed = [this] {
        for (const auto* label : window_->inspector().findChildren<QLabel*>())
            if (label->isVisible() && label->text().contains(QLatin1String("sim-"))) return label->text().count(QLatin1Char('\n'));
        return qsizetype(0);
    };
    EXPECT_TRUE(waitFor([&] { return listed() > 100; }, engineMilliseconds)) << "the Nodes of the reason are not listed";
}

// What kubectl proxy lets through stands for what a user of a real cluster may do: no kinds of ours, no writing, some kinds not to be listed.
class LiveRestricted : public LiveWindow {
protected:
    void SetUp() override {
        LiveWindow::SetUp();
        ASSERT_EQ(run(bridge::EngineProcess::program(), {QStringLiteral("up"), QStringLiteral("--detach"), QStringLiteral("--name"), name_}), 0);
        if (QStandardPaths::findExecutable(QStringLiteral("kubectl")).isEmpty()) GTEST_SKIP() << "kubectl is not installed: scripts/setup installs it";
        QProcess path;
        path.start(bridge::EngineProcess::program(), {QStringLiteral("kubeconfig"), QStringLiteral("--path"), QStringLiteral("--name"), name_});
        ASSERT_TRUE(path.waitForFinished(engineMilliseconds));
        proxy_.start(QStringLiteral("kubectl"), {QStringLiteral("--kubeconfig"), QString::fromUtf8(path.readAllStandardOutput()).trimmed(), QStringLiteral("proxy"), QStringLiteral("--port=0"),
                                                 QStringLiteral("--reject-paths=^/apis/kubarium.dev.*,^/api/v1/configmaps.*,^/apis/coordination.k8s.io.*,^/api/v1/nodes/.*"),
                                                 QStringLiteral("--reject-methods=POST,PUT,PATCH,DELETE")});
        ASSERT_TRUE(waitFor([this] { return proxy_.canReadLine() || proxy_.state() == QProcess::NotRunning; }, engineMilliseconds));
        const auto address = QString::fromUtf8(proxy_.readLine()).trimmed().section(QLatin1Char(' '), -1);  // "Starting to serve on 127.0.0.1:40407"
        ASSERT_TRUE(address.contains(QLatin1Char(':'))) << proxy_.readAllStandardError().toStdString();
        kubeconfig_ = folder_.filePath(QStringLiteral("restricted.yaml"));
        QFile file(kubeconfig_);
        ASSERT_TRUE(file.open(QIODevice::WriteOnly));
        file.write(QStringLiteral("{apiVersion: v1, kind: Config, current-context: c, contexts: [{name: c, context: {cluster: other, user: u}}], clusters: [{name: other, cluster: {server: 'http://%1'}}], users: [{name: u, user: {}}]}").arg(address).toUtf8());
    }
    void TearDown() override {
        window_.reset();
        proxy_.terminate();
        proxy_.waitForFinished(engineMilliseconds);
        LiveWindow::TearDown();
    }

    QProcess proxy_;
    QString kubeconfig_;
};

TEST_F(LiveRestricted, WhatTheClusterForbidsIsHiddenAndTheRestIsShown) {
    OpenRequest request;
    request.kubeconfig = kubeconfig_;
    open(request);
    EXPECT_EQ(window_->stage().model()->nodes.size(), 3U);
    EXPECT_FALSE(window_->link()->offers(Kind::Clock));
    EXPECT_FALSE(window_->link()->offers(Kind::ConfigMap));
    EXPECT_FALSE(button(window_->toolBar(), QStringLiteral("Pause or run the Clock"))) << "there is no Clock to pause";
    EXPECT_FALSE(button(window_->toolBar(), QStringLiteral("⚡ Fault"))) << "no faults can be made there";
    EXPECT_FALSE(window_->openWhatIf());
    window_->select({Kind::Node, window_->stage().model()->nodes.front().name});
    EXPECT_TRUE(waitFor([this] { return button(window_->inspector(), QStringLiteral("Overview")); }));
    // Not broken: what may not be written says so where it was tried, and the window goes on.
    window_->newManifest(QStringLiteral("pod.yaml"));
    ASSERT_TRUE(clickWhenThere(window_->editor(), QStringLiteral("Apply")));
    EXPECT_TRUE(waitFor([this] { return !window_->editor().problems().isEmpty(); }, engineMilliseconds));
    EXPECT_FALSE(window_->link()->isLost());
}

}  // namespace
}  // namespace kubarium::view
