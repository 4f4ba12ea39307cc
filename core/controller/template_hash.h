// pod-template-hash: tells the ReplicaSets of a Deployment apart. Kubernetes hashes (FNV-32a) the template as Go's debug printer
// shows it, and writes the number in letters that do not spell words. Here the printer's text is rebuilt from the tree and a
// table of the Go structs, so that the same template gets the same name as on a real cluster.
#pragma once

#include <boost/json/value.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace kubarium::controller {

namespace json = boost::json;

// `collisionCount` is mixed in when a name was taken.
std::string podTemplateHash(const json::value& podTemplate, std::optional<std::int32_t> collisionCount);
// k8s.io/apimachinery/pkg/util/rand.SafeEncodeString
std::string safeEncode(std::string_view text);
// The text that is hashed.
std::string goTemplateText(const json::value& podTemplate);

}  // namespace kubarium::controller
