#include "core/client/informer.h"

#include "core/base/log.h"

#include <algorithm>

namespace kubarium::client {

using namespace std::chrono_literals;

Informer::Informer(Client& client, Clock& clock, GroupVersionResource resource, std::string nameSpace, std::string fieldSelector)
    : client_(client), clock_(clock), resource_(std::move(resource)), nameSpace_(std::move(nameSpace)), fieldSelector_(std::move(fieldSelector)) {}

Informer::~Informer() { *alive_ = false; }

void Informer::addHandler(InformerHandler handler) {
    if (handler.onAdd)
        for (const auto& [key, object] : objects_) handler.onAdd(object);
    handlers_.push_back(std::move(handler));
}

void Informer::addIndex(const std::string& name, IndexFunction function) {
    if (indexes_.contains(name)) return;
    auto& index = indexes_[name];
    index.function = std::move(function);
    for (const auto& [key, object] : objects_)
        for (const auto& value : index.function(*object)) index.entries[value].emplace(key, object);
}

void Informer::start() { list(); }

void Informer::list() {
    ListOptions options;
    options.fieldSelector = fieldSelector_;
    client_.list(resource_, nameSpace_, options, [this, alive = alive_](Result<ObjectList> listed) {
        if (!*alive) return;
        if (!listed) {
            logDebug("informer", "list of {} failed: {}", resource_.resource, listed.error().message);
            return retry();
        }
        onListed(std::move(*listed));
    });
}

void Informer::onListed(ObjectList listed) {
    failures_ = 0;
    std::map<std::string, ObjectPtr> gone = objects_;
    for (const auto& object : listed.items) {
        gone.erase(object->key());
        put(object);
    }
    for (const auto& [key, last] : gone) erase(key, last);
    synced_ = true;
    startWatch(listed.resourceVersion);
}

void Informer::startWatch(const std::string& resourceVersion) {
    resourceVersion_ = resourceVersion;
    WatchOptions options;
    options.resourceVersion = resourceVersion;
    options.fieldSelector = fieldSelector_;
    watch_ = client_.watch(resource_, nameSpace_, options, [this, alive = alive_](WatchEvent event) {
        if (*alive) onEvent(std::move(event));
    });
}

void Informer::onEvent(WatchEvent event) {
    switch (event.type) {
        case WatchEventType::Added:
        case WatchEventType::Modified:
            put(event.object);
            break;
        case WatchEventType::Deleted:
            erase(event.object->key(), event.object);
            break;
        case WatchEventType::Bookmark:
            break;
        case WatchEventType::Error:
            logDebug("informer", "watch of {} ended: {}", resource_.resource, event.error.message);
            return retry();
    }
    resourceVersion_ = event.object->resourceVersion();
}

void Informer::retry() {
    const auto wait = std::min<Duration>(10s, 50ms * (1 << std::min(failures_++, 8)));
    retryTimer_ = clock_.afterReal(wait, [this] {
        watch_.reset();
        list();
    });
}

void Informer::put(const ObjectPtr& object) {
    const auto key = object->key();
    auto& slot = objects_[key];
    const auto before = slot;
    if (before && before->resourceVersion() == object->resourceVersion()) return;
    slot = object;
    reindex(key, before, object);
    // A handler may add handlers: index, do not iterate.
    for (std::size_t i = 0; i < handlers_.size(); ++i) {
        if (before && before->uid() != object->uid()) {
            if (handlers_[i].onDelete) handlers_[i].onDelete(before);
            if (handlers_[i].onAdd) handlers_[i].onAdd(object);
        } else if (before) {
            if (handlers_[i].onUpdate) handlers_[i].onUpdate(before, object);
        } else if (handlers_[i].onAdd) {
            handlers_[i].onAdd(object);
        }
    }
}

void Informer::erase(const std::string& key, const ObjectPtr& last) {
    const auto it = objects_.find(key);
    if (it == objects_.end()) return;
    const auto before = it->second;
    objects_.erase(it);
    reindex(key, before, nullptr);
    for (std::size_t i = 0; i < handlers_.size(); ++i)
        if (handlers_[i].onDelete) handlers_[i].onDelete(last);
}

void Informer::reindex(const std::string& key, const ObjectPtr& before, const ObjectPtr& after) {
    for (auto& [name, index] : indexes_) {
        if (before)
            for (const auto& value : index.function(*before))
                if (const auto it = index.entries.find(value); it != index.entries.end()) {
                    it->second.erase(key);
                    if (it->second.empty()) index.entries.erase(it);
                }
        if (after)
            for (const auto& value : index.function(*after)) index.entries[value].insert_or_assign(key, after);
    }
}

ObjectPtr Informer::get(const std::string& key) const {
    const auto it = objects_.find(key);
    return it == objects_.end() ? nullptr : it->second;
}

ObjectPtr Informer::get(const std::string& nameSpace, const std::string& name) const {
    return get(nameSpace.empty() ? name : nameSpace + "/" + name);
}

std::vector<ObjectPtr> Informer::byIndex(const std::string& index, const std::string& value) const {
    std::vector<ObjectPtr> found;
    const auto at = indexes_.find(index);
    KUBARIUM_ASSERT(at != indexes_.end());
    if (const auto it = at->second.entries.find(value); it != at->second.entries.end())
        for (const auto& [key, object] : it->second) found.push_back(object);
    return found;
}

Informer& InformerFactory::informer(const GroupVersionResource& resource) {
    auto& slot = informers_[resource];
    if (!slot) {
        slot = std::make_unique<Informer>(client_, clock_, resource);
        unstarted_.push_back(slot.get());
    }
    return *slot;
}

void InformerFactory::start() {
    for (auto* informer : std::exchange(unstarted_, {})) informer->start();
}

bool InformerFactory::synced() const {
    return std::ranges::all_of(informers_, [](const auto& entry) { return entry.second->synced(); });
}

}  // namespace kubarium::client
