// Replays recordings of a real one-node cluster: the same Pods and actions at the same times, on a simulated runtime. The
// states that were stable over several runs must appear in the same order (others may come in between), and so must the
// Events that every run had.
#include "tests/core/kubelet/kubelet_fixture.h"

#include <algorithm>
#include <fstream>
#include <iterator>
#include <limits>
#include <set>

namespace kubarium::kubelet {
namespace {

namespace json = boost::json;

std::string replaced(std::string text, const std::string& from, const std::string& to) {
    if (from.empty()) return text;
    for (auto at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size())) text.replace(at, from.size(), to);
    return text;
}

// Lists of objects are merged by name or type, as a strategic merge patch does for Pods.
void mergeStrategic(json::value& target, const json::value& patch) {
    if (patch.is_array() && target.is_array()) {
        for (const auto& element : patch.get_array()) {
            const auto* key = element.is_object() && element.get_object().contains("name") ? "name" : "type";
            auto& list = target.get_array();
            const auto it = std::find_if(list.begin(), list.end(), [&](const auto& known) {
                return known.is_object() && element.is_object() && known.get_object().contains(key) && known.get_object().at(key) == element.get_object().at(key);
            });
            if (it == list.end()) list.insert(list.begin(), element);
            else mergeStrategic(*it, element);
        }
    } else if (patch.is_object()) {
        if (!target.is_object()) target.emplace_object();
        for (const auto& [key, value] : patch.get_object()) {
            if (value.is_null()) target.get_object().erase(key);
            else mergeStrategic(target.get_object()[key], value);
        }
    } else {
        target = patch;
    }
}

json::value read(const std::string& name) {
    std::ifstream file(std::string(KUBARIUM_SOURCE_DIR) + "/tests/golden/node_pods/" + name + ".json");
    return json::parse(std::string(std::istreambuf_iterator<char>(file), {}));
}

class Recording : public KubeletFixture, public ::testing::WithParamInterface<const char*> {
protected:
    Recording() {
        SimulatedRuntimeOptions options;
        options.findImage = [](const std::string& name) -> std::optional<ImageInfo> {
            if (name.find("absent") != std::string::npos) return std::nullopt;
            ImageInfo image;
            image.id = "sha256:1";
            image.names = {name};
            if (name.find("u1000") != std::string::npos) image.user = "1000:2000";
            if (name.find("alice") != std::string::npos) image.user = "alice";
            if (name.find("web") != std::string::npos) image.entrypoint = {"/web"};
            if (name.find("busybox") != std::string::npos) image.command = {"sh"};
            return image;
        };
        scripted = std::make_unique<SimulatedRuntime>(loop, loop, loop.random(), options);
        runtime = scripted.get();
    }
    ~Recording() override { kubelet.reset(); }

    std::unique_ptr<SimulatedRuntime> scripted;

    void create(json::object manifest) {
        const std::string kind(manifest.at("kind").as_string());
        manifest["metadata"].as_object()["namespace"] = "default";
        if (kind == "ConfigMap") client.put(resources::configMaps, std::move(manifest));
        if (kind == "Secret") client.put(resources::secrets, std::move(manifest));
        if (kind != "Pod") return;
        auto& spec = manifest["spec"].as_object();
        const bool direct = spec.contains("nodeName");
        spec["nodeName"] = "node1";
        if (!spec.contains("restartPolicy")) spec["restartPolicy"] = "Always";
        if (!spec.contains("terminationGracePeriodSeconds")) spec["terminationGracePeriodSeconds"] = 30;
        for (const auto* list : {"containers", "initContainers"}) {
            if (!spec.contains(list)) continue;
            for (auto& container : spec[list].as_array()) {
                const auto* given = api::findPath(container, {"resources", "limits"});
                if (!given) continue;
                const auto limits = given->as_object();  // a copy: what follows changes the tree
                auto& requests = api::ensureObject(container.as_object(), {"resources", "requests"});
                for (const auto& [name, amount] : limits)
                    if (!requests.contains(name)) requests[name] = amount;
            }
        }
        manifest["metadata"].as_object()["generation"] = 1;
        json::array conditions;
        if (!direct) conditions.push_back({{"type", "PodScheduled"}, {"status", "True"}, {"lastTransitionTime", "2026-01-01T00:00:00Z"}});
        manifest["status"] = {{"phase", "Pending"}, {"qosClass", "BestEffort"}, {"conditions", std::move(conditions)}};
        client.put(resources::pods, std::move(manifest));
    }

    void act(const json::object& action) {
        const std::string what(action.at("action").as_string());
        if (what == "create") return create(action.at("manifest").as_object());
        if (what == "kill-container-init-process") {
            const auto target = pod(std::string(action.at("pod").as_string()));
            return scripted->killContainer(kubelet->containerId(*target, std::string(action.at("container").as_string())), 137);
        }
        if (!action.contains("resource") || action.at("resource") != "pods") return;
        const auto target = pod(std::string(action.at("name").as_string()));
        if (!target) return;
        auto tree = target->tree();
        auto& metadata = tree["metadata"].as_object();
        const auto bump = [&] { metadata["generation"] = metadata["generation"].to_number<std::int64_t>() + 1; };
        if (what == "patch") {
            json::value whole(std::move(tree));
            mergeStrategic(whole, action.at("patch"));
            tree = std::move(whole.as_object());
            if (action.at("patch").as_object().contains("spec"))
                tree["metadata"].as_object()["generation"] = tree["metadata"].as_object()["generation"].to_number<std::int64_t>() + 1;
            client.put(resources::pods, std::move(tree));
        } else if (what == "delete") {
            const auto* given = action.if_contains("gracePeriodSeconds");
            const auto grace = given ? given->to_number<std::int64_t>() : target->as<api::Pod>().spec.terminationGracePeriodSeconds.value_or(30);
            if (grace == 0 || target->string({"status", "phase"}) == "Failed" || target->string({"status", "phase"}) == "Succeeded")
                return client.erase(resources::pods, target->key());
            metadata["deletionTimestamp"] = formatTime(loop.now() + std::chrono::seconds{grace});
            metadata["deletionGracePeriodSeconds"] = grace;
            bump();
            client.put(resources::pods, std::move(tree));
        }
    }

    std::string normalized(std::string text, const ObjectPtr& object) const {
        text = replaced(std::move(text), std::string(object->uid()), "<uid>");
        text = replaced(std::move(text), "_default(", "_<ns>(");
        const auto known = history.find(std::string(object->name()));
        if (known != history.end()) text = replaced(std::move(text), std::string(known->second.back()->string({"status", "podIP"})), "<podIP>");
        for (auto at = text.find("container \""); at != std::string::npos && at + 77 <= text.size(); at = text.find("container \"", at + 1)) {
            const auto id = text.substr(at + 11, 64);
            if (id.find_first_not_of("0123456789abcdef") == std::string::npos) text.replace(at + 11, 64, "<id>");
        }
        return text;
    }

    json::object stateOf(const json::value* given, const ObjectPtr& object) const {
        json::object out;
        const auto* state = given ? given->if_object() : nullptr;
        if (!state) return out;
        for (const auto& [kind, value] : *state) {
            auto& target = out[kind].emplace_object();
            for (const auto* key : {"exitCode", "reason", "message", "signal"})
                if (const auto* field = value.as_object().if_contains(key))
                    target[key] = field->is_string() ? json::value(normalized(std::string(field->as_string()), object)) : *field;
        }
        return out;
    }

    // Our object in the recording's terms.
    json::object stateOf(const ObjectPtr& object) const {
        json::object out;
        const auto* statusValue = object->find({"status"});
        const json::object none;
        const auto& status = statusValue ? statusValue->as_object() : none;
        for (const auto* key : {"phase", "reason", "message", "observedGeneration"})
            if (const auto* value = status.if_contains(key)) out[key] = *value;
        for (const auto* key : {"podIP", "hostIP", "startTime"}) out[key] = status.contains(key);
        out["generation"] = *object->find({"metadata", "generation"});
        if (object->deleting()) {
            out["deleting"] = true;
            out["deletionGracePeriodSeconds"] = *object->find({"metadata", "deletionGracePeriodSeconds"});
        }
        auto& conditions = out["conditions"].emplace_array();
        if (const auto* list = status.if_contains("conditions"))
            for (const auto& condition : list->as_array()) {
                json::object shown;
                for (const auto* key : {"type", "status", "reason", "message", "observedGeneration"})
                    if (const auto* value = condition.as_object().if_contains(key)) shown[key] = *value;
                conditions.push_back(std::move(shown));
            }
        for (const auto* list : {"initContainerStatuses", "containerStatuses", "ephemeralContainerStatuses"}) {
            if (!status.contains(list)) continue;
            auto& containers = out[list].emplace_array();
            for (const auto& value : status.at(list).as_array()) {
                const auto& container = value.as_object();
                json::object shown;
                for (const auto* key : {"name", "ready", "restartCount", "started", "image", "volumeMounts", "allocatedResources", "resources"})
                    if (const auto* field = container.if_contains(key)) shown[key] = *field;
                shown["state"] = stateOf(container.if_contains("state"), object);
                if (auto last = stateOf(container.if_contains("lastState"), object); !last.empty()) shown["lastState"] = std::move(last);
                for (const auto* key : {"containerID", "imageID"}) shown[key] = container.contains(key) && !container.at(key).as_string().empty();
                containers.push_back(std::move(shown));
            }
        }
        return out;
    }

    static bool completed(const json::value& state) {
        const auto& conditions = state.at("conditions").as_array();
        return std::any_of(conditions.begin(), conditions.end(), [](const auto& condition) {
            const auto reason = api::stringAt(condition, {"reason"});
            return reason == "PodCompleted" || reason == "PodFailed";
        });
    }

    // Everything that the recording says must be so here.
    // While a Pod is deleted its dead containers are removed sooner or later, and lastState with them.
    static bool covers(const json::value& ours, const json::value& expected, bool deleting = false) {
        if (expected.is_object() && ours.is_object()) {
            deleting = deleting || expected.get_object().contains("deleting");
            for (const auto& [key, value] : expected.get_object()) {
                if (key == "t" || key == "finalizers" || key == "user" || key == "resources" || key == "allocatedResources" || (deleting && key == "lastState")) continue;
                // The phase that is held until nothing runs is Pending where the recorded kubelet was too slow to see it run.
                if (key == "phase" && value == "Pending" && ours.get_object().contains(key) && ours.get_object().at(key) == "Running" && completed(expected)) continue;
                const auto* mine = ours.get_object().if_contains(key);
                if (!mine) {
                    if (value.is_null() || (value.is_bool() && !value.get_bool())) continue;
                    return false;
                }
                if (!covers(*mine, value, deleting)) return false;
            }
            // A reason or an end that the recording does not have must not be here either.
            for (const std::string_view key : {"reason", "lastState", "terminated", "running", "waiting"})
                if (!(deleting && key == "lastState") && ours.get_object().contains(key) && !expected.get_object().contains(key)) return false;
            return true;
        }
        if (expected.is_array() && ours.is_array()) {
            if (ours.get_array().size() != expected.get_array().size()) return false;
            for (std::size_t i = 0; i < ours.get_array().size(); ++i)
                if (!covers(ours.get_array()[i], expected.get_array()[i], deleting)) return false;
            return true;
        }
        return ours == expected;
    }

    // The first recorded state before `t` that has not come, and what has; "" if all have.
    std::string missing(const json::value& recording, std::int64_t t) {
        for (const auto& [name, states] : recording.at("pods").as_object()) {
            const auto& ours = history[std::string(name)];
            std::size_t at = 0;
            for (const auto& expected : states.as_array()) {
                if (expected.at("t").to_number<std::int64_t>() >= t) break;
                while (at < ours.size() && !covers(stateOf(ours[at]), expected)) ++at;
                if (at < ours.size()) continue;
                std::string seen;
                for (const auto& object : ours) seen += "\n  " + json::serialize(stateOf(object));
                return "Pod " + std::string(name) + ": this state did not come (in this order)\n  " + json::serialize(expected) + "\nours:" + seen;
            }
        }
        return "";
    }
};

TEST_P(Recording, StatesAndEventsAppearAsRecorded) {
    const auto recording = read(GetParam());
    startKubelet({.name = "node1", .cpu = "2", .memory = "25171652608", .maxPods = 250});
    const auto begun = loop.monotonic();
    for (const auto& action : recording.at("actions").as_array()) {
        const auto due = begun + std::chrono::milliseconds{action.at("t_ms").to_number<std::int64_t>()};
        if (due > loop.monotonic()) loop.advance(due - loop.monotonic());
        // Jitter may have us behind: the action comes when everything has been seen that had been seen before it.
        const auto before = action.at("t_ms").to_number<std::int64_t>();
        loop.runUntil([&] { return missing(recording, before).empty(); }, 60s);
        act(action.as_object());
        loop.runReady();
    }
    loop.advance(40s);

    const auto gap = missing(recording, std::numeric_limits<std::int64_t>::max());
    EXPECT_TRUE(gap.empty()) << gap;
    for (const auto& expected : recording.at("events").as_array()) {
        const auto& event = expected.as_object();
        const auto text = [&](const char* key) { return event.contains(key) ? std::string(event.at(key).as_string()) : std::string(); };
        const bool found = std::any_of(events.begin(), events.end(), [&](const RecordedEvent& ours) {
            if ("Pod/" + ours.object != text("object") || ours.type != text("type") || ours.reason != text("reason") || ours.fieldPath != text("fieldPath")) return false;
            const auto known = history.find(ours.object);
            return known != history.end() && normalized(ours.message, known->second.back()) == text("message");
        });
        std::string all;
        for (const auto& ours : events) all += "\n  " + ours.object + " " + ours.type + " " + ours.reason + " " + ours.message + " " + ours.fieldPath;
        EXPECT_TRUE(found) << "missing Event " << json::serialize(expected) << "\nours:" << all;
    }
}

INSTANTIATE_TEST_SUITE_P(Node, Recording,
                         ::testing::Values("run-plain", "exit-0-never", "exit-3-never", "exit-0-always", "exit-3-always", "init-success", "init-fail-never",
                                           "init-fail-always", "active-deadline", "delete-grace-0", "term-handled", "term-ignored",
                                           "spec-grace-zero", "crashloop-timing", "crashloop-delete", "exit-two-containers", "image-never-missing", "image-404",
                                           "image-invalid-name", "image-no-command", "env-missing-configmap", "vol-missing-configmap", "sec-runasnonroot",
                                           "refuse-outof", "liveness-exec-fail", "sidecar-order-of-stop", 
                                           "startup-fails", "startup-then-liveness", "poststart-ok", "poststart-fail", "prestop-exec",
                                           "prestop-fail", "init-delete-while-running", "readiness-gates", "host-ports", "kill-container-process",
                                           "patch-image", "res-pod-level"),
                         [](const auto& parameter) { return replaced(parameter.param, "-", "_"); });

}  // namespace
}  // namespace kubarium::kubelet
