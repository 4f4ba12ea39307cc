// The part of the window that turns to a cluster and follows it.
#include "core/client/http_client.h"
#include "ui/model/explain.h"
#include "ui/model/theatre.h"
#include "ui/scene/stage_layout.h"
#include "ui/view/charts_view.h"
#include "ui/view/lab_panel.h"
#include "ui/view/main_window.h"
#include "ui/view/terminal_view.h"
#include "ui/view/timeline_view.h"
#include "ui/view/tool_bar.h"
#include "ui/view/widgets.h"
#include "ui/view/yaml_editor.h"

#include <QDir>
#include <QFileDialog>
#include <QItemSelectionModel>
#include <QLabel>
#include <QDockWidget>
#include <QProgressBar>
#include <QStackedWidget>
#include <QTime>
#include <QTreeView>

namespace kubarium::view {

using model::Kind;
using model::Reference;

void MainWindow::open(const OpenRequest& request) {
    request_ = request;
    if (!request.kubeconfig.isEmpty()) return openKubeconfig(request.kubeconfig, request.context, {}, {});
    QStringList options;
    if (!request.lab.isEmpty()) {
        request_.labStep = bridge::LabRunner::resumeStep(request.lab, request.name);
        if (bridge::LabRunner::asksForNodes(request.lab)) options << QStringLiteral("--lab") << request.lab;
        if (request_.labStep == 0) options << QStringLiteral("--fresh");
    }
    startEngine(request.name, options);
}

void MainWindow::startEngine(const QString& name, const QStringList& options) {
    showWelcome(tr("Starting \"%1\"").arg(name), tr("Looking for the cluster \"%1\"").arg(name), false);
    engine_ = std::make_unique<bridge::EngineProcess>(name);
    connect(engine_.get(), &bridge::EngineProcess::progress, this, [this](const QString& sentence) {
        welcomeText_->setText(sentence);
        placeOverlays();
    });
    connect(engine_.get(), &bridge::EngineProcess::failed, this, [this](const QString& sentence) { showWelcome(tr("The cluster could not be started"), sentence, true); });
    connect(engine_.get(), &bridge::EngineProcess::ready, this,
            [this, name](const QString& path, const QString& levelSentence, bool) { openKubeconfig(path, {}, name, levelSentence); });
    engine_->start(options);
}

void MainWindow::openKubeconfig(const QString& path, const QString& context, const QString& name, const QString& levelSentence) {
    const auto fail = [&](const Error& error) { showWelcome(tr("%1 cannot be used").arg(path), model::text(error.message), true); };
    const auto config = client::Kubeconfig::load(path.toStdString());
    if (!config) return fail(config.error());
    const auto settings = client::connectionSettings(*config, context.toStdString());
    if (!settings) return fail(settings.error());
    auto made = client::HttpClient::create(*settings, executor_, {.userAgent = "kubarium-desktop"});
    if (!made) return fail(made.error());
    attach(std::move(*made), name.isEmpty() ? model::text(settings->cluster.name) : name, path, levelSentence);
}

void MainWindow::attach(std::unique_ptr<client::Client> client, const QString& name, const QString& kubeconfigPath, const QString& levelSentence) {
    lab_.reset();
    toastAction_ = {};  // it speaks of the cluster that is left
    toast_->hide();
    offerLabs();
    inspector_->setContext({});
    inspector_->setReference({});
    timeline_->setSource(nullptr, nullptr);
    charts_->setSource(nullptr, nullptr);
    editor_->setActions(nullptr);
    tree_->setModel(nullptr);
    tree_model_.reset();
    recomputed_.reset();
    builder_.reset();
    chronicle_.reset();
    actions_.reset();
    link_ = std::make_unique<bridge::ClusterLink>(executor_, std::move(client), name);
    actions_ = std::make_unique<bridge::ClusterActions>(*link_);
    chronicle_ = std::make_unique<model::Chronicle>(*link_, *link_);
    builder_ = std::make_unique<model::StageBuilder>(*link_, *link_);
    tree_model_ = std::make_unique<model::NavigatorModel>(*link_);
    tree_->setModel(tree_model_.get());
    tree_->expandToDepth(0);
    connect(tree_->selectionModel(), &QItemSelectionModel::currentChanged, this, [this](const QModelIndex& current) {
        if (const auto reference = tree_model_->referenceAt(current); !reference.isEmpty()) select(reference);
    });
    levelSentence_ = levelSentence;
    kubeconfigPath_ = kubeconfigPath;
    timeline_->setSource(chronicle_.get(), link_.get());
    charts_->setSource(chronicle_.get(), link_.get());
    terminal_->setKubeconfig(kubeconfigPath);
    editor_->setActions(actions_.get());
    followed_.clear();
    heldDecision_.clear();
    keepsCycle_ = false;
    theatreKey_.clear();
    decision_.reset();
    theatrePlace_.reset();
    labMarks_.clear();
    whatIf_.reset();
    stage_->setTheatre(std::nullopt);
    connect(link_.get(), &bridge::ClusterLink::changed, this, &MainWindow::onChanges);
    connect(link_.get(), &bridge::ClusterLink::clockChanged, this, &MainWindow::onClock);
    connect(link_.get(), &bridge::ClusterLink::useChanged, this, [this] {
        builder_->setNodeUse(link_->nodeUse());
        stageDirty_ = true;
    });
    connect(link_.get(), &bridge::ClusterLink::connectionChanged, this, [this](const QString& sentence) {
        builder_->setAnswering(sentence.isEmpty());
        stageDirty_ = true;
        if (sentence.isEmpty()) return updateStatusLine();
        noticeText_->setText(sentence + QLatin1Char('\n') + tr("The last known state is shown; the connection is tried again by itself."));
        setTone(noticeText_, model::Tone::Broken);
        notice_->show();
    });
    connect(link_.get(), &bridge::ClusterLink::syncedChanged, this, [this] {
        welcome_->hide();
        recomputeDecisions();
        readLabs();
        tree_->expandToDepth(0);
        updateStatusLine();
        if (!request_.lab.isEmpty()) startLab(std::exchange(request_.lab, {}), request_.labStep);
    });
    connect(actions_.get(), &bridge::ClusterActions::done, this, [this](const bridge::Done& done) { showMessage(done.sentence, model::Tone::Neutral, done.undo, done.command); });
    connect(actions_.get(), &bridge::ClusterActions::failed, this, [this](const QString& sentence) { showMessage(sentence, model::Tone::Broken); });
    if (welcome_->isVisible()) showWelcome(tr("Connecting to \"%1\"").arg(name), tr("Reading what is in the cluster"), false);
    link_->start();
    applyTheme();
    onClock();
    updateStatusLine();
}

// Of a cluster that keeps no decisions, they are worked out.
void MainWindow::recomputeDecisions() {
    recomputed_.reset();
    if (!link_->offers(Kind::Decision) && !kubeconfigPath_.isEmpty()) {
        recomputed_ = std::make_unique<bridge::RecomputedDecisions>(kubeconfigPath_, request_.context);
        connect(recomputed_.get(), &bridge::RecomputedDecisions::changed, this, [this] {
            inspector_->refresh();
            updateTheatre();
        });
    }
    setInspectorContext();
}

void MainWindow::showWelcome(const QString& title, const QString& sentence, bool failed) {
    welcomeTitle_->setText(title);
    welcomeText_->setText(sentence);
    setTone(welcomeText_, failed ? model::Tone::Broken : model::Tone::Neutral);
    welcomeProgress_->setVisible(!failed);
    welcomeCancel_->setVisible(!failed);
    welcomeRetry_->setVisible(failed);
    welcomeOther_->setVisible(failed);
    welcome_->show();
    welcome_->raise();
    placeOverlays();
}

void MainWindow::chooseKubeconfig() {
    const auto path = QFileDialog::getOpenFileName(this, tr("Open a kubeconfig"), QDir::homePath() + QStringLiteral("/.kube"));
    if (path.isEmpty()) return;
    request_ = {};
    request_.kubeconfig = path;
    open(request_);
}

void MainWindow::onChanges(const model::Changes& changes) {
    builder_->apply(changes);
    chronicle_->apply(changes);
    tree_model_->apply(changes);
    // Leases are renewed all the time. Where the Stage shows no lease, a renewal changes nothing that is seen, and a late one is
    // found by StageBuilder::isDue; of so many Nodes that they are not all watched, what is told of a Lease is news.
    const bool leasesOnly = std::all_of(changes.begin(), changes.end(), [](const auto& change) { return change.kind == Kind::Lease; });
    const auto nodes = link_->all(Kind::Node).size();
    if (!leasesOnly || nodes <= static_cast<std::size_t>(scene::maxCards) || nodes > bridge::NodeLeases::watchedNodes) stageDirty_ = true;
    updateStage();
    if (leasesOnly) {
        if (inspector_->reference().kind == Kind::Node) inspector_->refresh();
        return;
    }
    updateTheatre();
    updateStatusLine();
    inspector_->refresh();
    timeline_->refresh();
}

void MainWindow::onClock() {
    stage_->setClock({link_->now(), executor_.rate(), executor_.paused()});
    toolBar_->setClock(link_->offers(Kind::Clock), executor_.rate(), executor_.paused());
    setHeaderTexts();
}

void MainWindow::onSecond() {
    if (!link_ || !link_->synced()) return;
    chronicle_->sample(link_->nodeUse());
    if (const auto at = timeline_->scrubbedTo()) timeLabel_->setText(tr("%1 ago").arg(model::Explain::seconds(link_->realNow() - *at)));
    else timeLabel_->setText(QTime::currentTime().toString(QStringLiteral("HH:mm:ss")));
    // Fuses appear without any object changing: a lease that is not renewed is silence.
    if (builder_->isDue()) stageDirty_ = true;
    updateStage();
    stage_->setClock({link_->now(), executor_.rate(), executor_.paused()});
    timeline_->refresh();
    charts_->refresh();
    updateStatusLine();
    inspector_->refresh();
}

void MainWindow::updateStage() {
    if (!link_ || !link_->synced() || !std::exchange(stageDirty_, false)) return;
    auto built = builder_->build(link_->name(), link_->revision());
    const auto& selected = inspector_->reference();
    built.chart = chronicle_->readyChart(selected.kind == Kind::Deployment ? selected.key : QString(), executor_.rate());
    auto picture = std::make_shared<const scene::StageModel>(std::move(built));
    std::vector<scene::Fuse> fuses;
    QStringList nodes;
    for (const auto& node : picture->nodes)
        for (const auto& fuse : node.fuses) {
            fuses.push_back(fuse);
            nodes << node.name;
        }
    timeline_->setFuses(std::move(fuses), nodes, executor_.rate());
    chronicle_->keepPicture(picture);
    if (const auto at = timeline_->scrubbedTo()) {
        if (auto past = chronicle_->pictureAt(*at)) stage_->setModelAtOnce(std::move(past));
        return;
    }
    const auto shown = stage_->model();
    if (!shown || shown->nodes.empty()) stage_->setModelAtOnce(std::move(picture));
    else if (!(*shown == *picture)) stage_->setModel(std::move(picture));
}

void MainWindow::updateTheatre() {
    if (!link_ || !link_->synced()) return;
    model::ObjectPtr decision;
    const auto held = link_->heldPod();
    if (!held.isEmpty())
        if (const auto pod = link_->get(Kind::Pod, held)) {
            followed_ = model::text(pod->uid());
            decision = model::latestDecision(*link_, *pod);
            // The Clock and the decisions come by different watches: a decision that is over is not the one that is held.
            if (decision && decision->string({"status", "result"}).empty()) heldDecision_ = decision->key();
        }
    // After a preemption the next cycle of the same Pod is over before anyone has read who was to give way.
    if (!decision && keepsCycle_)
        if (auto kept = link_->get(Kind::Decision, heldDecision_); kept && model::at(*kept, {"spec", "podUID"}) == followed_) decision = std::move(kept);
    const auto followed = decision || followed_.isEmpty() ? nullptr : link_->get(Kind::Pod, referenceOfPod(followed_).key);
    const auto* answer = followed && recomputed_ ? recomputed_->known(followed, appearance_.language()) : nullptr;
    if (followed && recomputed_ && !answer) return;  // it is being worked out
    if (followed) decision = answer ? answer->decision : model::latestDecision(*link_, *followed);
    if (!decision) {
        decision_.reset();
        if (!std::exchange(theatreKey_, {}).empty()) stage_->setTheatre(std::nullopt);
        return;
    }
    const auto key = decision->key() + "@" + (answer ? std::to_string(answer->serial) : std::string(decision->resourceVersion())) + appearance_.language().toStdString() + (presenting_ ? "p" : "");
    if (std::exchange(theatreKey_, key) == key) return;
    const auto show = [this, key](const model::ObjectPtr& whole) {
        if (theatreKey_ != key) return;
        auto read = model::makeTheatre(*whole, appearance_.language());
        const bool sameCycle = decision_ && decision_->cycle == read.cycle && decision_->podKey == read.podKey;
        // The scheduler went on: so does the viewer, in the same steps.
        if (!sameCycle) theatrePlace_.reset(), byPlugin_ = false;
        else if (read.phase != decision_->phase && theatrePlace_ && theatrePlace_->phase >= decision_->phase) {
            theatrePlace_.reset();
            if (byPlugin_ && !model::pluginsOf(read, read.phase).isEmpty()) theatrePlace_ = model::TheatrePlace{read.phase, 0};
        }
        decision_ = std::move(read);
        showTheatre();
    };
    // What the list leaves out (the Nodes, above a hundred) is read when somebody looks.
    if (answer) show(decision);
    else link_->readDecision(decision, show);
}

void MainWindow::showTheatre() {
    if (!decision_) return;
    const auto place = theatrePlace_.value_or(model::TheatrePlace{decision_->phase, -1});
    auto state = model::theatreAt(*decision_, place);
    state.canGoBack = place.phase > scene::TheatrePhase::Queue;
    state.canGoNext = place.phase < decision_->phase || decision_->held;
    if (decision_->held && decision_->result.isEmpty() && state.phase < scene::TheatrePhase::Select) state.best.clear();
    const bool opened = !stage_->hasTheatre();
    stage_->setTheatre(std::move(state));
    if (opened) placeOverlays();
}

void MainWindow::theatreStep(int direction) {
    if (!decision_) return;
    const auto place = theatrePlace_.value_or(model::TheatrePlace{decision_->phase, -1});
    byPlugin_ = false;
    int phase = static_cast<int>(place.phase) + direction;
    // Of a refusal there is nothing to see between Filter and the end.
    if (decision_->endedAtFilter() && phase > static_cast<int>(scene::TheatrePhase::Filter) && phase < static_cast<int>(scene::TheatrePhase::Done))
        phase = static_cast<int>(direction > 0 ? scene::TheatrePhase::Done : scene::TheatrePhase::Filter);
    if (phase < 0) return;
    if (phase > static_cast<int>(decision_->phase)) {
        theatrePlace_.reset();
        if (actions_ && decision_->held) actions_->step();
    } else if (phase == static_cast<int>(decision_->phase)) {
        theatrePlace_.reset();
    } else {
        theatrePlace_ = model::TheatrePlace{static_cast<scene::TheatrePhase>(phase), -1};
    }
    showTheatre();
}

void MainWindow::theatrePlugin(int direction) {
    if (!decision_) return;
    const auto place = theatrePlace_.value_or(model::TheatrePlace{decision_->phase, -1});
    byPlugin_ = true;
    // What is shown whole begins again with its first plugin.
    const bool whole = direction > 0 && place.plugin < 0 && !model::pluginsOf(*decision_, place.phase).isEmpty();
    const auto next = whole ? std::optional(model::TheatrePlace{place.phase, 0}) : direction > 0 ? model::nextPlugin(*decision_, place) : model::previousPlugin(*decision_, place);
    if (next) theatrePlace_ = next;
    else if (direction > 0 && actions_ && decision_->held) actions_->step();
    showTheatre();
}

void MainWindow::updateStatusLine() {
    if (!link_) {
        toolBar_->setCluster(tr("no cluster"), {});
        toolBar_->setFaults(false, 0, {});
        return;
    }
    int real = 0, simulated = 0, faults = 0;
    double ends = -1;
    for (const auto& [key, node] : link_->all(Kind::Node)) ++(node->label("kubarium.dev/simulated") == "true" ? simulated : real);
    for (const auto& [key, fault] : link_->all(Kind::Fault)) {
        const auto phase = fault->string({"status", "phase"});
        if (phase == "Reverted" || phase == "Failed" || fault->string({"spec", "type"}) == "ContainerKill") continue;
        ++faults;
        if (const auto at = parseTime(fault->string({"status", "endsAt"}))) ends = std::max(ends, std::chrono::duration<double>(*at - link_->wallNow()).count());
    }
    QStringList parts;
    if (real > 0) parts << tr("%1 real").arg(real);
    if (simulated > 0) parts << tr("%1 simulated").arg(simulated);
    const bool own = link_->offers(Kind::Clock);
    toolBar_->setCluster(link_->name(), own ? parts.join(QStringLiteral(" · ")) : tr("%n Node(s)", nullptr, real + simulated));
    toolBar_->setFaults(link_->offers(Kind::Fault), faults, ends > 0 ? model::Explain::seconds(ends) : QString());
    if (link_->isLost()) return;
    QString sentence = levelSentence_;
    if (sentence.isEmpty() && own && real == 0 && simulated > 0) sentence = tr("All Nodes are simulated: Pods are scheduled and their life is played, but no containers run.");
    noticeText_->setText(sentence);
    setTone(noticeText_, model::Tone::Neutral);
    notice_->setVisible(!sentence.isEmpty() && !presenting_);
}

Reference MainWindow::referenceOfPod(const QString& uid) const {
    if (!link_) return {};
    const auto wanted = uid.toStdString();
    for (const auto& [key, pod] : link_->all(Kind::Pod))
        if (pod->uid() == wanted) return {Kind::Pod, QString::fromStdString(key)};
    return {};
}

void MainWindow::select(const Reference& reference) {
    if (reference.isEmpty() || !link_) return;
    link_->setShownNode(reference.kind == Kind::Node ? reference.key : QString());
    if (!(inspector_->reference() == reference)) inspector_->setReference(reference);
    if (inspectorGaveWay_ && width() >= roomForAllPanes) {
        inspectorGaveWay_ = false;
        rightDock_->show();
    }
    if (reference.kind == Kind::Node) {
        if (stage_->selectedNode() != reference.key) stage_->selectNode(reference.key);
    } else if (reference.kind == Kind::Pod) {
        if (const auto pod = link_->get(Kind::Pod, reference.key)) {
            const auto uid = model::text(pod->uid());
            if (stage_->selectedPod() != uid) stage_->selectPod(uid);
            // An open theatre goes with the selection: the cards do not tell of another Pod than the Inspector.
            if (stage_->hasTheatre() && uid != followed_ && link_->heldPod().isEmpty() && !keepsCycle_ && (recomputed_ || model::latestDecision(*link_, *pod))) {
                followed_ = uid;
                updateTheatre();
            }
        }
    } else {
        stage_->selectNode({});  // what is marked there is what the Inspector tells of, and can be chosen again
    }
    const auto index = tree_model_->indexOf(reference);
    if (index.isValid() && tree_->currentIndex() != index) {
        const QSignalBlocker blocked(tree_->selectionModel());
        tree_->setCurrentIndex(index);
        tree_->scrollTo(index);
        tree_->viewport()->update();
    }
    stageDirty_ = true;
}

void MainWindow::follow(const Reference& reference) {
    if (!link_ || reference.kind != Kind::Pod) return;
    select(reference);
    const auto pod = link_->get(Kind::Pod, reference.key);
    if (!pod || !explains()) return;
    followed_ = model::text(pod->uid());
    theatrePlace_.reset();
    byPlugin_ = false;
    theatreKey_.clear();
    inspector_->openTab(Tab::Why);
    updateTheatre();
}

void MainWindow::startLab(const QString& name, int resumeAt) {
    if (!link_) return;
    auto made = bridge::LabRunner::create(*link_, name, appearance_.language(), resumeAt);
    if (!made) return showMessage(model::text(made.error().message), model::Tone::Broken);
    lab_ = std::move(*made);
    labMarks_.clear();
    connect(lab_.get(), &bridge::LabRunner::changed, this, &MainWindow::showLab);
    connect(lab_.get(), &bridge::LabRunner::stepDone, this, [this] {
        labMarks_ << link_->realNow();
        timeline_->setLabMarks(labMarks_);
    });
    connect(lab_.get(), &bridge::LabRunner::failed, this, [this](const QString& sentence) { showMessage(sentence, model::Tone::Waiting); });
    showLab();
    lab_->start();
}

void MainWindow::openLab(const QString& name) {
    if (!beforeLab_ && link_) beforeLab_ = request_;
    OpenRequest request;
    request.name = QStringLiteral("lab-") + name.section(QLatin1Char('/'), -1);
    request.lab = name;
    open(request);
}

// The lab's cluster was made for it and ends with it.
void MainWindow::leaveLab() {
    lab_.reset();
    keepsCycle_ = false;
    labMarks_.clear();
    timeline_->setLabMarks({});
    readLabs();  // how far it went is known now
    const auto back = std::exchange(beforeLab_, std::nullopt);
    if (!back || !engine_) return;
    // Queued: open() replaces the engine that says so.
    connect(engine_.get(), &bridge::EngineProcess::stopped, this, [this, request = *back] { open(request); }, Qt::QueuedConnection);
    showWelcome(tr("Leaving the lab"), tr("Its cluster is being stopped"), false);
    engine_->stop();
}

void MainWindow::chooseLab() {
    leftDock_->show();
    labTab_->setChecked(true);
    left_->setCurrentWidget(labPanel_);
}

void MainWindow::offerLabs() {
    if (lab_) return;
    QList<model::LabOffer> offers;
    for (const auto& entry : labs_) {
        auto detail = entry.problem.isEmpty() ? tr("%1 min").arg(entry.minutes) : entry.problem;
        if (entry.problem.isEmpty() && entry.stepsDone > 0) detail = tr("%1 · go on at step %2 of %3").arg(detail).arg(entry.stepsDone + 1).arg(entry.steps);
        offers.push_back({entry.name, entry.title, detail, entry.problem.isEmpty(), entry.done});
    }
    labPanel_->offer(offers, appearance_.theme());
}

void MainWindow::readLabs() {
    executor_.offload([language = appearance_.language()] { return bridge::LabRunner::available(language); },
                      [self = QPointer<MainWindow>(this)](QList<bridge::LabEntry> labs) {
                          if (!self) return;
                          self->labs_ = std::move(labs);
                          self->offerLabs();
                      });
}

void MainWindow::showLab() {
    if (lab_) showLabScreen(lab_->screen());
}

void MainWindow::showLabScreen(const model::LabScreen& screen) {
    if (std::exchange(labName_, screen.title) != screen.title) {
        chooseLab();
        // A lab is read: it gets more room than the tree needs, as far as the window has it. Not less than the user has given it.
        if (const int wanted = std::clamp(width() * 21 / 100, 250, 340); leftDock_->width() < wanted) resizeDocks({leftDock_}, {wanted}, Qt::Horizontal);
    }
    labPanel_->show(screen, appearance_.theme());
    const auto step = std::ranges::find(screen.steps, true, &model::LabStepLine::current) - screen.steps.begin();
    // What was predicted has been read; a step that holds no cycle of its own begins with cards that show what is now.
    const bool over = std::exchange(labStep_, step) != step && screen.hold.isEmpty();
    if (over) followed_.clear();
    if ((std::exchange(keepsCycle_, screen.keepsCycle) != screen.keepsCycle) || over) updateTheatre();
}

}  // namespace kubarium::view
