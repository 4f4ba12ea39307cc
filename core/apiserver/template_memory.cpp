#include "core/apiserver/template_memory.h"

#include "core/api/identical.h"
#include "core/apiserver/admission.h"

#include <boost/json.hpp>

#include <algorithm>

namespace kubarium::apiserver {
namespace {

constexpr std::size_t mostPatience = 256;

bool isPod(const api::GroupVersionKind& kind) { return kind.kind == "Pod" && kind.group.empty(); }

bool remembered(const WriteContext& context) { return isPod(context.resource->kind) && context.subresource.empty() && !context.dryRun; }

// But for metadata.name.
bool alike(const json::object& a, const json::object& b) {
    const auto nameless = [](const json::object& metadata, const json::object& other) {
        const auto skip = [](auto it, auto end) { return it != end && it->key() == "name" ? it + 1 : it; };
        auto x = skip(metadata.begin(), metadata.end()), y = skip(other.begin(), other.end());
        for (; x != metadata.end() && y != other.end(); x = skip(x + 1, metadata.end()), y = skip(y + 1, other.end()))
            if (x->key() != y->key() || !api::identical(x->value(), y->value())) return false;
        return x == metadata.end() && y == other.end();
    };
    return std::ranges::equal(a, b, [&](const auto& x, const auto& y) {
        if (x.key() != y.key()) return false;
        if (x.key() == "metadata" && x.value().is_object() && y.value().is_object()) return nameless(x.value().get_object(), y.value().get_object());
        return api::identical(x.value(), y.value());
    });
}

std::vector<std::string_view> tokenVolumes(const json::object& pod) {
    std::vector<std::string_view> found;
    if (const auto* volumes = api::findPath(pod, {"spec", "volumes"}); volumes && volumes->is_array())
        for (const auto& volume : volumes->get_array())
            if (const auto name = api::stringAt(volume, {"name"}); name.starts_with(tokenVolumePrefix)) found.push_back(name);
    return found;
}

}  // namespace

const TemplateMemory::Known* TemplateMemory::find(const WriteContext& context, const json::object& given, std::string_view now) {
    if (std::erase_if(known_, [&](const Known& known) { return known.stored->string({"metadata", "creationTimestamp"}) != now; }) > 0 && known_.empty()) {
        misses_ = 0;
        patience_ = 1;
    }
    if (known_.empty() || !remembered(context)) return nullptr;
    const auto it = std::ranges::find_if(known_, [&](const Known& known) {
        return known.stored->nameSpace() == context.nameSpace && known.user == context.user.name && known.manager == context.manager.name && alike(known.given, given) &&
               std::ranges::all_of(known.read, [this](const auto& each) { return store_.lastChange(each.first) == each.second; });
    });
    if (it == known_.end()) return nullptr;
    misses_ = 0;
    patience_ = 1;
    return &*it;
}

const json::object* TemplateMemory::last(const api::GroupVersionKind& kind) const { return isPod(kind) && !known_.empty() ? &known_.front().given : nullptr; }

bool TemplateMemory::wants(const WriteContext& context) {
    if (!remembered(context)) return false;
    if (!known_.empty() && ++misses_ < patience_) return false;
    misses_ = 0;
    patience_ = std::min(mostPatience, 2 * patience_);
    return true;
}

void TemplateMemory::add(const WriteContext& context, json::object given, const ObjectPtr& stored, const std::set<std::string>& read) {
    const auto volumes = tokenVolumes(stored->tree());
    // Which of several is the drawn one cannot be told.
    if (volumes.size() > 1 || !tokenVolumes(given).empty()) return;
    Known known{std::move(given), context.user.name, context.manager.name, stored, volumes.empty() ? std::string() : std::string(volumes.front()), {}};
    for (const auto& resource : read) known.read.emplace_back(resource, store_.lastChange(resource));
    known_.push_front(std::move(known));
    if (known_.size() > most) known_.pop_back();
}

}  // namespace kubarium::apiserver
