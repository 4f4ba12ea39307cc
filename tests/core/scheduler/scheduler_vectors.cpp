// Replays recorded decisions of kube-scheduler: scheduler_vectors DIR reads every *.jsonl.gz there (one case per line; the format
// is described in tests/golden/scheduler/README.md), prints equal/total per category and the first differences in full, and exits
// with 1 if anything differs.
#include "core/scheduler/volume_reservation.h"
#include "tests/support/gz_text.h"

#include <boost/json.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

namespace {

using namespace kubarium;
using namespace kubarium::scheduler;

ObjectPtr makeObject(const json::value& value) { return api::Object::make(value.as_object()); }

std::vector<ObjectPtr> objectsAt(const json::object& from, std::string_view key) {
    std::vector<ObjectPtr> objects;
    if (const auto* list = from.if_contains(key))
        for (const auto& entry : list->as_array()) objects.push_back(makeObject(entry));
    return objects;
}

std::shared_ptr<ClusterObjects> clusterObjects(const json::object& from) {
    auto objects = std::make_shared<ClusterObjects>();
    const auto fill = [&](std::string_view key, ObjectMap& into) {
        for (const auto& object : objectsAt(from, key)) into[object->key()] = object;
    };
    for (const auto& object : objectsAt(from, "namespaces")) {
        auto& labels = objects->namespaces[std::string(object->name())];
        if (const auto* map = object->find({"metadata", "labels"}))
            for (const auto& [name, value] : map->as_object()) labels.emplace(name, value.as_string());
    }
    fill("services", objects->services);
    fill("replicationControllers", objects->replicationControllers);
    fill("replicaSets", objects->replicaSets);
    fill("statefulSets", objects->statefulSets);
    fill("pdbs", objects->podDisruptionBudgets);
    fill("pvcs", objects->claims);
    fill("pvs", objects->volumes);
    fill("storageClasses", objects->storageClasses);
    fill("csiNodes", objects->csiNodes);
    fill("csiDrivers", objects->csiDrivers);
    fill("csiStorageCapacities", objects->csiStorageCapacities);
    fill("volumeAttachments", objects->volumeAttachments);
    return objects;
}

json::array stringsOf(const std::vector<std::string>& strings) { return json::array(strings.begin(), strings.end()); }

json::object statusOf(const Status& status) { return {{"code", toString(status.code)}, {"reasons", stringsOf(status.reasons)}}; }

json::array keysOf(const std::vector<PodInfoPtr>& pods) {
    json::array keys;
    for (const auto& pod : pods) keys.emplace_back(pod->key());
    return keys;
}

void describePreemption(const PreemptionResult& preemption, json::object& into) {
    json::object out{{"code", toString(preemption.code)}};
    if (!preemption.message.empty()) out["message"] = preemption.message;
    if (!preemption.nominatedNode.empty()) {
        out["nominatedNode"] = preemption.nominatedNode;
        out["victims"] = keysOf(preemption.victims);
        if (preemption.nominatedAnyOf.size() > 1) out["nominatedNodeAnyOf"] = stringsOf(preemption.nominatedAnyOf);
    }
    json::object candidates, notHelped;
    for (const auto& candidate : preemption.candidates)
        candidates[candidate.node] = json::object{{"victims", keysOf(candidate.victims)}, {"pdbViolations", candidate.pdbViolations}};
    for (const auto& [node, status] : preemption.notHelped) {
        auto described = statusOf(status);
        if (!status.plugin.empty()) described["plugin"] = status.plugin;
        notHelped[node] = std::move(described);
    }
    if (!candidates.empty()) out["candidates"] = std::move(candidates);
    if (!notHelped.empty()) out["notHelped"] = std::move(notHelped);
    if (preemption.clearsNomination) out["clearsNomination"] = true;
    into["preemption"] = std::move(out);
}

json::object scoresOf(const NodeVerdict& verdict) {
    json::object scores;
    for (const auto& score : verdict.scores)
        scores[score.plugin] = json::object{{"raw", score.raw}, {"normalized", score.normalized}, {"weighted", score.weighted}};
    scores["total"] = verdict.total;
    return scores;
}

// The decision in the shape of `expect`.
json::object describe(const Decision& decision, const Snapshot& snapshot, const PodInfo& pod, const Profile& profile) {
    json::object out;
    if (decision.result == Decision::Result::NoNodes) return {{"message", decision.message}, {"reason", decision.reason}};
    json::object prefilter{{"status", toString(decision.preFilter.code)}};
    if (!decision.preFilter.success()) {
        if (!decision.preFilter.plugin.empty()) prefilter["plugin"] = decision.preFilter.plugin;
        prefilter["reasons"] = stringsOf(decision.preFilter.reasons);
    }
    if (decision.narrowedTo && decision.preFilter.success()) {
        prefilter["nodeNames"] = json::array(decision.narrowedTo->begin(), decision.narrowedTo->end());
        prefilter["narrowedBy"] = stringsOf(decision.narrowedBy);
    }
    out["prefilter"] = std::move(prefilter);
    if (!decision.reason.empty()) out["reason"] = decision.reason;
    if (!decision.error.empty()) out["error"] = decision.error;
    else if (!decision.message.empty()) out["message"] = decision.message;
    if (decision.preemption.tried) {
        auto preemption = decision.preemption;
        if (std::ranges::find(profile.postFilter, "DefaultPreemption") == profile.postFilter.end()) {
            // The recording shows what preemption would have found all the same.
            auto considered = considerPreemption(snapshot, pod, profile, decision);
            preemption.candidates = std::move(considered.candidates);
            preemption.notHelped = std::move(considered.notHelped);
        }
        describePreemption(preemption, out);
    }
    out["skippedFilter"] = stringsOf(decision.skippedFilter);
    if (!decision.preFilter.success()) return out;
    json::object filter, all;
    json::array feasible;
    for (const auto& verdict : decision.nodes) {
        if (verdict.filter.success()) {
            filter[verdict.node] = nullptr;
            continue;
        }
        auto status = statusOf(verdict.filter);
        if (!verdict.filter.plugin.empty()) status["plugin"] = verdict.filter.plugin;
        filter[verdict.node] = std::move(status);
    }
    for (const auto& [node, plugins] : filterAll(snapshot, pod, profile)) {
        json::object refusals;
        for (const auto& [plugin, status] : plugins) refusals[plugin] = statusOf(status);
        all[node] = std::move(refusals);
    }
    if (!all.empty()) out["filterAll"] = std::move(all);
    out["filter"] = std::move(filter);
    std::vector<std::string> names;
    if (decision.nominatedNodeUsed) names.push_back(decision.selectedNode);
    else
        for (const auto& verdict : decision.nodes)
            if (verdict.filter.success()) names.push_back(verdict.node);
    std::ranges::sort(names);
    out["feasible"] = stringsOf(names);
    if (decision.nominatedNodeUsed) out["nominatedNodeUsed"] = true;
    if (decision.scoringSkipped) out["scoring"] = "skipped";
    if (decision.result == Decision::Result::Scheduled) {
        out["skippedScore"] = stringsOf(decision.skippedScore);
        json::object scores;
        for (const auto& verdict : decision.nodes)
            if (std::ranges::find(names, verdict.node) != names.end()) scores[verdict.node] = scoresOf(verdict);
        out["scores"] = std::move(scores);
        out["best"] = stringsOf(decision.best);
    }
    return out;
}

// Fields of `expected` that `actual` has otherwise; errors by presence only, as their text is a race in the real one.
std::string difference(const json::object& expected, const json::object& actual) {
    static const std::vector<std::string> ignored{"scoresError"};
    std::string text;
    const auto compare = [&](const std::string& key) {
        const auto* a = expected.if_contains(key);
        const auto* b = actual.if_contains(key);
        if (key == "error" && a && b) return;
        if (a && b && *a == *b) return;
        // An empty list and none are one.
        if (!a && b->is_array() && b->get_array().empty()) return;
        if (key == "scores" && expected.contains("scoresError")) return;
        text += fmt::format("    {}\n      recorded {}\n      ours     {}\n", key, a ? json::serialize(*a).substr(0, 1500) : "absent", b ? json::serialize(*b).substr(0, 1500) : "absent");
    };
    std::set<std::string> keys;
    for (const auto& [key, value] : expected) keys.emplace(key);
    for (const auto& [key, value] : actual) keys.emplace(key);
    for (const auto& key : keys)
        if (std::ranges::find(ignored, key) == ignored.end()) compare(key);
    return text;
}

struct Prepared {
    Configuration configuration;
    std::vector<ObjectPtr> nodes, pods;
    std::shared_ptr<ClusterObjects> objects;
};

DecideOptions fullStory() {
    DecideOptions options;
    options.sampling = false;
    options.fullStory = true;
    return options;
}

json::object decideCase(const Prepared& prepared, const ObjectPtr& object) {
    const auto pod = PodInfo::make(object);
    const auto* profile = prepared.configuration.find(pod->schedulerName);
    if (!profile) return {{"ignored", "no profile"}};
    for (const auto& name : profile->preEnqueue)
        if (const auto plugin = makePlugin(name, *profile))
            if (const auto status = plugin->preEnqueue(*pod); !status.success()) {
                auto out = statusOf(status);
                out["plugin"] = name;
                return {{"preEnqueue", std::move(out)}};
            }
    if (object->deleting()) return {{"skipped", fmt::format("skip schedule deleting pod: {}", pod->key())}};
    const auto snapshot = makeSnapshot(prepared.nodes, prepared.pods, prepared.objects);
    return describe(decide(*snapshot, *pod, prepared.configuration, *profile, fullStory()), *snapshot, *pod, *profile);
}

ObjectPtr withField(const ObjectPtr& object, std::string_view part, std::string_view field, const std::string& value) {
    auto tree = object->tree();
    api::ensureObject(tree, {part})[field] = value;
    return api::Object::make(std::move(tree));
}

json::object replaySequence(Prepared& prepared, const json::object& from, bool evict) {
    json::array steps;
    for (const auto& entry : from.at("pending").as_array()) {
        auto object = makeObject(entry);
        json::object step;
        for (int round = 0; round < 2; ++round) {
            const auto pod = PodInfo::make(object);
            const auto& profile = *prepared.configuration.find(pod->schedulerName);
            const auto snapshot = makeSnapshot(prepared.nodes, prepared.pods, prepared.objects);
            const auto decision = decide(*snapshot, *pod, prepared.configuration, profile, fullStory());
            if (round == 0) step["pod"] = pod->key();
            if (decision.result == Decision::Result::Scheduled) {
                step["node"] = decision.best.front();
                if (decision.scoringSkipped) {
                    step["scoring"] = "skipped";
                } else {
                    step["best"] = stringsOf(decision.best);
                    json::object totals;
                    for (const auto& verdict : decision.nodes)
                        if (verdict.filter.success()) totals[verdict.node] = verdict.total;
                    step["totals"] = std::move(totals);
                }
                const auto reservation = reserveVolumes(*snapshot, *pod, profile, decision.best.front());
                if (!reservation.status.success()) {
                    step = {{"pod", pod->key()}, {"error", reservation.status.message()}};
                    break;
                }
                assumeVolumes(*prepared.objects, reservation);
                prepared.pods.push_back(withField(object, "spec", "nodeName", decision.best.front()));
                break;
            }
            if (!decision.error.empty()) {
                step["error"] = decision.error;
                break;
            }
            if (round == 1) {
                step["retryMessage"] = decision.message;
                break;
            }
            step["message"] = decision.message;
            if (!evict || decision.preemption.nominatedNode.empty()) break;
            step["nominatedNode"] = decision.preemption.nominatedNode;
            step["victims"] = keysOf(decision.preemption.victims);
            for (const auto& victim : decision.preemption.victims)
                std::erase_if(prepared.pods, [&](const ObjectPtr& other) { return other->key() == victim->key(); });
            object = withField(object, "status", "nominatedNodeName", decision.preemption.nominatedNode);
        }
        steps.push_back(std::move(step));
    }
    return {{"steps", std::move(steps)}};
}

// Which plugins of each profile run where, and scores' weights; or why the configuration is refused.
json::object readConfiguration(const json::value& document) {
    const auto parsed = parseConfiguration(document);
    if (!parsed) return {{"refused", parsed.error().message}};
    json::object profiles;
    for (const auto& profile : parsed->profiles) {
        json::array scores;
        for (const auto& [name, weight] : profile.score) scores.emplace_back(fmt::format("{} {}", name, weight));
        profiles[profile.schedulerName] = json::object{{"preEnqueue", stringsOf(profile.preEnqueue)}, {"preFilter", stringsOf(profile.preFilter)}, {"filter", stringsOf(profile.filter)},
                                                       {"postFilter", stringsOf(profile.postFilter)}, {"preScore", stringsOf(profile.preScore)}, {"score", std::move(scores)},
                                                       {"reserve", stringsOf(profile.reserve)}, {"preBind", stringsOf(profile.preBind)}, {"bind", stringsOf(profile.bind)}};
    }
    return {{"plugins", std::move(profiles)}};
}

std::string runCase(const json::object& from) {
    if (from.contains("numFeasibleNodesToFind")) {
        std::optional<int> percentage;
        if (const auto* value = from.if_contains("percentageOfNodesToScore")) percentage = value->to_number<int>();
        const auto ours = numFeasibleNodesToFind(percentage, 0, from.at("nodes").to_number<std::size_t>());
        const auto recorded = from.at("numFeasibleNodesToFind").to_number<std::size_t>();
        return ours == recorded ? "" : fmt::format("    recorded {} ours {}\n", recorded, ours);
    }
    if (!from.contains("pod") && !from.contains("pending")) return difference(from.at("expect").as_object(), readConfiguration(from.at("config")));
    Prepared prepared;
    if (const auto* config = from.if_contains("config")) {
        auto parsed = parseConfiguration(*config);
        if (!parsed) return fmt::format("    configuration refused: {}\n", parsed.error().message);
        prepared.configuration = std::move(*parsed);
    }
    prepared.nodes = objectsAt(from, "nodes");
    prepared.pods = objectsAt(from, "pods");
    prepared.objects = clusterObjects(from);
    const auto& expected = from.at("expect").as_object();
    if (const auto* pending = from.if_contains("pending"); pending) {
        const auto* evict = from.if_contains("evict");
        const auto actual = replaySequence(prepared, from, evict && evict->is_bool() && evict->get_bool());
        const auto& recorded = expected.at("steps").as_array();
        const auto& ours = actual.at("steps").as_array();
        for (std::size_t i = 0; i < recorded.size(); ++i)
            if (const auto text = difference(recorded[i].as_object(), i < ours.size() ? ours[i].as_object() : json::object()); !text.empty())
                return fmt::format("    step {}\n{}", i, text);
        return {};
    }
    auto actual = decideCase(prepared, makeObject(from.at("pod")));
    if (expected.contains("scoresError")) actual.erase("skippedScore");
    if (expected.contains("ignored") && actual.contains("ignored")) return {};
    return difference(expected, actual);
}

}  // namespace

int main(int argc, char** argv) {
    if (argc < 2) {
        fmt::print(stderr, "usage: scheduler_vectors DIR [CATEGORY...]\nWithout categories every *.jsonl.gz of the folder is replayed.\n");
        return 2;
    }
    constexpr int most = 3;  // differences printed in full per file
    const std::set<std::string> only(argv + 2, argv + argc);
    std::vector<std::filesystem::path> files;
    for (const auto& entry : std::filesystem::directory_iterator(argv[1])) {
        const auto name = entry.path().filename().string();
        if (name.ends_with(".jsonl.gz") && (only.empty() || only.contains(name.substr(0, name.find('.'))))) files.push_back(entry.path());
    }
    std::ranges::sort(files);
    int equal = 0, total = 0, printed = 0;
    for (const auto& file : files) {
        int equalHere = 0, totalHere = 0, printedHere = 0;
        const auto lines = kubarium::testing::gzLines(file);
        if (!lines) {
            fmt::print(stderr, "{}: cannot be read\n", file.string());
            return 2;
        }
        for (const auto& line : *lines) {
            ++totalHere;
            const auto value = boost::json::parse(line);
            std::string text;
            try {
                text = runCase(value.as_object());
            } catch (const std::exception& error) {
                text = fmt::format("    {}\n", error.what());
            }
            if (text.empty()) {
                ++equalHere;
            } else if (printedHere++ < most) {
                ++printed;
                const auto* name = value.as_object().if_contains("name");
                fmt::print("  {} differs:\n{}", name ? name->as_string().c_str() : line, text);
            }
        }
        fmt::print("{:<28} {}/{} equal\n", file.filename().string(), equalHere, totalHere);
        equal += equalHere;
        total += totalHere;
    }
    fmt::print("{:<28} {}/{} equal\n", "all", equal, total);
    return equal == total && total > 0 ? 0 : 1;
}
