#include "core/scheduler/explanation/requests.h"

#include "core/api/quantity.h"

#include <boost/json.hpp>
#include <fmt/format.h>

#include <algorithm>

namespace kubarium::scheduler {
namespace {

constexpr std::int64_t mebibyte = 1 << 20;

bool isBytes(const std::string& resource) { return resource == "memory" || resource == "ephemeral-storage"; }

// What `amount` becomes once it is written.
std::int64_t rounded(const std::string& resource, std::int64_t amount) { return isBytes(resource) && amount >= mebibyte ? amount / mebibyte * mebibyte : amount; }

json::object* objectAt(json::object& from, std::string_view key) {
    auto* value = from.if_contains(key);
    return value ? value->if_object() : nullptr;
}

std::string textOf(const json::value& value) { return value.is_string() ? std::string(value.get_string()) : json::serialize(value); }

// One place where a request is written: resources.requests of a container or of the Pod.
class Slot {
public:
    Slot(json::object& owner, std::string resource) : owner_(&owner), resource_(std::move(resource)) {}
    std::string name() const {
        const auto* name = owner_->if_contains("name");
        return name && name->is_string() ? std::string(name->get_string()) : std::string();
    }
    bool present() const { return requests() && requests()->contains(resource_); }
    std::int64_t amount() const {
        if (!present()) return 0;
        const auto quantity = api::Quantity::parse(textOf(requests()->at(resource_)));
        return !quantity ? 0 : resource_ == "cpu" ? quantity->milliValue() : quantity->value();
    }
    RequestChange set(std::int64_t amount) {
        auto& request = requests()->at(resource_);
        RequestChange change{name(), textOf(request), amountOf(resource_, amount)};
        request = change.to;
        if (resource_.find('/') != std::string::npos)
            if (auto* limits = objectAt(owner_->at("resources").as_object(), "limits"); limits && limits->contains(resource_)) limits->at(resource_) = change.to;
        return change;
    }

private:
    json::object* requests() const {
        auto* resources = objectAt(*owner_, "resources");
        return resources ? objectAt(*resources, "requests") : nullptr;
    }
    json::object* owner_;
    std::string resource_;
};

std::vector<json::object*> objectsIn(json::object& spec, std::string_view list) {
    std::vector<json::object*> objects;
    auto* array = spec.if_contains(list);
    if (array && array->is_array())
        for (auto& entry : array->get_array())
            if (auto* object = entry.if_object()) objects.push_back(object);
    return objects;
}

bool isSidecar(const json::object& container) { return api::stringAt(container, {"restartPolicy"}) == "Always"; }

// The largest gives way alone if that is enough; otherwise all are cut at one level.
std::int64_t levelFor(std::vector<std::int64_t> amounts, std::int64_t target) {
    std::ranges::sort(amounts, std::greater<>());
    std::int64_t sum = 0;
    for (const auto amount : amounts) sum += amount;
    const auto alone = amounts.front() - (sum - target);
    if (amounts.size() == 1 || alone > 0) return alone;
    std::int64_t rest = sum;
    for (std::size_t i = 0; i < amounts.size(); ++i) {
        rest -= amounts[i];
        const auto level = (target - rest) / static_cast<std::int64_t>(i + 1);
        if (i + 1 == amounts.size() || level >= amounts[i + 1]) return level;
    }
    return 0;
}

}  // namespace

std::string amountOf(const std::string& resource, std::int64_t amount) {
    if (resource == "cpu") return api::Quantity::ofMilli(amount).toString();
    if (isBytes(resource)) return api::Quantity::of(rounded(resource, amount), api::Quantity::Format::BinarySI).toString();
    return std::to_string(amount);
}

std::vector<RequestChange> lowerRequests(json::object& spec, const std::string& resource, std::int64_t target) {
    if (const auto* overhead = spec.if_contains("overhead"); overhead && overhead->is_object())
        if (const auto* amount = overhead->get_object().if_contains(resource))
            if (const auto quantity = api::Quantity::parse(textOf(*amount))) target -= resource == "cpu" ? quantity->milliValue() : quantity->value();
    if (target <= 0) return {};
    std::vector<RequestChange> changes;
    if (Slot whole(spec, resource); whole.present() && whole.amount() > target) changes.push_back(whole.set(target));
    std::vector<Slot> running;
    for (auto* container : objectsIn(spec, "containers")) running.emplace_back(*container, resource);
    std::int64_t sidecars = 0;
    for (auto* container : objectsIn(spec, "initContainers")) {
        Slot slot(*container, resource);
        if (isSidecar(*container)) {
            sidecars += slot.amount();
            running.push_back(slot);
        } else if (const auto most = target - sidecars; slot.amount() > most) {
            if (most <= 0) return {};
            changes.push_back(slot.set(most));
        }
    }
    std::erase_if(running, [](const Slot& slot) { return slot.amount() <= 0; });
    std::vector<std::int64_t> amounts;
    std::int64_t sum = 0;
    for (const auto& slot : running) sum += amounts.emplace_back(slot.amount());
    if (sum <= target) return changes;
    const auto level = levelFor(amounts, target);
    if (level <= 0) return {};
    const bool alone = std::ranges::max(amounts) - (sum - target) == level;
    for (auto& slot : running) {
        if (slot.amount() <= level || (alone && slot.amount() != std::ranges::max(amounts))) continue;
        changes.push_back(slot.set(level));
        if (alone) break;
    }
    return changes;
}

}  // namespace kubarium::scheduler
