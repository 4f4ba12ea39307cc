// The window against a live engine: clicks through a lab from the first step to the last.
#include "tests/ui/live/live_window.h"
#include "ui/model/pod_state.h"
#include "ui/view/lab_panel.h"

#include <QContextMenuEvent>
#include <QLabel>
#include <QMenu>
#include <QMessageBox>

#include <algorithm>

namespace kubarium::view {
namespace {

using namespace testing;

class LiveLab : public LiveWindow {
protected:
    void openLab(const QString& lab) {
        OpenRequest request;
        request.lab = lab;
        open(request);
    }
    // The context menu of a Pod on the Stage, and one of its lines.
    bool chooseInMenuOf(const QString& uid, const QString& line) {
        const auto at = window_->stage().podRect(uid).center();
        QContextMenuEvent event(QContextMenuEvent::Mouse, at, window_->stage().mapToGlobal(at));
        QCoreApplication::sendEvent(&window_->stage(), &event);
        auto* menu = window_->findChild<QMenu*>(QStringLiteral("objectMenu"));
        if (!menu) return false;
        for (auto* action : menu->actions())
            if (action->text() == line) {
                QTest::mouseClick(menu, Qt::LeftButton, {}, menu->actionGeometry(action).center());
                return true;
            }
        return false;
    }
    std::string labText() {
        QStringList lines;
        for (const auto* label : window_->labPanel().findChildren<QLabel*>())
            if (label->isVisible()) lines << label->text();
        return lines.join(QLatin1Char('\n')).toStdString();
    }
    bool labSays(const char* words) { return labText().find(words) != std::string::npos; }
};

TEST_F(LiveLab, TheFirstLabIsDoneWithClicksFromStartToEnd) {
    ASSERT_NO_FATAL_FAILURE(openLab(QStringLiteral("first-pod")));
    ASSERT_TRUE(waitFor([this] { return labSays("Create a Pod"); }, engineMilliseconds)) << labText();
    // Step 1: the manifest from the editor.
    window_->newManifest(QStringLiteral("pod.yaml"));
    ASSERT_TRUE(clickWhenThere(window_->editor(), QStringLiteral("Apply")));
    ASSERT_TRUE(waitFor([this] { return pod("default/web") && pod("default/web")->string({"status", "phase"}) == "Running"; }, engineMilliseconds));
    ASSERT_TRUE(waitFor([this] { return labSays("All of this step is done"); }, engineMilliseconds)) << labText();
    EXPECT_TRUE(labSays("Create a Pod")) << "the step has gone before it could be read";
    ASSERT_TRUE(clickWhenThere(window_->labPanel(), QStringLiteral("Continue")));
    // Step 2: where does it run? The Stage knows.
    const auto node = model::at(*pod("default/web"), {"spec", "nodeName"});
    ASSERT_TRUE(clickWhenThere(window_->labPanel(), node)) << labText();
    ASSERT_TRUE(clickWhenThere(window_->labPanel(), QStringLiteral("Reveal")));
    ASSERT_TRUE(waitFor([this] { return labSays("Right"); }, engineMilliseconds)) << labText();
    ASSERT_TRUE(labSays("The scheduler wrote")) << "the explanation stays until it has been read: " << labText();
    ASSERT_TRUE(clickWhenThere(window_->labPanel(), QStringLiteral("Continue")));
    ASSERT_TRUE(waitFor([this] { return labSays("Delete the Pod") && !labSays("PREDICT"); }, engineMilliseconds)) << labText();
    EXPECT_FALSE(labSays("Well done")) << "done before the last step";
    // Step 3: its context menu on the Stage, and the question whether one is sure.
    const auto uid = model::text(pod("default/web")->uid());
    window_->stage().revealNode(node);  // beside the editor there is room for one column
    ASSERT_TRUE(waitFor([&] { return window_->stage().rect().contains(window_->stage().podRect(uid).center()); }));
    ASSERT_TRUE(chooseInMenuOf(uid, QStringLiteral("Delete…")));
    ASSERT_TRUE(waitFor([this] { return window_->findChild<QMessageBox*>() != nullptr; }));
    ASSERT_TRUE(clickWhenThere(*window_->findChild<QMessageBox*>(), QStringLiteral("Delete")));
    EXPECT_TRUE(waitFor([this] { return labSays("Well done"); }, engineMilliseconds)) << labText();
}

TEST_F(LiveLab, APredictionIsMadeBeforeAnybodySeesTheOutcomeAndTheLabGoesOnWhereItWasLeft) {
    ASSERT_NO_FATAL_FAILURE(openLab(QStringLiteral("filters-and-taints")));
    ASSERT_TRUE(waitFor([this] { return labSays("report is held before Filter"); }, engineMilliseconds)) << labText();
    const auto decided = [this](const char* member) {
        const auto decision = model::latestDecision(*window_->link(), *pod("default/report"));
        return decision && decision->find({"status", member}) != nullptr;
    };
    EXPECT_FALSE(decided("nodes")) << "the verdicts are told before the prediction";
    EXPECT_FALSE(window_->labPanel().findChild<QPushButton*>(QStringLiteral("reveal"))->isEnabled());
    ASSERT_TRUE(clickWhenThere(window_->labPanel(), QStringLiteral("None of them")));
    ASSERT_TRUE(clickWhenThere(window_->labPanel(), QStringLiteral("Reveal")));
    ASSERT_TRUE(waitFor([this] { return labSays("Right"); }, engineMilliseconds)) << labText();
    EXPECT_TRUE(decided("nodes"));
    ASSERT_TRUE(clickWhenThere(window_->labPanel(), QStringLiteral("Continue")));
    ASSERT_TRUE(waitFor([this] { return labSays("batch is held before Filter"); }, engineMilliseconds)) << labText();
    // The window goes, the engine too; what was done is kept.
    window_.reset();
    ASSERT_EQ(run(bridge::EngineProcess::program(), {QStringLiteral("down"), QStringLiteral("--name"), name_}), 0);
    window_ = std::make_unique<MainWindow>(appearance_, executor_);
    window_->show();
    ASSERT_NO_FATAL_FAILURE(openLab(QStringLiteral("filters-and-taints")));
    ASSERT_TRUE(waitFor([this] { return labSays("batch is held before Filter"); }, engineMilliseconds)) << labText();
    EXPECT_NE(pod("default/report"), nullptr) << "the cluster is as it was left";
}

TEST_F(LiveLab, ThePreemptionThatWasRevealedStaysInTheTheatreUntilItHasBeenRead) {
    ASSERT_NO_FATAL_FAILURE(openLab(QStringLiteral("priority-and-preemption")));
    ASSERT_TRUE(waitFor([this] { return labSays("urgent is held before Filter"); }, engineMilliseconds)) << labText();
    ASSERT_TRUE(clickWhenThere(window_->labPanel(), QStringLiteral("low-a (priority 100, 900m on worker-a)")));
    ASSERT_TRUE(clickWhenThere(window_->labPanel(), QStringLiteral("Reveal")));
    ASSERT_TRUE(waitFor([this] { return labSays("Right"); }, engineMilliseconds)) << labText();
    // The second cycle, which places the Pod, is over long before the first has been read: the Stage shows its Pod Running.
    ASSERT_TRUE(waitFor([this] {
        const auto decision = model::latestDecision(*window_->link(), *pod("default/urgent"));
        const auto& pods = window_->stage().model()->pods;
        return decision && model::at(*decision, {"status", "selectedNode"}) == QLatin1String("worker-a") &&
               std::any_of(pods.begin(), pods.end(), [](const auto& each) { return each.name == QLatin1String("urgent") && each.phase == scene::PodPhase::Ready; });
    }, engineMilliseconds));
    ASSERT_TRUE(theatre().has_value());
    EXPECT_TRUE(theatre()->victims.contains(QStringLiteral("default/low-a")) && theatre()->candidates.size() == 3)
        << "who gave way, and for what price, is not to be seen";
    ASSERT_TRUE(clickWhenThere(window_->labPanel(), QStringLiteral("Continue")));
    EXPECT_TRUE(waitFor([this] { return !theatre() || theatre()->victims.isEmpty(); }, engineMilliseconds)) << "the theatre does not go on";
}

}  // namespace
}  // namespace kubarium::view
