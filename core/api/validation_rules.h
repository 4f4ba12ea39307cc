// The rules of validation by area. Internal to core/api; the entry points are in validation.h. Paths are those of Kubernetes.
#pragma once

#include "core/api/resource.h"
#include "core/api/validation.h"
#include "core/api/validation_report.h"

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace kubarium::api {

using SyntaxCheck = std::vector<std::string> (*)(std::string_view);

std::vector<std::string> checkDns1035Label(std::string_view);
std::vector<std::string> checkWildcardSubdomain(std::string_view);
std::vector<std::string> checkSearchDomain(std::string_view);
std::vector<std::string> checkConfigKey(std::string_view);
std::vector<std::string> checkEnvironmentName(std::string_view);
std::vector<std::string> checkPortName(std::string_view);
std::vector<std::string> checkPortNumber(std::int64_t);
std::vector<std::string> checkPathSegment(std::string_view);
bool isQualifiedToken(std::string_view);

inline constexpr std::string_view fieldImmutable = "field is immutable";

// metadata
void validateObjectMeta(const json::object& metadata, bool namespaced, SyntaxCheck name, const std::string& path, Report&);
// Names without a domain are Kubernetes' own.
void validateStandardFinalizers(const json::object& metadata, const std::string& path, Report&);
void validateObjectMetaUpdate(const json::object& newMetadata, const json::object& oldMetadata, const std::string& path, Report&);
void validateLabels(const json::object& labels, const std::string& path, Report&);
void validateAnnotations(const json::object& annotations, const std::string& path, Report&);
void validateLabelSelector(const json::object& selector, const std::string& path, Report&, bool allowInvalidValues = false);
std::string shownSelector(const json::value* selector);  // as the message shows it
// Whether the selector (normalised metav1.LabelSelector) selects these labels.
bool selectorMatches(const json::object& selector, const json::object& labels);

// values
// A path below something: relative, and never up.
void validateLocalPath(std::string_view target, const std::string& path, Report&);
bool hasBacksteps(std::string_view path);  // a part of it is ".."
void validateNonnegative(std::int64_t value, const std::string& path, Report&);
void validateNonnegativeAt(const json::object& object, std::string_view key, const std::string& path, Report&);  // if it is there
void validatePortNumber(const json::object& object, std::string_view key, const std::string& path, Report&);
// A port number or name, as in targetPort and probes.
void validatePortNumOrName(const json::value& port, const std::string& path, Report&);
std::optional<std::int64_t> percentOf(const json::value& value);  // "25%" -> 25
void validateIntOrPercent(const json::value& value, const std::string& path, Report&);
void validateNotOver100(const json::value* value, const std::string& path, Report&);
bool isIpAddress(std::string_view);
bool isIpv6(std::string_view);
void validateIp(std::string_view address, const std::string& path, Report&);
// "10.0.0.0/8"; the reason, or "".
bool isCidr(std::string_view);
void validateImmutable(const json::object& newObject, const json::object& oldObject, std::string_view key, const std::string& path, Report&);
// A value as %#v or JSON of a message about an immutable field.
std::string shownValue(const json::value* value);
// Whether they mean the same: what is null, [] or {} is the same as what is not there.
bool sameMeaning(const json::value* a, const json::value* b);

// Pods
enum class PodSpecOf { Pod, Template };
void validatePodSpec(const json::object& spec, PodSpecOf, const std::string& path, Report&);
// The names of the volumes that are valid.
std::set<std::string, std::less<>> validateVolumes(const json::array& volumes, const std::string& path, Report&);
// One source of a volume: "hostPath", "nfs", ...
void validateVolumeSource(std::string_view kind, const json::object& source, const std::string& path, Report&);
void validatePodTemplate(const json::object& podTemplate, const std::string& path, Report&);
void validatePod(const json::object& pod, Report&);
void validateClaimSpec(const json::object& spec, const std::string& path, Report&);
void validatePodStatusUpdate(const json::object& newPod, const json::object& oldPod, Report&);
void validateEphemeralUpdate(const json::object& newPod, const json::object& oldPod, Report&);
void validateResize(const json::object& newPod, const json::object& oldPod, Report&);
void validatePodUpdate(const json::object& newPod, const json::object& oldPod, std::string_view subresource, Report&);
using ResourceClaimNames = std::set<std::string, std::less<>>;
enum class ResourceOwner { Container, Pod };
void validateResourceRequirements(const json::object& resources, ResourceOwner, const ResourceClaimNames& claims, const std::string& path, Report&);
bool validateAnyResourceName(std::string_view name, const std::string& path, Report&);  // whether it is one
void validateContainerResourceName(std::string_view name, const std::string& path, Report&);
void validateQuantity(std::string_view name, std::string_view text, const std::string& path, Report&);  // of this resource
void validateResourceList(const json::object& list, const std::string& path, Report&);
void validateTolerations(const json::array& tolerations, const std::string& path, Report&);
void validateNodeSelector(const json::object& selector, const std::string& path, Report&);
void validateTaints(const json::array& taints, const std::string& path, Report&);

// What a kind asks of its metadata beyond what is asked of every object's.
enum class MetadataRules { Kubernetes, WithoutFinalizers, None };

// The rules of one kind beyond its metadata.
struct KindRules {
    SyntaxCheck name = nullptr;  // of metadata.name; null: a DNS subdomain
    void (*create)(const json::object& object, Report&) = nullptr;
    // Immutability and the like; `create` is run on the new object as well unless `updateOnly`.
    void (*update)(const json::object& newObject, const json::object& oldObject, std::string_view subresource, Report&) = nullptr;
    bool updateOnly = false;
    // The kind's update runs all of its create validation, metadata included, so that mistakes there show once more.
    bool metadataAgain = false;
    MetadataRules metadata = MetadataRules::Kubernetes;
};

const KindRules* coreRules(const GroupVersionKind&);
const KindRules* workloadRules(const GroupVersionKind&);
const KindRules* jobRules(const GroupVersionKind&);
const KindRules* policyRules(const GroupVersionKind&);
const KindRules* networkRules(const GroupVersionKind&);
const KindRules* quotaRules(const GroupVersionKind&);
const KindRules* storageRules(const GroupVersionKind&);
const KindRules* ownRules(const GroupVersionKind&);

}  // namespace kubarium::api
