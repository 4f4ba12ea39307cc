#include "tests/support/memory_client.h"

#include <boost/json.hpp>
#include <fmt/format.h>

namespace kubarium::testing {

using client::WatchEvent;
using client::WatchEventType;

struct MemoryClient::Watcher {
    api::GroupVersionResource resource;
    std::string nameSpace, labels, fields;
    std::move_only_function<void(WatchEvent)> handler;
};

struct MemoryClient::Handle final : client::Watch {
    explicit Handle(std::shared_ptr<Watcher> owned) : watcher(std::move(owned)) {}
    std::shared_ptr<Watcher> watcher;
};

namespace {

// Equality-based selectors only: "a=b,c!=d".
bool selects(const std::string& selector, const auto& lookup) {
    std::size_t at = 0;
    while (at < selector.size()) {
        const auto end = std::min(selector.find(',', at), selector.size());
        const auto term = selector.substr(at, end - at);
        at = end + 1;
        const auto equals = term.find('=');
        const bool negated = equals > 0 && term[equals - 1] == '!';
        const auto key = term.substr(0, negated ? equals - 1 : equals);
        const auto value = term.substr(term.find_last_of('=') + 1);
        if ((lookup(key) == value) == negated) return false;
    }
    return true;
}

bool matches(const api::Object& object, const std::string& nameSpace, const std::string& labels, const std::string& fields) {
    if (!nameSpace.empty() && object.nameSpace() != nameSpace) return false;
    if (!selects(labels, [&](const std::string& key) { return std::string(object.label(key)); })) return false;
    return selects(fields, [&](const std::string& path) {
        const json::value* value = nullptr;
        const json::object* at = &object.tree();
        for (std::size_t begin = 0; begin <= path.size();) {
            const auto end = std::min(path.find('.', begin), path.size());
            value = at ? at->if_contains(path.substr(begin, end - begin)) : nullptr;
            at = value ? value->if_object() : nullptr;
            begin = end + 1;
        }
        return value && value->is_string() ? std::string(value->get_string()) : std::string();
    });
}

std::string kindOf(const api::GroupVersionResource& resource) {
    static const std::map<std::string, std::string> kinds{
        {"pods", "Pod"}, {"nodes", "Node"}, {"namespaces", "Namespace"}, {"services", "Service"}, {"configmaps", "ConfigMap"},
        {"secrets", "Secret"}, {"serviceaccounts", "ServiceAccount"}, {"events", "Event"}, {"replicasets", "ReplicaSet"},
        {"deployments", "Deployment"}, {"endpointslices", "EndpointSlice"}, {"leases", "Lease"}, {"priorityclasses", "PriorityClass"},
        {"schedulingdecisions", "SchedulingDecision"}, {"faults", "Fault"}, {"clocks", "Clock"}, {"servicetraffics", "ServiceTraffic"}};
    const auto it = kinds.find(resource.resource);
    return it == kinds.end() ? "Unknown" : it->second;
}

std::string keyOf(const std::string& nameSpace, const std::string& name) { return nameSpace.empty() ? name : nameSpace + "/" + name; }

Error notFound(const api::GroupVersionResource& resource, const std::string& key) {
    return makeError(Reason::NotFound, fmt::format("{} \"{}\" not found", resource.resource, key));
}

}  // namespace

void mergePatch(json::value& target, const json::value& patch) {
    const auto* changes = patch.if_object();
    if (!changes) {
        target = patch;
        return;
    }
    if (!target.is_object()) target.emplace_object();
    auto& object = target.get_object();
    for (const auto& [key, value] : *changes) {
        if (value.is_null())
            object.erase(key);
        else
            mergePatch(object[key], value);
    }
}

json::object parseObject(std::string_view text) { return json::parse(json::string_view(text.data(), text.size())).as_object(); }

std::optional<Error> MemoryClient::takeFailure() {
    if (failures_ == 0) return std::nullopt;
    --failures_;
    return failure_;
}

void MemoryClient::notify(const api::GroupVersionResource& resource, WatchEventType type, const ObjectPtr& object) {
    std::erase_if(watchers_, [](const auto& weak) { return weak.expired(); });
    for (const auto& weak : watchers_) {
        const auto watcher = weak.lock();
        if (watcher->resource != resource || !matches(*object, watcher->nameSpace, watcher->labels, watcher->fields)) continue;
        executor_.post([weak, type, object] {
            if (const auto alive = weak.lock()) alive->handler({type, object, {}});
        });
    }
}

Result<ObjectPtr> MemoryClient::commit(const api::GroupVersionResource& resource, json::object object, WatchEventType type) {
    auto& metadata = api::ensureObject(object, {"metadata"});
    metadata["resourceVersion"] = std::to_string(++revision_);
    object["apiVersion"] = resource.apiVersion();
    if (!object.contains("kind")) object["kind"] = kindOf(resource);
    const auto made = api::Object::make(std::move(object));
    const Key key{resource, made->key()};
    // What has no finalizer and a deletion time of now or earlier goes.
    if (type == WatchEventType::Deleted)
        objects_.erase(key);
    else
        objects_[key] = made;
    notify(resource, type, made);
    return made;
}

ObjectPtr MemoryClient::put(const api::GroupVersionResource& resource, json::object object) {
    auto& metadata = api::ensureObject(object, {"metadata"});
    const auto existing = find(resource, api::Object(object).key());
    if (!metadata.contains("uid")) metadata["uid"] = existing ? std::string(existing->uid()) : random_.uuid();
    if (!metadata.contains("creationTimestamp")) metadata["creationTimestamp"] = formatTime(clock_.now());
    return *commit(resource, std::move(object), existing ? WatchEventType::Modified : WatchEventType::Added);
}

ObjectPtr MemoryClient::find(const api::GroupVersionResource& resource, const std::string& key) const {
    const auto it = objects_.find({resource, key});
    return it == objects_.end() ? nullptr : it->second;
}

std::vector<ObjectPtr> MemoryClient::all(const api::GroupVersionResource& resource) const {
    std::vector<ObjectPtr> found;
    for (auto it = objects_.lower_bound({resource, ""}); it != objects_.end() && it->first.first == resource; ++it) found.push_back(it->second);
    return found;
}

void MemoryClient::erase(const api::GroupVersionResource& resource, const std::string& key) {
    if (const auto object = find(resource, key)) (void)commit(resource, object->tree(), WatchEventType::Deleted);
}

void MemoryClient::get(const api::GroupVersionResource& resource, const std::string& nameSpace, const std::string& name,
                       client::Reply<ObjectPtr> reply) {
    auto object = find(resource, keyOf(nameSpace, name));
    Result<ObjectPtr> result = object ? Result<ObjectPtr>(object) : Result<ObjectPtr>(notFound(resource, name));
    executor_.post([reply = std::move(reply), result = std::move(result)]() mutable { reply(std::move(result)); });
}

void MemoryClient::list(const api::GroupVersionResource& resource, const std::string& nameSpace, const client::ListOptions& options,
                        client::Reply<client::ObjectList> reply) {
    client::ObjectList listed;
    listed.resourceVersion = std::to_string(revision_);
    for (const auto& object : all(resource))
        if (matches(*object, nameSpace, options.labelSelector, options.fieldSelector)) listed.items.push_back(object);
    executor_.post([reply = std::move(reply), listed = std::move(listed)]() mutable { reply(std::move(listed)); });
}

std::unique_ptr<client::Watch> MemoryClient::watch(const api::GroupVersionResource& resource, const std::string& nameSpace,
                                                   const client::WatchOptions& options, std::move_only_function<void(WatchEvent)> handler) {
    auto watcher = std::make_shared<Watcher>(Watcher{resource, nameSpace, options.labelSelector, options.fieldSelector, std::move(handler)});
    const auto since = options.resourceVersion.empty() ? 0 : std::stoull(options.resourceVersion);
    for (const auto& object : all(resource))
        if (object->revision() > since && matches(*object, nameSpace, options.labelSelector, options.fieldSelector))
            executor_.post([weak = std::weak_ptr(watcher), object] {
                if (const auto alive = weak.lock()) alive->handler({WatchEventType::Added, object, {}});
            });
    watchers_.push_back(watcher);
    return std::make_unique<Handle>(std::move(watcher));
}

void MemoryClient::create(const api::GroupVersionResource& resource, const std::string& nameSpace, json::object body,
                          const client::WriteOptions&, client::Reply<ObjectPtr> reply, const std::string& name, const std::string& subresource) {
    Result<ObjectPtr> result = [&]() -> Result<ObjectPtr> {
        if (auto failure = takeFailure()) return *failure;
        auto& metadata = api::ensureObject(body, {"metadata"});
        if (subresource == "binding") {
            const auto pod = find(resource, keyOf(nameSpace, name));
            if (!pod) return notFound(resource, name);
            auto tree = pod->tree();
            api::ensureObject(tree, {"spec"})["nodeName"] = json::value(api::stringAt(body, {"target", "name"}));
            log.push_back(fmt::format("bind {} {}", pod->key(), api::stringAt(body, {"target", "name"})));
            return commit(resource, std::move(tree), WatchEventType::Modified);
        }
        if (!nameSpace.empty()) metadata["namespace"] = nameSpace;
        if (!metadata.contains("name") && metadata.contains("generateName"))
            metadata["name"] = std::string(metadata["generateName"].as_string()) + random_.suffix(5);
        metadata["uid"] = random_.uuid();
        metadata["creationTimestamp"] = formatTime(clock_.now());
        metadata["generation"] = 1;
        const auto key = api::Object(body).key();
        if (find(resource, key)) return makeError(Reason::AlreadyExists, fmt::format("{} \"{}\" already exists", resource.resource, key));
        log.push_back(fmt::format("create {} {}", resource.resource, key));
        return commit(resource, std::move(body), WatchEventType::Added);
    }();
    executor_.post([reply = std::move(reply), result = std::move(result)]() mutable { reply(std::move(result)); });
}

Result<ObjectPtr> MemoryClient::replace(const api::GroupVersionResource& resource, const std::string& key, json::object body,
                                        const std::string& subresource) {
    const auto existing = find(resource, key);
    if (!existing) return notFound(resource, key);
    const auto sent = api::stringAt(body, {"metadata", "resourceVersion"});
    if (!sent.empty() && sent != existing->resourceVersion())
        return makeError(Reason::Conflict, fmt::format("Operation cannot be fulfilled on {} \"{}\": the object has been modified", resource.resource, key));
    auto tree = existing->tree();
    if (subresource == "status") {
        tree["status"] = body["status"];
    } else {
        if (tree.contains("status")) body["status"] = tree["status"];
        auto& metadata = api::ensureObject(body, {"metadata"});
        for (const auto* keep : {"uid", "creationTimestamp", "deletionTimestamp", "generation"})
            if (tree["metadata"].as_object().contains(keep)) metadata[keep] = tree["metadata"].as_object()[keep];
        if (body["spec"] != tree["spec"] && metadata.contains("generation")) metadata["generation"] = metadata["generation"].to_number<int>() + 1;
        tree = std::move(body);
    }
    log.push_back(fmt::format("update {}{}{} {}", resource.resource, subresource.empty() ? "" : "/", subresource, key));
    const auto* finalizers = api::findPath(tree, {"metadata", "finalizers"});
    const bool finalized = existing->deleting() && resource.resource != "pods" && (!finalizers || finalizers->as_array().empty());
    return commit(resource, std::move(tree), finalized ? WatchEventType::Deleted : WatchEventType::Modified);
}

void MemoryClient::update(const api::GroupVersionResource& resource, const std::string& nameSpace, const std::string& name, json::object body,
                          const client::WriteOptions&, client::Reply<ObjectPtr> reply, const std::string& subresource) {
    auto failure = takeFailure();
    auto result = failure ? Result<ObjectPtr>(*failure) : replace(resource, keyOf(nameSpace, name), std::move(body), subresource);
    executor_.post([reply = std::move(reply), result = std::move(result)]() mutable { reply(std::move(result)); });
}

void MemoryClient::patch(const api::GroupVersionResource& resource, const std::string& nameSpace, const std::string& name, client::PatchType type,
                         json::value body, const client::WriteOptions&, client::Reply<ObjectPtr> reply, const std::string& subresource) {
    Result<ObjectPtr> result = [&]() -> Result<ObjectPtr> {
        if (auto failure = takeFailure()) return *failure;
        const auto existing = find(resource, keyOf(nameSpace, name));
        // Applying makes what is not there.
        if (!existing && type == client::PatchType::Apply) return put(resource, body.as_object());
        if (!existing) return notFound(resource, name);
        json::value tree(existing->tree());
        mergePatch(tree, body);
        return replace(resource, existing->key(), std::move(tree.as_object()), subresource);
    }();
    executor_.post([reply = std::move(reply), result = std::move(result)]() mutable { reply(std::move(result)); });
}

void MemoryClient::remove(const api::GroupVersionResource& resource, const std::string& nameSpace, const std::string& name,
                          const client::DeleteOptions& options, client::Reply<json::value> reply) {
    Result<json::value> result = [&]() -> Result<json::value> {
        if (auto failure = takeFailure()) return *failure;
        const auto existing = find(resource, keyOf(nameSpace, name));
        if (!existing) return notFound(resource, name);
        if (!options.uid.empty() && options.uid != existing->uid()) return makeError(Reason::Conflict, "the UID in the precondition does not match");
        log.push_back(fmt::format("delete {} {}", resource.resource, existing->key()));
        auto tree = existing->tree();
        const auto* finalizers = existing->find({"metadata", "finalizers"});
        const bool bound = resource.resource == "pods" && !existing->string({"spec", "nodeName"}).empty();
        const auto grace = options.gracePeriodSeconds >= 0 ? options.gracePeriodSeconds : bound ? 30 : 0;
        if ((bound && grace > 0) || (finalizers && !finalizers->as_array().empty())) {
            auto& metadata = api::ensureObject(tree, {"metadata"});
            metadata["deletionTimestamp"] = formatTime(clock_.now() + std::chrono::seconds{grace});
            metadata["deletionGracePeriodSeconds"] = grace;
            TRY(commit(resource, std::move(tree), WatchEventType::Modified));
        } else {
            TRY(commit(resource, std::move(tree), WatchEventType::Deleted));
        }
        return json::value(existing->tree());
    }();
    executor_.post([reply = std::move(reply), result = std::move(result)]() mutable { reply(std::move(result)); });
}

void MemoryClient::getRaw(const std::string& path, client::Reply<std::string> reply) {
    executor_.post([reply = std::move(reply), path]() mutable { reply(makeError(Reason::NotFound, path + ": MemoryClient has no raw paths")); });
}

}  // namespace kubarium::testing
