// A Client on a plain map, for unit tests of components: revisions, conflicts, generateName, uids, merge patch, status
// subresources, graceful Pod deletion, finalizers and watches, but no validation and no defaults. What must be right about
// the API itself is tested against the real server (LocalClient).
#pragma once

#include "core/base/clock.h"
#include "core/base/random.h"
#include "core/client/client.h"

#include <map>
#include <set>

namespace kubarium::testing {

namespace json = boost::json;
using client::ObjectPtr;

class MemoryClient final : public client::Client {
public:
    MemoryClient(Executor& executor, Clock& clock, Random& random) : executor_(executor), clock_(clock), random_(random) {}

    // Test side: synchronous.
    ObjectPtr put(const api::GroupVersionResource& resource, json::object object);  // creates or replaces
    ObjectPtr find(const api::GroupVersionResource& resource, const std::string& key) const;
    std::vector<ObjectPtr> all(const api::GroupVersionResource& resource) const;
    void erase(const api::GroupVersionResource& resource, const std::string& key);
    // The next calls that write fail with this error.
    void failWrites(int count, Error error) { failures_ = count, failure_ = std::move(error); }
    // "create pods default/a", "update pods/status default/a", ... in order.
    std::vector<std::string> log;

    void get(const api::GroupVersionResource&, const std::string&, const std::string&, client::Reply<ObjectPtr>) override;
    void list(const api::GroupVersionResource&, const std::string&, const client::ListOptions&, client::Reply<client::ObjectList>) override;
    std::unique_ptr<client::Watch> watch(const api::GroupVersionResource&, const std::string&, const client::WatchOptions&,
                                         std::move_only_function<void(client::WatchEvent)>) override;
    void create(const api::GroupVersionResource&, const std::string&, json::object, const client::WriteOptions&, client::Reply<ObjectPtr>,
                const std::string& = {}, const std::string& = {}) override;
    void update(const api::GroupVersionResource&, const std::string&, const std::string&, json::object, const client::WriteOptions&,
                client::Reply<ObjectPtr>, const std::string& = {}) override;
    void patch(const api::GroupVersionResource&, const std::string&, const std::string&, client::PatchType, json::value,
               const client::WriteOptions&, client::Reply<ObjectPtr>, const std::string& = {}) override;
    void remove(const api::GroupVersionResource&, const std::string&, const std::string&, const client::DeleteOptions&,
                client::Reply<json::value>) override;
    void getRaw(const std::string&, client::Reply<std::string>) override;

private:
    using Key = std::pair<api::GroupVersionResource, std::string>;
    struct Watcher;
    struct Handle;
    Result<ObjectPtr> commit(const api::GroupVersionResource& resource, json::object object, client::WatchEventType type);
    Result<ObjectPtr> replace(const api::GroupVersionResource& resource, const std::string& key, json::object body, const std::string& subresource);
    std::optional<Error> takeFailure();
    void notify(const api::GroupVersionResource& resource, client::WatchEventType type, const ObjectPtr& object);

    Executor& executor_;
    Clock& clock_;
    Random& random_;
    std::map<Key, ObjectPtr> objects_;
    std::vector<std::weak_ptr<Watcher>> watchers_;
    std::uint64_t revision_ = 0;
    int failures_ = 0;
    Error failure_;
};

// RFC 7386.
void mergePatch(json::value& target, const json::value& patch);
// Parses JSON for tests; aborts on a mistake.
json::object parseObject(std::string_view text);

}  // namespace kubarium::testing
