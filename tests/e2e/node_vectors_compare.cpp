#include "tests/e2e/node_vectors_compare.h"

#include "core/base/clock.h"

#include <boost/json.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <regex>
#include <set>

namespace kubarium::vectors {
namespace {

json::value boolean(const json::value* value) { return value && value->is_string() && !value->get_string().empty(); }

json::value at(const json::object& object, std::initializer_list<std::string_view> path) {
    const json::object* current = &object;
    const json::value* value = nullptr;
    for (const auto part : path) {
        value = current ? current->if_contains(part) : nullptr;
        current = value ? value->if_object() : nullptr;
    }
    return value ? *value : json::value(nullptr);
}

json::array reducedConditions(const json::value& conditions) {
    json::array reduced;
    if (!conditions.is_array()) return reduced;
    for (const auto& condition : conditions.get_array()) {
        json::object kept;
        for (const auto* field : {"type", "status", "reason", "message", "observedGeneration"})
            if (const auto* value = condition.as_object().if_contains(field); value && !value->is_null()) kept[field] = *value;
        reduced.push_back(std::move(kept));
    }
    return reduced;
}

json::value reducedState(const json::value& state) {
    json::object reduced;
    if (!state.is_object()) return reduced;
    for (const auto& [kind, value] : state.get_object()) {
        if (!value.is_object()) continue;
        json::object kept;
        for (const auto* field : {"reason", "message", "exitCode", "signal"})
            if (const auto* found = value.as_object().if_contains(field)) kept[field] = *found;
        reduced[kind] = std::move(kept);
    }
    return reduced;
}

json::array reducedContainers(const json::value& statuses) {
    json::array reduced;
    for (const auto& entry : statuses.as_array()) {
        const auto& status = entry.as_object();
        json::object kept;
        for (const auto* field : {"name", "ready", "restartCount", "started", "image", "allocatedResources", "resources", "user"})
            if (const auto* value = status.if_contains(field)) kept[field] = *value;
        kept["state"] = reducedState(at(status, {"state"}));
        if (const auto last = reducedState(at(status, {"lastState"})); !last.as_object().empty()) kept["lastState"] = last;
        for (const auto* field : {"containerID", "imageID"}) kept[field] = boolean(status.if_contains(field));
        reduced.push_back(std::move(kept));
    }
    return reduced;
}

json::object podState(const json::object& pod, bool added) {
    json::object state;
    for (const auto* field : {"phase", "reason", "message", "qosClass", "observedGeneration"})
        if (const auto value = at(pod, {"status", field}); !value.is_null()) state[field] = value;
    state["startTime"] = boolean(at(pod, {"status", "startTime"}).is_null() ? nullptr : &pod.at("status").at("startTime"));
    state["podIP"] = !at(pod, {"status", "podIP"}).is_null();
    state["hostIP"] = !at(pod, {"status", "hostIP"}).is_null();
    state["generation"] = at(pod, {"metadata", "generation"});
    state["nodeName"] = at(pod, {"spec", "nodeName"});
    state["conditions"] = reducedConditions(at(pod, {"status", "conditions"}));
    for (const auto* field : {"initContainerStatuses", "containerStatuses", "ephemeralContainerStatuses"})
        if (const auto value = at(pod, {"status", field}); value.is_array() && !value.get_array().empty()) state[field] = reducedContainers(value);
    if (!at(pod, {"metadata", "deletionTimestamp"}).is_null()) {
        state["deleting"] = true;
        state["deletionGracePeriodSeconds"] = at(pod, {"metadata", "deletionGracePeriodSeconds"});
    }
    if (const auto finalizers = at(pod, {"metadata", "finalizers"}); !finalizers.is_null()) state["finalizers"] = finalizers;
    if (added) {
        json::object metadata;
        for (const auto* field : {"ownerReferences", "labels", "annotations"})
            if (const auto value = at(pod, {"metadata", field}); !value.is_null()) metadata[field] = value;
        if (!metadata.empty()) state["metadata"] = std::move(metadata);
    }
    return state;
}

json::object objectState(const std::string& resource, json::object object) {
    if (resource == "nodes") {
        json::object node;
        node["metadata"] = at(object, {"metadata"});
        if (const auto spec = at(object, {"spec"}); !spec.is_null()) node["spec"] = spec;
        node["conditions"] = reducedConditions(at(object, {"status", "conditions"}));
        object = std::move(node);
    }
    object.erase("apiVersion");
    object.erase("kind");
    if (auto* metadata = object.if_contains("metadata"))
        for (const auto* field : {"namespace", "uid", "resourceVersion", "creationTimestamp", "managedFields", "selfLink"}) metadata->as_object().erase(field);
    return object;
}

// What differs from run to run becomes a placeholder; lists whose order says nothing are sorted; empty and absent are one.
class Normalizer {
public:
    Normalizer(std::string nameSpace, const std::map<std::string, std::vector<std::string>>& generated) : nameSpace_(std::move(nameSpace)) {
        for (const auto& [prefix, names] : generated)
            for (const auto& name : names) names_.emplace(name, prefix + "<>");
    }
    json::value operator()(const json::value& value) const { return normal(value, ""); }
    std::string text(std::string value) const {
        static const std::regex number("-<[0-9]+>"), node("\\bfn-[0-9]\\b|<fn>"), ip("10\\.(200|9[67])\\.[0-9]+\\.[0-9]+|<podIP>|<clusterIP>"),
            time("[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]+Z|<time>");
        if (!nameSpace_.empty()) replace(value, nameSpace_, "<ns>");
        for (const auto& [name, placeholder] : names_) replace(value, name, placeholder);
        value = std::regex_replace(value, number, "-<>");
        value = std::regex_replace(value, node, "<node>");
        value = std::regex_replace(value, ip, "<ip>");
        return std::regex_replace(value, time, "<time>");
    }

private:
    static void replace(std::string& value, const std::string& what, const std::string& by) {
        for (std::size_t found = 0; (found = value.find(what, found)) != std::string::npos; found += by.size()) value.replace(found, what.size(), by);
    }
    json::value normal(const json::value& value, std::string_view field) const {
        if (const auto* string = value.if_string()) {
            if (field == "ca.crt" && string->size() > 8) return "<root-ca>";
            return json::value(text(std::string(*string)));
        }
        if (const auto* array = value.if_array()) {
            json::array made;
            for (const auto& entry : *array) made.push_back(normal(entry, ""));
            if (field == "conditions" || field == "endpoints" || field == "ports" || field == "taints")
                std::ranges::sort(made, {}, [](const json::value& entry) { return json::serialize(entry); });
            return made;
        }
        const auto* object = value.if_object();
        if (!object) return value;
        std::map<std::string, json::value> sorted;
        for (const auto& [key, entry] : *object) {
            if (key == "uid" || key == "lastHeartbeatTime" || key == "timeAdded" || entry.is_null()) continue;
            auto made = normal(entry, key);
            if ((made.is_array() && made.get_array().empty()) || (key == "status" && made.is_object() && made.get_object().empty())) continue;
            // Whether the trigger of a change was computed depends on the second in which it fell.
            if (key == "endpoints.kubernetes.io/last-change-trigger-time") continue;
            if (key == "annotations" && made.is_object() && made.get_object().empty()) continue;
            sorted.emplace(key, std::move(made));
        }
        json::object made;
        for (auto& [key, entry] : sorted) made.emplace(key, std::move(entry));
        return made;
    }
    std::string nameSpace_;
    std::map<std::string, std::string> names_;
};

struct Sequence {
    std::vector<std::string> operations, states;  // serialised, normal
};

Sequence sequenceOf(const std::vector<State>& states, const Normalizer& normalizer) {
    Sequence sequence;
    for (const auto& state : states) {
        sequence.operations.push_back(state.operation);
        sequence.states.push_back(json::serialize(normalizer(state.value)));
    }
    return sequence;
}

Sequence sequenceOf(const json::array& entries, const Normalizer& normalizer) {
    std::vector<State> states;
    for (const auto& entry : entries) {
        const auto& object = entry.as_object();
        const auto* value = object.if_contains("state") ? object.if_contains("state") : object.if_contains("object");
        states.push_back({object.at("t_ms").to_number<std::int64_t>(), std::string(object.at("op").as_string()), value ? *value : json::value()});
    }
    return sequenceOf(states, normalizer);
}

// Where two serialised states begin to differ, with a little before it.
std::string firstDifference(const std::string& expected, const std::string& actual) {
    const auto [a, b] = std::ranges::mismatch(expected, actual);
    const auto position = static_cast<std::size_t>(a - expected.begin());
    const auto from = position > 60 ? position - 60 : 0;
    return fmt::format("expected ...{} | got ...{}", expected.substr(from, 200), actual.substr(std::min(from, actual.size()), 200));
}

// The state from `first` on that agrees longest.
const std::string& nearestTo(const std::string& expected, const Sequence& actual, std::size_t first) {
    const auto agreement = [&](const std::string& state) { return std::ranges::mismatch(expected, state).in1 - expected.begin(); };
    return *std::ranges::max_element(actual.states.begin() + static_cast<std::ptrdiff_t>(std::min(first, actual.states.size() - 1)), actual.states.end(), {}, agreement);
}

// "" if `actual` shows what `expected` requires.
std::string mismatch(const Sequence& expected, const json::object& stable, const Sequence& actual) {
    if (actual.states.empty()) return "was never seen";
    std::size_t next = 0;
    std::string missing;
    for (const auto& index : stable.at("common").as_array()) {
        const auto i = index.to_number<std::size_t>();
        if (expected.operations[i] == "DELETED") continue;
        std::size_t found = next;
        while (found < actual.states.size() && actual.states[found] != expected.states[i]) ++found;
        if (found == actual.states.size()) {
            return fmt::format("state {} did not come after state {} of {}: {}", i, next, actual.states.size(), firstDifference(expected.states[i], nearestTo(expected.states[i], actual, next)));
        }
        next = found;
    }
    const auto* final = stable.if_contains("final_same");
    if (!final || !final->is_bool() || !final->get_bool()) return "";
    const bool gone = expected.operations.back() == "DELETED";
    if (gone != (actual.operations.back() == "DELETED")) return gone ? "is still there" : "is gone";
    if (!gone && expected.states.back() != actual.states.back()) return "ends otherwise: " + firstDifference(expected.states.back(), actual.states.back());
    return "";
}

std::string prefixOf(const std::string& name) {
    static const std::regex number("-<[0-9]+>$");
    return std::regex_replace(name, number, "-<>");
}

// Which of several equal objects is which is not compared: each expected one needs one that fits, and no two the same.
void compareGroup(const std::string& label, const std::vector<std::pair<Sequence, json::object>>& expected, const std::vector<Sequence>& actual, Verdict& verdict) {
    std::vector<int> takenBy(actual.size(), -1);
    std::function<bool(int, std::vector<bool>&)> assign = [&](int index, std::vector<bool>& tried) {
        for (std::size_t i = 0; i < actual.size(); ++i) {
            if (tried[i] || !mismatch(expected[static_cast<std::size_t>(index)].first, expected[static_cast<std::size_t>(index)].second, actual[i]).empty()) continue;
            tried[i] = true;
            if (takenBy[i] >= 0 && !assign(takenBy[i], tried)) continue;
            takenBy[i] = index;
            return true;
        }
        return false;
    };
    for (std::size_t i = 0; i < expected.size(); ++i) {
        std::vector<bool> tried(actual.size(), false);
        if (assign(static_cast<int>(i), tried)) {
            ++verdict.checks;
            continue;
        }
        const Sequence none;
        const auto& nearest = i < actual.size() ? actual[i] : none;
        auto why = mismatch(expected[i].first, expected[i].second, nearest);
        if (why.empty()) why = "another one is missing";
        verdict.differ(fmt::format("{}{}: {}", label, expected.size() > 1 ? fmt::format(" #{}", i + 1) : "", why));
    }
}

// Of a kind that is not served, or a Pod of one.
bool isLeftOut(std::string_view name, const json::array& entries) {
    return std::ranges::any_of(kindsNotServed, [&](const KindName& known) {
        if (name.substr(0, name.find('/')) == known.plural) return true;
        return std::ranges::any_of(entries, [&](const json::value& entry) {
            const auto* owners = api::findPath(entry, {"state", "metadata", "ownerReferences"});
            return owners && std::ranges::any_of(owners->as_array(), [&](const json::value& owner) { return api::stringAt(owner, {"kind"}) == known.kind; });
        });
    });
}

// `object` is "Kind/name".
bool isAboutLeftOut(const json::object& run, std::string_view object) {
    const auto kind = object.substr(0, object.find('/'));
    if (std::ranges::find(kindsNotServed, kind, &KindName::kind) != kindsNotServed.end()) return true;
    const auto* states = kind == "Pod" ? run.at("pods").as_object().if_contains(object.substr(4)) : nullptr;
    return states && isLeftOut("", states->as_array());
}

void compareStates(const json::object& run, const json::object& stable, const char* section, const std::map<std::string, std::vector<State>>& seen,
                   const Normalizer& ours, const Normalizer& theirs, Verdict& verdict) {
    std::map<std::string, std::vector<std::pair<Sequence, json::object>>> expected;
    for (const auto& [key, entries] : run.at(section).as_object()) {
        const std::string name(key);
        if (isLeftOut(name, entries.as_array())) continue;
        const auto* known = stable.at(section).as_object().if_contains(key);
        // Without `common` it was not there in every recorded run.
        if (!known || !known->as_object().contains("common") || entries.as_array().empty()) continue;
        expected[prefixOf(name)].emplace_back(sequenceOf(entries.as_array(), theirs), known->as_object());
    }
    std::map<std::string, std::vector<Sequence>> actual;
    for (const auto& [name, states] : seen) actual[ours.text(name)].push_back(sequenceOf(states, ours));
    for (const auto& [name, sequences] : expected) compareGroup(std::string(section) + " " + name, sequences, actual[name], verdict);
}

std::string eventKey(const std::string& object, std::string_view type, std::string_view reason, std::string_view message, std::string_view source) {
    return fmt::format("{} {} {} \"{}\" by {}", object, type, reason, message, source);
}

void compareEvents(const json::object& run, const json::object& stable, const Recording& recording, const Normalizer& ours, const Normalizer& theirs, Verdict& verdict) {
    std::map<std::string, int> counts;
    std::set<std::string> objects;
    for (const auto& seen : recording.events) {
        const json::value event(seen.object);
        const auto object = ours.text(fmt::format("{}/{}", api::stringAt(event, {"involvedObject", "kind"}), api::stringAt(event, {"involvedObject", "name"})));
        const auto key = eventKey(object, api::stringAt(event, {"type"}), api::stringAt(event, {"reason"}), ours.text(std::string(api::stringAt(event, {"message"}))),
                                  api::stringAt(event, {"source", "component"}).empty() ? api::stringAt(event, {"reportingComponent"})
                                                                                        : api::stringAt(event, {"source", "component"}));
        if (seen.operation != "DELETED") ++counts[key];
    }
    // Events about equal objects are one kind of Event: their numbers add up.
    std::map<std::string, std::pair<int, int>> bounds;
    for (const auto& entry : stable.at("events").as_array()) {
        const json::value event(entry);
        if (isAboutLeftOut(run, api::stringAt(event, {"object"}))) continue;
        const auto key = eventKey(theirs.text(std::string(api::stringAt(event, {"object"}))), api::stringAt(event, {"type"}), api::stringAt(event, {"reason"}),
                                  theirs.text(std::string(api::stringAt(event, {"message"}))), api::stringAt(event, {"source"}));
        int least = 1 << 20, most = 0;
        for (const auto& count : entry.at("max_count").as_array()) {
            least = std::min(least, count.to_number<int>());
            most = std::max(most, count.to_number<int>());
        }
        auto& bound = bounds[key];
        bound.first += entry.at("in_all").as_bool() ? 1 : 0;
        bound.second += most;
    }
    for (const auto& [key, bound] : bounds) {
        if (bound.first == 0) continue;
        const auto it = counts.find(key);
        const int count = it == counts.end() ? 0 : it->second;
        if (count >= 1)
            ++verdict.checks;
        else
            verdict.differ("event missing: " + key);
    }
}

}  // namespace

void Recording::add(const std::string& resource, std::int64_t time, const std::string& operation, const api::Object& object) {
    const bool pod = resource == "pods";
    auto& states = pod ? pods[std::string(object.name())] : objects[resource + "/" + std::string(object.name())];
    json::value value = pod ? podState(object.tree(), operation == "ADDED") : objectState(resource, object.tree());
    if (!states.empty() && operation == "MODIFIED" && states.back().value == value) return;
    // The recordings do not show that an object of the same name and state came back.
    if (!states.empty() && operation == "ADDED" && states.back().value == value) return;
    states.push_back({time, operation, std::move(value)});
}

Verdict compare(const json::object& scenario, const Recording& recording) {
    const auto& run = scenario.at("runs").as_array()[0].as_object();
    const auto& stable = scenario.at("stable").as_object();
    const Normalizer ours(recording.nameSpace, recording.generated), theirs("", {});
    Verdict verdict;
    compareStates(run, stable, "pods", recording.pods, ours, theirs, verdict);
    compareStates(run, stable, "objects", recording.objects, ours, theirs, verdict);
    compareEvents(run, stable, recording, ours, theirs, verdict);
    return verdict;
}

void compareObservations(const json::object& scenario, const json::array& seen, const std::string& nameSpace, Verdict& verdict) {
    const Normalizer ours(nameSpace, {}), theirs("", {});
    const auto& expected = scenario.at("runs").as_array()[0].at("observations").as_array();
    const auto& same = scenario.at("stable").at("observations_same").as_array();
    auto next = seen.begin();
    for (std::size_t i = 0; i < expected.size(); ++i) {
        const auto what = api::stringAt(expected[i], {"what"});
        if (what != "create-error" && what != "patch-error") continue;
        if (next == seen.end()) return verdict.differ(fmt::format("{} did not come: {}", what, json::serialize(expected[i].at("value"))));
        const auto& ourValue = (next++)->at("value");
        if (i >= same.size() || same[i] != json::value(true)) continue;
        json::value reduced = expected[i].at("value");
        if (reduced.is_object()) reduced.get_object().erase("details");
        const auto wanted = json::serialize(theirs(reduced)), got = json::serialize(ours(ourValue));
        if (wanted == got) ++verdict.checks;
        else verdict.differ(fmt::format("{}: expected {} | got {}", what, wanted, got));
    }
    for (; next != seen.end(); ++next) verdict.differ(fmt::format("refused, but not in the recording: {}", json::serialize(*next)));
}

}  // namespace kubarium::vectors
