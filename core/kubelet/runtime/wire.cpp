#include "core/kubelet/runtime/wire.h"

#include "core/base/base64.h"

#include <boost/json.hpp>

namespace kubarium::kubelet::wire {

json::object encode(const ResourceLimits& limits) {
    json::object object;
    if (limits.cpuQuotaMicroseconds) object["cpuQuota"] = *limits.cpuQuotaMicroseconds;
    if (limits.cpuShares) object["cpuShares"] = *limits.cpuShares;
    if (limits.memoryBytes) object["memory"] = *limits.memoryBytes;
    if (limits.pids) object["pids"] = *limits.pids;
    return object;
}

ResourceLimits decodeLimits(const json::object& from, std::string_view key) {
    ResourceLimits limits;
    const auto* value = from.if_contains(key);
    if (value == nullptr || !value->is_object()) return limits;
    const auto& object = value->get_object();
    const auto read = [&](std::string_view name, std::optional<std::int64_t>& target) {
        if (const auto* found = object.if_contains(name); found != nullptr && found->is_number()) target = found->to_number<std::int64_t>();
    };
    read("cpuQuota", limits.cpuQuotaMicroseconds);
    read("cpuShares", limits.cpuShares);
    read("memory", limits.memoryBytes);
    read("pids", limits.pids);
    return limits;
}

json::object encode(const VolumePlan& plan) {
    json::object files;
    for (const auto& [path, file] : plan.files) {
        json::object encoded{{"data", encodeBase64(file.data)}, {"mode", file.mode}};
        if (file.owner) encoded["owner"] = *file.owner;
        files[path] = std::move(encoded);
    }
    json::object object{{"volume", plan.volume}, {"kind", static_cast<int>(plan.kind)}, {"path", plan.path}, {"files", std::move(files)}, {"nested", json::value_from(plan.nested)},
                        {"type", plan.hostPathType}, {"readOnly", plan.readOnly}, {"memory", plan.memory}, {"size", plan.memoryBytes}};
    if (plan.group) object["group"] = *plan.group;
    return object;
}

VolumePlan decodePlan(const json::object& from) {
    const auto present = [](const json::object& object, std::string_view key) {
        return object.contains(key) ? std::optional(number(object, key)) : std::nullopt;
    };
    VolumePlan plan;
    plan.volume = text(from, "volume");
    plan.kind = static_cast<VolumePlan::Kind>(number(from, "kind"));
    plan.path = text(from, "path");
    plan.nested = texts(from, "nested");
    plan.hostPathType = text(from, "type");
    plan.group = present(from, "group");
    plan.readOnly = flag(from, "readOnly");
    plan.memory = flag(from, "memory");
    plan.memoryBytes = number(from, "size");
    if (const auto* files = from.if_contains("files"); files != nullptr && files->is_object())
        for (const auto& [path, value] : files->get_object())
            if (value.is_object()) {
                const auto& file = value.get_object();
                plan.files[path] = {decodeBase64(text(file, "data")), static_cast<int>(number(file, "mode")), present(file, "owner")};
            }
    return plan;
}

std::string text(const json::object& from, std::string_view key) {
    const auto* value = from.if_contains(key);
    return value != nullptr && value->is_string() ? std::string(value->get_string()) : std::string();
}

std::int64_t number(const json::object& from, std::string_view key, std::int64_t otherwise) {
    const auto* value = from.if_contains(key);
    return value != nullptr && value->is_number() ? value->to_number<std::int64_t>() : otherwise;
}

bool flag(const json::object& from, std::string_view key) {
    const auto* value = from.if_contains(key);
    return value != nullptr && value->is_bool() && value->get_bool();
}

std::vector<std::string> texts(const json::object& from, std::string_view key) {
    std::vector<std::string> all;
    const auto* value = from.if_contains(key);
    if (value == nullptr || !value->is_array()) return all;
    for (const auto& entry : value->get_array())
        if (entry.is_string()) all.emplace_back(entry.get_string());
    return all;
}

std::vector<const json::object*> objects(const json::object& from, std::string_view key) {
    std::vector<const json::object*> all;
    const auto* value = from.if_contains(key);
    if (value == nullptr || !value->is_array()) return all;
    for (const auto& entry : value->get_array())
        if (entry.is_object()) all.push_back(&entry.get_object());
    return all;
}

}  // namespace kubarium::kubelet::wire
