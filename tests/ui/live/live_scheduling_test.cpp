// The window against a live engine: what it does with scheduling. A change is tried and taken back, a cycle is held and stepped through,
// what-if questions are answered, a preemption is shown.
#include "tests/ui/live/live_window.h"
#include "core/api/resource.h"
#include "ui/bridge/change_trial.h"
#include "ui/view/tool_bar.h"
#include "ui/view/what_if_dialog.h"

#include <QComboBox>
#include <QInputDialog>
#include <QPlainTextEdit>
#include <QSpinBox>

#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>

#include <algorithm>
#include <optional>
#include <set>

namespace kubarium::view {
namespace {

using namespace testing;
using scene::TheatrePhase;

class LiveScheduling : public LiveWindow {
protected:
    void SetUp() override {
        LiveWindow::SetUp();
        open({});
    }
    bool isAt(TheatrePhase phase, const char* name) { return theatre() && theatre()->phase == phase && theatre()->podName == QLatin1String(name); }
    QString cpuOf(const char* key) {
        const auto object = pod(key);
        const auto& containers = object ? model::arrayAt(*object, {"spec", "containers"}) : boost::json::array();
        return containers.empty() ? QString() : model::at(containers.front(), {"resources", "requests", "cpu"});
    }
};

TEST_F(LiveScheduling, ASmallestChangeIsTriedAndTakenBack) {
    apply("{apiVersion: v1, kind: Pod, metadata: {name: big}, spec: {containers: [{name: c, image: kubarium/web:1.0, resources: {requests: {cpu: '64'}}}]}}");
    ASSERT_TRUE(waitFor([this] { return pod("default/big") && model::condition(*pod("default/big"), "PodScheduled"); }, engineMilliseconds));
    follow("default/big");
    ASSERT_TRUE(clickWhenThere(window_->inspector(), QStringLiteral("Try"))) << "no change is offered";
    ASSERT_TRUE(waitFor([this] { return isPlaced("default/big"); }, engineMilliseconds)) << window_->message().toStdString();
    EXPECT_NE(cpuOf("default/big"), QStringLiteral("64"));
    QTest::keyClick(window_.get(), Qt::Key_Z, Qt::ControlModifier);
    EXPECT_TRUE(waitFor([this] { return cpuOf("default/big") == QLatin1String("64") && !isPlaced("default/big"); }, engineMilliseconds)) << "not undone";
}

TEST_F(LiveScheduling, AChangeThatNoLongerHoldsWritesNothing) {
    apply("{apiVersion: v1, kind: Pod, metadata: {name: big}, spec: {containers: [{name: c, image: kubarium/web:1.0, resources: {requests: {cpu: '64'}}}]}}");
    ASSERT_TRUE(waitFor([this] { return pod("default/big") && model::condition(*pod("default/big"), "PodScheduled"); }, engineMilliseconds));
    follow("default/big");
    ASSERT_TRUE(waitFor([this] { return button(window_->inspector(), QStringLiteral("Try")); }, engineMilliseconds));
    client::DeleteOptions now;
    now.gracePeriodSeconds = 0;
    bool deleted = false;
    window_->link()->client().remove(model::resourceOf(Kind::Pod), "default", "big", now, [&](Result<boost::json::value>) { deleted = true; });
    // At once, before the window hears of it and takes the button away. The change would make the Pod again, which must not bring it back.
    button(window_->inspector(), QStringLiteral("Try"))->click();
    EXPECT_TRUE(waitFor([&] { return deleted && window_->message().contains(QLatin1String("not found")); }, engineMilliseconds)) << window_->message().toStdString();
    EXPECT_TRUE(waitFor([this] { return !pod("default/big"); }, engineMilliseconds));
}

TEST_F(LiveScheduling, WhatTheServerRefusesInTheDryRunIsNotBegun) {
    apply("{apiVersion: v1, kind: ConfigMap, metadata: {name: first}, data: {a: '1'}}");
    apply("{apiVersion: v1, kind: ConfigMap, metadata: {name: second}, data: {a: '1'}}");
    const auto patch = [](const char* name, const char* label) {
        return boost::json::object{{"verb", "Patch"},
                                   {"target", {{"apiVersion", "v1"}, {"kind", "ConfigMap"}, {"namespace", "default"}, {"name", name}}},
                                   {"patch", boost::json::array{{{"op", "add"}, {"path", "/metadata/labels"}, {"value", {{"tried", label}}}}}}};
    };
    std::optional<QString> problem;
    bool undoable = false;
    const auto attempt = [&](const char* label) {
        problem.reset();
        bridge::ChangeTrial::start(*window_->link(), {patch("first", "yes"), patch("second", label)}, [&](const QString& why, std::function<void()> undo) {
            problem = why;
            undoable = undo != nullptr;
        });
        return waitFor([&] { return problem.has_value(); }, engineMilliseconds);
    };
    const auto labelOfFirst = [this] {
        std::optional<std::string> label;
        window_->link()->client().get(api::resources::configMaps, "default", "first", [&](Result<client::ObjectPtr> found) { label = found ? (*found)->string({"metadata", "labels", "tried"}) : found.error().message; });
        return waitFor([&] { return label.has_value(); }, engineMilliseconds) ? *label : "no answer";
    };
    ASSERT_TRUE(attempt("no label!"));
    EXPECT_TRUE(problem->contains(QLatin1String("metadata.labels"))) << problem->toStdString();
    EXPECT_FALSE(undoable);
    EXPECT_EQ(labelOfFirst(), "") << "the first write was made although the second could not be";
    ASSERT_TRUE(attempt("yes"));
    EXPECT_TRUE(problem->isEmpty()) << problem->toStdString();
    EXPECT_TRUE(undoable);
    EXPECT_EQ(labelOfFirst(), "yes");
}

TEST_F(LiveScheduling, AHeldCycleIsSteppedThroughAndLookedBackAt) {
    command(QStringLiteral("Hold the next Pod before Filter"));
    ASSERT_TRUE(waitFor([this] { const auto clock = window_->link()->get(Kind::Clock, std::string("cluster")); return clock && !model::arrayAt(*clock, {"spec", "breakpoints"}).empty(); }, engineMilliseconds));
    apply("{apiVersion: v1, kind: Pod, metadata: {name: held}, spec: {containers: [{name: c, image: kubarium/web:1.0}]}}");
    ASSERT_TRUE(waitFor([this] { return theatre() && theatre()->held && theatre()->podName == QLatin1String("held"); }, engineMilliseconds)) << "the theatre does not open";
    const auto first = theatre()->phase;
    EXPECT_LE(first, TheatrePhase::Filter);
    EXPECT_FALSE(isPlaced("default/held"));
    // The engine goes on, one phase a step; the theatre with it.
    QTest::keyClick(window_.get(), Qt::Key_Period, Qt::ControlModifier);
    const auto clock = [this] { const auto object = window_->link()->get(Kind::Clock, std::string("cluster")); return object ? boost::json::serialize(object->tree()) : std::string(); };
    ASSERT_TRUE(waitFor([this] { return isAt(TheatrePhase::Score, "held"); }, engineMilliseconds)) << "at " << (theatre() ? static_cast<int>(theatre()->phase) : -1) << ", " << clock();
    EXPECT_FALSE(isPlaced("default/held"));
    // Back and forth with the keys of a presentation: a look, nothing happens in the cluster.
    QTest::keyClick(window_.get(), Qt::Key_F5);
    QTest::keyClick(&window_->stage(), Qt::Key_Left);
    EXPECT_TRUE(waitFor([this] { return isAt(TheatrePhase::Filter, "held"); }));
    EXPECT_TRUE(theatre()->canGoNext);
    QTest::keyClick(&window_->stage(), Qt::Key_Space);
    EXPECT_TRUE(waitFor([this] { return isAt(TheatrePhase::Score, "held"); }));
    EXPECT_FALSE(isPlaced("default/held"));
    QTest::keyClick(&window_->stage(), Qt::Key_Escape);
    command(QStringLiteral("Hold nothing any more"));
    EXPECT_TRUE(waitFor([this] { return isPlaced("default/held"); }, engineMilliseconds)) << "still held";
}

TEST_F(LiveScheduling, ABreakpointHoldsThePodOfItsNameAndNoOther) {
    auto* menu = window_->toolBar().stepMenu();
    Q_EMIT menu->aboutToShow();
    const auto actions = menu->actions();
    const auto byName = std::find_if(actions.begin(), actions.end(), [](const auto* action) { return action->text() == QStringLiteral("Hold a Pod by name…"); });
    ASSERT_NE(byName, actions.end());
    (*byName)->trigger();
    auto* dialog = window_->findChild<QInputDialog*>();
    ASSERT_TRUE(dialog);
    dialog->setTextValue(QStringLiteral("default/second"));
    dialog->accept();
    ASSERT_TRUE(waitFor([this] { const auto clock = window_->link()->get(Kind::Clock, std::string("cluster")); return clock && !model::arrayAt(*clock, {"spec", "breakpoints"}).empty(); }, engineMilliseconds));
    apply("{apiVersion: v1, kind: Pod, metadata: {name: first}, spec: {containers: [{name: c, image: kubarium/web:1.0}]}}\n---\n"
          "{apiVersion: v1, kind: Pod, metadata: {name: second}, spec: {containers: [{name: c, image: kubarium/web:1.0}]}}");
    EXPECT_TRUE(waitFor([this] { return isPlaced("default/first"); }, engineMilliseconds)) << "held though nobody asked for it";
    EXPECT_TRUE(waitFor([this] { return theatre() && theatre()->held && theatre()->podName == QLatin1String("second"); }, engineMilliseconds));
    EXPECT_FALSE(isPlaced("default/second"));
}

// Where the reviewed Pods are in the picture of one side.
std::set<QString> nodesOf(const scene::StageModel& picture) {
    std::set<QString> nodes;
    for (const auto& pod : picture.pods)
        if (pod.key.startsWith(QLatin1String("review:")) && !pod.node.isEmpty()) nodes.insert(pod.node);
    return nodes;
}

TEST_F(LiveScheduling, TwoConfigurationsAreComparedAsPicturesAndNothingChanges) {
    auto* dialog = window_->openWhatIf();
    ASSERT_TRUE(dialog);
    dialog->setManifests(QStringLiteral("{apiVersion: apps/v1, kind: Deployment, metadata: {name: shop}, spec: {replicas: 3, selector: {matchLabels: {app: shop}}, template: {metadata: {labels: {app: shop}}, "
                                        "spec: {containers: [{name: c, image: kubarium/web:1.0, resources: {requests: {cpu: 200m, memory: 64Mi}}}]}}}}"));
    ASSERT_TRUE(clickWhenThere(*dialog, QStringLiteral("B: pack Nodes")));
    ASSERT_TRUE(clickWhenThere(*dialog, QStringLiteral("Ask")));
    ASSERT_TRUE(waitFor([&] { return dialog->stage(1).isVisible() && dialog->stage(1).model(); }, engineMilliseconds)) << dialog->said().toStdString();
    EXPECT_EQ(nodesOf(*dialog->stage(0).model()).size(), 3U) << "A spreads";
    const auto packed = nodesOf(*dialog->stage(1).model());
    ASSERT_EQ(packed.size(), 1U) << "B packs";
    // The bars count what was asked about.
    const auto requested = [&](int side, const QString& name) {
        for (const auto& node : dialog->stage(side).model()->nodes)
            if (node.name == name) return node.cpu.requested;
        return -1.0;
    };
    EXPECT_NEAR(requested(1, *packed.begin()) - requested(0, *packed.begin()), 0.4, 0.001);
    for (const auto& [key, each] : window_->link()->all(Kind::Pod)) EXPECT_NE(model::text(each->name()).left(4), QStringLiteral("shop"));
    dialog->close();
}

TEST_F(LiveScheduling, WhatIfKnowsDrainedAndAddedNodesAndWhatWouldMakeItFit) {
    apply("{apiVersion: v1, kind: Pod, metadata: {name: lone}, spec: {containers: [{name: c, image: kubarium/web:1.0, resources: {requests: {cpu: 300m}}}]}}");
    ASSERT_TRUE(waitFor([this] { return isPlaced("default/lone"); }, engineMilliseconds));
    const auto home = model::at(*pod("default/lone"), {"spec", "nodeName"});
    ASSERT_TRUE(waitFor([&] {
        const auto& nodes = window_->stage().model()->nodes;
        return std::any_of(nodes.begin(), nodes.end(), [&](const auto& node) { return node.name == home && node.cpu.requested > 0.29; });
    }));
    auto* dialog = window_->openWhatIf();
    ASSERT_TRUE(dialog);
    // As large as the new Node: nothing else has room for it.
    dialog->setManifests(QStringLiteral("{apiVersion: v1, kind: Pod, metadata: {name: huge}, spec: {containers: [{name: c, image: kubarium/web:1.0, resources: {requests: {cpu: '1'}}}]}}"));
    dialog->drain().setCurrentText(home);
    dialog->newNodes().setValue(1);
    ASSERT_TRUE(clickWhenThere(*dialog, QStringLiteral("Ask")));
    ASSERT_TRUE(waitFor([&] { return dialog->details().contains(QLatin1String("lone")); }, engineMilliseconds)) << dialog->said().toStdString() << " " << dialog->details().toStdString();
    const auto picture = dialog->stage(0).model();
    for (const auto& node : picture->nodes) {
        if (node.name != home) continue;
        EXPECT_NEAR(node.cpu.requested, 0, 0.001) << "drained";
        EXPECT_TRUE(node.cordoned);
    }
    EXPECT_TRUE(std::any_of(picture->nodes.begin(), picture->nodes.end(), [](const auto& node) { return node.name == QLatin1String("new-node-1") && node.cpu.capacity > 0; }));
    // What would have to change for it to go where another Pod is?
    dialog->drain().setCurrentIndex(0);
    dialog->newNodes().setValue(0);
    dialog->target().setCurrentText(home);
    ASSERT_TRUE(clickWhenThere(*dialog, QStringLiteral("Ask")));
    EXPECT_TRUE(waitFor([&] { return dialog->said().contains(home) && dialog->details().contains(QLatin1String("cpu request")); }, engineMilliseconds))
        << dialog->said().toStdString() << " " << dialog->details().toStdString();
    EXPECT_EQ(model::at(*pod("default/lone"), {"spec", "nodeName"}), home) << "asking changes nothing";
    dialog->close();
}

TEST_F(LiveScheduling, APreemptionShowsItsVictimsInTheTheatre) {
    // One after the other they fill every Node; none of them goes before it must, so the one that has to give way is seen for its whole grace period.
    std::string low = "{apiVersion: scheduling.k8s.io/v1, kind: PriorityClass, metadata: {name: high}, value: 1000}\n";
    const auto nodes = window_->link()->all(Kind::Node).size();
    for (std::size_t i = 0; i < nodes; ++i)
        low += "---\n{apiVersion: v1, kind: Pod, metadata: {name: low-" + std::to_string(i) + "}, spec: {terminationGracePeriodSeconds: 3, containers: [{name: c, image: busybox, command: [sh, -c, \"trap '' TERM; while true; do sleep 1; done\"], resources: {requests: {cpu: 700m}}}]}}\n";
    apply(low.c_str());
    ASSERT_TRUE(waitFor([&] {
        for (std::size_t i = 0; i < nodes; ++i)
            if (const auto key = "default/low-" + std::to_string(i); !pod(key.c_str()) || pod(key.c_str())->string({"status", "phase"}) != "Running") return false;
        return true;
    }, engineMilliseconds));
    apply("{apiVersion: v1, kind: Pod, metadata: {name: high}, spec: {priorityClassName: high, containers: [{name: c, image: kubarium/web:1.0, resources: {requests: {cpu: 700m}}}]}}");
    ASSERT_TRUE(waitFor([this] { return pod("default/high") != nullptr; }, engineMilliseconds));
    follow("default/high");
    ASSERT_TRUE(waitFor([this] { return theatre() && theatre()->podName == QLatin1String("high") && !theatre()->candidates.empty(); }, engineMilliseconds)) << "no preemption is shown";
    EXPECT_EQ(theatre()->victims.size(), 1);
    EXPECT_TRUE(theatre()->victims.value(0).startsWith(QLatin1String("default/low-"))) << theatre()->victims.value(0).toStdString();
    EXPECT_EQ(theatre()->candidates.size(), nodes) << "the alternatives are told too";
    EXPECT_EQ(std::count_if(theatre()->candidates.begin(), theatre()->candidates.end(), [](const auto& candidate) { return candidate.chosen; }), 1);
    EXPECT_TRUE(waitFor([this] { return isPlaced("default/high"); }, engineMilliseconds));
}

}  // namespace
}  // namespace kubarium::view
