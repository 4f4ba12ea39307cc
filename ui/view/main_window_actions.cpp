// The part of the window that offers what can be done: menus, the command palette, the editor for new manifests.
#include "ui/model/kubectl.h"
#include "ui/view/lab_panel.h"
#include "ui/view/main_window.h"
#include "ui/view/terminal_view.h"
#include "ui/view/timeline_view.h"
#include "ui/view/tool_bar.h"
#include "ui/view/what_if_dialog.h"
#include "ui/view/yaml_editor.h"

#include <boost/json/array.hpp>

#include <QApplication>
#include <QClipboard>
#include <QCoreApplication>
#include <QDir>
#include <QDockWidget>
#include <QFile>
#include <QInputDialog>
#include <QMenu>
#include <QMessageBox>
#include <QSplitter>
#include <QTimer>
#include <QTreeView>

#include <algorithm>
#include <utility>

namespace kubarium::view {

using model::Kind;
using model::Reference;
namespace kubectl = model::kubectl;

namespace {

constexpr int faultSeconds[] = {30, 60, 300, 0};

QStringList manifests() { return QDir(QStringLiteral(":/manifests")).entryList({QStringLiteral("*.yaml")}, QDir::Files, QDir::Name); }

// A manifest begins with a comment, which says what it is for, in the language of the window.
struct Manifest {
    QString comment, text;
};

Manifest exampleManifest(const QString& resource) {
    QFile file(QStringLiteral(":/manifests/") + resource);
    if (!file.open(QIODevice::ReadOnly)) return {};
    const auto text = QString::fromUtf8(file.readAll());
    const auto first = text.section(QLatin1Char('\n'), 0, 0);
    if (!first.startsWith(QLatin1String("# "))) return {{}, text};
    const auto comment = QCoreApplication::translate("Manifest", first.mid(2).toUtf8().constData());
    return {comment, QLatin1String("# ") + comment + text.mid(first.size())};
}

}  // namespace

void MainWindow::addFaultActions(QMenu& menu, const Reference& reference) {
    if (!link_ || !link_->offers(Kind::Fault)) return;
    if (reference.kind == Kind::Node) {
        const std::pair<const char*, QString> types[] = {{"NodePowerOff", tr("Power off")}, {"NodePartition", tr("Pull the network cable")}};
        for (const auto& [type, title] : types) {
            auto* submenu = menu.addMenu(QStringLiteral("⚡ ") + title);
            for (const int seconds : faultSeconds)
                submenu->addAction(seconds == 0 ? tr("until it is undone") : tr("for %1 s").arg(seconds), this, [this, reference, type = QString::fromLatin1(type), seconds] { actions_->makeFault(type, reference, {}, seconds); });
        }
    } else if (reference.kind == Kind::Pod) {
        const auto pod = link_->get(Kind::Pod, reference.key);
        if (!pod || pod->string({"spec", "nodeName"}).empty()) return;
        for (const auto& container : model::arrayAt(*pod, {"spec", "containers"})) {
            const auto name = model::at(container, {"name"});
            menu.addAction(QStringLiteral("⚡ ") + tr("Kill the container %1").arg(name), this, [this, reference, name] { actions_->makeFault(QStringLiteral("ContainerKill"), reference, name, 0); });
        }
    }
}

void MainWindow::addHoldActions(QMenu& menu, const QString& pod) {
    for (const auto* phase : {"Filter", "Score", "Select", "Bind"})
        menu.addAction(tr("before %1").arg(QLatin1String(phase)), this, [this, phase = QString::fromLatin1(phase), pod] { actions_->addBreakpoint(phase, pod); });
}

void MainWindow::fillStepMenu() {
    auto& menu = *toolBar_->stepMenu();
    menu.clear();
    if (!link_ || !link_->offers(Kind::Clock)) return;
    addHoldActions(*menu.addMenu(tr("Hold the next Pod")), {});
    menu.addAction(tr("Hold a Pod by name…"), this, [this] {
        auto* dialog = new QInputDialog(this);
        dialog->setAttribute(Qt::WA_DeleteOnClose);
        dialog->setWindowTitle(tr("Hold a Pod by name"));
        dialog->setLabelText(tr("namespace/name of a Pod that exists or is to come; it is held before Filter"));
        dialog->setTextValue(QStringLiteral("default/"));
        connect(dialog, &QInputDialog::textValueSelected, this, [this](const QString& pod) { if (actions_ && !pod.trimmed().isEmpty()) actions_->addBreakpoint(QStringLiteral("Filter"), pod.trimmed()); });
        dialog->open();
    });
    const auto clock = link_->get(Kind::Clock, std::string("cluster"));
    if (!clock || model::arrayAt(*clock, {"spec", "breakpoints"}).empty()) return;
    menu.addSeparator();
    for (const auto& breakpoint : model::arrayAt(*clock, {"spec", "breakpoints"})) {
        const auto pod = model::at(breakpoint, {"pod"});
        auto* line = menu.addAction(pod.isEmpty() ? tr("any Pod, before %1").arg(model::at(breakpoint, {"phase"})) : tr("%1, before %2").arg(pod, model::at(breakpoint, {"phase"})));
        line->setEnabled(false);
    }
    menu.addAction(tr("Hold nothing any more"), this, [this] { actions_->clearBreakpoints(); });
}

void MainWindow::showObjectMenu(const Reference& reference, const QPoint& globalPos) {
    if (!link_ || reference.isEmpty()) return;
    const auto object = link_->get(reference.kind, reference.key);
    if (!object) return;
    auto* menu = new QMenu(this);
    menu->setAttribute(Qt::WA_DeleteOnClose);
    menu->setObjectName(QStringLiteral("objectMenu"));
    auto* title = menu->addAction(model::kindName(reference.kind) + QLatin1Char(' ') + reference.name());
    title->setEnabled(false);
    menu->addSeparator();
    if (reference.kind == Kind::Pod) {
        if (explains()) menu->addAction(tr("Why is it here?"), this, [this, reference] { follow(reference); });
        if (link_->offers(Kind::Clock) && object->string({"spec", "nodeName"}).empty()) addHoldActions(*menu->addMenu(tr("Hold its scheduling")), reference.key);
        menu->addAction(tr("Logs"), this, [this, reference] {
            select(reference);
            inspector_->openTab(Tab::Logs);
        });
    }
    menu->addAction(tr("Edit as YAML"), this, [this, reference] {
        select(reference);
        inspector_->openTab(Tab::Yaml);
    });
    if (reference.kind == Kind::Deployment || reference.kind == Kind::ReplicaSet) menu->addAction(tr("Scale…"), this, [this, reference] { askScale(reference); });
    if (reference.kind == Kind::Deployment) menu->addAction(tr("Restart"), this, [this, reference] { actions_->restart(reference); });
    if (reference.kind == Kind::Node) {
        const bool cordoned = model::isCordoned(*object);
        menu->addAction(cordoned ? tr("Uncordon") : tr("Cordon"), this, [this, reference, cordoned] { actions_->cordon(reference.key, !cordoned); });
    }
    addFaultActions(*menu, reference);
    if (reference.kind == Kind::Fault) menu->addAction(tr("Undo"), this, [this, reference] { actions_->undoFault(reference.name()); });
    menu->addSeparator();
    menu->addAction(tr("Delete…"), this, [this, reference] { confirmRemove(reference); });
    auto* copies = menu->addMenu(tr("Copy as kubectl"));
    QStringList commands{kubectl::describe(reference), kubectl::remove(reference)};
    if (reference.kind == Kind::Pod) commands << kubectl::logs(reference, {}, false);
    if (reference.kind == Kind::Node) commands << kubectl::cordon(reference.name(), !model::isCordoned(*object));
    if (reference.kind == Kind::Deployment) commands << kubectl::restart(reference) << kubectl::scale(reference, static_cast<int>(model::numberAt(*object, {"spec", "replicas"}, 1)));
    for (const auto& command : commands) copies->addAction(command, this, [command] { QApplication::clipboard()->setText(command); });
    menu->popup(globalPos);
}

void MainWindow::confirmRemove(const Reference& reference) {
    const auto object = link_->get(reference.kind, reference.key);
    if (!object) return;
    const auto owner = model::controllerOf(*object);
    QString consequence = tr("It can be brought back with Undo for a moment.");
    if (reference.kind == Kind::Pod && !owner.name.isEmpty()) consequence = tr("Its %1 %2 will make a replacement.").arg(owner.kind, owner.name);
    if (reference.kind == Kind::Deployment || reference.kind == Kind::ReplicaSet) consequence = tr("Its Pods are deleted with it.");
    if (reference.kind == Kind::Namespace) consequence = tr("Everything in it is deleted with it.");
    auto* box = new QMessageBox(QMessageBox::Question, QStringLiteral("Kubarium"), tr("Delete %1 %2?").arg(model::kindName(reference.kind), reference.name()), QMessageBox::NoButton, this);
    box->setAttribute(Qt::WA_DeleteOnClose);
    box->setInformativeText(consequence);
    auto* yes = box->addButton(tr("Delete"), QMessageBox::AcceptRole);
    box->addButton(tr("Cancel"), QMessageBox::RejectRole);
    connect(yes, &QAbstractButton::clicked, this, [this, reference] { if (actions_) actions_->remove(reference); });
    box->open();
}

void MainWindow::askScale(const Reference& workload) {
    const auto object = link_->get(workload.kind, workload.key);
    if (!object) return;
    auto* dialog = new QInputDialog(this);
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setWindowTitle(tr("Scale %1").arg(workload.name()));
    dialog->setLabelText(tr("How many Pods?"));
    dialog->setInputMode(QInputDialog::IntInput);
    dialog->setIntRange(0, 1000);
    dialog->setIntValue(static_cast<int>(model::numberAt(*object, {"spec", "replicas"}, 1)));
    connect(dialog, &QInputDialog::intValueSelected, this, [this, workload](int replicas) { if (actions_) actions_->scale(workload, replicas); });
    dialog->open();
}

void MainWindow::fillClusterMenu() {
    auto& menu = *toolBar_->clusterMenu();
    menu.clear();
    menu.addAction(tr("Open a kubeconfig…"), this, &MainWindow::chooseKubeconfig);
    menu.addAction(tr("Start another cluster…"), this, [this] {
        auto* dialog = new QInputDialog(this);
        dialog->setAttribute(Qt::WA_DeleteOnClose);
        dialog->setWindowTitle(tr("Start another cluster"));
        dialog->setLabelText(tr("Its name (small letters, digits and dashes)"));
        connect(dialog, &QInputDialog::textValueSelected, this, [this](const QString& name) {
            request_ = {};
            request_.name = name.trimmed();
            open(request_);
        });
        dialog->open();
    });
    if (engine_) menu.addAction(tr("Stop this cluster"), this, [this] {
        connect(engine_.get(), &bridge::EngineProcess::stopped, this, [this] { showWelcome(tr("Stopped"), tr("The cluster was stopped; its objects are kept for the next start."), true); }, Qt::UniqueConnection);
        engine_->stop();
    });
    menu.addSeparator();
    auto* labs = menu.addMenu(tr("Labs"));
    for (const auto& entry : labs_) {
        auto* action = labs->addAction(tr("%1 (%2 min)").arg(entry.title).arg(entry.minutes), this, [this, name = entry.name] { openLab(name); });
        action->setEnabled(entry.problem.isEmpty());
        action->setToolTip(entry.problem);
    }
    auto* fresh = menu.addMenu(tr("New manifest"));
    for (const auto& resource : manifests()) fresh->addAction(resource.section(QLatin1Char('.'), 0, 0) + QStringLiteral(": ") + exampleManifest(resource).comment, this, [this, resource] { newManifest(resource); });
}

void MainWindow::fillFaultMenu() {
    auto& menu = *toolBar_->faultMenu();
    menu.clear();
    if (!link_) return;
    for (const auto& [key, fault] : link_->all(Kind::Fault)) {
        const auto phase = fault->string({"status", "phase"});
        if (phase == "Reverted" || phase == "Failed") continue;
        menu.addAction(tr("Undo %1").arg(model::text(fault->name())), this, [this, name = model::text(fault->name())] { actions_->undoFault(name); });
    }
    if (!menu.isEmpty()) menu.addSeparator();
    constexpr int shown = 12;
    int count = 0;
    for (const auto& [key, node] : link_->all(Kind::Node)) {
        if (++count > shown) break;
        addFaultActions(*menu.addMenu(model::text(node->name())), {Kind::Node, QString::fromStdString(key)});
    }
    if (const auto& reference = inspector_->reference(); reference.kind == Kind::Pod && !reference.isEmpty()) {
        menu.addSeparator();
        addFaultActions(menu, reference);
    }
}

void MainWindow::fillViewMenu() {
    auto& menu = *toolBar_->viewMenu();
    menu.clear();
    const auto toggle = [&](const QString& title, bool on, std::function<void(bool)> set) {
        auto* action = menu.addAction(title);
        action->setCheckable(true);
        action->setChecked(on);
        connect(action, &QAction::toggled, this, std::move(set));
    };
    for (auto* dock : {leftDock_, rightDock_, bottomDock_}) toggle(dock->windowTitle(), dock->isVisible(), [dock](bool on) { dock->setVisible(on); });
    menu.addSeparator();
    toggle(tr("Messages between the components"), stage_->messagesVisible(), [this](bool on) { stage_->setMessagesVisible(on); });
    toggle(tr("Reduce motion"), appearance_.reduceMotion(), [this](bool on) { appearance_.setReduceMotion(on); });
    auto* themes = menu.addMenu(tr("Theme"));
    const QStringList names{tr("As the system"), tr("Light"), tr("Dark")};
    for (int i = 0; i < 3; ++i) {
        auto* action = themes->addAction(names[i], this, [this, i] { appearance_.setChoice(static_cast<ThemeChoice>(i)); });
        action->setCheckable(true);
        action->setChecked(static_cast<int>(appearance_.choice()) == i);
    }
    menu.addSeparator();
    if (link_ && link_->offers(Kind::Decision)) menu.addAction(tr("What if…"), this, [this] { openWhatIf(); });
    menu.addAction(tr("Whole Stage"), this, [this] { stage_->fitAll(); });
    menu.addAction(tr("Save the Stage as a picture…"), this, [this] {
        const auto path = QDir::home().filePath(QStringLiteral("kubarium-stage.png"));
        if (stage_->exportPng(path)) showMessage(tr("Saved as %1.").arg(path), model::Tone::Neutral);
        else showMessage(tr("%1 cannot be written.").arg(path), model::Tone::Broken);
    });
}

void MainWindow::newManifest(const QString& resource) {
    edit(exampleManifest(resource.isEmpty() ? QStringLiteral("deployment.yaml") : resource).text);
}

void MainWindow::edit(const QString& manifest) {
    editor_->setText(manifest);
    if (!editorPane_->isVisible()) {
        // What is being edited is to be seen to arrive on the Stage: an Inspector that tells of nothing gives way.
        if ((width() < roomForAllPanes || inspector_->reference().isEmpty()) && rightDock_->isVisible()) {
            inspectorGaveWay_ = true;
            rightDock_->hide();
        }
        editorPane_->show();
        // When the width that the Inspector leaves is known.
        QTimer::singleShot(0, center_, [this] {
            const int all = center_->width(), share = std::clamp(all / 2, editorPane_->minimumWidth(), 430);
            center_->setSizes({all - share, share});
        });
    }
    editor_->setFocus();
}

void MainWindow::closeEditor() {
    editorPane_->hide();
    if (std::exchange(inspectorGaveWay_, false)) rightDock_->show();
    stage_->setFocus();
}

WhatIfDialog* MainWindow::openWhatIf() {
    if (!link_ || !link_->offers(Kind::Decision)) return nullptr;
    auto* dialog = new WhatIfDialog(*link_, stage_->model(), appearance_.theme(), appearance_.language(), this);
    for (const int side : {0, 1}) dialog->stage(side).setOwnerPalette(appearance_.owners());  // a workload has one colour everywhere
    auto supposed = editorPane_->isVisible() ? editor_->text() : QString();
    if (supposed.trimmed().isEmpty()) supposed = exampleManifest(QStringLiteral("deployment.yaml")).text.replace(QLatin1String("name: web"), QLatin1String("name: shop"));
    // Closed and opened again it goes on with what was asked; what stands in the editor is asked about first.
    if (whatIf_) dialog->setQuestion(*whatIf_);
    if (!whatIf_ || editorPane_->isVisible()) dialog->setManifests(supposed);
    connect(dialog, &QDialog::finished, this, [this, dialog] { whatIf_ = dialog->question(); });
    dialog->open();
    return dialog;
}

void MainWindow::openPalette() { palette_->open(paletteEntries()); }

QList<PaletteEntry> MainWindow::paletteEntries() {
    QList<PaletteEntry> entries;
    const auto add = [&](const QString& title, std::function<void()> run, const QString& detail = {}) { entries.push_back({title, detail, std::move(run)}); };
    if (link_ && link_->offers(Kind::Clock)) {
        add(executor_.paused() ? tr("Run the Clock") : tr("Pause the Clock"), [this] { actions_->setPaused(!executor_.paused()); }, QStringLiteral("Ctrl+P"));
        add(tr("Step"), [this] { actions_->step(); }, QStringLiteral("Ctrl+."));
        for (const auto* phase : {"Filter", "Score", "Select", "Bind"})
            add(tr("Hold the next Pod before %1").arg(QLatin1String(phase)), [this, phase = QString::fromLatin1(phase)] { actions_->addBreakpoint(phase, {}); });
        add(tr("Hold nothing any more"), [this] { actions_->clearBreakpoints(); });
        for (const double rate : ToolBar::rates) add(tr("Rate ×%1").arg(rate), [this, rate] { actions_->setRate(rate); });
    }
    if (link_ && link_->offers(Kind::Decision)) add(tr("What if… (place Pods, drain a Node, compare configurations)"), [this] { openWhatIf(); }, QStringLiteral("Ctrl+I"));
    add(tr("Present"), [this] { setPresenting(true); }, QStringLiteral("F5"));
    // The way out of the terminal and the editor too, where most keys are text.
    add(tr("Navigator"), [this] { tree_->setFocus(); }, QStringLiteral("Ctrl+1"));
    add(tr("Stage"), [this] { stage_->setFocus(); }, tr("Ctrl+2 · arrows, Enter, C: go through what can be opened"));
    add(tr("Inspector"), [this] { inspector_->setFocus(); }, QStringLiteral("Ctrl+3"));
    add(tr("Timeline"), [this] { showBottom(Bottom::Timeline); timeline_->setFocus(); }, QStringLiteral("Ctrl+4"));
    add(tr("Charts"), [this] { showBottom(Bottom::Charts); }, QStringLiteral("Ctrl+5"));
    add(tr("Terminal"), [this] { showBottom(Bottom::Terminal); terminal_->setFocus(); }, QStringLiteral("Ctrl+6"));
    add(tr("Labs"), [this] { goToLabs(); }, QStringLiteral("Ctrl+7"));
    add(tr("Toolbar and its menus"), [this] { toolBar_->toggleKeyboard(); }, QStringLiteral("F10"));
    add(tr("Light or dark"), [this] { appearance_.toggleBrightness(); });
    add(tr("Open a kubeconfig…"), [this] { chooseKubeconfig(); });
    for (const auto& resource : manifests()) add(tr("New manifest") + QStringLiteral(": ") + resource.section(QLatin1Char('.'), 0, 0), [this, resource] { newManifest(resource); }, exampleManifest(resource).comment);
    for (const auto& entry : labs_)
        if (entry.problem.isEmpty()) add(tr("Lab: %1").arg(entry.title), [this, name = entry.name] { openLab(name); });
    if (!link_) return entries;
    for (const auto kind : {Kind::Deployment, Kind::Service, Kind::Node, Kind::Pod, Kind::ConfigMap, Kind::Namespace, Kind::Fault})
        for (const auto& [key, object] : link_->all(kind)) {
            const Reference reference{kind, QString::fromStdString(key)};
            add(reference.name(), [this, reference] { select(reference); }, model::kindName(kind) + (reference.nameSpace().isEmpty() ? QString() : QStringLiteral(" · ") + reference.nameSpace()));
        }
    return entries;
}

}  // namespace kubarium::view
