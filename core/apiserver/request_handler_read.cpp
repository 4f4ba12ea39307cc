// get, list and watch. A list is a snapshot at one revision; `limit` cuts it and the continue token names that revision and
// where to go on, so that all pages show the same moment. A watch continues from a list's revision without a gap.
#include "core/apiserver/conversion.h"
#include "core/apiserver/request_handler.h"
#include "core/apiserver/selection.h"
#include "core/apiserver/status.h"

#include <boost/json.hpp>
#include <fmt/format.h>

#include <charconv>

namespace kubarium::apiserver {

using namespace std::chrono_literals;
using client::WatchEventType;

namespace {

constexpr Duration bookmarkEvery = 60s;
constexpr Duration leastWatch = 30min;

struct Continue {
    std::uint64_t revision = 0;
    bool latest = false;  // go on from there in whatever is there now: what an expired token is exchanged for
    std::string after;  // the path of the last item of the page before
};

constexpr std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

// Base64url of {"v":"meta.k8s.io/v1","rv":N,"start":"..."}, as the API server's own.
std::string encodeContinue(const Continue& token) {
    const json::value revision = token.latest ? json::value(-1) : json::value(token.revision);
    const auto bytes = json::serialize(json::object{{"v", "meta.k8s.io/v1"}, {"rv", revision}, {"start", token.after}});
    std::string text;
    unsigned buffer = 0;
    int bits = 0;
    for (const char c : bytes) {
        buffer = (buffer << 8) | static_cast<unsigned char>(c);
        for (bits += 8; bits >= 6; bits -= 6) text += alphabet[(buffer >> (bits - 6)) & 63];
    }
    if (bits > 0) text += alphabet[(buffer << (6 - bits)) & 63];
    return text;
}

Error badContinue(std::string_view why) { return badRequest(fmt::format("invalid continue token: continue key is not valid: {}", why)); }

Result<Continue> decodeContinue(const std::string& text) {
    std::string bytes;
    unsigned buffer = 0;
    int bits = 0;
    for (const char c : text) {
        const auto digit = alphabet.find(c);
        if (digit == std::string_view::npos) return badContinue("illegal base64 data");
        buffer = (buffer << 6) | static_cast<unsigned>(digit);
        bits += 6;
        if (bits >= 8) {
            bits -= 8;
            bytes += static_cast<char>((buffer >> bits) & 255);
        }
    }
    boost::system::error_code error;
    const auto value = json::parse(bytes, error);
    if (error) return badContinue(error.message());
    const auto version = api::stringAt(value, {"v"});
    if (version != "meta.k8s.io/v1") return badContinue(fmt::format("server does not recognize this encoded version {}", version));
    const auto* revision = api::findPath(value, {"rv"});
    if (revision && revision->is_int64() && revision->get_int64() == -1) return Continue{0, true, std::string(api::stringAt(value, {"start"}))};
    if (!revision || !revision->is_int64() || revision->get_int64() <= 0) return badContinue("incorrect encoded start resourceVersion (version meta.k8s.io/v1)");
    return Continue{static_cast<std::uint64_t>(revision->get_int64()), false, std::string(api::stringAt(value, {"start"}))};
}

std::optional<std::uint64_t> parseNumber(const std::string& text) {
    std::uint64_t number = 0;
    const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (code != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return number;
}

Result<std::int64_t> parseInteger(const std::string& text) {
    std::int64_t number = 0;
    const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (code != std::errc{} || end != text.data() + text.size()) return badRequest(fmt::format("strconv.ParseInt: parsing \"{}\": invalid syntax", text));
    return number;
}

std::string notANumber(const std::string& text) {
    return fmt::format("resourceVersion: Invalid value: \"{0}\": strconv.ParseUint: parsing \"{0}\": invalid syntax", text);
}

Error tooLarge(std::uint64_t asked, std::uint64_t current) {
    auto error = makeError(Reason::Timeout, fmt::format("Timeout: Too large resource version: {}, current: {}", asked, current));
    error.causes.push_back({"ResourceVersionTooLarge", "Too large resource version", ""});
    error.retryAfterSeconds = 1;
    return error;
}

Error continueExpired() {
    return makeError(Reason::Expired,
                     "The provided continue parameter is too old to display a consistent list result. You can start a new list without the continue "
                     "parameter, or use the continue token in this response to retrieve the remainder of the results. Continuing with the provided "
                     "token results in an inconsistent list - objects that were created, modified, or deleted between the time the first chunk was "
                     "returned and now may show up in the list.");
}

Error invalidOptions(std::vector<Cause> causes) {
    std::string text;
    for (const auto& cause : causes) text += fmt::format("{}{}: {}", text.empty() ? "" : ", ", cause.field, cause.message);
    auto error = makeError(Reason::Invalid, fmt::format("ListOptions.meta.k8s.io \"\" is invalid: {}", causes.size() > 1 ? "[" + text + "]" : text));
    error.group = "meta.k8s.io";
    error.kind = "ListOptions";
    error.causes = std::move(causes);
    return error;
}

// apimachinery/pkg/apis/meta/internalversion/validation
Result<void> validateListOptions(const Query& query, bool watching) {
    std::vector<Cause> causes;
    const auto match = query.get("resourceVersionMatch");
    const auto version = query.get("resourceVersion");
    const auto forbid = [&](std::string field, std::string why) { causes.push_back({"FieldValueForbidden", "Forbidden: " + why, std::move(field)}); };
    if (watching) {
        if (query.has("sendInitialEvents")) {
            if (match != "NotOlderThan") forbid("resourceVersionMatch", "sendInitialEvents requires setting resourceVersionMatch to NotOlderThan");
            if (!match.empty() && match != "NotOlderThan")
                causes.push_back({"FieldValueNotSupported", fmt::format("Unsupported value: \"{}\": supported values: \"NotOlderThan\"", match), "resourceVersionMatch"});
            if (!query.get("continue").empty()) forbid("resourceVersionMatch", "resourceVersionMatch is forbidden when continue is provided");
        } else {
            if (!match.empty()) forbid("resourceVersionMatch", "resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided");
            if (!query.get("continue").empty()) forbid("resourceVersionMatch", "resourceVersionMatch is forbidden when continue is provided");
        }
    } else {
        if (!match.empty()) {
            if (version.empty()) forbid("resourceVersionMatch", "resourceVersionMatch is forbidden unless resourceVersion is provided");
            if (!query.get("continue").empty()) forbid("resourceVersionMatch", "resourceVersionMatch is forbidden when continue is provided");
            if (match != "Exact" && match != "NotOlderThan")
                causes.push_back({"FieldValueNotSupported", fmt::format("Unsupported value: \"{}\": supported values: \"Exact\", \"NotOlderThan\", \"\"", match), "resourceVersionMatch"});
            if (match == "Exact" && version == "0") forbid("resourceVersionMatch", "resourceVersionMatch \"exact\" is forbidden for resourceVersion \"0\"");
        }
        if (query.has("sendInitialEvents")) forbid("sendInitialEvents", "sendInitialEvents is forbidden for list");
    }
    if (causes.empty()) return {};
    return invalidOptions(std::move(causes));
}

json::object bookmarkTree(const api::Resource& resource, std::uint64_t revision, bool initialEnd) {
    json::object metadata{{"resourceVersion", std::to_string(revision)}};
    if (initialEnd) metadata["annotations"] = json::object{{"k8s.io/initial-events-end", "true"}};
    return {{"kind", resource.kind.kind}, {"apiVersion", resource.kind.apiVersion()}, {"metadata", std::move(metadata)}};
}

// Present state first (if asked), then changes, filtered and seen through the selectors: an object that begins to match is
// added for this watcher, one that ceases to is deleted.
class StoredWatch final : public client::Watch {
public:
    struct Options {
        const api::Resource* resource;
        std::string nameSpace;
        Selection selection;
        std::uint64_t since = 0;
        bool initial = false;       // synthetic Added events of what exists
        bool initialEnd = false;    // and a bookmark after them
        bool bookmarks = false;
        Duration timeout{};
    };

    StoredWatch(store::Store& store, Executor& executor, Clock& clock, Options options, WatchSink sink)
        : store_(store), clock_(clock), options_(std::move(options)), sink_(std::move(sink)), resourceName_(storageName(options_.resource->id)) {
        end_ = clock_.afterReal(options_.timeout, [this] { finish(); });
        if (options_.initial) {
            const auto revision = store_.revision();
            auto items = std::make_shared<std::vector<ObjectPtr>>(snapshot());
            store_.whenDurable(revision, [this, alive = alive_, items, revision](Result<void> saved) {
                if (!*alive) return;
                if (saved) return sendInitial(*items, revision, alive);
                giveUp(saved.error(), alive);
            });
        } else {
            executor.post([this, alive = alive_] {
                if (*alive) follow(options_.since, alive);
            });
        }
        if (options_.bookmarks) scheduleBookmark();
    }
    ~StoredWatch() override { *alive_ = false; }

private:
    std::vector<ObjectPtr> snapshot() const {
        std::vector<ObjectPtr> items;
        const auto& all = store_.all(resourceName_);
        const auto prefix = options_.nameSpace.empty() ? std::string() : options_.nameSpace + "/";
        for (auto it = all.lower_bound(prefix); it != all.end() && it->first.starts_with(prefix); ++it)
            if (options_.selection.matches(*it->second)) items.push_back(it->second);
        return items;
    }
    void sendInitial(const std::vector<ObjectPtr>& items, std::uint64_t revision, const std::shared_ptr<bool>& alive) {
        for (const auto& item : items) {
            sink_(WatchFrame{WatchEventType::Added, fromStorage(*options_.resource, item), {}});
            if (!*alive) return;
        }
        if (options_.initialEnd) sink_(WatchFrame{WatchEventType::Bookmark, api::Object::make(bookmarkTree(*options_.resource, revision, true)), {}});
        if (*alive) follow(revision, alive);
    }
    void follow(std::uint64_t since, const std::shared_ptr<bool>& alive) {
        auto watch = store_.watch(resourceName_, since, [this](const store::Change& change) { onChange(change); });
        if (watch) {
            watch_ = std::move(*watch);
            return;
        }
        giveUp(watch.error(), alive);
    }
    void giveUp(const Error& error, const std::shared_ptr<bool>& alive) {
        sink_(WatchFrame{WatchEventType::Error, nullptr, error});
        if (*alive) finish();
    }
    bool selects(const ObjectPtr& object) const { return object && options_.selection.matches(*object); }
    void onChange(const store::Change& change) {
        if (!options_.nameSpace.empty() && change.object->nameSpace() != options_.nameSpace) return;
        const bool before = selects(change.before);
        if (change.type == store::ChangeType::Deleted) {
            if (before) send(WatchEventType::Deleted, change.object);
            return;
        }
        const bool now = selects(change.object);
        if (now)
            send(before ? WatchEventType::Modified : WatchEventType::Added, change.object);
        else if (before) {
            // What this watcher may still see is the state that matched, with the revision of the change.
            auto tree = change.before->tree();
            api::ensureObject(tree, {"metadata"})["resourceVersion"] = std::to_string(change.revision);
            send(WatchEventType::Deleted, api::Object::make(std::move(tree)));
        }
    }
    void send(WatchEventType type, const ObjectPtr& object) { sink_(WatchFrame{type, fromStorage(*options_.resource, object), {}}); }
    void scheduleBookmark() {
        bookmark_ = clock_.afterReal(bookmarkEvery, [this, alive = alive_] {
            if (watch_) sink_(WatchFrame{WatchEventType::Bookmark, api::Object::make(bookmarkTree(*options_.resource, store_.durableRevision(), false)), {}});
            if (*alive) scheduleBookmark();
        });
    }
    void finish() {
        watch_.reset();
        bookmark_.reset();
        sink_(std::nullopt);
    }

    store::Store& store_;
    Clock& clock_;
    Options options_;
    WatchSink sink_;
    std::string resourceName_;
    std::unique_ptr<store::Watch> watch_;
    Timer bookmark_, end_;
    std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

// The same over a ResourceProvider.
class ProvidedWatch final : public client::Watch {
public:
    ProvidedWatch(ResourceProvider& provider, Executor& executor, Clock& clock, const std::string& nameSpace, Selection selection,
                  std::optional<std::uint64_t> since, Duration timeout, WatchSink sink)
        : sink_(std::move(sink)), selection_(std::move(selection)) {
        end_ = clock.afterReal(timeout, [this] {
            watch_.reset();
            sink_(std::nullopt);
        });
        if (!since) {
            auto listed = provider.list(nameSpace);
            since = listed.revision;
            executor.post([this, alive = alive_, items = std::move(listed.items)] {
                for (const auto& item : items)
                    if (*alive && selection_.matches(*item)) sink_(WatchFrame{WatchEventType::Added, item, {}});
            });
        }
        watch_ = provider.watch(nameSpace, *since, [this](client::WatchEvent event) {
            if (event.object && event.type != WatchEventType::Bookmark && !selection_.matches(*event.object)) return;
            sink_(WatchFrame{event.type, event.object, event.error});
        });
    }
    ~ProvidedWatch() override { *alive_ = false; }

private:
    WatchSink sink_;
    Selection selection_;
    std::unique_ptr<client::Watch> watch_;
    Timer end_;
    std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace

Result<Response> RequestHandler::get(Call& call) {
    Response response;
    if (call.provider) {
        call.later = [provider = call.provider, info = call.info](auto done) {
            provider->get(info.nameSpace, info.name, [info, done = std::move(done)](ObjectPtr object) mutable {
                if (!object) return done(notFound(info.resource, info.name));
                Response found;
                found.body = std::move(object);
                done(std::move(found));
            });
        };
        return response;
    }
    if (const auto version = call.query.get("resourceVersion"); !version.empty()) {
        const auto number = parseNumber(version);
        if (!number) return badRequest("invalid resource version: " + notANumber(version));
        if (*number > registry_.store().revision()) return tooLarge(*number, registry_.store().revision());
    }
    response.body = TRY(registry_.get(*call.resource, call.info.nameSpace, call.info.name));
    return response;
}

Result<ListBody> RequestHandler::select(const Call& call, const Selection& selection) const {
    auto& store = registry_.store();
    const auto resourceName = storageName(call.resource->id);
    ListBody list;
    std::int64_t limit = 0;
    if (const auto text = call.query.get("limit"); !text.empty()) {
        limit = TRY(parseInteger(text));
    }
    auto revision = store.revision();
    std::string after;
    bool past = false;
    if (const auto text = call.query.get("continue"); !text.empty()) {
        if (const auto version = call.query.get("resourceVersion"); !version.empty() && version != "0")
            return badRequest("specifying resource version is not allowed when using continue");
        const auto token = TRY(decodeContinue(text));
        if (token.revision > revision) return tooLarge(token.revision, revision);
        past = !token.latest && token.revision != revision;
        if (past) revision = token.revision;
        after = token.after;
    } else if (const auto version = call.query.get("resourceVersion"); !version.empty()) {
        const auto number = parseNumber(version);
        if (!number) return badRequest("invalid resource version: " + notANumber(version));
        if (*number > revision) return tooLarge(*number, revision);
        const bool exact = call.query.get("resourceVersionMatch") == "Exact" || (limit > 0 && *number > 0 && call.query.get("resourceVersionMatch").empty());
        if (exact && *number != revision) {
            revision = *number;
            past = true;
        }
    }
    store::ObjectMap old;
    if (past) {
        auto found = store.at(resourceName, revision);
        if (!found) return after.empty() ? makeError(Reason::Expired, "The resourceVersion for the provided list is too old.") : continueExpired();
        old = std::move(*found);
    }
    const auto& all = past ? old : store.all(resourceName);
    const auto prefix = call.resource->namespaced && !call.info.nameSpace.empty() ? call.info.nameSpace + "/" : std::string();
    std::int64_t remaining = 0;
    std::string last;
    for (auto it = after.empty() ? all.lower_bound(prefix) : all.upper_bound(after); it != all.end() && it->first.starts_with(prefix); ++it) {
        if (limit > 0 && std::ssize(list.items) >= limit) {
            if (!selection.empty() && !selection.matches(*it->second)) continue;
            ++remaining;
            if (!selection.empty()) break;
            continue;
        }
        if (!selection.matches(*it->second)) continue;
        list.items.push_back(fromStorage(*call.resource, it->second));
        last = it->first;
    }
    if (remaining > 0) {
        list.continueToken = encodeContinue({revision, false, last});
        if (selection.empty()) list.remaining = remaining;
    }
    // ComponentStatuses are made up at each request and have no revision.
    if (call.resource->kind.kind != "ComponentStatus") list.resourceVersion = std::to_string(revision);
    return list;
}

void RequestHandler::offerInconsistentContinue(const Call& call, json::object& status) const {
    const auto token = decodeContinue(call.query.get("continue"));
    if (token) api::ensureObject(status, {"metadata"})["continue"] = encodeContinue({0, true, token->after});
}

Result<Response> RequestHandler::list(Call& call) {
    if (const auto text = call.query.get("timeoutSeconds"); !text.empty()) TRY(parseInteger(text));
    TRY(validateListOptions(call.query, false));
    const auto selection = TRY(Selection::parse(*call.resource, call.query.get("labelSelector"), call.query.get("fieldSelector")));
    Response response;
    if (!call.provider) {
        response.body = TRY(select(call, selection));
        return response;
    }
    auto provided = call.provider->list(call.info.nameSpace);
    ListBody list;
    for (auto& item : provided.items)
        if (selection.matches(*item)) list.items.push_back(std::move(item));
    list.resourceVersion = std::to_string(provided.revision);
    response.body = std::move(list);
    return response;
}

Result<Response> RequestHandler::watch(Call& call) {
    const auto& query = call.query;
    TRY(validateListOptions(query, true));
    auto fields = query.get("fieldSelector");
    if (!call.info.name.empty()) fields = "metadata.name=" + call.info.name + (fields.empty() ? "" : "," + fields);
    auto selection = TRY(Selection::parse(*call.resource, query.get("labelSelector"), fields));
    std::optional<std::uint64_t> since;
    if (const auto version = query.get("resourceVersion"); !version.empty() && version != "0") {
        since = parseNumber(version);
        if (!since) return makeError(Reason::Unknown, notANumber(version));
    }
    Duration timeout = leastWatch + std::chrono::seconds{registry_.random().below(1800)};
    if (const auto text = query.get("timeoutSeconds"); !text.empty())
        if (const auto number = TRY(parseInteger(text)); number > 0) timeout = std::chrono::seconds{std::min<std::int64_t>(number, 86400)};
    Response response;
    if (call.provider) {
        response.watch = [this, provider = call.provider, nameSpace = call.info.nameSpace, selection, since, timeout](WatchSink sink) -> std::unique_ptr<client::Watch> {
            return std::make_unique<ProvidedWatch>(*provider, executor_, registry_.clock(), nameSpace, selection, since, timeout, std::move(sink));
        };
        return response;
    }
    StoredWatch::Options options{call.resource, call.resource->namespaced ? call.info.nameSpace : std::string(), std::move(selection)};
    const bool wantsInitial = query.flag("sendInitialEvents");
    options.initial = wantsInitial || (!since && !query.has("sendInitialEvents"));
    options.bookmarks = query.flag("allowWatchBookmarks");
    options.initialEnd = wantsInitial && options.bookmarks;
    options.since = since.value_or(registry_.store().revision());
    options.timeout = timeout;
    response.watch = [this, options](WatchSink sink) -> std::unique_ptr<client::Watch> {
        return std::make_unique<StoredWatch>(registry_.store(), executor_, registry_.clock(), options, std::move(sink));
    };
    return response;
}

}  // namespace kubarium::apiserver
