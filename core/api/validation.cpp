// Entry points. The order of the checks is that of the API server's registry, since it shows in the causes: on create the kind's
// own rules come first and the generic ones only if those pass; on update the generic ones come first.
#include "core/api/validation.h"

#include "core/api/schema.h"
#include "core/api/validation_rules.h"

#include <boost/json.hpp>
#include <fmt/format.h>

#include <algorithm>

namespace kubarium::api {

namespace {

const KindRules* rulesOf(const GroupVersionKind& kind) {
    for (const auto find : {coreRules, workloadRules, jobRules, policyRules, networkRules, storageRules, quotaRules, ownRules})
        if (const auto* rules = find(kind)) return rules;
    static const KindRules none, custom{.metadata = MetadataRules::WithoutFinalizers};
    const bool ofExtensions = kind.group == "admissionregistration.k8s.io" || kind.group == "apiextensions.k8s.io" || !Schema::builtin().findKind(kind);
    return ofExtensions ? &custom : &none;
}

bool isNamespaced(const GroupVersionKind& kind) {
    const auto* resource = Schema::builtin().findKind(kind);
    return !resource || resource->namespaced;
}

void validateKindMeta(const KindRules& rules, const json::object& metadata, bool namespaced, Report& report) {
    if (rules.metadata != MetadataRules::None) validateObjectMeta(metadata, namespaced, rules.name ? rules.name : checkDnsSubdomain, "metadata", report);
    if (rules.metadata == MetadataRules::Kubernetes) validateStandardFinalizers(metadata, "metadata", report);
}

}  // namespace

std::vector<Cause> validateCreate(const GroupVersionKind& kind, const json::object& object) {
    const auto* rules = rulesOf(kind);
    const bool namespaced = isNamespaced(kind);
    const auto& metadata = objectOrEmpty(object, "metadata");
    Report report;
    validateKindMeta(*rules, metadata, namespaced, report);
    if (rules->create) rules->create(object, report);
    if (report.causes.empty()) validateObjectMeta(metadata, namespaced, checkPathSegment, "metadata", report);
    return std::move(report.causes);
}

bool isValidName(const GroupVersionKind& kind, std::string_view name) {
    const auto* rules = rulesOf(kind);
    const bool ofKind = rules->metadata == MetadataRules::None || (rules->name ? rules->name : checkDnsSubdomain)(name).empty();
    return ofKind && !name.empty() && checkPathSegment(name).empty();
}

std::vector<Cause> validateUpdate(const GroupVersionKind& kind, const json::object& oldObject, const json::object& newObject, std::string_view subresource) {
    const auto* rules = rulesOf(kind);
    const auto& metadata = objectOrEmpty(newObject, "metadata");
    const auto& oldMetadata = objectOrEmpty(oldObject, "metadata");
    Report report;
    validateObjectMeta(metadata, isNamespaced(kind), checkPathSegment, "metadata", report);
    validateObjectMetaUpdate(metadata, oldMetadata, "metadata", report);
    validateObjectMetaUpdate(metadata, oldMetadata, "metadata", report);
    if (rules->metadata == MetadataRules::Kubernetes) validateStandardFinalizers(metadata, "metadata", report);
    if (rules->metadataAgain) validateKindMeta(*rules, metadata, isNamespaced(kind), report);
    if (subresource.empty() && rules->create && !rules->updateOnly) rules->create(newObject, report);
    if (rules->update) rules->update(newObject, oldObject, subresource, report);
    return std::move(report.causes);
}

Error invalidError(const GroupVersionKind& kind, std::string_view name, std::vector<Cause> causes) {
    Error error = makeError(Reason::Invalid, "");
    // Events are one kind inside the API server, that of the core group.
    const std::string group = kind.group == "events.k8s.io" ? "" : kind.group;
    error.group = group;
    error.kind = kind.kind;
    error.name = name;
    std::vector<std::string> sentences;
    for (const auto& cause : causes) {
        auto sentence = fmt::format("{}: {}", cause.field, cause.message);
        if (std::ranges::find(sentences, sentence) == sentences.end()) sentences.push_back(std::move(sentence));
    }
    const auto qualified = group.empty() ? kind.kind : kind.kind + "." + group;
    const auto list = fmt::format("{}", fmt::join(sentences, ", "));
    error.message = fmt::format("{} \"{}\" is invalid: {}", qualified, name, sentences.size() == 1 ? list : "[" + list + "]");
    error.causes = std::move(causes);
    return error;
}

std::vector<std::string> warningsFor(const GroupVersionKind& kind, const json::object& object, const json::object*) {
    std::vector<std::string> warnings;
    if (kind.group.empty() && kind.kind == "Service") {
        const auto& spec = objectOrEmpty(object, "spec");
        if (textAt(spec, "clusterIP") == "None" && textAt(spec, "sessionAffinity") != "None" && !textAt(spec, "sessionAffinity").empty())
            warnings.emplace_back("spec.SessionAffinity is ignored for headless services");
    }
    return warnings;
}

}  // namespace kubarium::api
