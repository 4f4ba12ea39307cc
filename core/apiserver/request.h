// A request and its answer apart from any transport: the HTTP front end and LocalClient make Requests, RequestHandler answers
// them on the engine thread, and whoever asked turns the Response into bytes (any thread: see presentation.h) or takes the
// objects as they are.
#pragma once

#include "core/api/schema.h"
#include "core/apiserver/kubelet_connector.h"
#include "core/base/clock.h"
#include "core/client/client.h"

#include <boost/json/value.hpp>

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace kubarium::apiserver {

namespace json = boost::json;
using api::ObjectPtr;

struct User {
    std::string name;
    std::string uid;
    std::vector<std::string> groups;
    std::map<std::string, std::vector<std::string>> extra;
    bool inGroup(std::string_view group) const;
};

struct Request {
    std::string method;  // "GET"
    std::string path;    // percent-encoded, without the query
    std::string query;   // without '?'
    std::string accept;
    std::string contentType;
    std::string userAgent;
    std::string body;
    // A body that is a tree already (LocalClient); `body` and `contentType` (but for patches) do not count then.
    std::optional<json::value> tree;
    User user;
    std::string serverAddress;  // "127.0.0.1:6443", for discovery
};

// How objects are shown: as they are, as a Table (kubectl get) or only their metadata.
enum class Form : std::uint8_t { Object, Table, PartialMetadata };
enum class Encoding : std::uint8_t { Json, Yaml };

struct Presentation {
    Form form = Form::Object;
    Encoding encoding = Encoding::Json;
    bool pretty = false;
    std::string metaVersion = "v1";             // of Table and PartialObjectMetadata
    std::string includeObject;                  // Table: "", "Metadata", "None", "Object"
    bool partialList = false;                   // PartialMetadata: that of a list was asked for
    const api::Resource* resource = nullptr;    // what the objects are
    WallTime now{};
};

struct ListBody {
    std::vector<ObjectPtr> items;
    std::string resourceVersion;
    std::string continueToken;
    std::optional<std::int64_t> remaining;
};

struct WatchFrame {
    client::WatchEventType type;
    ObjectPtr object;     // Bookmark: a tree with kind, apiVersion and metadata only
    Error error;          // Error
};

// nullopt: the watch has ended (its time is up). Nothing follows that, or an Error frame.
using WatchSink = std::function<void(std::optional<WatchFrame>)>;

// What a request to a running Pod turns into.
struct PodConnection {
    enum class Kind : std::uint8_t { Logs, Exec, PortForward } kind;
    bool standardInput = false, standardOutput = false, standardError = false, terminal = false;  // Exec
    std::vector<int> ports;                                                                       // PortForward, WebSocket only
    bool limited = false;                                                                         // Logs: not followed
    // Opens the connection (one per port for PortForward, `port` is 0 otherwise).
    std::function<Result<std::unique_ptr<PodStream>>(int port, PodStreamHandlers)> open;
};

struct Response {
    int code = 200;
    // Text (std::string, with contentType), one tree, one object, or a list.
    std::variant<std::monostate, std::string, json::value, ObjectPtr, ListBody> body;
    std::string contentType;  // of a text body; otherwise by presentation
    std::vector<std::pair<std::string, std::string>> headers;
    std::vector<std::string> warnings;
    Presentation presentation;
    // A watch: the front end calls it once on the engine thread; frames come, on that thread and never before the call
    // returned, until the Watch is dropped.
    std::function<std::unique_ptr<client::Watch>(WatchSink)> watch;
    std::optional<PodConnection> pod;
};

using Respond = std::move_only_function<void(Response)>;

}  // namespace kubarium::apiserver
