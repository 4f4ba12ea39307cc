#include "core/api/passed_specs.h"

#include <boost/json/array.hpp>
#include <boost/json/string.hpp>
#include <boost/json/value.hpp>

#include <algorithm>
#include <string_view>

namespace kubarium::api {
namespace {

constexpr std::size_t mostPatience = 256;

// "kube-api-access-" and five characters that the server draws (ServiceAccount admission): a valid name, whichever they are.
bool isTokenVolume(std::string_view name) {
    constexpr std::string_view prefix = "kube-api-access-";
    constexpr std::size_t drawn = 5;
    return name.starts_with(prefix) && name.size() == prefix.size() + drawn &&
           std::ranges::all_of(name.substr(prefix.size()), [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); });
}

std::string_view tokenVolume(const json::object& spec) {
    const auto* value = spec.if_contains("volumes");
    const auto* volumes = value ? value->if_array() : nullptr;
    if (!volumes) return {};
    for (const auto& each : *volumes) {
        const auto* volume = each.if_object();
        const auto* name = volume ? volume->if_contains("name") : nullptr;
        if (name && name->is_string() && isTokenVolume(name->get_string())) return name->get_string();
    }
    return {};
}

// Compares trees in which one name stands for the other.
struct Renamed {
    std::string_view one, other;

    bool same(std::string_view a, std::string_view b) const {
        const bool renamed = !one.empty() && a == one;
        if (renamed != (!other.empty() && b == other)) return false;
        return renamed || a == b;
    }
    bool same(const json::object& a, const json::object& b) const {
        return std::ranges::equal(a, b, [this](const auto& x, const auto& y) { return x.key() == y.key() && same(x.value(), y.value()); });
    }
    bool same(const json::value& a, const json::value& b) const {
        if (a.kind() != b.kind()) return false;
        switch (a.kind()) {
            case json::kind::object: return same(a.get_object(), b.get_object());
            case json::kind::array: return std::ranges::equal(a.get_array(), b.get_array(), [this](const json::value& x, const json::value& y) { return same(x, y); });
            case json::kind::string: return same(std::string_view(a.get_string()), std::string_view(b.get_string()));
            default: return a == b;
        }
    }
};

}  // namespace

bool PassedSpecs::contains(const json::object& spec) {
    if (last_.empty()) return false;
    const auto token = tokenVolume(spec);
    if (token.empty() != token_.empty() || !Renamed{token_, token}.same(last_, spec)) return false;
    patience_ = 1;
    misses_ = 0;
    return true;
}

void PassedSpecs::add(const json::object& spec) {
    if (!last_.empty() && ++misses_ < patience_) return;
    patience_ = std::min(mostPatience, 2 * patience_);
    misses_ = 0;
    last_ = spec;
    token_ = tokenVolume(spec);
}

}  // namespace kubarium::api
