// What stands below a lab's spec: Nodes, steps, questions, faults and checks.
#include "core/lab/lab_kinds.h"
#include "core/lab/lab_reader.h"

#include "core/api/selector.h"
#include "core/api/validation.h"

#include <algorithm>
#include <array>
#include <set>

namespace kubarium::lab {
namespace {

constexpr int maxRealNodes = 10;
constexpr int maxSimulatedNodes = 5000;

void expectSelector(Reader& reader, const YAML::Node& node, const std::string& labels) {
    if (const auto selector = api::Selector::parse(labels); !selector)
        reader.problem(node["labels"], fmt::format("\"{}\" is no label selector: {}", labels, selector.error().message), "labels: app=web, or labels: 'tier in (a, b)'");
}

LabTarget readTarget(Reader& reader, const YAML::Node& node, bool list) {
    LabTarget target;
    target.apiVersion = reader.text(node, "apiVersion");
    target.kind = reader.text(node, "kind", true);
    target.nameSpace = reader.text(node, "namespace");
    target.list = list;
    if (!target.kind.empty()) {
        const auto kind = findKind(target.apiVersion, target.kind);
        if (!kind) reader.problem(node["kind"], kind.error().message, "kind: Pod, or with apiVersion: apps/v1 kind: Deployment; as `kubectl api-resources` lists them");
        else if (!kind->namespaced && !target.nameSpace.empty())
            reader.problem(node["namespace"], fmt::format("a {} is in no namespace", target.kind), "remove the namespace");
    }
    if (list) {
        target.labelSelector = reader.text(node, "labels");
        expectSelector(reader, node, target.labelSelector);
    } else {
        target.name = reader.text(node, "name", true);
    }
    return target;
}

}  // namespace

LabMoment readMoment(Reader& reader, const YAML::Node& node, std::string_view what) {
    LabMoment moment;
    if (!reader.expectMap(node, what, {"apiVersion", "kind", "name", "namespace", "labels", "jq"})) return moment;
    moment.target = readTarget(reader, node, !node["name"]);
    moment.jq = reader.jq(node);
    return moment;
}

namespace {

// The target of logs, exec and http: a Pod or Service by name, or Pods by labels.
LabTarget readEndpoint(Reader& reader, const YAML::Node& node) {
    LabTarget target;
    target.kind = node["service"] ? "Service" : "Pod";
    target.name = reader.text(node, node["service"] ? "service" : "pod");
    target.labelSelector = reader.text(node, "labels");
    target.list = target.name.empty();
    target.nameSpace = node["namespace"] ? reader.text(node, "namespace") : "default";
    if (target.list) expectSelector(reader, node, target.labelSelector);
    if (target.name.empty() && target.labelSelector.empty()) reader.problem(node, "which Pod is missing", "pod: NAME, service: NAME or labels: app=web");
    return target;
}

// What a check of the container's world looks at: its log, a command's output or an HTTP answer.
void readProbe(Reader& reader, const YAML::Node& node, LabCheck& check) {
    if (const auto logs = node["logs"]) {
        check.mode = CheckMode::Logs;
        if (!reader.expectMap(logs, "logs", {"pod", "labels", "namespace", "container"})) return;
        check.container = reader.text(logs, "container");
        check.moment.target = readEndpoint(reader, logs);
    } else if (const auto exec = node["exec"]) {
        check.mode = CheckMode::Exec;
        if (!reader.expectMap(exec, "exec", {"pod", "labels", "namespace", "container", "command"})) return;
        check.container = reader.text(exec, "container");
        reader.list(exec, "command", [&](const YAML::Node& word) {
            if (word.IsScalar()) check.command.push_back(word.Scalar());
            else reader.problem(word, "a word of the command must be a text", "command: [cat, /etc/hostname]");
        });
        if (!exec["command"] || check.command.empty()) reader.problem(exec, "the command is missing", "command: [cat, /etc/hostname]");
        check.moment.target = readEndpoint(reader, exec);
    } else if (const auto http = node["http"]) {
        check.mode = CheckMode::Http;
        if (!reader.expectMap(http, "http", {"service", "pod", "labels", "namespace", "port", "path"})) return;
        check.port = reader.integer(http, "port", 80, 1, 65535);
        if (http["path"]) check.path = reader.text(http, "path");
        if (!check.path.starts_with('/')) reader.problem(http["path"], "the path does not begin with /", "path: /healthz");
        check.moment.target = readEndpoint(reader, http);
    }
    check.moment.jq = reader.jq(node);
}

// What a check of objects looks at: their present or their history.
void readObjects(Reader& reader, const YAML::Node& node, LabCheck& check) {
    if (const auto object = node["object"]) {
        if (reader.expectMap(object, "object", {"apiVersion", "kind", "name", "namespace"})) check.moment.target = readTarget(reader, object, false);
        check.moment.jq = reader.jq(node);
    } else if (const auto select = node["select"]) {
        if (reader.expectMap(select, "select", {"apiVersion", "kind", "namespace", "labels"})) check.moment.target = readTarget(reader, select, true);
        check.moment.jq = reader.jq(node);
    } else if (const auto happened = node["happened"]) {
        check.mode = CheckMode::Happened;
        check.moment = readMoment(reader, happened, "happened");
    } else if (const auto never = node["never"]) {
        check.mode = CheckMode::Never;
        check.moment = readMoment(reader, never, "never");
    } else if (const auto before = node["before"]) {
        check.mode = CheckMode::Before;
        if (!reader.expectMap(before, "before", {"first", "then"})) return;
        if (before["first"] && before["then"]) {
            check.first = readMoment(reader, before["first"], "first");
            check.moment = readMoment(reader, before["then"], "then");
        } else {
            reader.problem(before, "\"before\" needs \"first\" and \"then\"", "before: {first: {kind, name, jq}, then: {kind, name, jq}}");
        }
    }
}

LabCheck readCheck(Reader& reader, const YAML::Node& node) {
    static const std::array objects{"object", "select", "happened", "never", "before"};
    static const std::array probes{"logs", "exec", "http"};
    LabCheck check;
    check.line = node.Mark().line + 1;
    if (!reader.expectMap(node, "a check", {"name", "title", "object", "select", "jq", "within", "for", "message", "happened", "never", "before", "logs", "exec", "http"}))
        return check;
    check.name = reader.text(node, "name", true);
    check.title = reader.localText(node, "title");
    check.message = reader.localText(node, "message", true);
    check.within = reader.duration(node, "within");
    check.holdFor = reader.duration(node, "for");
    const auto given = [&](const char* key) { return static_cast<bool>(node[key]); };
    const auto looks = std::ranges::count_if(objects, given) + std::ranges::count_if(probes, given);
    if (looks != 1)
        reader.problem(node, looks == 0 ? "the check looks at nothing" : "the check looks at more than one thing", "give one of object, select, happened, never, before, logs, exec, http");
    else if (std::ranges::any_of(objects, given))
        readObjects(reader, node, check);
    else
        readProbe(reader, node, check);
    const bool ownExpression = check.mode == CheckMode::Happened || check.mode == CheckMode::Never || check.mode == CheckMode::Before;
    if (ownExpression && node["jq"]) reader.problem(node["jq"], "the expression of a history belongs inside it", "never: {kind: Pod, name: web, jq: ...}");
    return check;
}

LabHold readHold(Reader& reader, const YAML::Node& node) {
    static const std::set<std::string> phases{"Filter", "Score", "Select", "Bind"};
    LabHold hold;
    if (!reader.expectMap(node, "hold", {"pod", "phase"})) return hold;
    hold.pod = reader.text(node, "pod", true);
    if (!hold.pod.empty() && hold.pod.find('/') == std::string::npos) reader.problem(node["pod"], "the Pod is named without its namespace", "pod: default/web");
    if (node["phase"]) hold.phase = reader.text(node, "phase");
    if (!phases.contains(hold.phase)) reader.problem(node["phase"], fmt::format("there is no phase \"{}\"", hold.phase), "Filter, Score, Select or Bind");
    return hold;
}

LabQuestion readQuestion(Reader& reader, const YAML::Node& node) {
    LabQuestion question;
    if (!reader.expectMap(node, "ask", {"hold", "question", "choices", "answer", "explanation"})) return question;
    if (node["hold"]) question.hold = readHold(reader, node["hold"]);
    question.question = reader.localText(node, "question", true);
    question.explanation = reader.localText(node, "explanation");
    reader.list(node, "choices", [&](const YAML::Node& choice) {
        if (choice.IsMap())
            question.choices.push_back({reader.text(choice, "value", true), reader.localText(choice, "text")});
        else if (choice.IsScalar())
            question.choices.push_back({choice.Scalar(), {}});
        else
            reader.problem(choice, "a choice must be a text", "worker-a, or {value: none, text: {en: None of them}}");
    });
    if (question.choices.size() < 2) reader.problem(node, "a question needs two choices at least", "choices: [worker-a, worker-b, none]");
    const auto answer = node["answer"];
    if (!answer || !answer.IsMap()) {
        reader.problem(node, "the answer is missing", "answer: {decision: {pod: default/web, select: .status.selectedNode}}");
    } else if (const auto decision = answer["decision"]) {
        if (!reader.expectMap(decision, "decision", {"pod", "select"})) return question;
        question.decisionPod = reader.text(decision, "pod", true);
        question.answer.target = {"kubarium.dev/v1alpha1", "SchedulingDecision", "", "", "", true};
        question.answer.jq = reader.jq(decision, "select");
        if (question.decisionPod.find('/') == std::string::npos) reader.problem(decision, "the Pod is named without its namespace", "pod: default/web");
    } else {
        question.answer = readMoment(reader, answer, "answer");
    }
    if (question.hold && question.decisionPod != question.hold->pod)
        reader.problem(answer && answer.IsDefined() ? answer : node, "the answer must come from the cycle that is held", fmt::format("answer: {{decision: {{pod: {}, select: .status.selectedNode}}}}", question.hold->pod));
    return question;
}

bool declares(const std::vector<LabNode>& nodes, const std::string& name) {
    return nodes.empty() || std::ranges::any_of(nodes, [&](const LabNode& node) { return node.name.empty() ? name.starts_with(node.namePrefix) : node.name == name; });
}

LabFault readFault(Reader& reader, const YAML::Node& node, const std::vector<LabNode>& nodes) {
    LabFault fault;
    if (!reader.expectMap(node, "a fault", {"type", "node", "pod", "namespace", "container", "after", "for"})) return fault;
    fault.type = reader.text(node, "type", true);
    static const std::set<std::string> types{"ContainerKill", "NodePowerOff", "NodePartition"};
    if (!fault.type.empty() && !types.contains(fault.type))
        reader.problem(node["type"], fmt::format("there is no fault \"{}\"", fault.type), "ContainerKill, NodePowerOff or NodePartition");
    fault.node = reader.text(node, "node", fault.type != "ContainerKill");
    if (!fault.node.empty() && !declares(nodes, fault.node))
        reader.problem(node["node"], fmt::format("the lab has no Node \"{}\"", fault.node), "name one of cluster.nodes");
    fault.pod = reader.text(node, "pod", fault.type == "ContainerKill");
    fault.nameSpace = node["namespace"] ? reader.text(node, "namespace") : "default";
    fault.container = reader.text(node, "container");
    fault.after = reader.duration(node, "after").value_or(Duration{});
    reader.duration(node, "for");
    fault.duration = reader.text(node, "for");
    return fault;
}

}  // namespace

LabStep readStep(Reader& reader, const YAML::Node& node, const std::vector<LabNode>& nodes) {
    LabStep step;
    if (!reader.expectMap(node, "a step", {"name", "title", "ask", "faults", "hints", "checks"})) return step;
    step.name = reader.text(node, "name", true);
    step.title = reader.localText(node, "title", true);
    if (const auto ask = node["ask"]) step.ask = readQuestion(reader, ask);
    reader.list(node, "faults", [&](const YAML::Node& fault) { step.faults.push_back(readFault(reader, fault, nodes)); });
    reader.list(node, "hints", [&](const YAML::Node& hint) { step.hints.push_back(reader.textOf(hint, "hint")); });
    std::set<std::string> names;
    reader.list(node, "checks", [&](const YAML::Node& check) {
        step.checks.push_back(readCheck(reader, check));
        if (!names.insert(step.checks.back().name).second)
            reader.problem(check, fmt::format("a check named \"{}\" is already in this step", step.checks.back().name), "give it another name");
    });
    if (step.checks.empty() && !step.ask) reader.problem(node, "the step asks nothing and checks nothing", "add checks or ask");
    return step;
}

namespace {

LabTaint readTaint(Reader& reader, const YAML::Node& node) {
    static const std::set<std::string> effects{"NoSchedule", "PreferNoSchedule", "NoExecute"};
    LabTaint taint;
    if (!reader.expectMap(node, "a taint", {"key", "value", "effect"})) return taint;
    taint = {reader.text(node, "key", true), reader.text(node, "value"), reader.text(node, "effect", true)};
    if (!taint.effect.empty() && !effects.contains(taint.effect))
        reader.problem(node["effect"], fmt::format("there is no effect \"{}\"", taint.effect), "NoSchedule, PreferNoSchedule or NoExecute");
    return taint;
}

LabNode readNode(Reader& reader, const YAML::Node& entry) {
    LabNode node;
    node.name = reader.text(entry, "name");
    node.namePrefix = reader.text(entry, "namePrefix");
    if (node.name.empty() == node.namePrefix.empty()) reader.problem(entry, "a node has either a name or a namePrefix", "name: worker-a, or namePrefix: far- with count: 20");
    // The API server would refuse the Node, and everybody would wait for it.
    if (const auto shown = node.name.empty() ? node.namePrefix + "0" : node.name; !api::checkDnsSubdomain(shown).empty())
        reader.problem(entry, fmt::format("\"{}\" is no name for a Node", node.name.empty() ? node.namePrefix : node.name), "small letters, digits, '-' and '.', as in worker-a");
    node.count = reader.integer(entry, "count", 1, 1, maxSimulatedNodes);
    if (!node.name.empty() && node.count > 1) reader.problem(entry["count"], "several Nodes cannot have one name", fmt::format("namePrefix: {}-", node.name));
    node.cpu = reader.quantity(entry, "cpu", node.cpu);
    node.memory = reader.quantity(entry, "memory", node.memory);
    node.labels = reader.stringMap(entry, "labels");
    node.simulated = reader.boolean(entry, "simulated", false);
    reader.list(entry, "taints", [&](const YAML::Node& taint) { node.taints.push_back(readTaint(reader, taint)); });
    return node;
}

}  // namespace

std::vector<LabNode> readNodes(Reader& reader, const YAML::Node& list) {
    std::vector<LabNode> nodes;
    std::set<std::string> names;
    int real = 0, simulated = 0;
    for (const auto& entry : list) {
        if (!reader.expectMap(entry, "a node", {"name", "namePrefix", "count", "cpu", "memory", "labels", "taints", "simulated"})) continue;
        auto node = readNode(reader, entry);
        const auto& name = node.name.empty() ? node.namePrefix : node.name;
        if (!name.empty() && !names.insert(name).second) reader.problem(entry, fmt::format("a Node \"{}\" is already there", name), "give it another name");
        (node.simulated ? simulated : real) += node.count;
        nodes.push_back(std::move(node));
    }
    if (real > maxRealNodes) reader.problem(list, fmt::format("{} real Nodes are too many (at most {})", real, maxRealNodes), "mark the others simulated: true");
    if (simulated > maxSimulatedNodes)
        reader.problem(list, fmt::format("{} simulated Nodes are too many (at most {})", simulated, maxSimulatedNodes), fmt::format("count: {}", maxSimulatedNodes));
    return nodes;
}

}  // namespace kubarium::lab
