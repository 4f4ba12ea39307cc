#include "core/api/field_selector.h"

#include <boost/json.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>
#include <span>

namespace kubarium::api {

namespace {

std::span<const std::string_view> extraFields(const GroupVersionResource& resource) {
    static const std::map<std::pair<std::string_view, std::string_view>, std::vector<std::string_view>> fields = {
        {{"", "pods"}, {"spec.nodeName", "spec.restartPolicy", "spec.schedulerName", "spec.serviceAccountName", "spec.hostNetwork", "status.phase", "status.podIP", "status.podIPs", "status.nominatedNodeName"}},
        {{"", "nodes"}, {"spec.unschedulable"}},
        {{"", "namespaces"}, {"status.phase"}},
        {{"", "secrets"}, {"type"}},
        {{"", "services"}, {"spec.clusterIP", "spec.type"}},
        {{"", "replicationcontrollers"}, {"status.replicas"}},
        {{"", "events"}, {"involvedObject.kind", "involvedObject.namespace", "involvedObject.name", "involvedObject.uid", "involvedObject.apiVersion", "involvedObject.resourceVersion", "involvedObject.fieldPath", "reason", "reportingComponent", "source", "type"}},
        {{"events.k8s.io", "events"}, {"regarding.kind", "regarding.namespace", "regarding.name", "regarding.uid", "regarding.apiVersion", "regarding.resourceVersion", "regarding.fieldPath", "reason", "reportingController", "type"}},
        {{"apps", "replicasets"}, {"status.replicas"}},
        {{"batch", "jobs"}, {"status.successful"}},
        {{"certificates.k8s.io", "certificatesigningrequests"}, {"spec.signerName"}},
        {{"kubarium.dev", "schedulingdecisions"}, {"spec.podName", "spec.podUID", "status.result", "status.selectedNode"}},
        {{"kubarium.dev", "faults"}, {"spec.type", "spec.node", "status.phase"}},
    };
    const auto it = fields.find({resource.group, resource.resource});
    return it == fields.end() ? std::span<const std::string_view>() : it->second;
}

bool supports(const GroupVersionResource& resource, std::string_view field) {
    return field == "metadata.name" || field == "metadata.namespace" || std::ranges::find(extraFields(resource), field) != extraFields(resource).end();
}

Error syntaxError(std::string_view text, std::string_view part) {
    return badRequest(fmt::format("invalid selector: '{}'; can't understand '{}'", text, part));
}

// Splits at commas that no backslash escapes.
std::vector<std::string> terms(std::string_view text) {
    std::vector<std::string> result(1);
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '\\' && i + 1 < text.size()) result.back().append(text.substr(i++, 2));
        else if (text[i] == ',') result.emplace_back();
        else result.back() += text[i];
    }
    return result;
}

std::optional<std::string> unescape(std::string_view text) {
    std::string result;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] != '\\') {
            if (text[i] == '=') return std::nullopt;
            result += text[i];
        } else if (i + 1 < text.size() && (text[i + 1] == '\\' || text[i + 1] == ',' || text[i + 1] == '=')) {
            result += text[++i];
        } else {
            return std::nullopt;
        }
    }
    return result;
}

std::string asText(const json::value* value) {
    if (!value || value->is_null()) return {};
    if (const auto* text = value->if_string()) return std::string(*text);
    return json::serialize(*value);
}

}  // namespace

std::string_view FieldSelector::exact(std::string_view field) const {
    for (const auto& requirement : requirements)
        if (requirement.equal && requirement.field == field) return requirement.value;
    return {};
}

Result<FieldSelector> parseFieldSelector(const GroupVersionResource& resource, std::string_view kind, std::string_view text) {
    FieldSelector selector;
    for (const auto& term : terms(text)) {
        if (term.empty()) continue;
        FieldRequirement requirement;
        std::size_t at = std::string::npos, length = 0;
        for (std::size_t i = 0; i < term.size() && at == std::string::npos; ++i) {
            const std::string_view rest = std::string_view(term).substr(i);
            if (rest.starts_with("!=")) at = i, length = 2, requirement.equal = false;
            else if (rest.starts_with("==")) at = i, length = 2;
            else if (rest.starts_with("=")) at = i, length = 1;
        }
        if (at == std::string::npos) return syntaxError(text, term);
        requirement.field = term.substr(0, at);
        const auto value = unescape(std::string_view(term).substr(at + length));
        if (!value) return badRequest(fmt::format("invalid field selector: invalid value \"{}\"", term.substr(at + length)));
        requirement.value = *value;
        if (!supports(resource, requirement.field)) {
            if (!extraFields(resource).empty()) return badRequest(fmt::format("field label not supported: {}", requirement.field));
            return badRequest(fmt::format("\"{}\" is not a known field selector: only \"metadata.name\", \"metadata.namespace\"", requirement.field));
        }
        selector.requirements.push_back(std::move(requirement));
    }
    static_cast<void>(kind);
    return selector;
}

std::string selectableField(const GroupVersionResource& resource, const Object& object, std::string_view field) {
    if (field == "metadata.name") return std::string(object.name());
    if (field == "metadata.namespace") return std::string(object.nameSpace());
    if (field == "reportingComponent" && resource.resource == "events") return asText(object.find({"reportingComponent"}));
    if (field == "source") {
        const auto component = object.string({"source", "component"});
        return std::string(component.empty() ? object.string({"reportingComponent"}) : component);
    }
    if (field == "spec.unschedulable" || field == "spec.hostNetwork") {
        const auto* value = object.find({"spec", field.substr(5)});
        return value && value->is_bool() && value->get_bool() ? "true" : "false";
    }
    if (field == "status.replicas" || field == "status.successful") {
        const auto* value = object.find({"status", field == "status.replicas" ? "replicas" : "succeeded"});
        return value ? asText(value) : "0";
    }
    if (field == "status.podIPs") return asText(object.find({"status", "podIP"}));
    const auto dot = field.find('.');
    if (dot == field.npos) return asText(object.find({field}));
    return asText(object.find({field.substr(0, dot), field.substr(dot + 1)}));
}

bool matches(const FieldSelector& selector, const GroupVersionResource& resource, const Object& object) {
    return std::ranges::all_of(selector.requirements, [&](const FieldRequirement& requirement) {
        return (selectableField(resource, object, requirement.field) == requirement.value) == requirement.equal;
    });
}

}  // namespace kubarium::api
