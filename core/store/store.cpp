#include "core/store/store.h"

#include "core/api/changed_object.h"

#include <fmt/format.h>

namespace kubarium::store {

using namespace std::chrono_literals;

namespace {

// A new store begins here, so that a client that asks for revision 1 is told that it is too old, as by a compacted etcd.
constexpr std::uint64_t firstRevision = 10;
// How much history a resource keeps for watches that start in the past, as the watch cache of the API server does: what is
// younger than this, within these bounds.
constexpr Duration historyAge = 75s;
constexpr std::size_t leastHistory = 256;
constexpr std::size_t mostHistory = 32768;

void setResourceVersion(json::object& tree, const std::string& version) { api::ensureObject(tree, {"metadata"})["resourceVersion"] = version; }

Error expired(std::uint64_t asked, std::uint64_t known) {
    return makeError(Reason::Expired, fmt::format("too old resource version: {} ({})", asked, known));
}

}  // namespace

struct Store::Watcher {
    std::uint64_t since;
    std::function<void(const Change&)> handler;
};

class Store::WatchHandle final : public Watch {
public:
    explicit WatchHandle(std::shared_ptr<Watcher> watcher) : watcher_(std::move(watcher)) {}

private:
    std::shared_ptr<Watcher> watcher_;
};

Store::~Store() { *alive_ = false; }

Store::Resource& Store::resource(const std::string& name) {
    const auto [it, added] = resources_.try_emplace(name);
    if (added) it->second.forgotten = compacted_;
    return it->second;
}

ObjectPtr Store::get(const Key& key) const {
    const auto at = resources_.find(key.resource);
    if (at == resources_.end()) return nullptr;
    const auto it = at->second.objects.find(key.path());
    return it == at->second.objects.end() ? nullptr : it->second;
}

std::uint64_t Store::lastChange(const std::string& name) const {
    const auto at = resources_.find(name);
    return at == resources_.end() ? 0 : at->second.lastChange;
}

const ObjectMap& Store::all(const std::string& name) const {
    static const ObjectMap none;
    const auto at = resources_.find(name);
    return at == resources_.end() ? none : at->second.objects;
}

Result<ObjectMap> Store::at(const std::string& name, std::uint64_t revision) const {
    const auto found = resources_.find(name);
    if (found == resources_.end()) return ObjectMap{};
    const auto& resource = found->second;
    if (revision < resource.forgotten) return expired(revision, resource.forgotten);
    auto objects = resource.objects;
    // Undo what happened since, latest first.
    for (auto it = resource.history.rbegin(); it != resource.history.rend() && it->change.revision > revision; ++it) {
        if (it->change.before)
            objects[it->change.path] = it->change.before;
        else
            objects.erase(it->change.path);
    }
    return objects;
}

Result<ObjectPtr> Store::put(const Key& key, json::object tree, std::uint64_t expected) {
    return place(key, expected, [&](const std::string& resourceVersion) {
        setResourceVersion(tree, resourceVersion);
        return api::Object::make(std::move(tree));
    });
}

Result<ObjectPtr> Store::change(const Key& key, const api::Object& base, const std::function<void(json::object&)>& change) {
    return place(key, base.revision(), [&](const std::string& resourceVersion) {
        return api::makeChanged(base, [&](json::object& tree) {
            change(tree);
            setResourceVersion(tree, resourceVersion);
        });
    });
}

Result<ObjectPtr> Store::putLike(const Key& key, const api::Object& base, std::string_view old, std::string_view renamed, const std::function<void(json::object&)>& change) {
    return place(key, 0, [&](const std::string& resourceVersion) {
        return api::makeRenamed(base, old, renamed, [&](json::object& tree) {
            change(tree);
            setResourceVersion(tree, resourceVersion);
        });
    });
}

Result<ObjectPtr> Store::place(const Key& key, std::uint64_t expected, const std::function<ObjectPtr(const std::string&)>& make) {
    if (!trouble_.empty()) return internalError(trouble_);
    auto& slots = resource(key.resource).objects;
    const auto path = key.path();
    const auto it = slots.find(path);
    const auto before = it == slots.end() ? nullptr : it->second;
    if (expected == 0 && before) return makeError(Reason::AlreadyExists, {});
    if (expected != 0 && (!before || before->revision() != expected)) return makeError(before ? Reason::Conflict : Reason::NotFound, {});
    auto object = make(std::to_string(revision_ + 1));
    slots[path] = object;
    append(key.resource, {before ? ChangeType::Modified : ChangeType::Added, ++revision_, path, object, before});
    return object;
}

Result<ObjectPtr> Store::remove(const Key& key, std::uint64_t expected, const json::object* last) {
    if (!trouble_.empty()) return internalError(trouble_);
    auto& slots = resource(key.resource).objects;
    const auto path = key.path();
    const auto it = slots.find(path);
    if (it == slots.end()) return makeError(Reason::NotFound, {});
    const auto before = it->second;
    if (expected != 0 && before->revision() != expected) return makeError(Reason::Conflict, {});
    const auto stamp = [version = std::to_string(revision_ + 1)](json::object& tree) { setResourceVersion(tree, version); };
    ObjectPtr object;
    if (last) {
        auto tree = *last;
        stamp(tree);
        object = api::Object::make(std::move(tree));
    } else {
        object = api::makeChanged(*before, stamp);
    }
    slots.erase(it);
    append(key.resource, {ChangeType::Deleted, ++revision_, path, object, before});
    return object;
}

void Store::append(const std::string& name, Change change) {
    auto& at = resource(name);
    at.lastChange = change.revision;
    at.history.push_back({change, clock_.monotonic()});
    trim(at);
    undelivered_.emplace_back(name, std::move(change));
    persist(name, undelivered_.back().second);
}

void Store::trim(Resource& at) {
    const auto now = clock_.monotonic();
    while (at.history.size() > leastHistory && (at.history.size() > mostHistory || now - at.history.front().at > historyAge)) {
        at.forgotten = at.history.front().change.revision;
        at.history.pop_front();
    }
}

void Store::committed(std::uint64_t revision) {
    durable_ = revision;
    trouble_.clear();
    // Handlers may write, watch and drop watches: each step looks at the present state.
    while (!undelivered_.empty() && undelivered_.front().second.revision <= revision) {
        const auto [name, change] = std::move(undelivered_.front());
        undelivered_.pop_front();
        deliver(name, change);
    }
    std::vector<Saved> ready;
    for (auto it = waiting_.begin(); it != waiting_.end() && it->first <= revision; it = waiting_.erase(it))
        ready.push_back(std::move(it->second));
    for (auto& saved : ready) saved({});
    if (progress_) progress_();
}

void Store::failed(std::string trouble) {
    trouble_ = std::move(trouble);
    for (auto& [revision, saved] : std::exchange(waiting_, {})) saved(internalError(trouble_));
}

void Store::deliver(const std::string& name, const Change& change) {
    auto& watchers = resource(name).watchers;
    std::erase_if(watchers, [](const auto& weak) { return weak.expired(); });
    const auto current = watchers;
    for (const auto& weak : current)
        if (const auto watcher = weak.lock(); watcher && watcher->since < change.revision) {
            watcher->since = change.revision;
            watcher->handler(change);
        }
}

void Store::whenDurable(std::uint64_t revision, Saved saved) {
    if (revision > durable_ && trouble_.empty()) {
        waiting_.emplace(revision, std::move(saved));
        return;
    }
    auto result = revision > durable_ ? Result<void>(internalError(trouble_)) : Result<void>();
    executor_.post([saved = std::move(saved), result = std::move(result)]() mutable { saved(std::move(result)); });
}

Result<std::unique_ptr<Watch>> Store::watch(const std::string& name, std::uint64_t since, std::function<void(const Change&)> handler) {
    auto& at = resource(name);
    if (since < at.forgotten) return expired(since, at.forgotten);
    auto watcher = std::make_shared<Watcher>(Watcher{since, std::move(handler)});
    // The past is told in a task of its own; a change that becomes durable before that task runs must not overtake it, so
    // the watcher joins the others only then.
    executor_.post([this, alive = alive_, name, weak = std::weak_ptr(watcher)] {
        const auto live = *alive ? weak.lock() : nullptr;
        if (!live) return;
        std::vector<Change> past;
        const auto& history = resource(name).history;
        for (auto it = history.rbegin(); it != history.rend() && it->change.revision > live->since; ++it)
            if (it->change.revision <= durable_) past.push_back(it->change);
        resource(name).watchers.push_back(weak);
        // What is still undelivered although durable comes again from deliver(), which skips what was told here.
        for (auto it = past.rbegin(); it != past.rend() && !weak.expired(); ++it) {
            if (live->since >= it->revision) continue;
            live->since = it->revision;
            live->handler(*it);
        }
    });
    return std::unique_ptr<Watch>(std::make_unique<WatchHandle>(std::move(watcher)));
}

void Store::compact(std::uint64_t revision) {
    compacted_ = std::max(compacted_, revision);
    for (auto& [name, at] : resources_) {
        while (!at.history.empty() && at.history.front().change.revision <= revision) at.history.pop_front();
        at.forgotten = std::max(at.forgotten, revision);
    }
}

void Store::restore(std::string name, std::string path, ObjectPtr object) { resource(name).objects.insert_or_assign(std::move(path), std::move(object)); }

void Store::restoreRevision(std::uint64_t revision) {
    revision_ = durable_ = std::max(revision, firstRevision);
    compact(revision_);
}

MemoryStore::MemoryStore(Executor& executor, Clock& clock) : Store(executor, clock) { restoreRevision(0); }

void MemoryStore::persist(const std::string&, const Change&) {
    if (!committing_) commit();
}

// As a disk would: what is written meanwhile goes together next time.
void MemoryStore::commit() {
    committing_ = true;
    executor_.post([this, alive = alive_, revision = revision()] {
        if (!*alive) return;
        committing_ = false;
        if (this->revision() > revision) commit();
        committed(revision);
    });
}

}  // namespace kubarium::store
