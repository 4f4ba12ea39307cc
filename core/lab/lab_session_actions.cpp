// What a session writes to the cluster: manifests, and the way back to the start.
#include "core/lab/lab_kinds.h"
#include "core/lab/lab_session.h"

#include "core/api/codec.h"

#include <boost/json.hpp>
#include <fmt/format.h>

#include <algorithm>

namespace kubarium::lab {

namespace json = boost::json;
using namespace std::chrono_literals;

namespace {

constexpr const char* fieldManager = "kubarium-lab";
constexpr int nodeAttempts = 150;
constexpr auto nodePeriod = 200ms;

// What a student may have made, in the order in which it is deleted: owners first, so that nothing is made again.
const std::vector<api::GroupVersionResource>& clearedResources() {
    static const std::vector<api::GroupVersionResource> order{
        {"apps", "v1", "deployments"}, {"apps", "v1", "statefulsets"}, {"apps", "v1", "daemonsets"}, {"apps", "v1", "replicasets"},
        {"batch", "v1", "cronjobs"},   {"batch", "v1", "jobs"},        {"", "v1", "pods"},           {"", "v1", "services"},
        {"", "v1", "configmaps"},      {"", "v1", "secrets"},          {"", "v1", "persistentvolumeclaims"},
        {"policy", "v1", "poddisruptionbudgets"},
        {"", "v1", "events"}};
    return order;
}

bool belongsToTheCluster(const api::Object& object) {
    return object.name() == "kube-root-ca.crt" || (object.name() == "kubernetes" && object.nameSpace() == "default" && object.kind() == "Service");
}

// Runs `then` when the last of the tickets is gone: each asynchronous call holds one.
using Ticket = std::shared_ptr<void>;
Ticket whenAllAnswered(std::function<void()> then) {
    return Ticket(nullptr, [then = std::move(then)](void*) { then(); });
}

// A merge patch: the labels that the lab declares, and none besides but those of Kubernetes and ours (they have a prefix).
json::object labelsToRestore(const api::Object& node, const LabNode* declared) {
    json::object patch;
    if (const auto* labels = node.find({"metadata", "labels"}); labels && labels->is_object())
        for (const auto& [key, value] : labels->get_object())
            if (std::string_view(key).find('/') == std::string_view::npos) patch[key] = nullptr;
    if (declared)
        for (const auto& [key, value] : declared->labels) patch[key] = value;
    return patch;
}

Result<std::vector<json::object>> documentsOf(const std::vector<Manifest>& manifests) {
    std::vector<json::object> objects;
    for (const auto& manifest : manifests) {
        const auto documents = api::parseYamlDocuments(manifest.text);
        if (!documents) return badRequest(fmt::format("{}: {}", manifest.fileName, documents.error().message));
        for (const auto& document : *documents) {
            if (!document.value.is_object()) return badRequest(fmt::format("{}: a document is no object", manifest.fileName));
            objects.push_back(document.value.get_object());
        }
    }
    return objects;
}

}  // namespace

void LabSession::apply(const std::vector<Manifest>& manifests, std::function<void(Result<void>)> done) {
    auto documents = documentsOf(manifests);
    if (!documents) return done(documents.error());
    applyNext(std::make_shared<std::vector<json::object>>(std::move(*documents)), 0, std::move(done));
}

void LabSession::applyNext(std::shared_ptr<std::vector<json::object>> documents, std::size_t index, std::function<void(Result<void>)> done) {
    if (index == documents->size()) return done({});
    const auto object = api::Object::make((*documents)[index]);
    const auto kind = findKind(std::string(object->apiVersion()), std::string(object->kind()));
    if (!kind) return done(kind.error());
    std::string nameSpace(object->nameSpace());
    if (kind->namespaced && nameSpace.empty()) nameSpace = "default";
    client_.patch(kind->resource, kind->namespaced ? nameSpace : "", std::string(object->name()), client::PatchType::Apply, object->tree(),
                  {.fieldManager = fieldManager, .force = true},
                  [this, alive = alive_, documents, index, done, resource = kind->resource](Result<api::ObjectPtr> applied) {
                      if (!*alive) return;
                      if (!applied) return done(applied.error());
                      expectInCaches(resource, *applied);
                      applyNext(documents, index + 1, done);
                  });
}

// What a step brings comes anew when it begins again.
void LabSession::removeGiven(std::size_t step, std::function<void(Result<void>)> then) {
    const auto ticket = whenAllAnswered([alive = alive_, then] {
        if (*alive) then({});
    });
    for (const auto& file : lab_.given) {
        if (static_cast<std::size_t>(file.step()) != step) continue;
        const auto documents = documentsOf({file});
        if (!documents) continue;
        for (const auto& document : *documents) {
            const auto object = api::Object::make(document);
            const auto kind = findKind(std::string(object->apiVersion()), std::string(object->kind()));
            if (!kind) continue;
            const auto nameSpace = !kind->namespaced ? std::string() : object->nameSpace().empty() ? std::string("default") : std::string(object->nameSpace());
            client::DeleteOptions options;
            options.gracePeriodSeconds = kind->resource.resource == "pods" ? 0 : -1;
            client_.remove(kind->resource, nameSpace, std::string(object->name()), options, [ticket](auto) {});
        }
    }
}

void LabSession::reset() {
    fetchTimer_.reset();
    deadline_.reset();
    faultTimers_.clear();
    letGo();
    started_ = false;
    revealReply_ = {};
    ++question_;
    options_.resumeAt = 0;
    graders_.clear();
    note("reset", lab_.name);
    state_.phase = SessionPhase::Preparing;
    state_.preparation = Preparation::Resetting;
    state_.message = "putting the cluster back to the start of the lab";
    for (auto& step : state_.steps) step = {};
    state_.currentStep = 0;
    notify();
    clearFaults([this] { clearNamespaces([this] { clearClusterWide([this] { restoreNodes([this] { awaitNodes(nodeAttempts, [this] { prepare(); }); }); }); }); });
}

void LabSession::clearFaults(std::function<void()> then) {
    client_.list(api::resources::faults, "", {}, [this, alive = alive_, then](Result<client::ObjectList> listed) {
        if (!*alive) return;
        const auto ticket = whenAllAnswered([alive, then] {
            if (*alive) then();
        });
        if (!listed) return;  // a cluster without Faults has none
        for (const auto& fault : listed->items)
            client_.remove(api::resources::faults, "", std::string(fault->name()), {}, [ticket](auto) {});
    });
}

// What a student may have made outside of the lab's namespaces: PriorityClasses, and the scheduler's configuration.
void LabSession::clearClusterWide(std::function<void()> then) {
    const auto ticket = whenAllAnswered([alive = alive_, then] {
        if (*alive) then();
    });
    client_.remove(api::resources::configMaps, "kube-system", "kube-scheduler", {}, [ticket](auto) {});
    client_.list(api::resources::events, "kube-system", {}, [this, alive = alive_, ticket](Result<client::ObjectList> listed) {
        if (!*alive || !listed) return;
        for (const auto& event : listed->items) {
            if (event->string({"involvedObject", "name"}) != "kube-scheduler") continue;  // what it said of the configuration that is gone
            removed_.emplace(event->uid());
            client_.remove(api::resources::events, "kube-system", std::string(event->name()), {}, [ticket](auto) {});
        }
    });
    const api::GroupVersionResource classes{"scheduling.k8s.io", "v1", "priorityclasses"};
    client_.list(classes, "", {}, [this, alive = alive_, classes, ticket](Result<client::ObjectList> listed) {
        if (!*alive || !listed) return;
        for (const auto& object : listed->items)
            if (!object->name().starts_with("system-")) client_.remove(classes, "", std::string(object->name()), {}, [ticket](auto) {});
    });
}

void LabSession::clearNamespaces(std::function<void()> then) {
    std::set<std::string> nameSpaces{"default"};
    if (const auto documents = documentsOf(lab_.start))
        for (const auto& document : *documents)
            if (const auto nameSpace = api::stringAt(document, {"metadata", "namespace"}); !nameSpace.empty()) nameSpaces.emplace(nameSpace);
    const auto ticket = whenAllAnswered([this, alive = alive_, then] {
        if (!*alive) return;
        // Names are free again when the Pods are gone.
        client_.list(api::resources::pods, "default", {}, [this, alive, then](Result<client::ObjectList> pods) {
            if (!*alive) return;
            if (!pods || pods->items.empty()) return then();
            waitTimer_ = clock_.afterReal(200ms, [this, then] { clearNamespaces(then); });
        });
    });
    for (const auto& nameSpace : nameSpaces)
        for (const auto& resource : clearedResources())
            client_.list(resource, nameSpace, {}, [this, alive = alive_, resource, ticket](Result<client::ObjectList> listed) {
                if (!*alive || !listed) return;
                for (const auto& object : listed->items) {
                    if (belongsToTheCluster(*object)) continue;
                    removed_.emplace(object->uid());
                    client::DeleteOptions options;
                    options.gracePeriodSeconds = resource.resource == "pods" ? 0 : -1;
                    client_.remove(resource, std::string(object->nameSpace()), std::string(object->name()), options, [ticket](auto) {});
                }
            });
}

// A Node that a fault had taken away needs a moment to be Ready again; one that was not before the lab is not waited for for ever.
void LabSession::awaitNodes(int attempts, std::function<void()> then) {
    client_.list(api::resources::nodes, "", {}, [this, alive = alive_, attempts, then](Result<client::ObjectList> nodes) {
        if (!*alive) return;
        const auto healthy = [](const api::ObjectPtr& node) {
            const auto* taints = node->find({"spec", "taints"});
            if (taints && taints->is_array())
                for (const auto& taint : taints->get_array())
                    if (api::stringAt(taint, {"key"}) == "node.kubernetes.io/unreachable" || api::stringAt(taint, {"key"}) == "node.kubernetes.io/not-ready") return false;
            const auto* conditions = node->find({"status", "conditions"});
            if (!conditions || !conditions->is_array()) return true;
            return std::ranges::all_of(conditions->get_array(), [](const json::value& condition) {
                return api::stringAt(condition, {"type"}) != "Ready" || api::stringAt(condition, {"status"}) == "True";
            });
        };
        if (attempts == 0 || !nodes || std::ranges::all_of(nodes->items, healthy)) {
            if (nodes)
                for (const auto& node : nodes->items) expectInCaches(api::resources::nodes, node);
            return then();
        }
        waitTimer_ = clock_.afterReal(nodePeriod, [this, attempts, then] { awaitNodes(attempts - 1, then); });
    });
}

void LabSession::restoreNodes(std::function<void()> then) {
    client_.list(api::resources::nodes, "", {}, [this, alive = alive_, then](Result<client::ObjectList> listed) {
        if (!*alive) return;
        const auto ticket = whenAllAnswered([alive, then] {
            if (*alive) then();
        });
        if (!listed) return;
        for (const auto& node : listed->items) {
            const auto mine = std::ranges::find_if(lab_.nodes, [&](const LabNode& declared) {
                return declared.name.empty() ? node->name().starts_with(declared.namePrefix) : node->name() == declared.name;
            });
            json::value taints;
            if (mine != lab_.nodes.end() && !mine->taints.empty()) {
                auto& list = taints.emplace_array();
                for (const auto& taint : mine->taints) list.push_back({{"key", taint.key}, {"value", taint.value}, {"effect", taint.effect}});
            }
            json::value patch{{"metadata", {{"labels", labelsToRestore(*node, mine == lab_.nodes.end() ? nullptr : &*mine)}}},
                              {"spec", {{"unschedulable", nullptr}, {"taints", std::move(taints)}}}};
            client_.patch(api::resources::nodes, "", std::string(node->name()), client::PatchType::Merge, std::move(patch), {.fieldManager = fieldManager},
                          [ticket](auto) {});
        }
    });
}

}  // namespace kubarium::lab
