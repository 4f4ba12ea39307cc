// The window against a live engine: clicks through a lab from the first step to the last.
#include "tests/ui/live/live_window.h"
#include "ui/view/lab_panel.h"

#include <QContextMenuEvent>
#include <QLabel>
#include <QMenu>
#include <QMessageBox>

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
    // Step 2: where does it run? The Stage knows.
    const auto node = model::at(*pod("default/web"), {"spec", "nodeName"});
    ASSERT_TRUE(clickWhenThere(window_->labPanel(), node)) << labText();
    ASSERT_TRUE(clickWhenThere(window_->labPanel(), QStringLiteral("Reveal")));
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

}  // namespace
}  // namespace kubarium::view
