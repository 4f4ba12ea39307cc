#include "tests/ui/view/demo_cluster.h"
#include "tests/ui/view/wait_for.h"
#include "ui/model/explain.h"
#include "ui/scene/wording.h"
#include "ui/view/lab_panel.h"
#include "ui/view/main_window.h"
#include "ui/view/terminal_view.h"
#include "ui/view/timeline_view.h"
#include "ui/view/tool_bar.h"
#include "ui/view/yaml_editor.h"

#include <QLineEdit>
#include <QApplication>
#include <QClipboard>
#include <QFile>
#include <QLabel>
#include <QLayout>
#include <QListWidget>
#include <QPushButton>
#include <QScopeGuard>
#include <QScrollArea>
#include <QScrollBar>
#include <QTemporaryDir>
#include <QTest>
#include <QTreeView>

#include <gtest/gtest.h>

namespace kubarium::view {
namespace {

namespace r = api::resources;
using model::Kind;
using model::Reference;
using testing::waitFor;

class WindowTest : public ::testing::Test {
protected:
    void open(std::function<void(testing::DemoCluster&)> fill, const QString& kubeconfig = {}) {
        fill(cluster_);
        window_ = std::make_unique<MainWindow>(appearance_, executor_);
        window_->show();
        window_->attach(cluster_.client(), QStringLiteral("demo"), kubeconfig, {});
        ASSERT_TRUE(waitFor([this] { return window_->link()->synced() && window_->stage().model() && !window_->stage().model()->nodes.empty(); }));
    }
    QPushButton* button(QWidget& parent, const QString& accessibleName) {
        for (auto* candidate : parent.findChildren<QPushButton*>())
            if (candidate->accessibleName() == accessibleName || candidate->text() == accessibleName) return candidate;
        return nullptr;
    }
    bool logged(const std::string& line) const { return std::find(objects().log.begin(), objects().log.end(), line) != objects().log.end(); }
    testing::MemoryClient& objects() const { return const_cast<testing::DemoCluster&>(cluster_).objects(); }

    Appearance appearance_;
    bridge::QtExecutor executor_;
    testing::DemoCluster cluster_{executor_, executor_};
    std::unique_ptr<MainWindow> window_;
};

TEST_F(WindowTest, ShowsTheClusterOnTheStageAndInTheNavigator) {
    open([](auto& cluster) { cluster.fillTheatre(); });
    EXPECT_EQ(window_->stage().model()->nodes.size(), 6U);
    EXPECT_EQ(window_->stage().model()->services.size(), 2U);
    EXPECT_EQ(window_->navigator().model()->rowCount(), model::sectionCount);
    EXPECT_EQ(window_->navigator().model()->rowCount(window_->navigator().model()->index(1, 0)), 6);
}

TEST_F(WindowTest, AHeldCycleOpensTheTheatre) {
    open([](auto& cluster) { cluster.fillTheatre(); });
    EXPECT_TRUE(waitFor([this] { return window_->stage().hasTheatre(); }));
}

TEST_F(WindowTest, PauseAndRateWriteTheClock) {
    open([](auto& cluster) { cluster.fillHealing(); });
    QTest::mouseClick(button(window_->toolBar(), QStringLiteral("Pause or run the Clock")), Qt::LeftButton);
    EXPECT_TRUE(waitFor([this] { return model::boolAt(*objects().find(r::clocks, "cluster"), {"spec", "paused"}); }));
    QTest::mouseClick(button(window_->toolBar(), QStringLiteral("Rate 60")), Qt::LeftButton);
    EXPECT_TRUE(waitFor([this] { return executor_.rate() == 60; }));
}

TEST_F(WindowTest, WithoutKubariumsKindsTheClockAndFaultsAreHidden) {
    cluster_.ownKinds = false;
    open([](auto& cluster) { cluster.fillHealing(); });
    EXPECT_FALSE(button(window_->toolBar(), QStringLiteral("Pause or run the Clock"))->isVisible());
    window_->select({Kind::Pod, QStringLiteral("default/web-7d9f6-0")});
    EXPECT_FALSE(window_->inspector().page(Tab::Why)->suits({Kind::Pod, QStringLiteral("default/web-7d9f6-0")}));
}

// In the place of the program that works them out: notes its arguments, and answers what is in a file, or fails while there is none.
TEST_F(WindowTest, TheDecisionsOfAClusterThatKeepsNoneAreWorkedOutAndOnlyShown) {
    const QTemporaryDir folder;
    const auto write = [&](const char* name, const QByteArray& text) {
        QFile file(folder.filePath(QLatin1String(name)));
        ASSERT_TRUE(file.open(QIODevice::WriteOnly));
        file.write(text);
        file.setPermissions(file.permissions() | QFile::ExeOwner);
    };
    write("program", "#!/bin/sh\ncd \"$(dirname \"$0\")\" && echo \"$@\" >> asked && cat answer.json || { echo 'nodes is forbidden' >&2; exit 1; }\n");
    write("answer.json", R"({"kind":"SchedulingDecision","metadata":{"namespace":"default","name":"train-7d9f6-42.1"},"spec":{"podName":"train-7d9f6-42"},
        "status":{"phase":"Done","result":"Unschedulable","evaluatedNodes":6,"feasibleNodes":0,"explanation":{"en":"No Node has room."},
        "nodes":[{"name":"gpu-1","feasible":false,"plugin":"NodeResourcesFit","reasons":["Insufficient cpu"]}],
        "smallestChanges":{"alternatives":[{"explanation":{"en":"Ask for less."},"operations":[{"kubectl":"kubectl replace it"}]}]},"assumptions":["Nothing else is there."]}})");
    const auto restore = qScopeGuard([before = qgetenv("KUBARIUM_PROGRAM")] { qputenv("KUBARIUM_PROGRAM", before); });
    qputenv("KUBARIUM_PROGRAM", folder.filePath(QStringLiteral("program")).toLocal8Bit());
    cluster_.ownKinds = false;
    open([](auto& cluster) { cluster.fillTheatre(); }, QStringLiteral("/nowhere/kubeconfig"));
    const auto written = objects().log.size();
    auto& page = *window_->inspector().page(Tab::Why);
    const auto says = [&](const QString& text) {
        const auto labels = page.findChildren<QLabel*>();
        return std::ranges::any_of(labels, [&](const QLabel* label) { return label->text().contains(text); });
    };
    window_->follow({Kind::Pod, QStringLiteral("default/train-7d9f6-42")});
    ASSERT_TRUE(waitFor([&] { return says(QStringLiteral("No Node has room.")) && window_->stage().hasTheatre(); }));
    EXPECT_EQ(scene::theatreTitle(*window_->stage().theatre()), QStringLiteral("WORKED OUT NOW · NO NODE FOUND"));
    EXPECT_TRUE(says(QStringLiteral("0 of 6 Nodes fit")));
    EXPECT_TRUE(says(QStringLiteral("Nothing else is there.")));
    EXPECT_EQ(button(page, QStringLiteral("Try")), nullptr);
    QTest::mouseClick(button(page, QStringLiteral("Copy")), Qt::LeftButton);
    EXPECT_EQ(QApplication::clipboard()->text(), QStringLiteral("kubectl replace it"));
    QFile::remove(folder.filePath(QStringLiteral("answer.json")));
    QTest::mouseClick(button(page, QStringLiteral("Work it out again")), Qt::LeftButton);
    EXPECT_TRUE(waitFor([&] { return says(QStringLiteral("nodes is forbidden")); }));
    EXPECT_EQ(objects().log.size(), written) << "a cluster that is not ours is only read";
    QFile asked(folder.filePath(QStringLiteral("asked")));
    ASSERT_TRUE(asked.open(QIODevice::ReadOnly));
    EXPECT_EQ(asked.readLine(), QByteArrayLiteral("why train-7d9f6-42 --namespace default --kubeconfig /nowhere/kubeconfig --output json --lang en\n"));
    EXPECT_EQ(asked.readAll().count('\n'), 1) << "once more, when told to";
}

TEST_F(WindowTest, WhatMayNotBeListedIsHiddenAndTheRestIsShown) {
    open([](auto& cluster) {
        cluster.forbidden = "configmaps";
        cluster.fillHealing();
    });
    EXPECT_FALSE(window_->link()->offers(Kind::ConfigMap));
    EXPECT_EQ(window_->stage().model()->nodes.size(), 3U);
}

TEST_F(WindowTest, SelectingInTheTreeSelectsOnTheStageAndInTheInspector) {
    open([](auto& cluster) { cluster.fillHealing(); });
    auto& tree = window_->navigator();
    const auto nodes = tree.model()->index(1, 0);
    tree.setCurrentIndex(tree.model()->index(1, 0, nodes));
    EXPECT_EQ(window_->inspector().reference(), (Reference{Kind::Node, QStringLiteral("worker-b")}));
    EXPECT_EQ(window_->stage().selectedNode(), QStringLiteral("worker-b"));
    // What has no place on the Stage leaves nothing selected there: a click on the same card would say nothing.
    window_->select({Kind::Namespace, QStringLiteral("default")});
    EXPECT_EQ(window_->stage().selectedNode(), QString());
}

TEST_F(WindowTest, DryRunShowsTheMistakeAtItsLine) {
    open([](auto& cluster) { cluster.fillHealing(); });
    cluster_.applyCauses = {{"FieldValueInvalid", "must be greater than or equal to 0", "spec.replicas"}};
    window_->newManifest();
    window_->editor().send(true);
    ASSERT_TRUE(waitFor([this] { return !window_->editor().problems().isEmpty(); }));
    const auto line = window_->editor().text().split(QLatin1Char('\n')).value(window_->editor().problems().front().line - 1);
    EXPECT_TRUE(line.contains(QLatin1String("replicas"))) << line.toStdString();
}

TEST_F(WindowTest, ApplySendsEveryDocument) {
    open([](auto& cluster) { cluster.fillHealing(); });
    window_->newManifest();
    window_->editor().send(false);
    EXPECT_TRUE(waitFor([this] { return logged("apply deployments default/web") && logged("apply services default/web"); }));
}

TEST_F(WindowTest, ThePaletteFindsAnObject) {
    open([](auto& cluster) { cluster.fillHealing(); });
    window_->openPalette();
    QTest::keyClicks(window_->palette().input(), QStringLiteral("worker-c"));
    QTest::keyClick(window_->palette().input(), Qt::Key_Return);
    EXPECT_EQ(window_->inspector().reference().key, QStringLiteral("worker-c"));
}

TEST_F(WindowTest, TheKeyboardGetsOutOfTheTerminalByThePalette) {
    open([](auto& cluster) { cluster.fillHealing(); });
    window_->showBottom(MainWindow::Bottom::Terminal);
    ASSERT_TRUE(waitFor([&] {
        QApplication::setActiveWindow(window_.get());
        window_->terminal().setFocus();
        return window_->terminal().hasFocus();
    }));
    window_->openPalette();
    QTest::keyClicks(window_->palette().input(), QStringLiteral("Stage"));
    QTest::keyClick(window_->palette().input(), Qt::Key_Return);
    EXPECT_TRUE(window_->stage().hasFocus());
}

TEST_F(WindowTest, ThePaletteSaysWhenNothingIsCalledSo) {
    open([](auto& cluster) { cluster.fillHealing(); });
    window_->openPalette();
    QTest::keyClicks(window_->palette().input(), QStringLiteral("nowhere to be found"));
    auto* list = window_->palette().findChild<QListWidget*>();
    ASSERT_EQ(list->count(), 1);
    EXPECT_EQ(list->item(0)->text(), QStringLiteral("Nothing is called so."));
    QTest::keyClick(window_->palette().input(), Qt::Key_Down);
    QTest::keyClick(window_->palette().input(), Qt::Key_Return);
    EXPECT_TRUE(window_->palette().isVisible());
}

TEST_F(WindowTest, TheLanguageChangesWhileTheWindowIsOpen) {
    open([](auto& cluster) { cluster.fillHealing(); });
    appearance_.setLanguage(QStringLiteral("zh_CN"));
    EXPECT_TRUE(waitFor([this] { return button(window_->toolBar(), QStringLiteral("演示")) != nullptr; }));
    appearance_.setLanguage(QStringLiteral("en"));
    EXPECT_TRUE(waitFor([this] { return button(window_->toolBar(), QStringLiteral("Present")) != nullptr; }));
}

TEST_F(WindowTest, ScrubbingShowsThePastAndEndsLive) {
    open([](auto& cluster) { cluster.fillHealing(); });
    objects().erase(r::nodes, "worker-c");
    ASSERT_TRUE(waitFor([this] { return window_->stage().model()->nodes.size() == 2; }));
    QTest::keyClick(&window_->timeline(), Qt::Key_Home);
    EXPECT_TRUE(waitFor([this] { return window_->stage().model()->nodes.size() == 3; }));
    QTest::keyClick(&window_->timeline(), Qt::Key_End);
    EXPECT_TRUE(waitFor([this] { return window_->stage().model()->nodes.size() == 2; }));
}

TEST_F(WindowTest, PresentationHidesThePanesAndEscapeBringsThemBack) {
    open([](auto& cluster) { cluster.fillTheatre(); });
    window_->setPresenting(true);
    EXPECT_FALSE(window_->inspector().isVisible());
    EXPECT_TRUE(window_->stage().isPresentation());
    // As is said at its foot, with an open theatre too.
    window_->follow({Kind::Pod, QStringLiteral("default/train-7d9f6-42")});
    ASSERT_TRUE(waitFor([this] { return window_->stage().hasTheatre(); }));
    QTest::keyClick(&window_->stage(), Qt::Key_Escape);
    EXPECT_FALSE(window_->stage().isPresentation());
    EXPECT_TRUE(window_->inspector().isVisible());
}

TEST_F(WindowTest, ALabIsAnsweredWithClicks) {
    open([](auto& cluster) { cluster.fillHealing(); });
    model::LabScreen screen;
    screen.title = QStringLiteral("Where?");
    screen.running = true;
    screen.question = QStringLiteral("Which Node?");
    screen.choices = {{QStringLiteral("a"), QStringLiteral("worker-a")}, {QStringLiteral("b"), QStringLiteral("worker-b")}};
    QString chosen;
    QObject::connect(&window_->labPanel(), &LabPanel::answered, [&](const QString& value) { chosen = value; });
    window_->showLabScreen(screen);
    QTest::mouseClick(button(window_->labPanel(), QStringLiteral("worker-b")), Qt::LeftButton);
    EXPECT_EQ(chosen, QStringLiteral("b"));
}

TEST_F(WindowTest, ALabKeepsTheRevealedCycleInTheTheatreUntilItHasBeenRead) {
    open([](auto& cluster) { cluster.fillTheatre(); });
    const auto cycle = [this] { return window_->stage().theatre() ? window_->stage().theatre()->cycle : -1; };
    ASSERT_TRUE(waitFor([&] { return cycle() == 41; }));
    model::LabScreen screen;
    screen.running = screen.keepsCycle = true;
    window_->showLabScreen(screen);
    // The cycle is let go, and the same Pod has had another one already.
    auto later = objects().find(r::schedulingDecisions, "default/train-7d9f6-42.41")->tree();
    later["metadata"].as_object()["name"] = "train-7d9f6-42.42";
    later["status"].as_object()["cycle"] = 42;
    later["status"].as_object()["result"] = "Scheduled";
    objects().put(r::schedulingDecisions, later);
    cluster_.setClock(1, false);
    ASSERT_TRUE(waitFor([this] { return window_->link()->heldPod().isEmpty() && window_->link()->get(Kind::Decision, std::string("default/train-7d9f6-42.42")); }));
    // What comes later is on the Stage, so the theatre has been told of all that.
    cluster_.addNode("later", "1", "512Mi");
    ASSERT_TRUE(waitFor([this] { return window_->stage().model()->nodes.size() == 7; }));
    EXPECT_EQ(cycle(), 41);
    screen.keepsCycle = false;
    window_->showLabScreen(screen);
    EXPECT_TRUE(waitFor([&] { return cycle() == 42; }));
}

TEST_F(WindowTest, TheKeyboardStaysOnTheChoiceThatWasMadeInALab) {
    LabPanel panel;
    model::LabScreen screen;
    screen.running = true;
    screen.question = QStringLiteral("Which Node?");
    screen.choices = {{QStringLiteral("a"), QStringLiteral("worker-a")}, {QStringLiteral("b"), QStringLiteral("worker-b")}};
    const auto show = [&] {
        panel.show(screen, appearance_.theme());
        QCoreApplication::sendPostedEvents(nullptr, QEvent::DeferredDelete);
        QCoreApplication::processEvents();
    };
    show();
    panel.setVisible(true);
    // The window of an earlier test may still be taking its leave.
    ASSERT_TRUE(waitFor([&] {
        QApplication::setActiveWindow(&panel);
        button(panel, QStringLiteral("worker-b"))->setFocus();
        return button(panel, QStringLiteral("worker-b"))->hasFocus();
    }));
    QCoreApplication::processEvents();
    screen.answered = true;
    screen.chosen = QStringLiteral("b");
    show();
    EXPECT_TRUE(button(panel, QStringLiteral("worker-b"))->hasFocus());
    // Revealed: the choices are done with, and what leads on is at hand.
    screen.revealed = screen.proceeds = true;
    screen.answer = QStringLiteral("b");
    show();
    EXPECT_TRUE(panel.findChild<QPushButton*>(QStringLiteral("proceed"))->hasFocus());
}

TEST_F(WindowTest, TheFootOfALabIsOneRowInTheNarrowestPaneAndNothingOfItIsCut) {
    for (const auto* language : {"en", "zh_CN"}) {
        appearance_.setLanguage(QString::fromLatin1(language));
        LabPanel panel;
        panel.setFixedWidth(230);
        model::LabScreen screen;
        screen.running = true;
        screen.hintsTotal = screen.hintsLeft = 3;
        panel.show(screen, appearance_.theme());
        panel.setVisible(true);
        QCoreApplication::sendPostedEvents();
        std::vector<QPushButton*> foot;
        for (auto* button : panel.findChildren<QPushButton*>())
            if (button->parentWidget() && button->isVisible()) foot.push_back(button);
        ASSERT_EQ(foot.size(), 3U) << language;
        for (const auto* button : foot) {
            EXPECT_EQ(button->y(), foot.front()->y()) << language;
            EXPECT_GE(button->width(), button->sizeHint().width()) << language << " " << button->text().toStdString();
        }
    }
    appearance_.setLanguage(QStringLiteral("en"));
}

TEST_F(WindowTest, TabGoesThroughALabFromTopToBottomAndAHintAndRevealComeIntoSight) {
    LabPanel panel;
    panel.resize(260, 420);
    model::LabScreen screen;
    screen.title = QStringLiteral("Who?");
    screen.running = screen.canReveal = true;
    screen.steps.push_back({QStringLiteral("Predict"), false, true});
    screen.brief = {{false, QStringLiteral("Long. ").repeated(120)}};
    screen.question = QStringLiteral("Who gives way?");
    screen.choices = {{QStringLiteral("a"), QStringLiteral("low-a")}, {QStringLiteral("b"), QStringLiteral("low-b")}};
    screen.hintsTotal = screen.hintsLeft = 2;
    const auto inSight = [&](const char* name) {
        const auto* area = panel.findChild<QScrollArea*>();
        const auto* shown = panel.findChild<QWidget*>(QString::fromLatin1(name));
        return shown && area->viewport()->rect().contains(QRect(shown->mapTo(area->viewport(), QPoint()), shown->size()));
    };
    const auto show = [&] {
        panel.show(screen, appearance_.theme());
        QCoreApplication::sendPostedEvents(nullptr, QEvent::DeferredDelete);
    };
    panel.setVisible(true);
    show();
    EXPECT_EQ(button(panel, QStringLiteral("low-a"))->nextInFocusChain(), button(panel, QStringLiteral("low-b")));
    ASSERT_TRUE(waitFor([&] { return panel.findChild<QScrollArea*>()->verticalScrollBar()->maximum() > 0; }));
    ASSERT_FALSE(inSight("reveal"));
    screen.answered = true;
    screen.chosen = QStringLiteral("a");
    show();
    EXPECT_TRUE(waitFor([&] { return inSight("reveal"); }));
    EXPECT_EQ(panel.findChild<QPushButton*>(QStringLiteral("reveal"))->nextInFocusChain(), button(panel, QStringLiteral("Hint 1 of 2")));
    screen.hints << QStringLiteral("Look at the priorities. ").repeated(8);
    show();
    EXPECT_TRUE(waitFor([&] { return inSight("latestHint"); }));
}

TEST_F(WindowTest, AnOpenTheatreGoesWithTheSelectionAndAMessageLeavesItsBarFree) {
    open([](auto& cluster) {
        cluster.fillTheatre();
        auto other = cluster.objects().find(r::schedulingDecisions, "default/train-7d9f6-42.41")->tree();
        const auto pod = cluster.objects().find(r::pods, "default/web-7d9f6-0");
        other["metadata"].as_object()["name"] = "web-7d9f6-0.7";
        other["spec"].as_object()["podName"] = "web-7d9f6-0";
        other["spec"].as_object()["podUID"] = pod->uid();
        other["status"].as_object()["cycle"] = 7;
        other["status"].as_object()["phase"] = "Done";
        other["status"].as_object()["result"] = "Scheduled";
        cluster.objects().put(r::schedulingDecisions, other);
        cluster.setClock(1, false);
    });
    const auto cycle = [this] { return window_->stage().theatre() ? window_->stage().theatre()->cycle : -1; };
    window_->select({Kind::Pod, QStringLiteral("default/web-7d9f6-0")});
    EXPECT_FALSE(window_->stage().hasTheatre()) << "a selection opens none";
    window_->follow({Kind::Pod, QStringLiteral("default/train-7d9f6-42")});
    ASSERT_TRUE(waitFor([&] { return cycle() == 41; }));
    window_->showMessage(QStringLiteral("Tried"), model::Tone::Neutral);
    const auto* toast = window_->findChild<QFrame*>(QStringLiteral("toast"));
    const auto bar = window_->stage().theatreBar();
    ASSERT_FALSE(bar.isEmpty());
    EXPECT_LE(toast->geometry().bottom(), window_->stage().mapTo(window_.get(), bar.topLeft()).y());
    window_->select({Kind::Pod, QStringLiteral("default/web-7d9f6-0")});
    EXPECT_TRUE(waitFor([&] { return cycle() == 7; }));
}

TEST_F(WindowTest, AStepInWhichSomethingIsToBeDoneBeginsWithoutTheCycleThatWasPredicted) {
    open([](auto& cluster) {
        cluster.fillTheatre();
        cluster.setClock(1, false);
    });
    model::LabScreen screen;
    screen.title = QStringLiteral("Where?");
    screen.running = true;
    screen.steps = {{QStringLiteral("Predict"), false, true}, {QStringLiteral("Do"), false, false}};
    screen.question = QStringLiteral("Which Node?");
    window_->showLabScreen(screen);
    window_->follow({Kind::Pod, QStringLiteral("default/train-7d9f6-42")});
    ASSERT_TRUE(waitFor([this] { return window_->stage().hasTheatre(); }));
    window_->showLabScreen(screen);
    EXPECT_TRUE(window_->stage().hasTheatre());
    screen.question.clear();
    screen.steps = {{QStringLiteral("Predict"), true, false}, {QStringLiteral("Do"), false, true}};
    window_->showLabScreen(screen);
    EXPECT_FALSE(window_->stage().hasTheatre());
}

TEST_F(WindowTest, ALabLeadsToTheVerdictAndThenToTheNextStep) {
    LabPanel panel;
    panel.resize(260, 420);
    model::LabScreen screen;
    screen.title = QStringLiteral("Who?");
    screen.running = true;
    for (int i = 0; i < 30; ++i) screen.steps.push_back({QStringLiteral("Step %1").arg(i), false, i == 24});
    screen.question = QStringLiteral("Who gives way?");
    screen.choices = {{QStringLiteral("a"), QStringLiteral("low-a")}, {QStringLiteral("b"), QStringLiteral("low-b")}};
    const auto inSight = [&](const char* name) {
        const auto* area = panel.findChild<QScrollArea*>();
        QCoreApplication::sendPostedEvents(nullptr, QEvent::DeferredDelete);
        const auto* shown = panel.findChild<QWidget*>(QString::fromLatin1(name));
        return shown && area->viewport()->rect().contains(QRect(shown->mapTo(area->viewport(), QPoint()), shown->size()));
    };
    panel.setVisible(true);
    panel.show(screen, appearance_.theme());
    ASSERT_TRUE(waitFor([&] { return panel.findChild<QScrollArea*>()->verticalScrollBar()->maximum() > 0; }));
    ASSERT_FALSE(inSight("currentStep"));
    screen.revealed = screen.proceeds = true;
    screen.answer = screen.chosen = QStringLiteral("a");
    screen.explanation = QStringLiteral("The cheapest one.");
    panel.show(screen, appearance_.theme());
    EXPECT_TRUE(waitFor([&] { return inSight("verdict") && inSight("proceed"); }));
    screen.revealed = screen.proceeds = false;
    screen.question.clear();
    screen.steps[24].current = false;
    screen.steps[3].current = true;
    panel.show(screen, appearance_.theme());
    EXPECT_TRUE(waitFor([&] { return inSight("currentStep"); }));
}

TEST_F(WindowTest, ALabBeginsAtItsTopWithWhatItIsAbout) {
    LabPanel panel;
    panel.resize(260, 420);
    model::LabScreen screen;
    screen.title = QStringLiteral("Who?");
    screen.heading = QStringLiteral("Lab");
    screen.brief = {{false, QStringLiteral("What it is about.")}};
    screen.steps = {{QStringLiteral("One"), false, false}, {QStringLiteral("Two"), false, false}};
    panel.setVisible(true);
    panel.show(screen, appearance_.theme());
    screen.running = screen.steps[0].current = true;
    screen.intro = std::exchange(screen.brief, {{false, QStringLiteral("Long. ").repeated(200)}});
    panel.show(screen, appearance_.theme());
    auto* bar = panel.findChild<QScrollArea*>()->verticalScrollBar();
    ASSERT_TRUE(waitFor([&] { return bar->maximum() > 0; }));
    for (int i = 0; i < 5; ++i) QCoreApplication::processEvents();
    EXPECT_EQ(bar->value(), 0);
    const auto labels = panel.findChildren<QLabel*>();
    EXPECT_TRUE(std::ranges::any_of(labels, [](const QLabel* label) { return label->isVisible() && label->text() == QLatin1String("What it is about."); }));
}

TEST_F(WindowTest, ALabStaysAtTheStepItLedToWhileMoreIsToldOfIt) {
    LabPanel panel;
    panel.resize(300, 420);
    model::LabScreen screen;
    screen.title = QStringLiteral("Who?");
    screen.running = true;
    for (int i = 0; i < 5; ++i) screen.steps.push_back({QStringLiteral("Step %1").arg(i), false, i == 0});
    screen.brief = {{false, QStringLiteral("Long enough. ").repeated(30)}};
    screen.question = QStringLiteral("Who gives way?");
    screen.choices = {{QStringLiteral("a"), QStringLiteral("low-a")}, {QStringLiteral("b"), QStringLiteral("low-b")}};
    panel.setVisible(true);
    panel.show(screen, appearance_.theme());
    auto* bar = panel.findChild<QScrollArea*>()->verticalScrollBar();
    ASSERT_TRUE(waitFor([&] { return bar->maximum() > 0; }));
    // One step passes in the moment it begins, and of the next more is told at once.
    for (const std::size_t step : {1, 2}) {
        for (auto& line : screen.steps) line.current = false;
        screen.steps[static_cast<qsizetype>(step)].current = true;
        panel.show(screen, appearance_.theme());
    }
    screen.hold = QStringLiteral("Waiting until the scheduler takes it up.");
    panel.show(screen, appearance_.theme());
    const auto leads = [&] {
        QCoreApplication::sendPostedEvents(nullptr, QEvent::DeferredDelete);
        const auto* shown = panel.findChild<QWidget*>(QStringLiteral("currentStep"));
        return shown && std::abs(shown->mapTo(panel.findChild<QScrollArea*>()->viewport(), QPoint()).y()) < 20;
    };
    EXPECT_TRUE(waitFor(leads));
    for (int i = 0; i < 5; ++i) {
        screen.hold = QStringLiteral("Held: %1").arg(i);
        panel.show(screen, appearance_.theme());
        QCoreApplication::processEvents();
    }
    EXPECT_TRUE(waitFor(leads)) << bar->value();
}

TEST_F(WindowTest, ALabRevealsOnlyWhatIsHeldAndPredictedAndGoesOnWhenItHasBeenRead) {
    open([](auto& cluster) { cluster.fillHealing(); });
    auto& panel = window_->labPanel();
    model::LabScreen screen;
    screen.title = QStringLiteral("Who?");
    screen.running = true;
    screen.question = QStringLiteral("Who gives way?");
    screen.choices = {{QStringLiteral("a"), QStringLiteral("low-a")}, {QString(), QStringLiteral("nobody")}};
    screen.canReveal = false;
    screen.hold = QStringLiteral("Waiting until the scheduler takes it up.");
    screen.answered = true;  // with the value "", which is one of the choices
    // What was shown before is gone with its deferred deletion.
    const auto show = [&] {
        window_->showLabScreen(screen);
        QCoreApplication::sendPostedEvents(nullptr, QEvent::DeferredDelete);
    };
    show();
    EXPECT_FALSE(panel.findChild<QPushButton*>(QStringLiteral("reveal"))->isEnabled()) << "nothing is held yet";
    screen.canReveal = true;
    screen.answered = false;
    show();
    EXPECT_FALSE(panel.findChild<QPushButton*>(QStringLiteral("reveal"))->isEnabled()) << "nothing is predicted";
    screen.answered = true;
    show();
    int reveals = 0, proceeds = 0;
    QObject::connect(&panel, &LabPanel::revealRequested, [&] { ++reveals; });
    QObject::connect(&panel, &LabPanel::proceedRequested, [&] { ++proceeds; });
    QTest::mouseClick(panel.findChild<QPushButton*>(QStringLiteral("reveal")), Qt::LeftButton);
    EXPECT_EQ(reveals, 1);
    screen.revealed = screen.proceeds = true;
    screen.answer = QStringLiteral("a");
    screen.explanation = QStringLiteral("The cheapest one.");
    show();
    EXPECT_EQ(panel.findChild<QPushButton*>(QStringLiteral("reveal")), nullptr);
    EXPECT_TRUE(panel.findChild<QLabel*>(QStringLiteral("verdict"))->text().contains(QStringLiteral("low-a")));
    QTest::mouseClick(panel.findChild<QPushButton*>(QStringLiteral("proceed")), Qt::LeftButton);
    EXPECT_EQ(proceeds, 1);
}

TEST_F(WindowTest, AStepOfALabThatHasPassedStaysWithWhatLeadsOnInSight) {
    LabPanel panel;
    panel.resize(260, 420);
    model::LabScreen screen;
    screen.title = QStringLiteral("See it");
    screen.running = true;
    screen.steps = {{QStringLiteral("Watch"), false, true}, {QStringLiteral("Do"), false, false}};
    screen.brief = {{false, QStringLiteral("Long. ").repeated(120)}};
    screen.checks = {{model::LabCheckState::Waiting, QStringLiteral("it runs"), QStringLiteral("not yet")}};
    screen.hintsTotal = screen.hintsLeft = 1;
    panel.setVisible(true);
    panel.show(screen, appearance_.theme());
    ASSERT_TRUE(waitFor([&] { return panel.findChild<QScrollArea*>()->verticalScrollBar()->maximum() > 0; }));
    EXPECT_EQ(panel.findChild<QPushButton*>(QStringLiteral("proceed")), nullptr);
    screen.stepPassed = screen.steps[0].done = true;
    screen.checks = {{model::LabCheckState::Passed, QStringLiteral("it runs"), {}}};
    panel.show(screen, appearance_.theme());
    EXPECT_TRUE(waitFor([&] {
        QCoreApplication::sendPostedEvents(nullptr, QEvent::DeferredDelete);
        const auto* area = panel.findChild<QScrollArea*>();
        const auto* shown = panel.findChild<QWidget*>(QStringLiteral("proceed"));
        return shown && area->viewport()->rect().contains(QRect(shown->mapTo(area->viewport(), QPoint()), shown->size()));
    }));
    EXPECT_FALSE(button(panel, QStringLiteral("Hint 1 of 1"))->isEnabled());
    int proceeds = 0;
    QObject::connect(&panel, &LabPanel::proceedRequested, [&] { ++proceeds; });
    QTest::mouseClick(panel.findChild<QPushButton*>(QStringLiteral("proceed")), Qt::LeftButton);
    EXPECT_EQ(proceeds, 1);
}

TEST_F(WindowTest, WhatWasPredictedCannotBeChangedWhileItIsRevealed) {
    LabPanel panel;
    model::LabScreen screen;
    screen.running = true;
    screen.question = QStringLiteral("Which Node?");
    screen.choices = {{QStringLiteral("a"), QStringLiteral("worker-a")}, {QStringLiteral("b"), QStringLiteral("worker-b")}};
    screen.answered = true;
    screen.chosen = QStringLiteral("a");
    QString chosen;
    QObject::connect(&panel, &LabPanel::answered, [&](const QString& value) { chosen = value; });
    const auto press = [&] {
        panel.show(screen, appearance_.theme());
        QCoreApplication::sendPostedEvents(nullptr, QEvent::DeferredDelete);
        QTest::mouseClick(button(panel, QStringLiteral("worker-b")), Qt::LeftButton);
        return std::exchange(chosen, {});
    };
    EXPECT_EQ(press(), QStringLiteral("b"));
    screen.canAnswer = false;
    EXPECT_EQ(press(), QString());
    EXPECT_TRUE(button(panel, QStringLiteral("worker-a"))->isChecked());
}

TEST_F(WindowTest, ALongChoiceWrapsInItsButtonWhateverTheWidthOfThePane) {
    LabPanel panel;
    model::LabScreen screen;
    screen.running = true;
    screen.question = QStringLiteral("Which Node?");
    screen.choices = {{QStringLiteral("a"), QStringLiteral("worker-a, where more than half of all that there is has been requested already")}, {QStringLiteral("b"), QStringLiteral("worker-b")}};
    panel.show(screen, appearance_.theme());
    panel.setVisible(true);
    for (const int width : {230, 480}) {
        panel.resize(width, 600);
        auto* lengthy = button(panel, screen.choices[0].text);
        ASSERT_TRUE(waitFor([&] { return lengthy->width() <= width && lengthy->height() == lengthy->heightForWidth(lengthy->width()); })) << width;
        for (const auto* label : lengthy->findChildren<QLabel*>()) {
            EXPECT_TRUE(lengthy->rect().contains(label->geometry())) << width;
            EXPECT_GE(label->height(), label->heightForWidth(label->width())) << width;
        }
    }
}

TEST_F(WindowTest, TheCodeInTheTextOfALabIsCopiedAsItStandsAndAManifestGoesToTheEditor) {
    open([](auto& cluster) { cluster.fillHealing(); });
    model::LabScreen screen;
    screen.title = QStringLiteral("Compare");
    screen.running = true;
    screen.steps = {{QStringLiteral("Compare"), false, true}};
    const auto pod = QStringLiteral("apiVersion: v1\nkind: Pod\nmetadata: {name: next}");
    screen.brief = {{false, QStringLiteral("The Pod:")}, {true, pod}, {true, QStringLiteral("apiVersion: kubescheduler.config.k8s.io/v1\nkind: KubeSchedulerConfiguration")}};
    window_->showLabScreen(screen);
    QTest::mouseClick(button(window_->labPanel(), QStringLiteral("Copy code 1")), Qt::LeftButton);
    EXPECT_EQ(QGuiApplication::clipboard()->text(), pod + QLatin1Char('\n'));
    EXPECT_EQ(button(window_->labPanel(), QStringLiteral("Code 2 to the editor")), nullptr) << "a configuration is no object of the cluster";
    QTest::mouseClick(button(window_->labPanel(), QStringLiteral("Code 1 to the editor")), Qt::LeftButton);
    EXPECT_EQ(window_->editor().text(), pod + QLatin1Char('\n'));
    EXPECT_TRUE(window_->editor().isVisible());
}

TEST_F(WindowTest, TheKeyboardReachesEveryButtonAndWhatHasNoWordsHasAName) {
    open([](auto& cluster) { cluster.fillHealing(); });
    window_->select({Kind::Pod, QStringLiteral("default/web-7d9f6-0")});
    window_->newManifest();
    ASSERT_TRUE(waitFor([this] {
        QApplication::setActiveWindow(window_.get());
        window_->stage().setFocus();
        return window_->stage().hasFocus();
    }));
    const auto isNamed = [](const QWidget* widget) {
        const auto* button = qobject_cast<const QAbstractButton*>(widget);
        const auto words = widget->accessibleName().isEmpty() && button ? button->text() : widget->accessibleName();
        return std::any_of(words.begin(), words.end(), [](QChar each) { return each.isLetter(); });
    };
    // Tab goes from one thing to the next, arrows go through those of which one is chosen, and Escape leaves the editor, which keeps Tab for itself.
    QSet<QWidget*> reached, byTab;
    for (int i = 0; i < 200; ++i) {
        auto* focus = QApplication::focusWidget();
        ASSERT_TRUE(focus);
        EXPECT_TRUE(isNamed(focus)) << focus->metaObject()->className() << " " << focus->objectName().toStdString();
        if (byTab.contains(focus)) break;
        byTab.insert(focus);
        reached.insert(focus);
        if (auto* one = qobject_cast<QAbstractButton*>(focus); one && one->isCheckable()) {
            for (int k = 0; k < 8; ++k) {
                QTest::keyClick(QApplication::focusWidget(), Qt::Key_Right);
                reached.insert(QApplication::focusWidget());
            }
            one->click();  // what was chosen stays so
            one->setFocus();
        }
        QTest::keyClick(QApplication::focusWidget(), focus->inherits("QsciScintilla") ? Qt::Key_Escape : Qt::Key_Tab);
    }
    for (auto* button : window_->findChildren<QPushButton*>()) {
        if (!button->isVisible() || !button->isEnabled()) continue;
        EXPECT_TRUE(reached.contains(button)) << button->text().toStdString() << " " << button->accessibleName().toStdString();
        EXPECT_TRUE(isNamed(button)) << button->objectName().toStdString() << " \"" << button->text().toStdString() << "\"";
    }
}

TEST_F(WindowTest, NoButtonOfTheToolbarIsCutWhileAFaultRuns) {
    for (const auto* language : {"en", "zh_CN"}) {
        appearance_.setLanguage(QString::fromLatin1(language));
        QWidget window;  // in one of its own it would not become narrower than it needs
        ToolBar bar(&window);
        bar.setClock(true, 20, false);
        bar.setCluster(QStringLiteral("lab-a-node-dies"), QStringLiteral("3 real · 20 simulated"));
        bar.resize(1280, 46);
        window.resize(1600, 46);
        window.show();
        const auto expectWhole = [&] {
            QCoreApplication::sendPostedEvents(nullptr, QEvent::LayoutRequest);
            for (const auto* each : bar.findChildren<QPushButton*>())
                EXPECT_TRUE(!each->isVisible() || each->width() >= each->minimumSizeHint().width()) << language << " " << each->text().toStdString();
        };
        expectWhole();
        const auto* brand = bar.findChild<QLabel*>(QStringLiteral("brand"));
        const bool roomBefore = brand->isVisible();
        bar.setFaults(true, 1, QStringLiteral("9 min 59 s"));
        expectWhole();
        EXPECT_FALSE(brand->isVisible());
        bar.setFaults(true, 0, {});
        expectWhole();
        EXPECT_EQ(brand->isVisible(), roomBefore);
        // On a projector of 1024 pixels the words go that tool tips and menus say, too, and come back with the room.
        bar.setCluster(QStringLiteral("kubarium-a-node-dies"), QStringLiteral("3 real · 20 simulated"));
        bar.setFaults(true, 1, QStringLiteral("9 min 59 s"));
        bar.resize(1024, 46);
        QCoreApplication::processEvents();
        expectWhole();
        EXPECT_LE(bar.layout()->minimumSize().width(), 1024) << language;
        bar.resize(1600, 46);
        QCoreApplication::processEvents();
        expectWhole();
        EXPECT_TRUE(brand->isVisible());
        bar.setFaults(true, 0, {});
    }
    appearance_.setLanguage(QStringLiteral("en"));
}

TEST_F(WindowTest, TheToolbarAndItsMenusAreReachedAndLeftByKeyboard) {
    open([](auto& cluster) { cluster.fillHealing(); });
    EXPECT_EQ(window_->focusWidget(), &window_->stage()) << "where the keyboard begins";
    window_->resize(1440, 900);
    ASSERT_TRUE(waitFor([this] {
        QApplication::setActiveWindow(window_.get());
        window_->navigator().setFocus();
        return window_->navigator().hasFocus();
    }));
    const auto press = [](Qt::Key key) { QTest::keyClick(QApplication::focusWidget(), key); };
    auto* cluster = button(window_->toolBar(), QStringLiteral("Cluster demo, 3 real"));
    ASSERT_TRUE(cluster);
    // The palette gives the keyboard back to where it was, and leads here too.
    window_->openPalette();
    QTest::keyClick(window_->palette().input(), Qt::Key_Escape);
    EXPECT_TRUE(window_->navigator().hasFocus());
    window_->openPalette();
    QTest::keyClicks(window_->palette().input(), QStringLiteral("Toolbar"));
    QTest::keyClick(window_->palette().input(), Qt::Key_Return);
    EXPECT_TRUE(cluster->hasFocus());
    press(Qt::Key_Escape);
    EXPECT_TRUE(window_->navigator().hasFocus());
    press(Qt::Key_F10);
    EXPECT_TRUE(cluster->hasFocus());
    // A menu opens with its first line chosen, and Escape leads back to its button.
    press(Qt::Key_Down);
    auto* menu = window_->toolBar().clusterMenu();
    ASSERT_TRUE(waitFor([&] { return menu->isVisible() && menu->activeAction() == menu->actions().front(); }));
    QTest::keyClick(menu, Qt::Key_Escape);
    ASSERT_TRUE(waitFor([&] { return !menu->isVisible(); }));
    EXPECT_TRUE(cluster->hasFocus());
    // One that begins with a menu of its own does not open that too.
    button(window_->toolBar(), QStringLiteral("Breakpoints of the scheduler"))->setFocus();
    press(Qt::Key_Space);
    menu = window_->toolBar().stepMenu();
    ASSERT_TRUE(waitFor([&] { return menu->isVisible(); }));
    ASSERT_TRUE(menu->activeAction() && menu->activeAction()->menu());
    EXPECT_FALSE(menu->activeAction()->menu()->isVisible());
    QTest::keyClick(menu, Qt::Key_Escape);
    cluster->setFocus();
    // Arrows go from button to button and change nothing.
    QSet<QWidget*> reached;
    for (auto* focus = QApplication::focusWidget(); !reached.contains(focus); focus = QApplication::focusWidget()) {
        reached.insert(focus);
        press(Qt::Key_Right);
    }
    for (auto* each : window_->toolBar().findChildren<QPushButton*>())
        EXPECT_TRUE(!each->isVisible() || reached.contains(each)) << each->accessibleName().toStdString() << each->text().toStdString();
    EXPECT_TRUE(cluster->hasFocus()) << "the last leads to the first";
    EXPECT_EQ(executor_.rate(), 5);
    press(Qt::Key_Left);
    EXPECT_TRUE(button(window_->toolBar(), QStringLiteral("Language"))->hasFocus());
    press(Qt::Key_Escape);
    EXPECT_TRUE(window_->navigator().hasFocus());
}

TEST_F(WindowTest, InANarrowWindowTheInspectorGivesWayToTheEditorAndComesBack) {
    open([](auto& cluster) { cluster.fillHealing(); });
    window_->resize(1024, 740);
    ASSERT_TRUE(waitFor([this] { return window_->width() == 1024; }));
    window_->newManifest();
    ASSERT_TRUE(waitFor([this] { return window_->editor().isVisible() && !window_->inspector().isVisible(); }));
    QCoreApplication::processEvents();
    EXPECT_EQ(window_->width(), 1024) << "it would not fit on the screen any more";
    QTest::mouseClick(window_->findChild<QPushButton*>(QStringLiteral("closeEditor")), Qt::LeftButton);
    EXPECT_TRUE(waitFor([this] { return window_->inspector().isVisible() && !window_->editor().isVisible(); }));
    // With room for both it gives way while it tells of nothing.
    window_->resize(1440, 740);
    ASSERT_TRUE(waitFor([this] { return window_->width() == 1440; }));
    window_->newManifest();
    EXPECT_FALSE(window_->inspector().isVisible());
    window_->select({Kind::Node, QStringLiteral("worker-a")});
    EXPECT_TRUE(window_->inspector().isVisible());
    EXPECT_TRUE(window_->editor().isVisible());
}

TEST_F(WindowTest, TheTerminalRunsAShellWithTheClustersKubeconfig) {
    open([](auto& cluster) { cluster.fillHealing(); });
    window_->terminal().setKubeconfig(QStringLiteral("/nowhere/kubeconfig"));
    window_->showBottom(MainWindow::Bottom::Terminal);
    ASSERT_TRUE(waitFor([this] { return window_->terminal().isRunning(); }));
    window_->terminal().sendText(QStringLiteral("echo [$KUBECONFIG]\n"));
    EXPECT_TRUE(waitFor([this] { return window_->terminal().screenText().contains(QLatin1String("[/nowhere/kubeconfig]")); }));
}

}  // namespace
}  // namespace kubarium::view
