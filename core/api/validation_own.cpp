// kubarium.dev: Fault and Clock.
#include "core/api/validation_rules.h"

#include <boost/json.hpp>

#include <array>
#include <charconv>
#include <map>

namespace kubarium::api {

namespace {

// A Go duration: "1h30m", "60s", "1.5s". False if it is none.
bool isDuration(std::string_view text) {
    if (text.starts_with('-') || text.starts_with('+')) text.remove_prefix(1);
    if (text == "0") return true;
    if (text.empty()) return false;
    while (!text.empty()) {
        std::size_t digits = 0;
        while (digits < text.size() && ((text[digits] >= '0' && text[digits] <= '9') || text[digits] == '.')) ++digits;
        if (digits == 0) return false;
        text.remove_prefix(digits);
        bool known = false;
        for (const std::string_view unit : {"ns", "us", "ms", "s", "m", "h"}) {
            const bool longer = unit == "m" && text.starts_with("ms");
            if (known || longer || !text.starts_with(unit)) continue;
            text.remove_prefix(unit.size());
            known = true;
        }
        if (!known) return false;
    }
    return true;
}

void validateFault(const json::object& fault, Report& report) {
    const auto& spec = objectOrEmpty(fault, "spec");
    const auto type = textAt(spec, "type");
    const auto node = textAt(spec, "node");
    const auto duration = textAt(spec, "duration");
    if (type.empty()) report.required("spec.type");
    else if (type != "ContainerKill" && type != "NodePowerOff" && type != "NodePartition") report.unsupported("spec.type", type, {"ContainerKill", "NodePartition", "NodePowerOff"});
    if (type == "ContainerKill") {
        const auto* pod = objectAt(spec, "pod");
        if (!pod) report.required("spec.pod");
        else if (textAt(*pod, "name").empty()) report.required("spec.pod.name");
        if (!node.empty()) report.forbidden("spec.node", "may not be set when `type` is ContainerKill");
    } else if (type == "NodePowerOff" || type == "NodePartition") {
        if (node.empty()) report.required("spec.node");
        else report.invalidEach("spec.node", node, checkDnsSubdomain(node));
        for (const auto* key : {"pod", "container"})
            if (valueAt(spec, key)) report.forbidden(std::string("spec.") + key, fmt::format("may not be set when `type` is {}", type));
    }
    if (!duration.empty() && !isDuration(duration)) report.invalid("spec.duration", duration, "must be a duration such as 30s or 2m");
    else if (duration.starts_with('-')) report.invalid("spec.duration", duration, "must be greater than or equal to 0");
}

void validateFaultUpdate(const json::object& fault, const json::object& old, std::string_view, Report& report) {
    if (!sameAt(fault, old, "spec")) report.forbidden("spec", "a Fault cannot be changed; delete it and create another");
}

void validateClock(const json::object& clock, Report& report) {
    if (textAt(objectOrEmpty(clock, "metadata"), "name") != "cluster") report.invalid("metadata.name", textAt(objectOrEmpty(clock, "metadata"), "name"), "there is one Clock, named cluster");
    const auto& spec = objectOrEmpty(clock, "spec");
    if (const auto* rate = valueAt(spec, "rate")) {
        boost::system::error_code error;
        const double value = rate->to_number<double>(error);
        if (error || !(value > 0) || value > 10000) report.invalidText("spec.rate", shownValue(rate), "must be greater than 0 and at most 10000");
    }
    if (const auto step = numberAt(spec, "step")) validateNonnegative(*step, "spec.step", report);
    if (const auto back = numberAt(spec, "back")) validateNonnegative(*back, "spec.back", report);
    const auto& breakpoints = arrayAt(spec, "breakpoints");
    for (std::size_t i = 0; i < breakpoints.size(); ++i) {
        const auto& breakpoint = asObject(breakpoints[i]);
        const auto path = indexed("spec.breakpoints", i);
        const auto phase = textAt(breakpoint, "phase");
        if (phase.empty() && textAt(breakpoint, "pod").empty()) report.required(path + ".phase");
        else if (!phase.empty() && phase != "Filter" && phase != "Score" && phase != "Select" && phase != "Bind") report.unsupported(path + ".phase", phase, {"Bind", "Filter", "Score", "Select"});
        const auto pod = textAt(breakpoint, "pod");
        if (!pod.empty() && pod.find('/') == pod.npos) report.invalid(path + ".pod", pod, "must be namespace/name");
    }
}

}  // namespace

const KindRules* ownRules(const GroupVersionKind& kind) {
    static const std::map<std::string_view, KindRules> rules = {{"Fault", {nullptr, validateFault, validateFaultUpdate}}, {"Clock", {nullptr, validateClock, nullptr}}};
    if (kind.group != "kubarium.dev") return nullptr;
    const auto it = rules.find(kind.kind);
    return it == rules.end() ? nullptr : &it->second;
}

}  // namespace kubarium::api
