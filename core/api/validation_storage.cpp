// Volumes, claims and classes of storage.
#include "core/api/quantity.h"
#include "core/api/validation_rules.h"

#include <boost/json.hpp>

#include <algorithm>
#include <array>
#include <filesystem>
#include <map>
#include <set>

namespace kubarium::api {

namespace {

constexpr std::array<std::string_view, 4> accessModes = {"ReadOnlyMany", "ReadWriteMany", "ReadWriteOnce", "ReadWriteOncePod"};
constexpr std::string_view classAnnotation = "volume.beta.kubernetes.io/storage-class";

void validateAccessModes(const json::array& modes, const std::string& path, Report& report) {
    bool once = false, other = false;
    for (const auto& mode : modes) {
        const bool known = std::ranges::find(accessModes, asString(mode)) != accessModes.end();
        if (!known) report.unsupported(path, asString(mode), accessModes);
        if (asString(mode) == "ReadWriteOncePod") once = true;
        else if (known) other = true;
    }
    if (once && other) report.forbidden(path, "may not use ReadWriteOncePod with other access modes");
}

void validateClassName(const json::object& spec, std::string_view key, const std::string& path, Report& report) {
    if (const auto name = textAt(spec, key); !name.empty()) report.invalidEach(path + "." + std::string(key), name, checkDnsSubdomain(name));
}

void validatePositive(std::string_view text, const std::string& path, Report& report) {
    const auto quantity = Quantity::parse(text);
    if (quantity && quantity->sign() <= 0) report.invalid(path, text, "must be greater than zero");
}

void validateVolumeMode(const json::object& spec, const std::string& path, Report& report) {
    if (const auto* mode = valueAt(spec, "volumeMode"); mode && asString(*mode) != "Block" && asString(*mode) != "Filesystem") report.unsupported(path + ".volumeMode", asString(*mode), {"Block", "Filesystem"});
}

// ---- PersistentVolumeClaim ------------------------------------------------------------------------------------------------------

enum class ApiGroup { Checked, Unchecked };

void validateDataSource(const json::object& source, const std::string& path, ApiGroup apiGroup, Report& report) {
    for (const auto* key : {"name", "kind"})
        if (textAt(source, key).empty()) report.required(path + "." + key);
    const auto group = textAt(source, "apiGroup"), kind = textAt(source, "kind");
    if (group.empty() && kind != "PersistentVolumeClaim") report.invalid(path, kind, "must be 'PersistentVolumeClaim' when referencing the default apiGroup");
    if (!group.empty() && apiGroup == ApiGroup::Checked) report.invalidEach(path + ".apiGroup", group, checkDnsSubdomain(group));
    if (const auto nameSpace = textAt(source, "namespace"); !nameSpace.empty()) report.invalidEach(path + ".namespace", nameSpace, checkDnsLabel(nameSpace));
}

void validateDataSources(const json::object& spec, const std::string& path, ApiGroup apiGroup, Report& report) {
    const auto *source = objectAt(spec, "dataSource"), *reference = objectAt(spec, "dataSourceRef");
    if (source) validateDataSource(*source, path + ".dataSource", apiGroup, report);
    if (reference) validateDataSource(*reference, path + ".dataSourceRef", apiGroup, report);
    if (!source || !reference) return;
    // The value is a path there, which has no fields to show.
    if (!textAt(*reference, "namespace").empty()) report.invalidText(path, "{}", "may not be specified when dataSourceRef.namespace is specified");
    else if (!sameAt(*source, *reference, "apiGroup") || !sameAt(*source, *reference, "kind") || !sameAt(*source, *reference, "name")) report.invalidText(path, "{}", "must match dataSourceRef");
}

void validateClaimSpecWith(const json::object& spec, ApiGroup apiGroup, const std::string& path, Report& report) {
    const auto& modes = arrayAt(spec, "accessModes");
    if (modes.empty()) report.required(path + ".accessModes", "at least 1 access mode is required");
    if (const auto* selector = objectAt(spec, "selector")) validateLabelSelector(*selector, path + ".selector", report);
    validateAccessModes(modes, path + ".accessModes", report);
    const auto storage = textAt(objectOrEmpty(objectOrEmpty(spec, "resources"), "requests"), "storage");
    if (storage.empty()) report.required(path + ".resources[storage]");
    else validatePositive(storage, path + ".resources[storage]", report);
    validateClassName(spec, "storageClassName", path, report);
    validateVolumeMode(spec, path, report);
    validateDataSources(spec, path, apiGroup, report);
    validateClassName(spec, "volumeAttributesClassName", path, report);
}

void validateClaim(const json::object& claim, Report& report) { validateClaimSpec(objectOrEmpty(claim, "spec"), "spec", report); }

// The class may move from the annotation of old into the field, and be set where there was none.
void permitClassOnce(const json::object& claim, const json::object& old, json::object& after, const json::object& before, Report& report) {
    const auto* was = valueAt(objectOrEmpty(objectOrEmpty(old, "metadata"), "annotations"), classAnnotation);
    const auto* is = valueAt(objectOrEmpty(objectOrEmpty(claim, "metadata"), "annotations"), classAnnotation);
    const auto* name = valueAt(after, "storageClassName");
    const bool set = name && !valueAt(before, "storageClassName");
    const bool moved = set && was && *name == *was && (!is || *is == *was);
    const auto text = [](const json::value* value) { return value ? asString(*value) : std::string_view(); };
    if (!moved && text(was) != text(is)) report.invalid("metadata.annotations." + std::string(classAnnotation), text(is), fieldImmutable);
    if (moved || (set && (!was || *name == *was))) after.erase("storageClassName");
}

void validateClaimAttributes(const json::object& after, const json::object& before, const json::object& status, Report& report) {
    if (sameAt(after, before, "volumeAttributesClassName") || !valueAt(status, "currentVolumeAttributesClassName")) return;
    const auto* name = valueAt(after, "volumeAttributesClassName");
    if (!name) report.forbidden("spec.volumeAttributesClassName", "update to nil is forbidden when status.currentVolumeAttributesClassName is not nil");
    else if (asString(*name).empty()) report.forbidden("spec.volumeAttributesClassName", "update to empty string is forbidden when status.currentVolumeAttributesClassName is not nil");
}

Quantity storageOf(const json::object& amounts) {
    const auto quantity = Quantity::parse(textAt(amounts, "storage"));
    return quantity ? *quantity : Quantity();
}

void validateClaimUpdate(const json::object& claim, const json::object& old, std::string_view subresource, Report& report) {
    if (!subresource.empty()) return;
    const auto &after = objectOrEmpty(claim, "spec"), &before = objectOrEmpty(old, "spec");
    const auto& status = objectOrEmpty(claim, "status");
    const bool hadGroup = valueAt(objectOrEmpty(before, "dataSource"), "apiGroup") || valueAt(objectOrEmpty(before, "dataSourceRef"), "apiGroup");
    validateClaimSpecWith(after, hadGroup ? ApiGroup::Unchecked : ApiGroup::Checked, "spec", report);
    json::object fixed = after, fixedBefore = before;
    if (textAt(before, "volumeName").empty()) fixed.erase("volumeName"), fixedBefore.erase("volumeName");
    permitClassOnce(claim, old, fixed, before, report);
    const auto &requestsAfter = objectOrEmpty(objectOrEmpty(after, "resources"), "requests"), &requestsBefore = objectOrEmpty(objectOrEmpty(before, "resources"), "requests");
    if (textAt(status, "phase") == "Bound") {
        fixed.erase("volumeAttributesClassName"), fixedBefore.erase("volumeAttributesClassName");
        if (!requestsAfter.empty() && requestsBefore.contains("storage")) ensureObject(fixed, {"resources", "requests"})["storage"] = requestsBefore.at("storage");
    }
    const json::value left(fixed), right(fixedBefore);
    if (!sameMeaning(&left, &right)) report.forbidden("spec", "spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims\n");
    const auto size = storageOf(requestsAfter);
    if (size < storageOf(requestsBefore) && size <= storageOf(objectOrEmpty(objectOrEmpty(old, "status"), "capacity")))
        report.forbidden("spec.resources.requests.storage", "field can not be less than status.capacity");
    validateImmutable(after, before, "volumeMode", "volumeMode", report);
    validateClaimAttributes(after, before, objectOrEmpty(old, "status"), report);
}

// ---- PersistentVolume -----------------------------------------------------------------------------------------------------------

constexpr std::string_view tooManyTypes = "may not specify more than 1 volume type";

// In the order in which the first one counts.
constexpr std::array<std::string_view, 22> volumeTypes = {"hostPath", "gcePersistentDisk", "awsElasticBlockStore", "glusterfs", "flocker", "nfs", "rbd", "quobyte", "cephfs", "iscsi", "cinder",
                                                          "fc", "flexVolume", "azureFile", "vsphereVolume", "photonPersistentDisk", "portworxVolume", "azureDisk", "scaleIO", "local", "storageos", "csi"};

void validateSecretReference(const json::object& csi, std::string_view key, const std::string& path, Report& report) {
    const auto* reference = objectAt(csi, key);
    if (!reference) return;
    const auto here = path + "." + std::string(key);
    const auto name = textAt(*reference, "name"), nameSpace = textAt(*reference, "namespace");
    if (name.empty()) report.required(here + ".name");
    else report.invalidEach(here + ".name", name, checkDnsSubdomain(name));
    if (nameSpace.empty()) report.required(here + ".namespace");
    else report.invalidEach(here + ".namespace", nameSpace, checkDnsLabel(nameSpace));
}

std::string lowered(std::string_view text) {
    std::string result(text);
    for (char& c : result) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
    return result;
}

void validateCsiVolume(const json::object& csi, const std::string& path, Report& report) {
    const auto driver = textAt(csi, "driver");
    if (driver.empty()) report.required(path + ".driver");
    if (driver.size() > 63) report.tooLong(path + ".driver", 63);
    report.invalidEach(path + ".driver", driver, checkDnsSubdomain(lowered(driver)));
    if (textAt(csi, "volumeHandle").empty()) report.required(path + ".volumeHandle");
    for (const auto* key : {"controllerPublishSecretRef", "controllerExpandSecretRef", "nodePublishSecretRef", "nodeExpandSecretRef"}) validateSecretReference(csi, key, path, report);
}

void validateVolumeType(std::string_view type, const json::object& source, const json::object& spec, const std::string& path, Report& report) {
    const auto here = path + "." + std::string(type);
    if (type == "csi") return validateCsiVolume(source, here, report);
    if (type == "flexVolume") {
        if (textAt(source, "driver").empty()) report.required(here + ".driver");
    } else if (type == "local") {
        const auto target = textAt(source, "path");
        if (target.empty()) report.required(here + ".path");
        else if (hasBacksteps(target)) report.invalid(here + ".path", target, "must not contain '..'");
        if (!objectAt(spec, "nodeAffinity")) report.required(path + ".nodeAffinity", "Local volume requires node affinity");
    } else {
        validateVolumeSource(type, source, here, report);
    }
}

void validateCapacity(const json::object& spec, const std::string& path, Report& report) {
    const auto& capacity = objectOrEmpty(spec, "capacity");
    if (capacity.empty()) report.required(path);
    if (capacity.size() != 1 || !capacity.contains("storage"))
        report.add("FieldValueNotSupported", path, fmt::format("Unsupported value: {}: supported values: \"storage\"", objectAt(spec, "capacity") ? goJson(capacity) : "null"));
    for (const auto& [name, amount] : capacity) {
        const auto quantity = Quantity::parse(asString(amount));
        if (quantity && quantity->sign() < 0) report.invalidText(keyed(path, name), std::to_string(quantity->value()), "must be a valid resource quantity");
        validatePositive(asString(amount), keyed(path, name), report);
    }
}

bool isRoot(std::string_view path) { return path.starts_with('/') && std::filesystem::path(path).lexically_normal() == "/"; }

void validateVolumeSpec(const json::object& spec, const std::string& path, Report& report) {
    const auto& modes = arrayAt(spec, "accessModes");
    if (modes.empty()) report.required(path + ".accessModes");
    validateAccessModes(modes, path + ".accessModes", report);
    validateCapacity(spec, path + ".capacity", report);
    const auto policy = textAt(spec, "persistentVolumeReclaimPolicy");
    if (!policy.empty() && policy != "Delete" && policy != "Recycle" && policy != "Retain") report.unsupported(path + ".persistentVolumeReclaimPolicy", policy, {"Delete", "Recycle", "Retain"});
    if (const auto* affinity = objectAt(spec, "nodeAffinity")) {
        if (const auto* required = objectAt(*affinity, "required")) validateNodeSelector(*required, path + ".nodeAffinity.required", report);
        else report.required(path + ".nodeAffinity.required", "must specify required node constraints");
    }
    std::size_t types = 0;
    for (const auto type : volumeTypes) {
        const auto* source = objectAt(spec, type);
        if (!source) continue;
        if (types++ > 0 && type != "flexVolume") report.forbidden(path + "." + std::string(type == "cephfs" ? "cephFS" : type), tooManyTypes);
        else validateVolumeType(type, *source, spec, path, report);
    }
    if (types == 0) report.required(path, "must specify a volume type");
    if (const auto* host = objectAt(spec, "hostPath"); host && isRoot(textAt(*host, "path")) && policy == "Recycle") report.forbidden(path + ".persistentVolumeReclaimPolicy", "may not be 'recycle' for a hostPath mount of '/'");
    validateClassName(spec, "storageClassName", path, report);
    validateVolumeMode(spec, path, report);
    const auto* attributes = valueAt(spec, "volumeAttributesClassName");
    if (!attributes) return;
    if (asString(*attributes).empty()) report.required(path + ".volumeAttributesClassName", "an empty string is disallowed");
    validateClassName(spec, "volumeAttributesClassName", path, report);
    if (!objectAt(spec, "csi")) report.required(path + ".csi", "has to be specified when using volumeAttributesClassName");
}

void validateVolume(const json::object& volume, Report& report) { validateVolumeSpec(objectOrEmpty(volume, "spec"), "spec", report); }

json::object sourceOf(const json::object& spec) {
    json::object source;
    for (const auto type : volumeTypes)
        if (const auto* value = objectAt(spec, type)) source.emplace(type, *value);
    return source;
}

// The Nodes of a volume as the internal types show them.
std::string shownRequirements(const json::object& term, std::string_view key) {
    const auto& requirements = arrayAt(term, key);
    if (requirements.empty()) return "null";
    return goList(requirements, [](const json::value& one) {
        const auto* values = valueAt(asObject(one), "values");
        return fmt::format("{{\"Key\":{},\"Operator\":{},\"Values\":{}}}", goQuote(textAt(asObject(one), "key")), goQuote(textAt(asObject(one), "operator")), values ? goJson(*values) : "null");
    });
}

std::string shownNodeAffinity(const json::object* affinity) {
    if (!affinity) return "null";
    const auto* required = objectAt(*affinity, "required");
    if (!required) return "{\"Required\":null}";
    const auto terms = goList(arrayAt(*required, "nodeSelectorTerms"), [](const json::value& term) {
        return fmt::format("{{\"MatchExpressions\":{},\"MatchFields\":{}}}", shownRequirements(asObject(term), "matchExpressions"), shownRequirements(asObject(term), "matchFields"));
    });
    return fmt::format("{{\"Required\":{{\"NodeSelectorTerms\":{}}}}}", terms);
}

// Labels of old may become those of today.
void renewLabels(json::value& value) {
    static const std::map<std::string_view, std::string_view> renewed = {{"failure-domain.beta.kubernetes.io/zone", "topology.kubernetes.io/zone"},
                                                                         {"failure-domain.beta.kubernetes.io/region", "topology.kubernetes.io/region"},
                                                                         {"beta.kubernetes.io/os", "kubernetes.io/os"},
                                                                         {"beta.kubernetes.io/arch", "kubernetes.io/arch"},
                                                                         {"beta.kubernetes.io/instance-type", "node.kubernetes.io/instance-type"}};
    if (auto* object = value.if_object()) {
        for (auto& member : *object) {
            const auto found = member.key() == "key" && member.value().is_string() ? renewed.find(asString(member.value())) : renewed.end();
            if (found != renewed.end()) member.value() = found->second;
            else renewLabels(member.value());
        }
    } else if (auto* array = value.if_array()) {
        for (auto& element : *array) renewLabels(element);
    }
}

void validateVolumeUpdate(const json::object& volume, const json::object& old, std::string_view subresource, Report& report) {
    if (!subresource.empty()) return;
    const auto &after = objectOrEmpty(volume, "spec"), &before = objectOrEmpty(old, "spec");
    auto source = sourceOf(after);
    const auto formerSource = sourceOf(before);
    if (const auto* csi = objectAt(before, "csi"); csi && !valueAt(*csi, "controllerExpandSecretRef") && source.contains("csi")) ensureObject(source, {"csi"}).erase("controllerExpandSecretRef");
    const json::value left(source), right(formerSource);
    if (!sameMeaning(&left, &right)) report.forbidden("spec.persistentvolumesource", "spec.persistentvolumesource is immutable after creation\n");
    validateImmutable(after, before, "volumeMode", "volumeMode", report);
    if (const auto* affinity = valueAt(before, "nodeAffinity"); affinity && !sameMeaning(valueAt(after, "nodeAffinity"), affinity)) {
        json::value renewed = *affinity;
        renewLabels(renewed);
        if (!sameMeaning(valueAt(after, "nodeAffinity"), &renewed))
            report.invalidText("nodeAffinity", shownNodeAffinity(objectAt(after, "nodeAffinity")), fmt::format("{}, except for updating from beta label to GA", fieldImmutable));
    }
    if (valueAt(before, "volumeAttributesClassName") && !valueAt(after, "volumeAttributesClassName")) report.forbidden("spec.volumeAttributesClassName", "update from non-nil value to nil is forbidden");
}

// ---- StorageClass ---------------------------------------------------------------------------------------------------------------

using TopologyValues = std::map<std::string, std::set<std::string>>;

TopologyValues validateTopology(const json::object& term, const std::string& path, Report& report) {
    TopologyValues all;
    const auto& expressions = arrayAt(term, "matchLabelExpressions");
    for (std::size_t i = 0; i < expressions.size(); ++i) {
        const auto here = indexed(path + ".matchLabelExpressions", i);
        const std::string key(textAt(asObject(expressions[i]), "key"));
        const auto& values = arrayAt(asObject(expressions[i]), "values");
        std::set<std::string> different;
        if (values.empty()) report.required(here + ".values");
        for (std::size_t j = 0; j < values.size(); ++j)
            if (!different.emplace(asString(values[j])).second) report.duplicate(indexed(here + ".values", j), asString(values[j]));
        report.invalidEach(here + ".key", key, checkQualifiedName(key));
        if (all.contains(key)) report.duplicate(here + ".key", key);
        all[key] = std::move(different);
    }
    return all;
}

void validateTopologies(const json::array& topologies, Report& report) {
    // One that says nothing is held for a duplicate of each of them.
    std::vector<TopologyValues> seen(topologies.size());
    for (std::size_t i = 0; i < topologies.size(); ++i) {
        const auto path = indexed("allowedTopologies", i);
        auto values = validateTopology(asObject(topologies[i]), path, report);
        for (const auto& other : seen)
            if (other == values) report.duplicate(path + ".matchLabelExpressions", "");
        seen.push_back(std::move(values));
    }
}

void validateParameters(const json::object& parameters, Report& report) {
    constexpr std::size_t most = 512, mostBytes = 256 * 1024;
    if (parameters.size() > most) return report.tooLong("parameters", most);
    std::size_t total = 0;
    for (const auto& [key, value] : parameters) {
        if (key.empty()) report.invalid("parameters", "", "field can not be empty.");
        total += key.size() + asString(value).size();
    }
    if (total > mostBytes) report.tooLong("parameters", mostBytes);
}

void validateStorageClass(const json::object& storageClass, Report& report) {
    const auto provisioner = lowered(textAt(storageClass, "provisioner"));
    if (provisioner.empty()) report.required("provisioner");
    else report.invalidEach("provisioner", provisioner, checkQualifiedName(provisioner));
    validateParameters(objectOrEmpty(storageClass, "parameters"), report);
    const auto reclaim = textAt(storageClass, "reclaimPolicy");
    if (!reclaim.empty() && reclaim != "Delete" && reclaim != "Retain") report.unsupported("reclaimPolicy", reclaim, {"Delete", "Retain"});
    const auto binding = textAt(storageClass, "volumeBindingMode");
    if (!valueAt(storageClass, "volumeBindingMode")) report.required("volumeBindingMode");
    else if (binding != "Immediate" && binding != "WaitForFirstConsumer") report.unsupported("volumeBindingMode", binding, {"Immediate", "WaitForFirstConsumer"});
    validateTopologies(arrayAt(storageClass, "allowedTopologies"), report);
}

void validateStorageClassUpdate(const json::object& storageClass, const json::object& old, std::string_view, Report& report) {
    for (const auto* key : {"parameters", "provisioner", "reclaimPolicy"})
        if (!sameAt(storageClass, old, key)) report.forbidden(key, fmt::format("updates to {} are forbidden.", key));
    validateImmutable(storageClass, old, "volumeBindingMode", "volumeBindingMode", report);
}

}  // namespace

void validateClaimSpec(const json::object& spec, const std::string& path, Report& report) { validateClaimSpecWith(spec, ApiGroup::Checked, path, report); }

const KindRules* storageRules(const GroupVersionKind& kind) {
    static const std::map<std::pair<std::string_view, std::string_view>, KindRules> rules = {
        {{"", "PersistentVolumeClaim"}, {.create = validateClaim, .update = validateClaimUpdate, .updateOnly = true, .metadataAgain = true}},
        {{"", "PersistentVolume"}, {.create = validateVolume, .update = validateVolumeUpdate, .metadataAgain = true}},
        {{"storage.k8s.io", "StorageClass"}, {.create = validateStorageClass, .update = validateStorageClassUpdate, .metadataAgain = true}},
    };
    const auto it = rules.find({kind.group, kind.kind});
    return it == rules.end() ? nullptr : &it->second;
}

}  // namespace kubarium::api
