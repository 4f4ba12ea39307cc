#include "core/controller/labels.h"

#include <algorithm>

namespace kubarium::controller {

bool selects(const Labels& wanted, const Labels& labels) {
    return std::ranges::all_of(wanted, [&](const auto& entry) {
        const auto it = labels.find(entry.first);
        return it != labels.end() && it->second == entry.second;
    });
}

bool selects(const api::LabelSelector& selector, const Labels& labels) {
    if (!selects(selector.matchLabels, labels)) return false;
    return std::ranges::all_of(selector.matchExpressions, [&](const api::LabelSelectorRequirement& requirement) {
        const auto it = labels.find(requirement.key);
        const bool present = it != labels.end();
        const bool among = present && std::ranges::find(requirement.values, it->second) != requirement.values.end();
        if (requirement.operator_ == "In") return among;
        if (requirement.operator_ == "NotIn") return !among;
        if (requirement.operator_ == "Exists") return present;
        return !present;
    });
}

bool isEmpty(const api::LabelSelector& selector) { return selector.matchLabels.empty() && selector.matchExpressions.empty(); }

}  // namespace kubarium::controller
