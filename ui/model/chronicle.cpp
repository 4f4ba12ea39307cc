#include "ui/model/chronicle.h"

#include "ui/model/explain.h"

#include <boost/json/array.hpp>

#include <algorithm>

namespace kubarium::model {
namespace {

constexpr std::size_t keptMoments = 3000;
constexpr std::size_t keptBars = 400;
constexpr std::size_t keptSamples = 3600;
constexpr std::size_t keptLatencies = 2000;
constexpr std::size_t keptReadyPoints = 300;
constexpr std::size_t pictureBudget = 48U << 20;
constexpr std::size_t lanesAtMost = 60;

QString stringAt(const api::Object& object, std::initializer_list<std::string_view> path) { return at(object, path); }

QString taintsOf(const api::Object& node) {
    QStringList taints;
    for (const auto& taint : arrayAt(node, {"spec", "taints"})) taints << at(taint, {"key"}) + QLatin1Char(':') + at(taint, {"effect"});
    return taints.join(QStringLiteral(", "));
}

std::size_t sizeOf(const scene::StageModel& model) { return 400 * (model.pods.size() + model.nodes.size() * 3 + model.services.size() * 2) + 1000; }

// "scored 612, worker-c 604": the winner and the next best, where the decision tells (it lists its Nodes up to a hundred).
QString pointsOf(const api::Object& decision, const QString& winner) {
    double mine = -1, best = -1;
    QString second;
    for (const auto& node : arrayAt(decision, {"status", "nodes"})) {
        const double total = numberAt(node, {"total"}, -1);
        if (at(node, {"name"}) == winner) mine = total;
        else if (total > best) best = total, second = at(node, {"name"});
    }
    if (mine < 0) return {};
    return best < 0 ? Explain::tr("the only Node that fits") : Explain::tr("scored %1, %2 %3").arg(mine).arg(second).arg(best);
}

Tone workloadTone(int ready, int desired) { return ready >= desired ? Tone::Ok : ready > 0 ? Tone::Waiting : Tone::Broken; }

}  // namespace

QString momentTitle(const Moment& moment) {
    const auto& name = moment.name;
    switch (moment.kind) {
    case MomentKind::FaultBegan:
        if (moment.detail == QLatin1String("NodePowerOff")) return Explain::tr("Power off %1").arg(name);
        if (moment.detail == QLatin1String("NodePartition")) return Explain::tr("Cable of %1 pulled").arg(name);
        return Explain::tr("Container of %1 killed").arg(name);
    case MomentKind::FaultEnded: return Explain::tr("Fault on %1 undone").arg(name);
    case MomentKind::NodeReady: return Explain::tr("%1 is Ready").arg(name);
    case MomentKind::NodeUnready: return Explain::tr("%1: Ready = %2").arg(name, moment.detail.section(QLatin1Char('\n'), 0, 0));
    case MomentKind::NodeTainted: return Explain::tr("Taints of %1 changed").arg(name);
    case MomentKind::NodeCordoned: return Explain::tr("%1 cordoned").arg(name);
    case MomentKind::NodeUncordoned: return Explain::tr("%1 uncordoned").arg(name);
    case MomentKind::LeaseLate: return Explain::tr("Lease of %1 is late").arg(name);
    case MomentKind::PodCreated: return Explain::tr("%1 created").arg(name);
    case MomentKind::PodPlaced: return Explain::tr("%1 placed on %2").arg(name, moment.node);
    case MomentKind::PodUnschedulable: return Explain::tr("%1 fits nowhere").arg(name);
    case MomentKind::PodStarted: return Explain::tr("%1: container running").arg(name);
    case MomentKind::PodReady: return Explain::tr("%1 is Ready").arg(name);
    case MomentKind::PodUnready: return Explain::tr("%1 is no longer Ready").arg(name);
    case MomentKind::ContainerEnded: return Explain::tr("%1: container ended").arg(name);
    case MomentKind::PodEvicted: return Explain::tr("%1 evicted").arg(name);
    case MomentKind::PodDeleted: return Explain::tr("%1 told to stop").arg(name);
    case MomentKind::PodGone: return Explain::tr("%1 is gone").arg(name);
    case MomentKind::EndpointsChanged: return Explain::tr("Endpoints of %1").arg(name);
    case MomentKind::Scaled: return Explain::tr("%1 scaled").arg(name);
    case MomentKind::TemplateChanged: return Explain::tr("%1 has a new template").arg(name);
    }
    return {};
}

QString momentDetail(const Moment& moment) {
    if (moment.kind == MomentKind::FaultBegan) return Explain::tr("fault %1, yours").arg(moment.detail);
    if (moment.kind == MomentKind::NodeUnready) return moment.detail.section(QLatin1Char('\n'), 1);
    return moment.detail;
}

void Chronicle::note(MomentKind kind, const QString& name, Tone tone, const QString& detail, const QString& node, const QString& workload, std::string podUid) {
    if (first_) return;  // what was there before the window is no news
    moments_.push_back({kind, times_.realNow(), times_.wallNow(), name, node, workload, detail, std::move(podUid), tone});
    if (moments_.size() > keptMoments) moments_.pop_front();
}

void Chronicle::setBar(const Reference& reference, const QString& title, Tone tone, const QString& word) {
    auto it = std::find_if(lanes_.begin(), lanes_.end(), [&](const auto& lane) { return lane->reference == reference; });
    if (it == lanes_.end()) {
        if (lanes_.size() >= lanesAtMost) return;
        // A large cluster's Nodes leave room for its workloads, and the healthy ones for those that are not.
        if (reference.kind == Kind::Node && lanes_.size() >= lanesAtMost * (tone == Tone::Ok ? 1 : 2) / 3) return;
        lanes_.push_back(std::make_unique<Lane>(Lane{title, reference, {}}));
        it = std::prev(lanes_.end());
    }
    auto& bars = (*it)->bars;
    if (!bars.empty() && bars.back().to < 0) {
        if (bars.back().tone == tone && bars.back().word == word) return;
        bars.back().to = times_.realNow();
    }
    if (!word.isEmpty()) bars.push_back({first_ ? began_ : times_.realNow(), -1, tone, word});
    if (bars.size() > keptBars) bars.pop_front();
}

void Chronicle::apply(const Changes& changes) {
    for (const auto& change : changes) {
        switch (change.kind) {
        case Kind::Node: applyNode(change); break;
        case Kind::Pod: applyPod(change); break;
        case Kind::Deployment: applyDeployment(change); break;
        case Kind::Fault: applyFault(change); break;
        case Kind::EndpointSlice: applyEndpoints(change); break;
        default: break;
        }
    }
    first_ = false;
}

void Chronicle::applyNode(const Change& change) {
    const auto& object = change.any();
    const auto name = text(object->name());
    const Reference reference{Kind::Node, name};
    if (!change.after) return setBar(reference, name, Tone::Neutral, {});
    const auto after = nodeCondition(*change.after);
    const bool ready = after == scene::NodeCondition::Ready;
    setBar(reference, name, ready ? (isCordoned(*change.after) ? Tone::Waiting : Tone::Ok) : Tone::Broken,
           ready ? (isCordoned(*change.after) ? QStringLiteral("SchedulingDisabled") : QStringLiteral("Ready")) : QStringLiteral("NotReady"));
    if (!change.before) return note(MomentKind::NodeReady, name, Tone::Ok, {}, name);
    const auto before = nodeCondition(*change.before);
    if (before != after) {
        if (ready) {
            note(MomentKind::NodeReady, name, Tone::Ok, {}, name);
        } else {
            const auto* entry = condition(*change.after, "Ready");
            note(MomentKind::NodeUnready, name, Tone::Broken, (entry ? at(*entry, {"status"}) + QLatin1Char('\n') + at(*entry, {"message"}) : QStringLiteral("Unknown")), name);
        }
    }
    if (isCordoned(*change.before) != isCordoned(*change.after))
        note(isCordoned(*change.after) ? MomentKind::NodeCordoned : MomentKind::NodeUncordoned, name, Tone::Waiting, {}, name);
    if (const auto taints = taintsOf(*change.after); taints != taintsOf(*change.before) && isCordoned(*change.before) == isCordoned(*change.after))
        note(MomentKind::NodeTainted, name, Tone::Waiting, taints.isEmpty() ? Explain::tr("none") : taints, name);
}

void Chronicle::applyContainers(const Change& change, const QString& workload) {
    const auto& pod = *change.after;
    for (const auto& status : arrayAt(pod, {"status", "containerStatuses"})) {
        const auto name = at(status, {"name"});
        double restartsBefore = 0;
        bool ranBefore = false;
        for (const auto& old : arrayAt(*change.before, {"status", "containerStatuses"}))
            if (at(old, {"name"}) == name) restartsBefore = numberAt(old, {"restartCount"}), ranBefore = api::findPath(old, {"state", "running"}) != nullptr;
        const bool runs = api::findPath(status, {"state", "running"}) != nullptr;
        const bool restarted = numberAt(status, {"restartCount"}) > restartsBefore;
        const auto node = stringAt(pod, {"spec", "nodeName"});
        if ((ranBefore && !runs) || restarted) {
            const char* which = api::findPath(status, {"state", "terminated"}) ? "state" : "lastState";
            note(MomentKind::ContainerEnded, text(pod.name()), Tone::Broken,
                 Explain::tr("%1, exit code %2").arg(at(status, {which, "terminated", "reason"})).arg(numberAt(status, {which, "terminated", "exitCode"})), node, workload, std::string(pod.uid()));
        }
        if (runs && (!ranBefore || restarted))
            note(MomentKind::PodStarted, text(pod.name()), Tone::Neutral, restarted ? Explain::tr("restart %1").arg(numberAt(status, {"restartCount"})) : QString(), node, workload, std::string(pod.uid()));
    }
}

void Chronicle::applyPod(const Change& change) {
    const auto& object = change.any();
    const auto owner = workloadOf(*object, objects_);
    const auto name = text(object->name());
    const auto node = stringAt(*object, {"spec", "nodeName"});
    const std::string uid(object->uid());
    if (owner.kind == QLatin1String("Pod")) {
        const auto state = podState(*object);
        setBar(referenceOf(Kind::Pod, *object), name, state.tone, change.after ? state.word : QString());
    }
    if (!change.after) return note(MomentKind::PodGone, name, Tone::Neutral, {}, node, owner.name, uid);
    if (!change.before || change.before->uid() != change.after->uid()) {
        note(MomentKind::PodCreated, name, Tone::Neutral, owner.kind == QLatin1String("Pod") ? QString() : Explain::tr("by %1/%2").arg(owner.kind, owner.name), node, owner.name, uid);
        if (!node.isEmpty()) note(MomentKind::PodPlaced, name, Tone::Ok, {}, node, owner.name, uid);
        return;
    }
    const auto& before = *change.before;
    if (before.string({"spec", "nodeName"}).empty() && !node.isEmpty()) {
        const auto decision = latestDecision(objects_, *change.after);
        note(MomentKind::PodPlaced, name, Tone::Ok, decision ? pointsOf(*decision, node) : QString(), node, owner.name, uid);
        const auto created = parseTime(object->string({"metadata", "creationTimestamp"}));
        const auto* scheduled = condition(*object, "PodScheduled");
        const auto bound = scheduled ? parseTime(api::stringAt(*scheduled, {"lastTransitionTime"})) : std::nullopt;
        const auto wall = bound.value_or(times_.wallNow());
        if (created && !first_) latencies_.push_back({times_.realNow(), std::max(0.0, std::chrono::duration<double>(wall - *created).count())});
        if (latencies_.size() > keptLatencies) latencies_.pop_front();
    }
    const auto* was = condition(before, "PodScheduled");
    const auto* is = condition(*object, "PodScheduled");
    if (is && api::stringAt(*is, {"reason"}) == "Unschedulable" && (!was || api::stringAt(*was, {"reason"}) != "Unschedulable"))
        note(MomentKind::PodUnschedulable, name, Tone::Waiting, Explain::shortReason(at(*is, {"message"})), {}, owner.name, uid);
    applyContainers(change, owner.name);
    const bool readyBefore = conditionIsTrue(before, "Ready"), ready = conditionIsTrue(*object, "Ready");
    if (readyBefore != ready && !object->deleting()) note(ready ? MomentKind::PodReady : MomentKind::PodUnready, name, ready ? Tone::Ok : Tone::Waiting, {}, node, owner.name, uid);
    if (!before.deleting() && object->deleting()) {
        const auto* disruption = condition(*object, "DisruptionTarget");
        note(disruption ? MomentKind::PodEvicted : MomentKind::PodDeleted, name, disruption ? Tone::Broken : Tone::Waiting, disruption ? at(*disruption, {"message"}) : QString(), node, owner.name, uid);
    }
}

void Chronicle::applyDeployment(const Change& change) {
    const auto& object = change.any();
    const auto name = text(object->name());
    const auto key = QString::fromStdString(object->key());
    const Reference reference{Kind::Deployment, key};
    if (!change.after) {
        ready_.remove(key);
        return setBar(reference, name, Tone::Neutral, {});
    }
    const int desired = static_cast<int>(numberAt(*object, {"spec", "replicas"}, 1));
    const int ready = static_cast<int>(numberAt(*object, {"status", "readyReplicas"}));
    // One that has never had a ready Pod is beginning, not broken.
    auto& record = ready_[key];
    const bool beginning = ready == 0 && std::ranges::all_of(record.points, [](const auto& point) { return point.ready == 0; });
    setBar(reference, name, beginning && desired > 0 ? Tone::Waiting : workloadTone(ready, desired), QStringLiteral("%1/%2").arg(ready).arg(desired));
    record.desired = desired;
    if (record.points.empty() || record.points.back().ready != ready) {
        record.points.push_back({first_ ? began_ : times_.realNow(), ready});
        if (record.points.size() > keptReadyPoints) record.points.pop_front();
        lastChanged_ = key;
    }
    if (!change.before) return;
    const auto wantedBefore = numberAt(*change.before, {"spec", "replicas"}, 1);
    if (wantedBefore != desired) note(MomentKind::Scaled, name, Tone::Neutral, QStringLiteral("%1 → %2").arg(wantedBefore).arg(desired), {}, name);
    const auto *oldTemplate = change.before->find({"spec", "template"}), *newTemplate = object->find({"spec", "template"});
    if (oldTemplate && newTemplate && *oldTemplate != *newTemplate) note(MomentKind::TemplateChanged, name, Tone::Neutral, {}, {}, name);
}

void Chronicle::applyFault(const Change& change) {
    const auto& object = *change.any();
    const auto phase = [](const ObjectPtr& fault) { return fault ? fault->string({"status", "phase"}) : std::string_view(); };
    const auto isActive = [&](const ObjectPtr& fault) { return phase(fault) == "Active" && !fault->deleting(); };
    // One that is over at once may never be seen active.
    const auto hasBegun = [&](const ObjectPtr& fault) { return phase(fault) == "Active" || phase(fault) == "Reverted"; };
    const bool begins = change.after && !change.after->deleting() && hasBegun(change.after) && !hasBegun(change.before);
    const auto type = stringAt(object, {"spec", "type"});
    const bool ends = (begins || isActive(change.before)) && !isActive(change.after) && type != QLatin1String("ContainerKill");  // a container that was killed stays so
    if (!begins && !ends) return;
    auto name = stringAt(object, {"spec", "node"});
    const auto node = name;
    std::string uid;
    QString workload;
    if (name.isEmpty()) {
        name = stringAt(object, {"spec", "pod", "name"});
        if (const auto pod = objects_.get(Kind::Pod, stringAt(object, {"spec", "pod", "namespace"}) + QLatin1Char('/') + name)) uid = pod->uid(), workload = workloadOf(*pod, objects_).name;
    }
    if (begins) note(MomentKind::FaultBegan, name, Tone::Broken, type, node, workload, uid);
    if (ends) note(MomentKind::FaultEnded, name, Tone::Ok, type, node, workload, uid);
}

void Chronicle::applyEndpoints(const Change& change) {
    const auto readyCount = [](const ObjectPtr& slice) {
        int count = 0;
        if (slice)
            for (const auto& endpoint : arrayAt(*slice, {"endpoints"})) {
                const auto* ready = api::findPath(endpoint, {"conditions", "ready"});
                count += !ready || !ready->is_bool() || ready->get_bool();
            }
        return count;
    };
    const int before = readyCount(change.before), after = readyCount(change.after);
    if (before == after) return;
    const auto service = text(change.any()->label("kubernetes.io/service-name"));
    note(MomentKind::EndpointsChanged, service, after < before ? Tone::Waiting : Tone::Ok, QStringLiteral("%1 → %2").arg(before).arg(after), {}, service);
}

void Chronicle::sample(const QHash<QString, NodeUse>& use) {
    Sample sample;
    sample.at = times_.realNow();
    sample.use = use;
    for (const auto& [key, pod] : objects_.all(Kind::Pod)) {
        const auto phase = pod->string({"status", "phase"});
        if (phase == "Running") ++sample.running;
        else if (phase == "Succeeded") ++sample.succeeded;
        else if (phase == "Failed") ++sample.failed;
        else ++sample.pending;
    }
    for (auto it = ready_.cbegin(); it != ready_.cend(); ++it) sample.ready.insert(it.key(), it->points.empty() ? 0 : it->points.back().ready);
    samples_.push_back(std::move(sample));
    if (samples_.size() > keptSamples) samples_.pop_front();
    noteLateLeases();
}

// Silence is no change of any object, so somebody has to listen for it.
void Chronicle::noteLateLeases() {
    for (const auto& [key, node] : objects_.all(Kind::Node)) {
        const auto lease = objects_.get(Kind::Lease, "kube-node-lease/" + key);
        const auto renewed = lease ? lease->string({"spec", "renewTime"}) : std::string_view();
        const auto name = QString::fromStdString(key);
        const bool late = !renewed.empty() && times_.now() - times_.at(renewed) > leaseLateSeconds && conditionIsTrue(*node, "Ready");
        if (late && !lateLeases_.contains(name)) note(MomentKind::LeaseLate, name, Tone::Waiting, Explain::tr("renewed every 10 s; the grace period is %1 s").arg(leaseGraceSeconds), name);
        if (late) lateLeases_.insert(name);
        else lateLeases_.remove(name);
    }
}

void Chronicle::keepPicture(std::shared_ptr<const scene::StageModel> model) {
    constexpr double closest = 0.2;  // seconds between two pictures that are kept
    if (!pictures_.empty() && *pictures_.back().model == *model) return;
    if (pictures_.size() >= 2 && times_.realNow() - pictures_[pictures_.size() - 2].at < closest) {
        pictureBytes_ -= sizeOf(*pictures_.back().model);
        pictures_.pop_back();
    }
    pictureBytes_ += sizeOf(*model);
    pictures_.push_back({times_.realNow(), std::move(model)});
    if (pictureBytes_ > pictureBudget && pictures_.size() > 4) thinPictures();
}

// The whole past stays reachable; it gets coarser the longer ago it is. The first picture always stays.
void Chronicle::thinPictures() {
    std::deque<Picture> kept;
    pictureBytes_ = 0;
    const std::size_t older = pictures_.size() * 2 / 3;
    for (std::size_t i = 0; i < pictures_.size(); ++i) {
        if (i < older && i % 2 == 1) continue;
        pictureBytes_ += sizeOf(*pictures_[i].model);
        kept.push_back(std::move(pictures_[i]));
    }
    pictures_ = std::move(kept);
}

std::shared_ptr<const scene::StageModel> Chronicle::pictureAt(double at) const {
    const auto it = std::upper_bound(pictures_.begin(), pictures_.end(), at, [](double value, const Picture& picture) { return value < picture.at; });
    if (it == pictures_.begin()) return pictures_.empty() ? nullptr : pictures_.front().model;
    return std::prev(it)->model;
}

std::vector<const Lane*> Chronicle::lanes() const {
    std::vector<const Lane*> result;
    for (const auto& lane : lanes_)
        if (!lane->bars.empty()) result.push_back(lane.get());
    // Nodes first, unless there are so many that nothing else would be seen.
    constexpr std::ptrdiff_t fewNodes = 8;
    const auto isNode = [](const Lane* lane) { return lane->reference.kind == Kind::Node; };
    const bool nodesFirst = std::count_if(result.begin(), result.end(), isNode) <= fewNodes;
    std::stable_sort(result.begin(), result.end(), [&](const Lane* a, const Lane* b) { return std::pair(isNode(a) != nodesFirst, a->title) < std::pair(isNode(b) != nodesFirst, b->title); });
    return result;
}

std::optional<scene::ReadyChart> Chronicle::readyChart(const QString& preferred, double rate) const {
    const auto key = ready_.contains(preferred) ? preferred : lastChanged_;
    const auto it = ready_.constFind(key);
    if (it == ready_.cend()) return std::nullopt;
    scene::ReadyChart chart;
    chart.workload = key.section(QLatin1Char('/'), 1);
    chart.desired = it->desired;
    const double since = times_.realNow() - 120;
    for (const auto& point : it->points) {
        if (point.at < since && !chart.points.empty()) chart.points.pop_back();
        chart.points.push_back(point);
    }
    if (!chart.points.empty()) chart.points.front().at = std::max(chart.points.front().at, std::max(since, began_));
    for (const auto& moment : moments_)
        if (moment.kind == MomentKind::FaultBegan && moment.at >= since) chart.marks.push_back({moment.at, momentTitle(moment)});
    // The Stage counts on the Clock's time, this chart is about the viewer's: the Clock's rate of now stands for all of it.
    const auto onStage = [&, real = times_.realNow(), cluster = times_.now()](double at) { return cluster - (real - at) * rate; };
    for (auto& point : chart.points) point.at = onStage(point.at);
    for (auto& mark : chart.marks) mark.at = onStage(mark.at);
    return chart;
}

QList<Moment> Chronicle::chainOf(const Reference& reference) const {
    const auto name = reference.name();
    QString workload = name;
    std::string uid;
    QString node = reference.kind == Kind::Node ? name : QString();
    if (reference.kind == Kind::Pod)
        if (const auto pod = objects_.get(Kind::Pod, reference.key)) {
            workload = workloadOf(*pod, objects_).name;
            uid = pod->uid();
        }
    const auto concerns = [&](const Moment& moment) {
        return node.isEmpty() ? (!moment.workload.isEmpty() && moment.workload == workload) || (!uid.empty() && moment.podUid == uid) : moment.node == node;
    };
    // The beginning: the latest disturbance; without one, everything recent that concerns the object.
    std::size_t root = 0;
    for (std::size_t i = moments_.size(); i-- > 0;) {
        const auto& moment = moments_[i];
        const bool disturbance = moment.kind == MomentKind::FaultBegan || moment.kind == MomentKind::TemplateChanged || moment.kind == MomentKind::Scaled;
        if (disturbance && (concerns(moment) || (node.isEmpty() && !moment.node.isEmpty()))) {
            root = i;
            break;
        }
    }
    QStringList workloads;
    QList<Moment> chain;
    for (std::size_t i = root; i < moments_.size(); ++i) {
        const auto& moment = moments_[i];
        const bool mine = concerns(moment) || (i == root && moment.kind == MomentKind::FaultBegan);
        // From a Node, the chain goes on through the workloads whose Pods it lost.
        const bool follows = !moment.workload.isEmpty() && workloads.contains(moment.workload);
        if (!mine && !follows) continue;
        // The same again within a moment is one thing to the reader: the last word counts.
        constexpr double together = 0.4;
        if (!chain.isEmpty() && chain.back().kind == moment.kind && chain.back().name == moment.name && moment.at - chain.back().at < together && chain.size() > 1) chain.pop_back();
        if (mine && (moment.kind == MomentKind::PodEvicted || moment.kind == MomentKind::PodUnready || moment.kind == MomentKind::PodDeleted)) workloads << moment.workload;
        chain.push_back(moment);
    }
    constexpr qsizetype shown = 60;
    if (chain.size() > shown) chain = chain.mid(chain.size() - shown);
    return chain;
}

}  // namespace kubarium::model
