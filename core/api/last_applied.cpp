#include "core/api/last_applied.h"

#include "core/api/go_text.h"
#include "core/api/json_read.h"
#include "core/api/typed_value.h"

#include <boost/json.hpp>

namespace kubarium::api {
namespace {

constexpr std::string_view annotation = "kubectl.kubernetes.io/last-applied-configuration";
constexpr std::size_t annotationLimit = 256 * 1024;

json::object* annotationsOf(json::object& object) {
    auto* metadata = object.if_contains("metadata");
    auto* annotations = metadata && metadata->is_object() ? metadata->get_object().if_contains("annotations") : nullptr;
    return annotations ? annotations->if_object() : nullptr;
}

}  // namespace

FieldSet fieldsOfLastApplied(const Type& type, const GroupVersionKind& kind, const json::object& live) {
    boost::system::error_code unreadable;
    const auto value = json::parse(stringAt(live, {"metadata", "annotations", annotation}), unreadable);
    const auto* last = unreadable ? nullptr : value.if_object();
    if (!last || textCopyAt(*last, "apiVersion") != kind.apiVersion() || !checkTyped(type, *last).empty()) return {};
    const auto since = compareTyped(type, *last, live);
    return toFieldSet(type, *last).minus(since.changed).minus(since.removed);
}

void renewLastApplied(const json::object& applied, json::object& result) {
    auto* annotations = annotationsOf(result);
    const auto known = annotations ? annotations->find(annotation) : json::object::iterator();
    if (!annotations || known == annotations->end() || !known->value().is_string() || known->value().get_string().empty()) return;
    auto remembered = applied;
    if (auto* inside = annotationsOf(remembered)) inside->erase(annotation);
    known->value() = goJson(remembered) + "\n";
    std::size_t size = 0;
    for (const auto& [name, value] : *annotations) size += name.size() + (value.is_string() ? value.get_string().size() : 0);
    if (size > annotationLimit) annotations->erase(known);
}

}  // namespace kubarium::api
