#include "ui/model/what_if.h"

#include "core/api/codec.h"
#include "ui/model/explain.h"
#include "ui/model/theatre.h"

#include <boost/json/array.hpp>

#include <QHash>
#include <QSet>

#include <algorithm>

namespace kubarium::model {

namespace json = boost::json;

namespace {

// What the scheduler can be asked about; a Service beside its Deployment is no question.
bool isSchedulable(const json::value& object) {
    static const QStringList kinds{QStringLiteral("Pod"), QStringLiteral("Deployment"), QStringLiteral("ReplicaSet"), QStringLiteral("StatefulSet"), QStringLiteral("Job")};
    return kinds.contains(at(object, {"kind"}));
}

Result<json::value> oneDocument(const QString& yaml, const QString& what) {
    const auto parsed = api::parseYaml(yaml.toStdString());
    if (!parsed) return badRequest((what + QStringLiteral(": ")).toStdString() + parsed.error().message);
    return parsed->value;
}

QString keyOf(const json::value& pod) { return at(pod, {"namespace"}) + QLatin1Char('/') + at(pod, {"name"}); }

scene::StagePod reviewedPod(const QString& key, const QString& node, bool differs, const QString& letter) {
    scene::StagePod pod;
    pod.key = QStringLiteral("review:") + key;
    pod.ns = key.section(QLatin1Char('/'), 0, 0);
    pod.name = key.section(QLatin1Char('/'), 1);
    pod.owner = differs ? QStringLiteral("review/differs") : QStringLiteral("review/same");
    pod.ownerName = differs ? letter : pod.name;
    pod.node = node;
    pod.phase = node.isEmpty() ? scene::PodPhase::Pending : scene::PodPhase::Ready;
    if (node.isEmpty()) pod.reason = Explain::tr("fits nowhere");
    return pod;
}

// The cluster of now, without what a drain removes and with the reviewed Pods where they would go.
PlacementSide sideOf(const scene::StageModel& now, const QList<QPair<QString, QString>>& placements, const QSet<QString>& differing, const QSet<QString>& gone, const QStringList& drained, const QString& letter) {
    PlacementSide side;
    side.picture.clusterName = now.clusterName;
    side.picture.nodes = now.nodes;
    for (auto& node : side.picture.nodes) {
        node.fuses.clear();
        node.leaseRenewed.reset();
        node.cordoned |= drained.contains(node.name);
    }
    for (const auto& pod : now.pods)
        if (!pod.node.isEmpty() && !gone.contains(pod.ns + QLatin1Char('/') + pod.name)) side.picture.pods.push_back(pod);
    QSet<QString> used;
    for (const auto& [key, node] : placements) {
        side.picture.pods.push_back(reviewedPod(key, node, differing.contains(key), letter));
        ++(node.isEmpty() ? side.unplaced : side.placed);
        if (!node.isEmpty()) used.insert(node);
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
        if (isSchedulable(document.value)) manifests.push_back(document.value);
    if (manifests.empty() && question.drainNodes.isEmpty()) return badRequest(Explain::tr("There is nothing to ask: give a Pod or a Deployment, or a Node to drain.").toStdString());
    if (!manifests.empty()) spec["manifests"] = std::move(manifests);
    if (!question.drainNodes.isEmpty()) {
        json::array nodes;
        for (const auto& node : question.drainNodes) nodes.push_back(json::value(node.toStdString()));
        spec["drainNodes"] = std::move(nodes);
    }
    const std::pair<const char*, const QString*> configurations[] = {{"configuration", &question.configuration}, {"compareWith", &question.compareWith}};
    for (const auto& [field, yaml] : configurations)
        if (!yaml->trimmed().isEmpty()) spec[field] = TRY(oneDocument(*yaml, field == std::string_view("configuration") ? Explain::tr("Configuration A") : Explain::tr("Configuration B")));
    return json::object{{"apiVersion", "kubarium.dev/v1alpha1"}, {"kind", "SchedulingReview"}, {"metadata", {{"name", "question"}}}, {"spec", std::move(spec)}};
}

WhatIfAnswer answerOf(const json::object& status, const scene::StageModel& now, const WhatIfQuestion& question, const QString& language) {
    WhatIfAnswer answer;
    const json::value tree(status);
    QSet<QString> gone;
    for (const auto* list : {"displaced", "lost"})
        for (const auto& pod : arrayAt(tree, {list})) gone.insert(keyOf(pod));
    for (const auto& pod : arrayAt(tree, {"lost"})) answer.lost << keyOf(pod);
    QList<QPair<QString, QString>> a, b;
    QHash<QString, QString> inB;
    for (const auto& difference : arrayAt(tree, {"comparison", "differences"})) {
        const auto pod = api::findPath(difference, {"pod"});
        if (!pod) continue;
        const auto nowhere = Explain::tr("nowhere");
        const auto from = at(difference, {"a"}), to = at(difference, {"b"});
        inB.insert(keyOf(*pod), to);
        const auto why = inLanguage(difference, {"explanation"}, language);
        answer.differences << (why.isEmpty() ? QStringLiteral("%1: %2 → %3").arg(keyOf(*pod), from.isEmpty() ? nowhere : from, to.isEmpty() ? nowhere : to) : why);
    }
    QSet<QString> differing;
    for (auto it = inB.cbegin(); it != inB.cend(); ++it) differing.insert(it.key());
    for (const auto& placement : arrayAt(tree, {"placements"})) {
        const auto* pod = api::findPath(placement, {"pod"});
        if (!pod) continue;
        const auto key = keyOf(*pod), node = at(placement, {"node"});
        a.push_back({key, node});
        b.push_back({key, inB.value(key, node)});
    }
    answer.a = sideOf(now, a, differing, gone, question.drainNodes, QStringLiteral("A"));
    if (const auto* comparison = api::findPath(tree, {"comparison"})) {
        addFigures(*comparison, "a", answer.a);
        answer.b = sideOf(now, b, differing, gone, question.drainNodes, QStringLiteral("B"));
        addFigures(*comparison, "b", *answer.b);
        answer.explanation = inLanguage(*comparison, {"explanation"}, language);
    }
    if (answer.explanation.isEmpty()) answer.explanation = Explain::tr("%1 of %2 Pods find a place.").arg(answer.a.placed).arg(answer.a.placed + answer.a.unplaced);
    return answer;
}

}  // namespace kubarium::model
