// Saves pictures of the window on scripted clusters, so that people can look at them: desktop_shots FOLDER [NAME-PART]
// Run by scripts/screenshots on a virtual screen, once per language and scale.
#include "tests/ui/view/demo_cluster.h"
#include "ui/view/choice_button.h"
#include "ui/view/lab_panel.h"
#include "ui/view/main_window.h"
#include "ui/view/timeline_view.h"
#include "ui/view/what_if_dialog.h"
#include "ui/view/yaml_editor.h"

#include <QApplication>
#include <QComboBox>
#include <QDeadlineTimer>
#include <QDir>
#include <QFile>
#include <QScreen>
#include <QSettings>
#include <QStandardPaths>
#include <QThread>

#include <cstdio>

using namespace kubarium;
using view::MainWindow;

namespace {

void settle(int milliseconds) {
    QDeadlineTimer deadline(milliseconds);
    while (!deadline.hasExpired()) QCoreApplication::processEvents(QEventLoop::AllEvents | QEventLoop::WaitForMoreEvents, 10);
}

// The list of labs is read beside the window, and would take the place of one that is shown before.
void awaitLabs(MainWindow& window) {
    QDeadlineTimer deadline(5000);
    while (window.labPanel().findChildren<view::ChoiceButton*>().isEmpty() && !deadline.hasExpired()) settle(50);
}

struct Scene {
    const char* name;
    std::function<void(testing::DemoCluster&)> fill;
    std::function<void(MainWindow&, testing::DemoCluster&)> act;
    bool dark = true;
    int wait = 1500;
};

model::LabScreen labScreen(const QString& language) {
    const bool chinese = language == QLatin1String("zh_CN");
    const auto words = [&](const char* english, const char* other) { return QString::fromUtf8(chinese ? other : english); };
    model::LabScreen screen;
    screen.heading = words("Lab · scheduling, taints · 15 min", "实验 · 调度，污点 · 15 分钟");
    screen.title = words("Why is my Pod Pending?", "我的 Pod 为什么处于 Pending？");
    screen.running = true;
    screen.steps = {{words("Read the decision", "阅读调度决定"), true, false}, {words("Make the Pod fit", "让 Pod 能够放置"), false, true}, {words("Prove that ordinary Pods still stay away", "证明普通 Pod 仍然不会进入"), false, false}};
    screen.brief = {{false, words("Let `train-0` run on the GPU pool without removing its taint. What it needs:", "让 `train-0` 在 GPU 池上运行，但不要移除污点。它需要：")},
                    {true, QStringLiteral("tolerations:\n- {key: pool, operator: Equal, value: gpu, effect: NoSchedule}")}};
    screen.question = words("Which Node will run the Pod once it tolerates pool=gpu?", "容忍 pool=gpu 之后，哪个 Node 会运行该 Pod？");
    screen.choices = {{QStringLiteral("worker-a"), QStringLiteral("worker-a")}, {QStringLiteral("gpu-1"), QStringLiteral("gpu-1")}, {QStringLiteral("none"), words("None of them", "都不会")}};
    screen.chosen = QStringLiteral("gpu-1");
    screen.answered = true;
    screen.checks = {{model::LabCheckState::Passed, words("The Pod tolerates the taint", "该 Pod 容忍该污点"), {}}, {model::LabCheckState::Failed, words("It runs on the GPU pool", "它运行在 GPU 池上"), words("It is still Pending.", "它仍处于 Pending。")}};
    screen.hintsTotal = 3;
    screen.hintsLeft = 3;
    screen.passed = 2;
    screen.total = 5;
    return screen;
}

model::LabScreen verdictScreen(const QString& language) {
    const bool chinese = language == QLatin1String("zh_CN");
    auto screen = labScreen(language);
    screen.revealed = screen.proceeds = true;
    screen.answer = QStringLiteral("gpu-2");
    screen.choices.push_back({screen.answer, screen.answer});
    screen.explanation = chinese ? QStringLiteral("两个 Node 可以运行它；gpu-2 更空闲，并且已有该镜像，所以得分更高。")
                                 : QStringLiteral("Two Nodes can run it; gpu-2 is emptier and has the image already, so it has more points.");
    return screen;
}

// The held cycle becomes one that found no Node and makes room: three candidates, and why one of them is the cheapest.
void preempt(testing::DemoCluster& cluster) {
    namespace r = api::resources;
    auto tree = cluster.objects().find(r::schedulingDecisions, "default/train-7d9f6-42.41")->tree();
    auto& status = tree["status"].as_object();
    for (auto& node : status["nodes"].as_array()) {
        auto& verdict = node.as_object();
        if (!verdict["feasible"].as_bool()) continue;
        verdict["feasible"] = false;
        verdict["plugin"] = "NodeResourcesFit";
        verdict["reasons"] = {"Insufficient cpu"};
        verdict["detail"] = "2 asked, 1 free";
        verdict["filters"] = {{{"plugin", "TaintToleration"}, {"code", "Success"}}, {{"plugin", "NodeResourcesFit"}, {"code", "Unschedulable"}, {"reasons", {"Insufficient cpu"}}}};
        verdict.erase("scores");
    }
    status["phase"] = "Done";
    status["result"] = "Unschedulable";
    status["feasibleNodes"] = 0;
    status.erase("best");
    status["nominatedNode"] = "gpu-2";
    status["explanation"] = {{"en", "None of the 6 Nodes can run it. gpu-2 is made free: it is the cheapest of 2 candidates."}, {"zh_CN", "6 个 Node 都不能运行它。将腾出 gpu-2：它是 2 个候选中代价最小的。"}};
    const auto victim = [](const char* name) { return boost::json::object{{"namespace", "default"}, {"name", name}}; };
    status["preemption"] = {{"nominatedNode", "gpu-2"},
                            {"victims", {victim("train-7d9f6-11")}},
                            {"explanation", {{"en", "On gpu-2 only one Pod has to go, on gpu-1 two."}, {"zh_CN", "在 gpu-2 上只需让出一个 Pod，在 gpu-1 上要两个。"}}},
                            {"candidates",
                             {{{"node", "gpu-1"}, {"victims", {victim("batch-7d9f6-12"), victim("batch-7d9f6-13")}}, {"price", {{"pdbViolations", 0}, {"highestPriority", 100}, {"sumOfPriorities", 200}}}},
                              {{"node", "gpu-2"}, {"chosen", true}, {"victims", {victim("train-7d9f6-11")}}, {"price", {{"pdbViolations", 0}, {"highestPriority", 100}, {"sumOfPriorities", 100}}}}}}};
    cluster.objects().put(r::schedulingDecisions, tree);
    cluster.setClock(1, false);
}

// One Pod and a thousand Nodes, most of which refuse it for one of three reasons.
void decideAmongMany(testing::DemoCluster& cluster) {
    namespace r = api::resources;
    cluster.fillLarge(1000, 4000);
    cluster.addPod("train", 42, "", "500m");
    boost::json::array nodes;
    for (int i = 0; i < 1000; ++i) {
        const std::string name = "sim-" + std::string(i < 9 ? "000" : i < 99 ? "00" : i < 999 ? "0" : "") + std::to_string(i + 1);
        boost::json::object node{{"name", name}};
        const auto refuse = [&](const char* plugin, const char* reason) {
            node["feasible"] = false;
            node["plugin"] = plugin;
            node["reasons"] = {reason};
            node["filters"] = {{{"plugin", plugin}, {"code", "Unschedulable"}, {"reasons", {reason}}}};
        };
        if (i % 5 == 0) refuse("TaintToleration", "node(s) had untolerated taint(s)");
        else if (i % 3 != 0) refuse("NodeResourcesFit", "Insufficient cpu");
        else if (i % 7 == 0) refuse("NodeAffinity", "node(s) didn't match Pod's node affinity/selector");
        else {
            node["feasible"] = true;
            node["total"] = 300 + i % 90;
            node["scores"] = {{{"plugin", "NodeResourcesFit"}, {"raw", i % 90}, {"normalized", i % 90}, {"weight", 1}, {"weighted", i % 90}}, {{"plugin", "TaintToleration"}, {"raw", 0}, {"normalized", 100}, {"weight", 3}, {"weighted", 300}}};
        }
        nodes.push_back(std::move(node));
    }
    std::map<std::string, int> counts;
    int fit = 0;
    for (const auto& node : nodes) {
        if (node.at("feasible").as_bool()) ++fit;
        else ++counts[std::string(node.at("reasons").as_array().front().as_string())];
    }
    boost::json::array reasons;
    for (const auto& [reason, count] : counts) reasons.push_back({{"reason", reason}, {"count", count}});
    cluster.objects().put(r::schedulingDecisions, {{"apiVersion", "kubarium.dev/v1alpha1"},
                                                   {"kind", "SchedulingDecision"},
                                                   {"metadata", {{"name", "train-7d9f6-42.41"}, {"namespace", "default"}}},
                                                   {"spec", {{"podName", "train-7d9f6-42"}, {"podUID", "pod-train-7d9f6-42"}}},
                                                   {"status", {{"cycle", 41}, {"attempt", 1}, {"phase", "Done"}, {"result", "Scheduled"}, {"evaluatedNodes", 1000}, {"feasibleNodes", fit}, {"selectedNode", "sim-0088"},
                                                               {"best", {"sim-0088", "sim-0178", "sim-0268"}}, {"draw", 0}, {"reasonCounts", reasons}, {"nodes", nodes},
                                                               {"explanation", {{"en", std::to_string(fit) + " of 1000 Nodes can run it; the draw fell on sim-0088."}, {"zh_CN", "1000 个 Node 中有 " + std::to_string(fit) + " 个能运行它；抽签选中 sim-0088。"}}}}}});
}

void powerOff(testing::DemoCluster& cluster) {
    namespace r = api::resources;
    cluster.objects().put(r::faults, testing::parseObject(R"({"apiVersion":"kubarium.dev/v1alpha1","kind":"Fault","metadata":{"name":"node-power-off-x2k4p"},"spec":{"type":"NodePowerOff","node":"worker-b","duration":"60s"},"status":{"phase":"Active","startedAt":")" +
                                                          cluster.ago(0) + R"(","endsAt":")" + cluster.ago(-21) + R"("}})"));
    settle(700);
    auto node = cluster.objects().find(r::nodes, "worker-b")->tree();
    node["status"].as_object()["conditions"] = {{{"type", "Ready"}, {"status", "Unknown"}, {"reason", "NodeStatusUnknown"}, {"message", "Kubelet stopped posting node status."}}};
    node["spec"] = {{"taints", {{{"key", "node.kubernetes.io/unreachable"}, {"effect", "NoExecute"}, {"timeAdded", cluster.ago(0)}}}}};
    cluster.objects().put(r::nodes, node);
    settle(900);
    for (const auto& pod : cluster.objects().all(r::pods)) {
        if (pod->string({"spec", "nodeName"}) != "worker-b") continue;
        auto tree = pod->tree();
        const bool evicted = pod->label("app") == "web" && pod->name().ends_with("1");
        if (evicted) tree["metadata"].as_object()["deletionTimestamp"] = cluster.ago(0);
        tree["status"].as_object()["conditions"] = {{{"type", "Ready"}, {"status", "False"}}, {{"type", evicted ? "DisruptionTarget" : "X"}, {"status", "True"}, {"message", "Taint manager: deleting due to NoExecute taint"}}};
        cluster.objects().put(r::pods, tree);
    }
    cluster.addDeployment("web", 4, 2);
    cluster.removeEndpointsOf("web", "worker-b");
    cluster.setTraffic("web", 20.5);
    settle(600);
    cluster.addPod("web", 77, "worker-a", "120m");
    cluster.addDeployment("web", 4, 3);
    cluster.renewLease("worker-a", 0.2);
    cluster.renewLease("worker-c", 0.4);
}

// Three Nodes in two zones, with Pods that are to move; none of them waits.
void fillForWhatIf(testing::DemoCluster& cluster) {
    cluster.fillHealing();
    cluster.putIntoZone("worker-a", "east");
    cluster.putIntoZone("worker-b", "west");
    cluster.putIntoZone("worker-c", "east");
    cluster.setClock(1, false);
}

enum class Supposed { Pods, Drain, LostZone, Target, OtherConfiguration };

void askWhatIf(MainWindow& window, Supposed supposed) {
    auto* dialog = window.openWhatIf();
    const bool large = supposed == Supposed::Target;
    dialog->setManifests(QStringLiteral("apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: shop}\nspec:\n  replicas: 3\n  selector: {matchLabels: {app: shop}}\n  template:\n    metadata: {labels: {app: shop}}\n"
                                        "    spec:\n      containers:\n      - name: shop\n        image: kubarium/web:1.0\n        resources: {requests: {cpu: %1, memory: 32Mi}}\n")
                             .arg(large ? QStringLiteral("900m") : QStringLiteral("150m")));
    if (supposed == Supposed::Drain) dialog->drain().setCurrentText(QStringLiteral("worker-b"));
    if (supposed == Supposed::LostZone) dialog->lostZone().setCurrentText(QStringLiteral("west"));
    if (supposed == Supposed::Target) dialog->target().setCurrentText(QStringLiteral("worker-b"));
    if (supposed == Supposed::OtherConfiguration) dialog->packNodes();
    dialog->ask();
}

std::vector<Scene> scenes(view::Appearance& appearance) {
    std::vector<Scene> list;
    const auto why = [](MainWindow& window, testing::DemoCluster&) { window.follow({model::Kind::Pod, QStringLiteral("default/train-7d9f6-42")}); };
    for (const bool dark : {true, false}) {
        list.push_back({"theatre", [](auto& c) { c.fillTheatre(); }, why, dark, 2600});
        list.push_back({"healing", [](auto& c) { c.fillHealing(); },
                        [](MainWindow& window, testing::DemoCluster& cluster) {
                            settle(2500);
                            powerOff(cluster);
                            window.select({model::Kind::Node, QStringLiteral("worker-b")});
                            window.inspector().openTab(view::Tab::Healing);
                        },
                        dark, 1500});
        list.push_back({"presentation", [](auto& c) { c.fillTheatre(); },
                        [why](MainWindow& window, testing::DemoCluster& cluster) {
                            why(window, cluster);
                            window.setPresenting(true);
                        },
                        dark, 2600});
        list.push_back({"lab", [](auto& c) { c.fillTheatre(); },
                        [&appearance, why](MainWindow& window, testing::DemoCluster& cluster) {
                            why(window, cluster);
                            awaitLabs(window);
                            window.showLabScreen(labScreen(appearance.language()));
                        },
                        dark, 2600});
        list.push_back({"verdict", [](auto& c) { c.fillTheatre(); },
                        [&appearance, why](MainWindow& window, testing::DemoCluster& cluster) {
                            why(window, cluster);
                            awaitLabs(window);
                            window.showLabScreen(verdictScreen(appearance.language()));
                        },
                        dark, 2600});
        for (const bool presenting : {false, true})
            list.push_back({presenting ? "preemption-presentation" : "preemption", [](auto& c) { c.fillTheatre(); preempt(c); },
                            [why, presenting](MainWindow& window, testing::DemoCluster& cluster) {
                                why(window, cluster);
                                window.setPresenting(presenting);
                            },
                            dark, 2600});
        list.push_back({"theatre-thousand", decideAmongMany, why, dark, 4000});
        for (const auto& [name, supposed] : {std::pair{"what-if", Supposed::Pods}, {"what-if-drain", Supposed::Drain}, {"what-if-zone", Supposed::LostZone}, {"what-if-target", Supposed::Target}, {"what-if-compare", Supposed::OtherConfiguration}})
            list.push_back({name, fillForWhatIf, [supposed = supposed](MainWindow& window, testing::DemoCluster&) { askWhatIf(window, supposed); }, dark, 1200});
        list.push_back({"what-if-presentation", fillForWhatIf,
                        [](MainWindow& window, testing::DemoCluster&) {
                            window.setPresenting(true);
                            askWhatIf(window, Supposed::OtherConfiguration);
                        },
                        dark, 1200});
        list.push_back({"yaml-error", [](auto& c) {
                            c.fillTheatre();
                            c.setClock(1, false);
                            c.objects().erase(api::resources::schedulingDecisions, "default/train-7d9f6-42.41");
                        },
                        [](MainWindow& window, testing::DemoCluster& cluster) {
                            cluster.applyCauses = {{"FieldValueInvalid", "Invalid value: -1: must be greater than or equal to 0", "spec.replicas"},
                                                   {"FieldValueRequired", "Required value", "spec.template.spec.containers[0].image"}};
                            window.newManifest();
                            window.editor().setText(window.editor().text().replace(QStringLiteral("replicas: 3"), QStringLiteral("replicas: -1")).replace(QStringLiteral("image: kubarium/web:1.0"), QStringLiteral("image: \"\"")));
                            window.editor().send(true);
                        },
                        dark, 1200});
    }
    list.push_back({"troubles", [](auto& c) { c.fillTroubles(); },
                    [](MainWindow& window, testing::DemoCluster&) {
                        window.select({model::Kind::Pod, QStringLiteral("default/hungry")});
                        window.inspector().openTab(view::Tab::Overview);
                    },
                    true, 1200});
    list.push_back({"charts", [](auto& c) { c.fillHealing(); },
                    [](MainWindow& window, testing::DemoCluster& cluster) {
                        window.showBottom(MainWindow::Bottom::Charts);
                        settle(3000);
                        powerOff(cluster);
                        settle(3000);
                        window.select({model::Kind::Pod, QStringLiteral("default/web-7d9f6-0")});
                        window.inspector().openTab(view::Tab::Logs);
                    },
                    true, 1500});
    list.push_back({"thousand-nodes", [](auto& c) { c.fillLarge(1000, 10000); }, [](MainWindow& window, testing::DemoCluster&) { window.select({model::Kind::Deployment, QStringLiteral("default/web")}); }, false, 4000});
    list.push_back({"terminal", [](auto& c) { c.fillHealing(); },
                    [](MainWindow& window, testing::DemoCluster&) {
                        window.showBottom(MainWindow::Bottom::Terminal);
                        window.select({model::Kind::Service, QStringLiteral("default/web")});
                        window.openPalette();
                    },
                    false, 1500});
    return list;
}

}  // namespace

int main(int count, char** values) {
    QStandardPaths::setTestModeEnabled(true);
    qputenv("SHELL", "/bin/sh");
    QApplication::setStyle(QStringLiteral("Fusion"));
    QApplication application(count, values);
    QCoreApplication::setApplicationName(QStringLiteral("kubarium-shots"));
    QSettings().clear();
    const QDir folder(application.arguments().value(1, QStringLiteral(".")));
    const auto part = application.arguments().value(2);
    view::Appearance appearance;
    appearance.setLanguage(qEnvironmentVariable("KUBARIUM_SHOT_LANGUAGE", QStringLiteral("en")));
    const auto suffix = QStringLiteral("-%1-%2.png").arg(appearance.language()).arg(qRound(application.devicePixelRatio() * 100));
    for (const auto& scene : scenes(appearance)) {
        const auto name = QString::fromLatin1(scene.name) + (scene.dark ? QStringLiteral("-dark") : QStringLiteral("-light"));
        if (!part.isEmpty() && !name.contains(part)) continue;
        appearance.setChoice(scene.dark ? view::ThemeChoice::Dark : view::ThemeChoice::Light);
        bridge::QtExecutor executor;
        testing::DemoCluster cluster(executor, executor);
        scene.fill(cluster);
        MainWindow window(appearance, executor);
        window.resize(1440, 900);
        window.show();
        window.attach(cluster.client(), QStringLiteral("course-lab"), {}, {});
        settle(700);
        scene.act(window, cluster);
        settle(scene.wait);
        const auto path = folder.filePath(name + suffix);
        // A dialog is looked at by itself.
        auto* dialog = window.findChild<view::WhatIfDialog*>();
        if (!(dialog ? dialog->grab() : window.grab()).save(path)) return 1;
        std::printf("%s\n", qPrintable(path));
        std::fflush(stdout);
        QSettings().clear();
    }
    return 0;
}
