#include "ui/model/what_if.h"

#include "core/api/codec.h"
#include "ui/model/explain.h"
#include "ui/model/theatre.h"

#include <boost/json/array.hpp>

#include <QHash>
#include <QSet>

#include <algorithm>
#include <cmath>

namespace kubarium::model {

namespace json = boost::json;

namespace {

// What Pods come from. A Service is no question by itself, but which Pods it selects counts.
bool bringsPods(const json::value& object) {
    static const QStringList kinds{QStringLiteral("Pod"), QStringLiteral("Deployment"), QStringLiteral("ReplicaSet"), QStringLiteral("StatefulSet"), QStringLiteral("Job")};
    return kinds.contains(at(object, {"kind"}));
}

Result<json::value> oneDocument(const QString& yaml, const QString& what) {
    const auto parsed = api::parseYaml(yaml.toStdString());
    if (!parsed) return badRequest((what + QStringLiteral(": ")).toStdString() + parsed.error().message);
    return parsed->value;
}

QString keyOf(const json::value& pod) { return at(pod, {"namespace"}) + QLatin1Char('/') + at(pod, {"name"}); }

scene::StagePod reviewedPod(const QString& key, const QString& node, bool differs) {
    scene::StagePod pod;
    pod.key = QStringLiteral("review:") + key;
    pod.ns = key.section(QLatin1Char('/'), 0, 0);
    pod.name = key.section(QLatin1Char('/'), 1);
    pod.owner = differs ? QStringLiteral("review/differs") : QStringLiteral("review/same");
    pod.ownerName = pod.name;
    pod.node = node;
    pod.phase = node.isEmpty() ? scene::PodPhase::Pending : scene::PodPhase::Ready;
    if (node.isEmpty()) pod.reason = Explain::tr("fits nowhere");
    return pod;
}

QString newNodeName(int number) { return QStringLiteral("new-node-%1").arg(number); }

json::object newNode(const WhatIfQuestion& question, int number) {
    const auto name = newNodeName(number).toStdString();
    const json::object amounts{{"cpu", std::to_string(std::lround(question.newCores * 1000)) + "m"}, {"memory", std::to_string(std::lround(question.newGibibytes * 1024)) + "Mi"}, {"pods", "110"}};
    return {{"apiVersion", "v1"}, {"kind", "Node"}, {"metadata", {{"name", name}, {"labels", {{"kubernetes.io/hostname", name}}}}}, {"status", {{"allocatable", amounts}, {"capacity", amounts}}}};
}

struct Placement {
    QString key, node;
    double cores = 0, bytes = 0;
};

// The cluster as supposed: the Nodes of now without those of the lost zones, and the new ones; empty of what a drain or a preemption removes.
scene::StageModel supposed(const scene::StageModel& now, const WhatIfQuestion& question, const QSet<QString>& gone) {
    scene::StageModel picture;
    picture.clusterName = now.clusterName;
    QHash<QString, std::size_t> indexOf;
    for (auto node : now.nodes) {
        if (!node.zone.isEmpty() && question.withoutZones.contains(node.zone)) continue;
        node.fuses.clear();
        node.leaseRenewed.reset();
        node.cordoned |= question.drainNodes.contains(node.name);
        indexOf.insert(node.name, picture.nodes.size());
        picture.nodes.push_back(std::move(node));
    }
    for (int i = 1; i <= question.newNodes; ++i) {
        constexpr double gibi = 1024.0 * 1024.0 * 1024.0;
        scene::StageNode node;
        node.name = newNodeName(i);
        node.simulated = true;
        node.cpu.capacity = question.newCores;
        node.memory.capacity = question.newGibibytes * gibi;
        picture.nodes.push_back(std::move(node));
    }
    for (const auto& pod : now.pods) {
        const auto at = indexOf.constFind(pod.node);
        if (at == indexOf.cend()) continue;
        if (!gone.contains(pod.ns + QLatin1Char('/') + pod.name)) {
            picture.pods.push_back(pod);
        } else if (pod.phase != scene::PodPhase::Succeeded && pod.phase != scene::PodPhase::Failed) {
            picture.nodes[*at].cpu.requested -= pod.cpu;
            picture.nodes[*at].memory.requested -= pod.memory;
        }
    }
    return picture;
}

// The cluster as supposed, with the reviewed Pods where they would go.
PlacementSide sideOf(const scene::StageModel& supposed, const QList<Placement>& placements, const QSet<QString>& differing) {
    PlacementSide side;
    side.picture = supposed;
    QHash<QString, std::size_t> indexOf;
    for (std::size_t i = 0; i < side.picture.nodes.size(); ++i) indexOf.insert(side.picture.nodes[i].name, i);
    QSet<QString> used;
    for (const auto& placement : placements) {
        side.picture.pods.push_back(reviewedPod(placement.key, placement.node, differing.contains(placement.key)));
        ++(placement.node.isEmpty() ? side.unplaced : side.placed);
        if (!placement.node.isEmpty()) used.insert(placement.node);
        if (const auto at = indexOf.constFind(placement.node); at != indexOf.cend()) {
            side.picture.nodes[*at].cpu.requested += placement.cores;
            side.picture.nodes[*at].memory.requested += placement.bytes;
        }
    }
    side.nodesUsed = static_cast<int>(used.size());
    return side;
}

void addFigures(const json::value& comparison, const char* name, PlacementSide& side) {
    side.cpuMost = numberAt(comparison, {name, "utilization", "cpu", "most"}, -1);
    side.cpuDeviation = numberAt(comparison, {name, "utilization", "cpu", "deviation"}, -1);
    side.nodesUsed = static_cast<int>(numberAt(comparison, {name, "nodesUsed"}, side.nodesUsed));
}

}  // namespace

Result<json::object> reviewOf(const WhatIfQuestion& question) {
    json::object spec;
    const auto documents = api::parseYamlDocuments(question.manifests.toStdString());
    if (!documents) return badRequest(documents.error().message);
    json::array manifests;
    for (const auto& document : *documents)
        if (bringsPods(document.value)) manifests.push_back(document.value);
    if (!manifests.empty())
        for (const auto& document : *documents)
            if (at(document.value, {"kind"}) == QLatin1String("Service")) manifests.push_back(document.value);
    if (manifests.empty() && question.drainNodes.isEmpty() && question.withoutZones.isEmpty())
        return badRequest(Explain::tr("There is nothing to ask: give a Pod or a Deployment, a Node to drain or a zone to lose.").toStdString());
    if (manifests.empty() && !question.targetNode.isEmpty()) return badRequest(Explain::tr("Which Pod is to go to %1? Give its manifest.").arg(question.targetNode).toStdString());
    if (!manifests.empty()) spec["manifests"] = std::move(manifests);
    if (!question.drainNodes.isEmpty()) {
        json::array nodes;
        for (const auto& node : question.drainNodes) nodes.push_back(json::value(node.toStdString()));
        spec["drainNodes"] = std::move(nodes);
    }
    if (!question.withoutZones.isEmpty()) {
        json::array zones;
        for (const auto& zone : question.withoutZones) zones.push_back(json::value(zone.toStdString()));
        spec["withoutZones"] = std::move(zones);
    }
    if (question.newNodes > 0) {
        json::array nodes;
        for (int i = 1; i <= question.newNodes; ++i) nodes.push_back(newNode(question, i));
        spec["addNodes"] = std::move(nodes);
    }
    if (!question.targetNode.isEmpty()) spec["targetNode"] = question.targetNode.toStdString();
    const std::pair<const char*, const QString*> configurations[] = {{"configuration", &question.configuration}, {"compareWith", &question.compareWith}};
    for (const auto& [field, yaml] : configurations)
        if (!yaml->trimmed().isEmpty()) spec[field] = TRY(oneDocument(*yaml, field == std::string_view("configuration") ? Explain::tr("Configuration A") : Explain::tr("Configuration B")));
    return json::object{{"apiVersion", "kubarium.dev/v1alpha1"}, {"kind", "SchedulingReview"}, {"metadata", {{"name", "question"}}}, {"spec", std::move(spec)}};
}

namespace {

// What would have to change for a Pod to go to the wanted Node.
void addChanges(const json::value& changes, const WhatIfQuestion& question, const QString& language, WhatIfAnswer& answer) {
    answer.isChange = true;
    const auto& alternatives = arrayAt(changes, {"alternatives"});
    for (const auto& alternative : alternatives) answer.differences << inLanguage(alternative, {"explanation"}, language);
    if (const auto summary = inLanguage(changes, {"explanation"}, language); !summary.isEmpty()) answer.explanation = Explain::tr("To go to %1: %2").arg(question.targetNode, summary);
    else answer.explanation = alternatives.empty() ? Explain::tr("Nothing was found that would let it go to %1.").arg(question.targetNode)
                                                  : Explain::tr("Each of these alone would let it go to %1:").arg(question.targetNode);
}

}  // namespace

WhatIfAnswer answerOf(const json::object& status, const scene::StageModel& now, const WhatIfQuestion& question, const QString& language) {
    WhatIfAnswer answer;
    const json::value tree(status);
    QSet<QString> gone, displaced;
    for (const auto* list : {"displaced", "lost"})
        for (const auto& pod : arrayAt(tree, {list})) gone.insert(keyOf(pod));
    for (const auto& pod : arrayAt(tree, {"displaced"})) displaced.insert(keyOf(pod));
    for (const auto& placement : arrayAt(tree, {"placements"}))
        for (const auto& victim : arrayAt(placement, {"victims"})) gone.insert(keyOf(victim));
    for (const auto& pod : arrayAt(tree, {"lost"})) answer.lost << keyOf(pod);
    const auto picture = supposed(now, question, gone);
    if (const auto* changes = api::findPath(tree, {"smallestChanges"})) {
        answer.a.picture = picture;
        addChanges(*changes, question, language, answer);
        return answer;
    }
    QHash<QString, QString> movedFrom;
    for (const auto& pod : now.pods)
        if (const auto key = pod.ns + QLatin1Char('/') + pod.name; displaced.contains(key)) movedFrom.insert(key, pod.node);
    QList<Placement> a, b;
    QHash<QString, QString> inB;
    for (const auto& difference : arrayAt(tree, {"comparison", "differences"})) {
        const auto pod = api::findPath(difference, {"pod"});
        if (!pod) continue;
        const auto nowhere = Explain::tr("nowhere");
        const auto from = at(difference, {"a"}), to = at(difference, {"b"});
        inB.insert(keyOf(*pod), to);
        const auto why = inLanguage(difference, {"explanation"}, language);
        const auto move = Explain::tr("%1: in A %2, in B %3.", "Pod, Node, Node").arg(at(*pod, {"name"}), from.isEmpty() ? nowhere : from, to.isEmpty() ? nowhere : to);
        answer.differences << (why.isEmpty() ? move : move + QLatin1Char(' ') + why);
    }
    QSet<QString> differing;
    for (auto it = inB.cbegin(); it != inB.cend(); ++it) differing.insert(it.key());
    for (const auto& placement : arrayAt(tree, {"placements"})) {
        const auto* pod = api::findPath(placement, {"pod"});
        if (!pod) continue;
        const auto key = keyOf(*pod), node = at(placement, {"node"});
        const double cores = quantity(api::stringAt(placement, {"requests", "cpu"})), bytes = quantity(api::stringAt(placement, {"requests", "memory"}));
        if (const auto from = movedFrom.value(key); !from.isEmpty()) answer.differences << Explain::tr("%1: from %2 to %3.", "Pod, Node, Node").arg(at(*pod, {"name"}), from, node.isEmpty() ? Explain::tr("nowhere") : node);
        a.push_back({key, node, cores, bytes});
        b.push_back({key, inB.value(key, node), cores, bytes});
    }
    answer.a = sideOf(picture, a, differing);
    if (const auto* comparison = api::findPath(tree, {"comparison"})) {
        addFigures(*comparison, "a", answer.a);
        answer.b = sideOf(picture, b, differing);
        addFigures(*comparison, "b", *answer.b);
        answer.explanation = inLanguage(*comparison, {"explanation"}, language);
    }
    if (answer.explanation.isEmpty()) answer.explanation = Explain::tr("%1 of %2 Pods find a place.").arg(answer.a.placed).arg(answer.a.placed + answer.a.unplaced);
    return answer;
}

}  // namespace kubarium::model
