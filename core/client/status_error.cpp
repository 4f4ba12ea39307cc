#include "core/client/status_error.h"

#include "core/api/object.h"

#include <boost/json.hpp>

namespace kubarium::client {

namespace json = boost::json;

Error errorFromStatus(const json::object& status, int code) {
    const json::value root(status);
    Error error;
    error.message = api::stringAt(root, {"message"});
    error.reason = parseReason(api::stringAt(root, {"reason"})).value_or(Reason::Unknown);
    error.code = code;
    error.name = api::stringAt(root, {"details", "name"});
    error.group = api::stringAt(root, {"details", "group"});
    error.kind = api::stringAt(root, {"details", "kind"});
    error.uid = api::stringAt(root, {"details", "uid"});
    if (const auto* wait = api::findPath(root, {"details", "retryAfterSeconds"}); wait && wait->is_int64())
        error.retryAfterSeconds = static_cast<int>(wait->get_int64());
    if (const auto* causes = api::findPath(root, {"details", "causes"}); causes && causes->is_array())
        for (const auto& cause : causes->get_array())
            error.causes.push_back({std::string(api::stringAt(cause, {"reason"})), std::string(api::stringAt(cause, {"message"})),
                                    std::string(api::stringAt(cause, {"field"}))});
    return error;
}

}  // namespace kubarium::client
