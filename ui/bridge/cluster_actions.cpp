#include "ui/bridge/cluster_actions.h"

#include "core/api/codec.h"
#include "core/api/schema.h"
#include "ui/bridge/change_trial.h"
#include "ui/model/kubectl.h"

#include <boost/json/array.hpp>

#include <QDateTime>
#include <QRegularExpression>

namespace kubarium::bridge {

using model::Kind;
using model::Reference;
namespace json = boost::json;
namespace kubectl = model::kubectl;

namespace {

constexpr const char* fieldManager = "kubarium-desktop";

client::WriteOptions writeOptions() {
    client::WriteOptions options;
    options.fieldManager = fieldManager;
    return options;
}

int lineInMessage(const QString& message) {
    static const QRegularExpression pattern(QStringLiteral("line (\\d+)"));
    const auto match = pattern.match(message);
    return match.hasMatch() ? match.captured(1).toInt() : 0;
}

}  // namespace

json::object withoutServerFields(json::object tree) {
    tree.erase("status");
    if (auto* metadata = tree.if_contains("metadata"); metadata && metadata->is_object())
        for (const auto* field : {"uid", "resourceVersion", "creationTimestamp", "managedFields", "generation", "deletionTimestamp", "deletionGracePeriodSeconds"})
            metadata->get_object().erase(field);
    return tree;
}

void ClusterActions::report(const Error& error) { Q_EMIT failed(model::text(error.message)); }

void ClusterActions::patch(const Reference& reference, Body body, std::function<void()> then) {
    link_.client().patch(model::resourceOf(reference.kind), reference.nameSpace().toStdString(), reference.name().toStdString(), client::PatchType::Merge, json::value(std::move(body)),
                         writeOptions(), [this, alive = alive_, then = std::move(then)](Result<client::ObjectPtr> answer) {
                             if (!*alive) return;
                             if (!answer) return report(answer.error());
                             if (then) then();
                         });
}

void ClusterActions::remove(const Reference& reference) {
    const auto object = link_.get(reference.kind, reference.key);
    link_.client().remove(model::resourceOf(reference.kind), reference.nameSpace().toStdString(), reference.name().toStdString(), {},
                          [this, alive = alive_, reference, object](Result<json::value> answer) {
        if (!*alive) return;
        if (!answer) return report(answer.error());
        Done result{tr("%1 %2 is being deleted.").arg(model::kindName(reference.kind), reference.name()), kubectl::remove(reference), {}};
        // What a controller replaces anyway, and what lives on a Node, cannot be had back as it was.
        if (object && model::controllerOf(*object).name.isEmpty() && reference.kind != Kind::Node)
            result.undo = [this, reference, tree = withoutServerFields(object->tree())] {
                link_.client().create(model::resourceOf(reference.kind), reference.nameSpace().toStdString(), tree, writeOptions(), [this, alive = alive_](Result<client::ObjectPtr> made) {
                    if (*alive && !made) report(made.error());
                });
            };
        Q_EMIT done(result);
    });
}

void ClusterActions::scale(const Reference& workload, int replicas) {
    const auto object = link_.get(workload.kind, workload.key);
    const int before = object ? static_cast<int>(model::numberAt(*object, {"spec", "replicas"}, 1)) : replicas;
    patch(workload, {{"spec", {{"replicas", replicas}}}}, [this, workload, replicas, before] {
        Q_EMIT done({tr("%1 is scaled from %2 to %3.").arg(workload.name()).arg(before).arg(replicas), kubectl::scale(workload, replicas), [this, workload, before] { scale(workload, before); }});
    });
}

void ClusterActions::restart(const Reference& workload) {
    const auto now = QDateTime::currentDateTimeUtc().toString(Qt::ISODate).toStdString();
    patch(workload, {{"spec", {{"template", {{"metadata", {{"annotations", {{"kubectl.kubernetes.io/restartedAt", now}}}}}}}}}},
          [this, workload] { Q_EMIT done({tr("%1 is restarted: its Pods are replaced one after the other.").arg(workload.name()), kubectl::restart(workload), {}}); });
}

void ClusterActions::cordon(const QString& node, bool on) {
    json::value flag = nullptr;
    if (on) flag = true;
    patch({Kind::Node, node}, {{"spec", {{"unschedulable", flag}}}}, [this, node, on] {
        Q_EMIT done({on ? tr("%1 is cordoned: it takes no new Pods.").arg(node) : tr("%1 takes Pods again.").arg(node), kubectl::cordon(node, on), [this, node, on] { cordon(node, !on); }});
    });
}

void ClusterActions::makeFault(const QString& type, const Reference& target, const QString& container, int seconds) {
    json::object spec{{"type", type.toStdString()}};
    if (target.kind == Kind::Node) spec["node"] = target.name().toStdString();
    else spec["pod"] = json::object{{"namespace", target.nameSpace().toStdString()}, {"name", target.name().toStdString()}};
    if (!container.isEmpty()) spec["container"] = container.toStdString();
    if (seconds > 0) spec["duration"] = std::to_string(seconds) + "s";
    const auto prefix = type == QLatin1String("NodePowerOff") ? "node-power-off-" : type == QLatin1String("NodePartition") ? "node-partition-" : "container-kill-";
    json::object fault{{"apiVersion", "kubarium.dev/v1alpha1"}, {"kind", "Fault"}, {"metadata", {{"generateName", prefix}}}, {"spec", std::move(spec)}};
    link_.client().create(model::resourceOf(Kind::Fault), "", std::move(fault), writeOptions(), [this, alive = alive_, type, target, seconds](Result<client::ObjectPtr> made) {
        if (!*alive) return;
        if (!made) return report(made.error());
        Done result{tr("Fault %1 on %2.").arg(type, target.name()), kubectl::fault(type, target, seconds), {}};
        if (type != QLatin1String("ContainerKill")) result.undo = [this, name = model::text((*made)->name())] { undoFault(name); };
        Q_EMIT done(result);
    });
}

void ClusterActions::undoFault(const QString& name) {
    link_.client().remove(model::resourceOf(Kind::Fault), "", name.toStdString(), {}, [this, alive = alive_, name](Result<json::value> answer) {
        if (!*alive) return;
        if (!answer) return report(answer.error());
        Q_EMIT done({tr("Fault %1 is being undone.").arg(name), QStringLiteral("kubarium fault undo ") + name, {}});
    });
}

void ClusterActions::patchClock(Body spec) {
    if (!link_.offers(Kind::Clock)) return;
    patch({Kind::Clock, QStringLiteral("cluster")}, {{"spec", std::move(spec)}}, {});
}

void ClusterActions::tryChange(const json::array& operations, const QString& sentence, const QString& command, std::function<void(bool)> reply) {
    ChangeTrial::start(link_, operations, [this, alive = alive_, sentence, command, reply](const QString& problem, std::function<void()> undo) {
        if (!*alive) return;
        if (problem.isEmpty()) Q_EMIT done({tr("Tried: %1").arg(sentence), command, std::move(undo)});
        else Q_EMIT failed(tr("This could not be tried: %1").arg(problem));
        reply(problem.isEmpty());
    });
}

void ClusterActions::addBreakpoint(const QString& phase, const QString& pod) {
    const auto clock = link_.get(Kind::Clock, std::string("cluster"));
    if (!clock) return;
    json::array breakpoints = model::arrayAt(*clock, {"spec", "breakpoints"});
    json::object added{{"phase", phase.toStdString()}};
    if (!pod.isEmpty()) added["pod"] = pod.toStdString();
    breakpoints.push_back(std::move(added));
    patch({Kind::Clock, QStringLiteral("cluster")}, {{"spec", {{"breakpoints", std::move(breakpoints)}}}}, [this, phase, pod] {
        const auto words = pod.isEmpty() ? tr("The next Pod is held before %1.").arg(phase) : tr("%1 is held before %2 when it is scheduled next.").arg(pod, phase);
        Q_EMIT done({words, {}, [this] { clearBreakpoints(); }});
    });
}

void ClusterActions::clearBreakpoints() {
    const bool held = !link_.heldPod().isEmpty() && !link_.isPaused();
    patch({Kind::Clock, QStringLiteral("cluster")}, {{"spec", {{"breakpoints", nullptr}}}}, [this, held] {
        // What a breakpoint held goes on.
        if (held) step();
        Q_EMIT done({tr("Nothing is held any more."), {}, {}});
    });
}

void ClusterActions::setRate(double rate) { patchClock({{"rate", rate}}); }
void ClusterActions::setPaused(bool paused) { patchClock({{"paused", paused}}); }

void ClusterActions::step() {
    const auto clock = link_.get(Kind::Clock, std::string("cluster"));
    const auto steps = clock ? static_cast<std::int64_t>(model::numberAt(*clock, {"spec", "step"})) : 0;
    // A cycle that a breakpoint holds goes on by one phase without the whole cluster being paused.
    Body spec{{"step", steps + 1}};
    if (link_.heldPod().isEmpty()) spec["paused"] = true;
    patchClock(std::move(spec));
}

struct ClusterActions::Applying {
    std::vector<json::object> documents;
    std::size_t next = 0;
    bool dryRun = false;
    QString yaml;
    QList<ManifestProblem> problems;
    QStringList names;
    std::function<void(QList<ManifestProblem>, QString)> reply;
};

void ClusterActions::apply(const QString& yaml, bool dryRun, std::function<void(QList<ManifestProblem>, QString)> reply) {
    auto applying = std::make_shared<Applying>();
    applying->dryRun = dryRun;
    applying->yaml = yaml;
    applying->reply = std::move(reply);
    const auto parsed = api::parseYamlDocuments(yaml.toStdString());
    if (!parsed) {
        const auto message = model::text(parsed.error().message);
        return applying->reply({{message, {}, lineInMessage(message), 0}}, {});
    }
    int number = 0;
    for (const auto& document : *parsed) {
        if (document.value.is_object()) applying->documents.push_back(document.value.get_object());
        else applying->problems.push_back({tr("This document is not an object: it needs apiVersion, kind and metadata."), {}, lineOfField(yaml, number, {}), number});
        ++number;
    }
    if (applying->documents.empty() && applying->problems.isEmpty()) applying->problems.push_back({tr("There is nothing to apply."), {}, 1, 0});
    if (!applying->problems.isEmpty()) return applying->reply(applying->problems, {});
    applyNext(std::move(applying));
}

void ClusterActions::applyNext(std::shared_ptr<Applying> applying) {
    if (applying->next == applying->documents.size()) {
        const auto names = applying->names.join(QStringLiteral(", "));
        const auto summary = !applying->problems.isEmpty() ? QString() : applying->dryRun ? tr("The cluster would accept: %1").arg(names) : tr("Applied: %1").arg(names);
        return applying->reply(applying->problems, summary);
    }
    const int number = static_cast<int>(applying->next++);
    auto document = applying->documents[static_cast<std::size_t>(number)];
    if (auto* metadata = document.if_contains("metadata"); metadata && metadata->is_object()) metadata->get_object().erase("managedFields"), metadata->get_object().erase("resourceVersion");
    document.erase("status");
    const json::value tree(document);
    const auto problem = [&](const QString& message, const QString& field) {
        applying->problems.push_back({message, field, lineOfField(applying->yaml, number, field), number});
    };
    const auto [group, version] = api::splitApiVersion(api::stringAt(tree, {"apiVersion"}));
    const std::string kind(api::stringAt(tree, {"kind"})), name(api::stringAt(tree, {"metadata", "name"}));
    const auto* resource = kind.empty() ? nullptr : api::Schema::builtin().findKind({group, version, kind});
    if (kind.empty()) problem(tr("kind is missing: it says what this is, such as Pod."), {});
    else if (version.empty()) problem(tr("apiVersion is missing: it says which API this kind belongs to, such as apps/v1."), {});
    else if (!resource) problem(tr("There is no kind \"%1\" in \"%2\".").arg(model::text(kind), model::at(tree, {"apiVersion"})), QStringLiteral("kind"));
    else if (name.empty()) problem(tr("metadata.name is missing."), QStringLiteral("metadata"));
    if (!resource || name.empty()) return applyNext(std::move(applying));
    std::string nameSpace(api::stringAt(tree, {"metadata", "namespace"}));
    if (resource->namespaced && nameSpace.empty()) nameSpace = "default";
    if (!resource->namespaced) nameSpace.clear();
    auto options = writeOptions();
    options.dryRun = applying->dryRun;
    options.force = true;
    options.fieldValidation = "Strict";
    const auto shown = model::text(kind) + QLatin1Char('/') + model::text(name);
    link_.client().patch(resource->id, nameSpace, name, client::PatchType::Apply, tree, options, [this, alive = alive_, applying, number, shown](Result<client::ObjectPtr> answer) mutable {
        if (!*alive) return;
        if (answer) {
            applying->names << shown;
        } else if (answer.error().causes.empty()) {
            static const QRegularExpression unknown(QStringLiteral("unknown field \"([^\"]+)\""));
            const auto message = model::text(answer.error().message);
            const auto field = unknown.match(message).captured(1);
            applying->problems.push_back({message, field, lineOfField(applying->yaml, number, field), number});
        } else {
            for (const auto& cause : answer.error().causes) {
                const auto field = model::text(cause.field);
                applying->problems.push_back({field + QStringLiteral(": ") + model::text(cause.message), field, lineOfField(applying->yaml, number, field), number});
            }
        }
        applyNext(std::move(applying));
    });
}

namespace {

struct Lines {
    QStringList lines;
    int indentOf(int i) const {
        int indent = 0;
        const auto& line = lines[i];
        // A list's dash indents what follows it.
        while (indent < line.size() && (line[indent] == QLatin1Char(' ') || (line[indent] == QLatin1Char('-') && indent + 1 < line.size() && line[indent + 1] == QLatin1Char(' ')))) ++indent;
        return indent;
    }
    bool isDash(int i) const { return lines[i].trimmed().startsWith(QLatin1String("- ")) || lines[i].trimmed() == QLatin1String("-"); }
    QString key(int i) const {
        auto rest = lines[i].mid(indentOf(i));
        const auto colon = rest.indexOf(QLatin1Char(':'));
        return colon < 0 ? QString() : rest.left(colon).remove(QLatin1Char('"'));
    }
    int dashIndent(int i) const { return static_cast<int>(lines[i].indexOf(QLatin1Char('-'))); }
};

}  // namespace

int lineOfField(const QString& yaml, int document, const QString& field) {
    Lines text{yaml.split(QLatin1Char('\n'))};
    int from = 0, to = static_cast<int>(text.lines.size()), seen = 0;
    for (int i = 0; i < text.lines.size(); ++i)
        if (text.lines[i].startsWith(QLatin1String("---")) && i > 0) {
            if (seen == document) { to = i; break; }
            ++seen;
            from = i + 1;
        }
    int best = 0;
    for (int i = from; i < to && best == 0; ++i)
        if (!text.lines[i].trimmed().isEmpty() && !text.lines[i].startsWith(QLatin1Char('#')) && !text.lines[i].startsWith(QLatin1String("---"))) best = i + 1;
    static const QRegularExpression part(QStringLiteral("([^.\\[\\]]+)|\\[(\\d+)\\]"));
    auto parts = part.globalMatch(field);
    int at = from, minIndent = 0;
    while (parts.hasNext()) {
        const auto match = parts.next();
        const bool isIndex = !match.captured(2).isEmpty();
        int wanted = isIndex ? match.captured(2).toInt() : 0, found = -1, level = -1;
        for (int i = at; i < to; ++i) {
            if (text.lines[i].trimmed().isEmpty()) continue;
            if (isIndex) {
                if (!text.isDash(i)) continue;
                if (level < 0) level = text.dashIndent(i);
                if (text.dashIndent(i) == level && wanted-- == 0) { found = i; break; }
            } else if (text.indentOf(i) >= minIndent && (level < 0 || text.indentOf(i) <= level)) {
                level = text.indentOf(i);
                if (text.key(i) == match.captured(1)) { found = i; break; }
            }
        }
        if (found < 0) break;
        best = found + 1;
        minIndent = isIndex ? text.indentOf(found) : text.indentOf(found) + 1;
        at = isIndex ? found : found + 1;
    }
    return best;
}

}  // namespace kubarium::bridge
