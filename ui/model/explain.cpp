#include "ui/model/explain.h"

#include <boost/json/array.hpp>

#include <QRegularExpression>

#include <cmath>

namespace kubarium::model {

QString Explain::shortReason(const QString& message) {
    static const QRegularExpression prefix(QStringLiteral("^\\d+/\\d+ nodes are available: "));
    auto result = message;
    result.remove(prefix);
    // PostFilter plugins add their own: ". preemption: ...", ". no new claims to deallocate, preemption: ...".
    for (const auto* end : {". preemption:", ". no new claims to deallocate"})
        if (const auto at = result.indexOf(QLatin1String(end)); at >= 0) result.truncate(at);
    if (result.endsWith(QLatin1Char('.'))) result.chop(1);
    // How many Nodes refuse for which reason is told in Why, where each has its name.
    static const QRegularExpression counts(QStringLiteral("(^|, )\\d+ (?=[A-Za-z])"));
    return result.replace(counts, QStringLiteral("\\1"));
}

QString Explain::seconds(double seconds) {
    if (seconds < 0) seconds = 0;
    if (seconds < 10) return Explain::tr("%1 s").arg(seconds, 0, 'f', 1);
    if (seconds < 120) return Explain::tr("%1 s").arg(std::round(seconds));
    if (seconds < 7200) return Explain::tr("%1 min").arg(std::round(seconds / 60));
    if (seconds < 172800) return Explain::tr("%1 h").arg(std::round(seconds / 3600));
    return Explain::tr("%1 d").arg(std::round(seconds / 86400));
}

QString Explain::age(double value) { return Explain::tr("%1 ago").arg(seconds(value)); }

QString Explain::cores(double cores) {
    if (cores < 1 && cores > 0) return QString::number(std::round(cores * 1000)) + QLatin1Char('m');
    return QString::number(cores, 'g', 4);
}

QString Explain::bytes(double bytes) {
    constexpr double kibi = 1024;
    if (bytes >= kibi * kibi * kibi) return QString::number(bytes / (kibi * kibi * kibi), 'g', 3) + QLatin1String("Gi");
    if (bytes >= kibi * kibi) return QString::number(std::round(bytes / (kibi * kibi))) + QLatin1String("Mi");
    if (bytes >= kibi) return QString::number(std::round(bytes / kibi)) + QLatin1String("Ki");
    return QString::number(bytes);
}

namespace {

struct Container {
    QString name, image, limit;
    int restarts = 0, exitCode = 0, signal = 0;
    QString lastReason, waitingReason, waitingMessage, startedAt;
};

// What is known of the container that a state is about; the first one if it is about none.
Container containerOf(const api::Object& pod, const QString& name) {
    Container result;
    const auto isWanted = [&](const boost::json::value& entry) { return name.isEmpty() || at(entry, {"name"}) == name; };
    for (const auto* list : {"initContainers", "containers"})
        for (const auto& entry : arrayAt(pod, {"spec", list}))
            if (isWanted(entry) && (result.name.isEmpty() || !name.isEmpty())) {
                result.name = at(entry, {"name"});
                result.image = at(entry, {"image"});
                result.limit = at(entry, {"resources", "limits", "memory"});
            }
    for (const auto* list : {"initContainerStatuses", "containerStatuses"})
        for (const auto& entry : arrayAt(pod, {"status", list})) {
            if (at(entry, {"name"}) != result.name) continue;
            result.restarts = static_cast<int>(numberAt(entry, {"restartCount"}));
            result.waitingReason = at(entry, {"state", "waiting", "reason"});
            result.waitingMessage = at(entry, {"state", "waiting", "message"});
            result.startedAt = at(entry, {"state", "running", "startedAt"});
            const char* which = api::findPath(entry, {"state", "terminated"}) ? "state" : "lastState";
            result.lastReason = at(entry, {which, "terminated", "reason"});
            result.exitCode = static_cast<int>(numberAt(entry, {which, "terminated", "exitCode"}));
            result.signal = static_cast<int>(numberAt(entry, {which, "terminated", "signal"}));
        }
    return result;
}

QString howItEnded(const Container& container) {
    if (container.lastReason == QLatin1String("OOMKilled"))
        return container.limit.isEmpty() ? Explain::tr("it used more memory than its Node had and was killed (OOMKilled)")
                                         : Explain::tr("it used more memory than its limit of %1 and was killed (OOMKilled)").arg(container.limit);
    if (container.exitCode == 137 || container.signal == 9) return Explain::tr("it was killed from outside (exit code 137, SIGKILL)");
    if (container.exitCode == 143) return Explain::tr("it was told to stop (exit code 143, SIGTERM)");
    if (container.exitCode == 0) return Explain::tr("it ended by itself without an error (exit code 0)");
    return Explain::tr("it ended with exit code %1").arg(container.exitCode);
}

void explainPending(const api::Object& pod, const ClusterObjects& objects, Explanation& out) {
    const auto* scheduled = condition(pod, "PodScheduled");
    const auto message = scheduled ? at(*scheduled, {"message"}) : QString();
    if (out.word == QLatin1String("SchedulingGated")) {
        out.sentence = Explain::tr("It waits because it has a scheduling gate: the scheduler does not look at it until every gate is removed.");
        out.remedies << Explain::tr("Remove spec.schedulingGates.");
        return;
    }
    if (message.isEmpty()) {
        out.sentence = Explain::tr("It waits for the scheduler, which has not tried to place it yet.");
        return;
    }
    const auto short_ = Explain::shortReason(message);
    out.sentence = Explain::tr("No Node can take it now: %1.").arg(short_);
    const auto decision = latestDecision(objects, pod);
    if (decision && !at(*decision, {"status", "explanation", "en"}).isEmpty()) out.facts.push_back({Explain::tr("Attempts"), QString::number(static_cast<int>(numberAt(*decision, {"status", "attempt"}, 1)))});
    if (short_.contains(QLatin1String("Insufficient cpu")))
        out.remedies << Explain::tr("Ask for less than %1 of CPU, delete other Pods, or add a Node.").arg(Explain::cores(requestedCores(pod)));
    if (short_.contains(QLatin1String("Insufficient memory")))
        out.remedies << Explain::tr("Ask for less than %1 of memory, delete other Pods, or add a Node.").arg(Explain::bytes(requestedBytes(pod)));
    if (short_.contains(QLatin1String("untolerated taint"))) out.remedies << Explain::tr("Add a toleration for the taint to the Pod, or remove the taint from the Node.");
    if (short_.contains(QLatin1String("affinity/selector"))) out.remedies << Explain::tr("Change the Pod's nodeSelector or nodeAffinity, or label a Node so that it matches.");
    if (short_.contains(QLatin1String("unschedulable"))) out.remedies << Explain::tr("Uncordon a Node.");
    if (short_.contains(QLatin1String("ports"))) out.remedies << Explain::tr("Another Pod uses the same hostPort: choose another port or remove it.");
    if (short_.contains(QLatin1String("topology spread"))) out.remedies << Explain::tr("Relax maxSkew or whenUnsatisfiable of the topologySpreadConstraints.");
}

bool explainContainerTrouble(const api::Object& pod, const PodState& state, Explanation& out) {
    const auto container = containerOf(pod, state.container);
    const auto word = state.word.startsWith(QLatin1String("Init:")) ? state.word.mid(5) : state.word;
    if (word == QLatin1String("CrashLoopBackOff")) {
        out.sentence = Explain::tr("The container %1 has ended %2 times; the last time %3. The kubelet waits a little longer before each restart (10 s, 20 s, 40 s … 5 min).")
                           .arg(container.name).arg(container.restarts).arg(howItEnded(container));
        out.remedies << Explain::tr("Read its logs (Logs, previous container) and fix the program or its settings.");
        if (container.lastReason == QLatin1String("OOMKilled")) out.remedies << Explain::tr("Raise the memory limit or make the program use less.");
        return true;
    }
    if (word == QLatin1String("ImagePullBackOff") || word == QLatin1String("ErrImagePull") || word == QLatin1String("InvalidImageName") || word == QLatin1String("ErrImageNeverPull")) {
        out.sentence = Explain::tr("The image %1 of the container %2 cannot be had: %3").arg(container.image, container.name, container.waitingMessage.isEmpty() ? word : container.waitingMessage);
        out.remedies << Explain::tr("Check the name and tag of the image; load it with: kubarium image load FILE");
        return true;
    }
    if (word.startsWith(QLatin1String("CreateContainer")) || word == QLatin1String("RunContainerError")) {
        out.sentence = Explain::tr("The container %1 cannot be made: %2").arg(container.name, container.waitingMessage);
        out.remedies << Explain::tr("It often names a ConfigMap or Secret, or a key in one, that does not exist: create it, or correct the name.");
        return true;
    }
    if (word == QLatin1String("OOMKilled") || (word == QLatin1String("Error") && container.exitCode != 0)) {
        out.sentence = Explain::tr("The container %1 is not running: %2.").arg(container.name, howItEnded(container));
        out.remedies << (word == QLatin1String("OOMKilled") ? Explain::tr("Raise the memory limit or make the program use less.") : Explain::tr("Read its logs (Logs, previous container) and fix the program or its settings."));
        return true;
    }
    return false;
}

QString probeSentence(const api::Object& pod) {
    for (const auto& entry : arrayAt(pod, {"spec", "containers"}))
        if (api::findPath(entry, {"readinessProbe"})) return Explain::tr("It runs, but its readiness probe does not succeed (yet), so Services send it no traffic.");
    return Explain::tr("It runs but is not Ready yet.");
}

void explainEnded(const api::Object& pod, const PodState& state, Explanation& out) {
    if (state.word == QLatin1String("Evicted")) {
        out.sentence = Explain::tr("It was evicted from %1: %2").arg(at(pod, {"spec", "nodeName"}), state.message);
        out.remedies << Explain::tr("Its workload makes a replacement. Delete this one when you have read it.");
        return;
    }
    if (state.phase == scene::PodPhase::Succeeded) {
        out.sentence = Explain::tr("All its containers ended without an error; it has done its work.");
        return;
    }
    if (!explainContainerTrouble(pod, state, out)) out.sentence = Explain::tr("It failed: %1").arg(state.message.isEmpty() ? state.word : state.message);
}

void podFacts(const api::Object& pod, const PodState& state, const ClusterTimes& times, Explanation& out) {
    const auto node = at(pod, {"spec", "nodeName"});
    if (!node.isEmpty()) out.facts.push_back({Explain::tr("Node"), node, true});
    if (const auto ip = at(pod, {"status", "podIP"}); !ip.isEmpty()) out.facts.push_back({Explain::tr("IP"), ip, true});
    for (const auto& entry : arrayAt(pod, {"spec", "containers"})) out.facts.push_back({Explain::tr("Image of %1").arg(at(entry, {"name"})), at(entry, {"image"}), true});
    out.facts.push_back({Explain::tr("Restarts"), QString::number(state.restarts)});
    out.facts.push_back({Explain::tr("Quality of service"), at(pod, {"status", "qosClass"})});
    out.facts.push_back({Explain::tr("Age"), Explain::seconds(std::chrono::duration<double>(times.wallNow() - parseTime(pod.string({"metadata", "creationTimestamp"})).value_or(times.wallNow())).count())});
    if (const auto priority = numberAt(pod, {"spec", "priority"}); priority != 0) out.facts.push_back({Explain::tr("Priority"), QString::number(priority)});
}

}  // namespace

Explanation explainPod(const api::Object& pod, const ClusterObjects& objects, const ClusterTimes& times) {
    Explanation out;
    const auto state = podState(pod);
    const auto node = at(pod, {"spec", "nodeName"});
    const auto owner = controllerOf(pod).name.isEmpty() ? Owner{} : workloadOf(pod, objects);
    out.title = text(pod.name());
    out.word = state.word;
    out.tone = state.tone;
    QStringList parts{Explain::tr("Pod in %1").arg(text(pod.nameSpace()))};
    parts << (owner.name.isEmpty() ? Explain::tr("no owner") : Explain::tr("owner %1/%2").arg(owner.kind, owner.name));
    if (requestedCores(pod) > 0 && requestedBytes(pod) > 0) parts << Explain::tr("%1 CPU, %2").arg(Explain::cores(requestedCores(pod)), Explain::bytes(requestedBytes(pod))).replace(QLatin1Char(' '), QChar::Nbsp);
    else if (requestedCores(pod) > 0) parts << Explain::tr("%1 CPU").arg(Explain::cores(requestedCores(pod))).replace(QLatin1Char(' '), QChar::Nbsp);
    else if (requestedBytes(pod) > 0) parts << Explain::bytes(requestedBytes(pod));
    out.subtitle = parts.join(QStringLiteral(" · "));
    const auto host = node.isEmpty() ? nullptr : objects.get(Kind::Node, node);
    const bool hostLost = host && nodeCondition(*host) != scene::NodeCondition::Ready;
    switch (state.phase) {
    case scene::PodPhase::Pending: explainPending(pod, objects, out); break;
    case scene::PodPhase::Terminating:
        out.sentence = conditionIsTrue(pod, "DisruptionTarget")
                           ? Explain::tr("It is being evicted from %1: %2").arg(node, at(*condition(pod, "DisruptionTarget"), {"message"}))
                           : Explain::tr("It was told to stop and has up to %1 s to finish (terminationGracePeriodSeconds).").arg(numberAt(pod, {"metadata", "deletionGracePeriodSeconds"}, 30));
        if (hostLost) out.remedies << Explain::tr("%1 does not answer, so nobody can confirm the end. It goes when the Node is back, or by force: kubectl delete --force").arg(node);
        break;
    case scene::PodPhase::Failed:
    case scene::PodPhase::Succeeded: explainEnded(pod, state, out); break;
    case scene::PodPhase::Ready:
        out.sentence = Explain::tr("It runs on %1 and is Ready.").arg(node);
        if (state.restarts > 0) out.sentence += QLatin1Char(' ') + Explain::tr("Its containers were restarted %n time(s); the last time %1.", nullptr, state.restarts).arg(howItEnded(containerOf(pod, {})));
        break;
    case scene::PodPhase::Starting:
        if (!explainContainerTrouble(pod, state, out)) out.sentence = Explain::tr("It was given to %1, whose kubelet is preparing its containers.").arg(node);
        break;
    default:
        if (!explainContainerTrouble(pod, state, out)) out.sentence = hostLost ? Explain::tr("Its Node %1 no longer answers, so nobody knows how it is.").arg(node) : probeSentence(pod);
    }
    if (hostLost && state.phase == scene::PodPhase::Ready) out.sentence = Explain::tr("Its Node %1 no longer answers, so nobody knows how it is.").arg(node);
    podFacts(pod, state, times, out);
    return out;
}

// The labels that people gave, and the zone: what every Node has of its own (kubernetes.io/...) tells nothing apart.
void addLabels(const api::Object& node, Explanation& out) {
    const auto* labels = node.find({"metadata", "labels"});
    if (!labels || !labels->is_object()) return;
    for (const auto& [key, value] : labels->get_object()) {
        const std::string_view name = key, domain = name.substr(0, name.find('/'));
        const bool own = domain != name && (domain.ends_with("kubernetes.io") || domain == "kubarium.dev");
        if (value.is_string() && (!own || domain == "topology.kubernetes.io")) out.facts.push_back({Explain::tr("Label"), text(name) + QLatin1Char('=') + text(value.get_string()), true});
    }
}

Explanation explainNode(const api::Object& node, const ClusterObjects& objects, const ClusterTimes& times) {
    Explanation out;
    const auto condition_ = nodeCondition(node);
    const auto name = text(node.name());
    out.title = name;
    out.word = condition_ == scene::NodeCondition::Ready ? QStringLiteral("Ready") : QStringLiteral("NotReady");
    out.tone = condition_ == scene::NodeCondition::Ready ? Tone::Ok : Tone::Broken;
    if (!times.answers()) {
        out.word = Explain::tr("unknown");
        out.tone = Tone::Waiting;
    }
    const bool simulated = node.label("kubarium.dev/simulated") == "true";
    const auto fault = activeFault(objects, name);
    const auto lease = objects.get(Kind::Lease, "kube-node-lease/" + std::string(node.name()));
    const auto renewed = lease ? parseTime(lease->string({"spec", "renewTime"})) : std::nullopt;
    const double leaseAge = renewed ? times.now() - times.at(*renewed) : -1;  // on the clock that the grace period runs on
    QStringList parts{simulated ? Explain::tr("simulated Node") : Explain::tr("Node")};
    if (!times.answers()) parts << Explain::tr("lease unknown");
    else if (renewed) parts << Explain::tr("lease renewed %1").arg(Explain::age(std::chrono::duration<double>(times.wallNow() - *renewed).count()));
    if (fault) parts << Explain::tr("fault %1").arg(at(*fault, {"spec", "type"}));
    out.subtitle = parts.join(QStringLiteral(" · "));
    if (!times.answers()) {
        out.sentence = Explain::tr("The cluster does not answer, so nobody knows how the Node is. This is the last that was known of it.");
    } else if (condition_ == scene::NodeCondition::Ready && leaseAge > 12) {
        out.sentence = Explain::tr("The kubelet has not renewed its lease for %1. When 50 s have passed, the control plane will mark the Node as not Ready.").arg(Explain::seconds(leaseAge));
    } else if (condition_ == scene::NodeCondition::Ready) {
        out.sentence = Explain::tr("The Node is healthy: its kubelet renews its lease every 10 s and reports that it is Ready.");
    } else if (condition_ == scene::NodeCondition::Unknown) {
        out.sentence = Explain::tr("The kubelet stopped renewing its lease. After the grace period the control plane marked the Node and is now evicting its Pods when their tolerationSeconds have passed.");
        out.remedies << (fault ? Explain::tr("Undo the fault, or wait for its end.") : Explain::tr("Look after the machine: is it on, and can it reach the API server?"));
    } else {
        const auto* ready = condition(node, "Ready");
        out.sentence = Explain::tr("The kubelet itself says that it is not Ready: %1").arg(ready ? at(*ready, {"message"}) : QString());
    }
    if (isCordoned(node)) {
        out.sentence += QLatin1Char(' ') + Explain::tr("It is cordoned: new Pods are not placed here.");
        out.remedies << Explain::tr("Uncordon it to let new Pods in.");
    }
    for (const auto* pressure : {"MemoryPressure", "DiskPressure", "PIDPressure"})
        if (conditionIsTrue(node, pressure)) out.sentence += QLatin1Char(' ') + Explain::tr("It has %1: the kubelet evicts Pods to get out of it.").arg(QString::fromLatin1(pressure));
    if (simulated) out.facts.push_back({Explain::tr("Reality"), Explain::tr("simulated: the same kubelet code, no containers")});
    int pods = 0;
    for (const auto& [key, pod] : objects.all(Kind::Pod)) pods += at(*pod, {"spec", "nodeName"}) == name;
    out.facts.push_back({Explain::tr("Pods"), QString::number(pods)});
    out.facts.push_back({Explain::tr("CPU"), at(node, {"status", "allocatable", "cpu"}), true});
    out.facts.push_back({Explain::tr("Memory"), at(node, {"status", "allocatable", "memory"}), true});
    for (const auto& taint : arrayAt(node, {"spec", "taints"})) {
        const auto value = at(taint, {"value"});
        out.facts.push_back({Explain::tr("Taint"), at(taint, {"key"}) + (value.isEmpty() ? QString() : QLatin1Char('=') + value) + QLatin1Char(':') + at(taint, {"effect"}), true});
    }
    addLabels(node, out);
    for (const auto& address : arrayAt(node, {"status", "addresses"})) out.facts.push_back({at(address, {"type"}), at(address, {"address"}), true});
    out.facts.push_back({Explain::tr("Kubelet"), at(node, {"status", "nodeInfo", "kubeletVersion"}), true});
    return out;
}

Explanation explainWorkload(Kind kind, const api::Object& workload, const ClusterObjects& objects, const ClusterTimes& times) {
    Explanation out;
    const int wanted = static_cast<int>(numberAt(workload, {"spec", "replicas"}, 1));
    const int ready = static_cast<int>(numberAt(workload, {"status", "readyReplicas"}));
    const int updated = static_cast<int>(numberAt(workload, {"status", "updatedReplicas"}, wanted));
    out.title = text(workload.name());
    out.word = Explain::tr("%1 / %2 ready").arg(ready).arg(wanted);
    out.tone = ready >= wanted ? Tone::Ok : ready > 0 ? Tone::Waiting : Tone::Broken;
    out.subtitle = Explain::tr("%1 in %2").arg(kindName(kind), text(workload.nameSpace()));
    if (ready >= wanted && updated >= wanted) out.sentence = Explain::tr("All %1 Pods that were asked for are Ready.").arg(wanted);
    else if (updated < wanted) out.sentence = Explain::tr("A rolling update is under way: %1 of %2 Pods run the new template, %3 are Ready.").arg(updated).arg(wanted).arg(ready);
    else out.sentence = Explain::tr("%1 of %2 Pods are Ready; the controllers and kubelets are working on the rest.").arg(ready).arg(wanted);
    if (const auto* progressing = condition(workload, "Progressing"); progressing && at(*progressing, {"reason"}) == QLatin1String("ProgressDeadlineExceeded")) {
        out.sentence = Explain::tr("The rollout made no progress for longer than progressDeadlineSeconds.");
        out.remedies << Explain::tr("Look at the newest Pods, or go back: kubectl rollout undo");
        out.tone = Tone::Broken;
    }
    constexpr int mostFacts = 12;  // beyond, the tree lists them
    int pods = 0;
    for (const auto& [key, pod] : objects.all(Kind::Pod)) {
        if (pod->nameSpace() != workload.nameSpace() || workloadOf(*pod, objects).name != out.title) continue;
        const auto state = podState(*pod);
        if (++pods <= mostFacts) out.facts.push_back({text(pod->name()), state.word + (state.phase == scene::PodPhase::Pending ? QString() : QStringLiteral(" · ") + at(*pod, {"spec", "nodeName"}))});
        if (state.tone == Tone::Broken && out.remedies.isEmpty()) {
            const auto why = explainPod(*pod, objects, times);
            out.remedies << text(pod->name()) + QStringLiteral(": ") + why.sentence;
        }
    }
    if (const int rest = pods - mostFacts; rest > 0) out.facts.push_back({Explain::tr("and more"), Explain::tr("%n Pod(s)", nullptr, rest)});
    return out;
}

Explanation explainService(const api::Object& service, const ClusterObjects& objects) {
    Explanation out;
    out.title = text(service.name());
    out.subtitle = Explain::tr("Service in %1 · %2").arg(text(service.nameSpace()), at(service, {"spec", "clusterIP"}));
    int ready = 0, all = 0;
    for (const auto& [key, slice] : objects.all(Kind::EndpointSlice)) {
        if (slice->nameSpace() != service.nameSpace() || slice->label("kubernetes.io/service-name") != service.name()) continue;
        for (const auto& endpoint : arrayAt(*slice, {"endpoints"})) {
            ++all;
            const auto* flag = api::findPath(endpoint, {"conditions", "ready"});
            const bool isReady = !flag || !flag->is_bool() || flag->get_bool();
            ready += isReady;
            const auto& addresses = arrayAt(endpoint, {"addresses"});
            if (!addresses.empty() && addresses.front().is_string())
                out.facts.push_back({text(addresses.front().get_string()), at(endpoint, {"targetRef", "name"}) + (isReady ? QString() : QStringLiteral(" · ") + Explain::tr("not ready")), true});
        }
    }
    out.word = Explain::tr("%1 endpoints").arg(ready);
    out.tone = ready > 0 ? Tone::Ok : Tone::Broken;
    if (ready > 0) {
        out.sentence = Explain::tr("Connections to %1 are spread over %2 Ready Pods.").arg(at(service, {"spec", "clusterIP"})).arg(ready);
    } else {
        out.sentence = all > 0 ? Explain::tr("None of the %1 Pods behind it is Ready, so connections are refused.").arg(all) : Explain::tr("No Pod matches its selector, so connections are refused.");
        out.remedies << Explain::tr("Compare spec.selector of the Service with the labels of the Pods.");
    }
    for (const auto& port : arrayAt(service, {"spec", "ports"})) out.facts.push_back({Explain::tr("Port"), QString::number(static_cast<int>(numberAt(port, {"port"}))), true});
    return out;
}

Explanation explain(const Reference& reference, const ClusterObjects& objects, const ClusterTimes& times) {
    const auto object = objects.get(reference.kind, reference.key);
    if (!object) return {};
    switch (reference.kind) {
    case Kind::Pod: return explainPod(*object, objects, times);
    case Kind::Node: return explainNode(*object, objects, times);
    case Kind::Deployment:
    case Kind::ReplicaSet: return explainWorkload(reference.kind, *object, objects, times);
    case Kind::Service: return explainService(*object, objects);
    default: break;
    }
    Explanation out;
    out.title = text(object->name());
    out.subtitle = object->nameSpace().empty() ? kindName(reference.kind) : Explain::tr("%1 in %2").arg(kindName(reference.kind), text(object->nameSpace()));
    if (const auto* data = object->find({"data"}); data && data->is_object())
        for (const auto& [key, value] : data->get_object())
            if (value.is_string()) out.facts.push_back({text(key), text(value.get_string()).left(200), true});
    if (reference.kind == Kind::Namespace) {
        int pods = 0;
        for (const auto& [key, pod] : objects.all(Kind::Pod)) pods += text(pod->nameSpace()) == out.title;
        out.sentence = Explain::tr("A Namespace keeps names apart. %1 Pods live in it.").arg(pods);
    }
    return out;
}

}  // namespace kubarium::model
