#include "core/kubelet/runtime/wire.h"

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

}  // namespace kubarium::kubelet::wire
