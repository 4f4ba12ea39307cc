// The window against a live engine: starts one as a user's window does, and clicks through a lab from the first step to the last.
#include "tests/ui/view/wait_for.h"
#include "ui/view/lab_panel.h"
#include "ui/view/main_window.h"
#include "ui/view/yaml_editor.h"

#include <QContextMenuEvent>
#include <QCoreApplication>
#include <QLabel>
#include <QMenu>
#include <QMessageBox>
#include <QProcess>
#include <QPushButton>
#include <QTemporaryDir>
#include <QTest>

#include <gtest/gtest.h>

namespace kubarium::view {
namespace {

using model::Kind;
using testing::waitFor;

constexpr int engineMilliseconds = 60'000;  // a deadline, not a wait

QPushButton* button(const QWidget& parent, const QString& name) {
    for (auto* each : parent.findChildren<QPushButton*>())
        if ((each->text() == name || each->accessibleName() == name) && each->isVisible()) return each;
    return nullptr;
}

class LiveWindowTest : public ::testing::Test {
protected:
    void SetUp() override {
        ASSERT_TRUE(folder_.isValid());
        // Long paths do not fit into the socket names of the engine.
        qputenv("KUBARIUM_STATE", folder_.path().toUtf8());
        name_ = QStringLiteral("gui%1").arg(QCoreApplication::applicationPid());
        appearance_.setReduceMotion(true);
        window_ = std::make_unique<MainWindow>(appearance_, executor_);
        window_->resize(1440, 900);
        window_->show();
    }
    void TearDown() override {
        window_.reset();
        QProcess down;
        down.start(bridge::EngineProcess::program(), {QStringLiteral("down"), QStringLiteral("--name"), name_});
        EXPECT_TRUE(down.waitForFinished(engineMilliseconds));
        EXPECT_EQ(down.exitCode(), 0) << down.readAllStandardError().toStdString();
    }
    void openLab(const QString& lab) {
        OpenRequest request;
        request.name = name_;
        request.lab = lab;
        window_->open(request);
        ASSERT_TRUE(waitFor([this] { return window_->link() && window_->link()->synced(); }, engineMilliseconds)) << "the engine did not start";
    }
    bool clickWhenThere(const QWidget& parent, const QString& name) {
        if (!waitFor([&] { return button(parent, name) && button(parent, name)->isEnabled(); }, engineMilliseconds)) return false;
        QTest::mouseClick(button(parent, name), Qt::LeftButton);
        return true;
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
    model::ObjectPtr pod(const char* key) { return window_->link()->get(Kind::Pod, std::string(key)); }
    std::string labText() {
        QStringList lines;
        for (const auto* label : window_->labPanel().findChildren<QLabel*>())
            if (label->isVisible()) lines << label->text();
        return lines.join(QLatin1Char('\n')).toStdString();
    }
    bool labSays(const char* words) { return labText().find(words) != std::string::npos; }

    QTemporaryDir folder_{QStringLiteral("/tmp/kgui-XXXXXX")};
    QString name_;
    Appearance appearance_;
    bridge::QtExecutor executor_;
    std::unique_ptr<MainWindow> window_;
};

TEST_F(LiveWindowTest, TheFirstLabIsDoneWithClicksFromStartToEnd) {
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
    ASSERT_TRUE(waitFor([&] { return !window_->stage().podRect(uid).isEmpty(); }));
    ASSERT_TRUE(chooseInMenuOf(uid, QStringLiteral("Delete…")));
    ASSERT_TRUE(waitFor([this] { return window_->findChild<QMessageBox*>() != nullptr; }));
    ASSERT_TRUE(clickWhenThere(*window_->findChild<QMessageBox*>(), QStringLiteral("Delete")));
    EXPECT_TRUE(waitFor([this] { return labSays("Well done"); }, engineMilliseconds)) << labText();
}

}  // namespace
}  // namespace kubarium::view
