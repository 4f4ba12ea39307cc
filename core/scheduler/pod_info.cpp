#include "core/scheduler/pod_info.h"

#include "core/api/identical.h"
#include "core/api/quantity.h"

#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <span>

namespace kubarium::scheduler {
namespace {

// What a container without requests counts for in scores (pkg/scheduler/util: DefaultMilliCPURequest, DefaultMemoryRequest).
constexpr std::int64_t defaultMilliCpu = 100;
constexpr std::int64_t defaultMemory = 200 * 1024 * 1024;

const json::object* objectAt(const json::object& from, std::string_view key) {
    const auto* value = from.if_contains(key);
    return value ? value->if_object() : nullptr;
}
const json::array* arrayAt(const json::object& from, std::string_view key) {
    const auto* value = from.if_contains(key);
    return value ? value->if_array() : nullptr;
}
std::string textAt(const json::object& from, std::string_view key) {
    const auto* value = from.if_contains(key);
    const auto* text = value ? value->if_string() : nullptr;
    return text ? std::string(text->data(), text->size()) : std::string();
}
std::int64_t intAt(const json::object& from, std::string_view key, std::int64_t fallback = 0) {
    const auto* value = from.if_contains(key);
    return value && value->is_number() ? value->to_number<std::int64_t>() : fallback;
}
Labels labelsAt(const json::object* from) {
    Labels labels;
    if (from)
        for (const auto& [key, value] : *from)
            if (value.is_string() || value.is_null()) labels.emplace(key, value.is_null() ? std::string_view() : std::string_view(value.get_string()));  // null is "" to Go
    return labels;
}

std::string quantityText(const json::value& value) {
    if (value.is_string()) return std::string(value.get_string());
    if (value.is_int64()) return std::to_string(value.get_int64());
    if (value.is_uint64()) return std::to_string(value.get_uint64());
    if (value.is_double()) return fmt::format("{}", value.get_double());
    return "0";
}

using Amounts = std::map<std::string, api::Quantity>;

Amounts amountsAt(const json::object* list) {
    Amounts amounts;
    if (!list) return amounts;
    for (const auto& [name, value] : *list)
        if (const auto quantity = api::Quantity::parse(quantityText(value))) amounts.emplace(std::string(name), *quantity);
    return amounts;
}
void addAmounts(Amounts& to, const Amounts& from) {
    for (const auto& [name, quantity] : from) to[name] += quantity;
}
void maxAmounts(Amounts& to, const Amounts& from) {
    for (const auto& [name, quantity] : from) {
        const auto [it, added] = to.emplace(name, quantity);
        if (!added && it->second < quantity) it->second = quantity;
    }
}

bool isSupportedAtPodLevel(std::string_view name) { return name == "cpu" || name == "memory" || name.starts_with("hugepages-"); }

// k8s.io/component-helpers/resource.PodRequests.
class PodRequests {
public:
    enum class Status { Counts, Ignored };
    PodRequests(const json::object& pod, Status status) : spec_(objectAt(pod, "spec")), status_(objectAt(pod, "status")) {
        if (!status_ || status == Status::Ignored) return;
        for (const auto* key : {"containerStatuses", "initContainerStatuses"})
            if (const auto* list = arrayAt(*status_, key))
                for (const auto& entry : *list)
                    if (entry.is_object()) statuses_[textAt(entry.get_object(), "name")] = &entry.get_object();
        if (const auto* conditions = arrayAt(*status_, "conditions"))
            for (const auto& entry : *conditions)
                if (const auto* condition = entry.if_object())
                    infeasible_ |= textAt(*condition, "type") == "PodResizePending" && textAt(*condition, "reason") == "Infeasible";
    }

    bool hasStatuses() const { return !statuses_.empty(); }
    bool podLevelSet() const {
        const auto* resources = spec_ ? objectAt(*spec_, "resources") : nullptr;
        const auto* requests = resources ? objectAt(*resources, "requests") : nullptr;
        return requests && std::ranges::any_of(*requests, [](const auto& entry) { return isSupportedAtPodLevel(std::string_view(entry.key().data(), entry.key().size())); });
    }

    // `missing` is filled in where a container says nothing; `podLevel`: whether spec.resources counts.
    Amounts sum(const Amounts& missing, bool podLevel) const {
        Amounts total;
        if (!spec_) return total;
        if (const auto* containers = arrayAt(*spec_, "containers"))
            for (const auto& entry : *containers) addAmounts(total, withMissing(requestsOf(entry.as_object(), true), missing));
        Amounts sidecars, initial;
        if (const auto* containers = arrayAt(*spec_, "initContainers"))
            for (const auto& entry : *containers) {
                const bool sidecar = textAt(entry.as_object(), "restartPolicy") == "Always";
                auto requests = withMissing(requestsOf(entry.as_object(), sidecar), missing);
                if (sidecar) {
                    addAmounts(total, requests);
                    addAmounts(sidecars, requests);
                    requests = sidecars;
                } else {
                    addAmounts(requests, sidecars);
                }
                maxAmounts(initial, requests);
            }
        maxAmounts(total, initial);
        if (podLevel && podLevelSet())
            for (const auto& [name, quantity] : amountsAt(objectAt(*objectAt(*spec_, "resources"), "requests")))
                if (isSupportedAtPodLevel(name)) total[name] = quantity;
        addAmounts(total, amountsAt(objectAt(*spec_, "overhead")));
        return total;
    }

private:
    // In-place resize: the larger of what is asked, what is allocated and what is in force; where a resize is infeasible, what
    // is asked does not count.
    Amounts requestsOf(const json::object& container, bool useStatus) const {
        const auto* resources = objectAt(container, "resources");
        auto requests = amountsAt(resources ? objectAt(*resources, "requests") : nullptr);
        const auto status = statuses_.find(textAt(container, "name"));
        if (!useStatus || status == statuses_.end()) return requests;
        const auto* inForce = objectAt(*status->second, "resources");
        if (!inForce) return requests;
        if (infeasible_) requests.clear();
        maxAmounts(requests, amountsAt(objectAt(*inForce, "requests")));
        maxAmounts(requests, amountsAt(objectAt(*status->second, "allocatedResources")));
        return requests;
    }
    static Amounts withMissing(Amounts requests, const Amounts& missing) {
        for (const auto& [name, quantity] : missing) requests.emplace(name, quantity);
        return requests;
    }

    const json::object* spec_;
    const json::object* status_;
    std::map<std::string, const json::object*> statuses_;
    bool infeasible_ = false;
};

Resources toResources(const Amounts& amounts) {
    Resources resources;
    for (const auto& [name, quantity] : amounts) {
        if (name == "cpu") resources.milliCpu = quantity.wrappedMilliValue();
        else if (name == "memory") resources.memory = quantity.wrappedValue();
        else if (name == "ephemeral-storage") resources.ephemeralStorage = quantity.wrappedValue();
        else if (name == "pods") resources.allowedPods = quantity.wrappedValue();
        else if (name.find('/') != std::string::npos || name.starts_with("hugepages-") || name.starts_with("attachable-volumes-")) resources.scalar[name] = quantity.wrappedValue();
    }
    return resources;
}

NodeTerm parseNodeTerm(const json::object& from, std::size_t index) {
    NodeTerm term;
    const auto read = [&](std::string_view key, std::vector<api::Requirement>& into, bool fields) {
        const auto* list = arrayAt(from, key);
        if (!list) return;
        for (std::size_t i = 0; i < list->size(); ++i) {
            const auto& object = (*list)[i].as_object();
            const auto refuse = [&](std::string_view why) { term.invalid.push_back(fmt::format("[{}].{}[{}].{}", index, key, i, why)); };
            std::vector<std::string> values;
            if (const auto* array = arrayAt(object, "values"))
                for (const auto& value : *array)
                    if (value.is_string()) values.emplace_back(value.get_string());
            const auto name = textAt(object, "operator");
            const auto op = api::parseSelectorOperator(name, !fields);
            if (!op || (fields && name != "In" && name != "NotIn")) {
                refuse(fmt::format("operator: Unsupported value: \"{}\": supported values: \"In\", \"NotIn\"{}", name, fields ? "" : ", \"Exists\", \"DoesNotExist\", \"Gt\", \"Lt\""));
                continue;
            }
            if (fields) {
                // Also what is refused narrows (NodeAffinity's PreFilter).
                if (values.size() != 1) refuse(fmt::format("values: Invalid value: {}: must have one element", json::serialize(json::array(values.begin(), values.end()))));
                into.push_back({textAt(object, "key"), *op, values});
                continue;
            }
            const auto problems = api::requirementProblems(textAt(object, "key"), *op, values);
            for (const auto& problem : problems) refuse(problem);
            if (problems.empty()) into.push_back(*api::makeRequirement(textAt(object, "key"), *op, std::move(values)));
        }
    };
    read("matchExpressions", term.expressions, false);
    read("matchFields", term.fields, true);
    return term;
}

}  // namespace

api::Selector parseSelector(const json::object* from, std::string& error) {
    if (!from) return api::Selector::nothing();
    api::LabelSelector selector;
    selector.matchLabels = labelsAt(objectAt(*from, "matchLabels"));
    if (const auto* expressions = arrayAt(*from, "matchExpressions"))
        for (const auto& entry : *expressions) {
            const auto& object = entry.as_object();
            api::LabelSelectorRequirement requirement{textAt(object, "key"), textAt(object, "operator"), {}};
            if (const auto* values = arrayAt(object, "values"))
                for (const auto& value : *values)
                    if (value.is_string()) requirement.values.emplace_back(value.get_string());
            selector.matchExpressions.push_back(std::move(requirement));
        }
    auto parsed = api::Selector::from(selector);
    if (parsed) return std::move(*parsed);
    if (error.empty()) error = parsed.error().message;
    return api::Selector::nothing();
}

namespace {

AffinityTerm parseAffinityTerm(const json::object& from, const std::string& ownNamespace, std::string& error) {
    AffinityTerm term;
    const auto* namespaceSelector = objectAt(from, "namespaceSelector");
    if (const auto* names = arrayAt(from, "namespaces"))
        for (const auto& entry : *names)
            if (entry.is_string()) term.namespaces.emplace(entry.get_string());
    if (term.namespaces.empty() && !namespaceSelector) term.namespaces.insert(ownNamespace);
    term.selector = parseSelector(objectAt(from, "labelSelector"), error);
    term.namespaceSelector = parseSelector(namespaceSelector, error);
    term.topologyKey = textAt(from, "topologyKey");
    return term;
}

// As with PodInfo.Update, a list with a term that cannot be read counts as none, and its first error is kept.
void parsePodAffinity(PodInfo& info, const json::object& affinity) {
    const auto read = [&](std::string_view which, std::string_view key, const std::string& list, std::vector<AffinityTerm>& into) {
        const auto* part = objectAt(affinity, which);
        const auto* entries = part ? arrayAt(*part, key) : nullptr;
        if (!entries) return;
        std::string error;
        for (const auto& entry : *entries) {
            const bool preferred = key.starts_with("preferred");
            const auto* term = preferred ? objectAt(entry.as_object(), "podAffinityTerm") : &entry.as_object();
            if (!term) continue;
            into.push_back(parseAffinityTerm(*term, info.nameSpace, error));
            if (preferred) into.back().weight = intAt(entry.as_object(), "weight");
            if (error.empty()) continue;
            info.affinityErrors.push_back(fmt::format("{}: {}", list, error));
            into.clear();
            return;
        }
    };
    constexpr std::string_view required = "requiredDuringSchedulingIgnoredDuringExecution", preferred = "preferredDuringSchedulingIgnoredDuringExecution";
    read("podAffinity", required, "requiredAffinityTerms", info.requiredAffinity);
    read("podAntiAffinity", required, "requiredAntiAffinityTerms", info.requiredAntiAffinity);
    read("podAffinity", preferred, "preferredAffinityTerms", info.preferredAffinity);
    read("podAntiAffinity", preferred, "preferredAntiAffinityTerms", info.preferredAntiAffinity);
}

void parseSpread(PodInfo& info, const json::array& constraints) {
    for (const auto& entry : constraints) {
        const auto& from = entry.as_object();
        SpreadConstraint constraint;
        constraint.maxSkew = intAt(from, "maxSkew", 1);
        constraint.topologyKey = textAt(from, "topologyKey");
        constraint.hard = textAt(from, "whenUnsatisfiable") == "DoNotSchedule";
        constraint.minDomains = intAt(from, "minDomains", 1);
        constraint.honorAffinity = textAt(from, "nodeAffinityPolicy") != "Ignore";
        constraint.honorTaints = textAt(from, "nodeTaintsPolicy") == "Honor";
        constraint.selector = parseSelector(objectAt(from, "labelSelector"), constraint.error);
        if (const auto* keys = arrayAt(from, "matchLabelKeys"))
            for (const auto& key : *keys)
                if (const auto label = info.labels.find(std::string(key.as_string())); label != info.labels.end() && !constraint.selector.matchesNothing())
                    constraint.selector.add({label->first, api::SelectorOperator::In, {label->second}});
        info.spread.push_back(std::move(constraint));
    }
}

void parseContainers(PodInfo& info, const json::object& spec) {
    for (const auto* key : {"containers", "initContainers"}) {
        const auto* containers = arrayAt(spec, key);
        if (!containers) continue;
        for (const auto& entry : *containers) {
            const auto& container = entry.as_object();
            auto image = textAt(container, "image");
            if (!image.empty()) {
                const auto colon = image.rfind(':'), slash = image.rfind('/');
                if (colon == std::string::npos || (slash != std::string::npos && colon <= slash)) image += ":latest";
            }
            info.images.push_back(image);
            ++info.imageCount;
            // Host ports of sidecars count, those of plain init containers do not.
            if (std::string_view(key) == "initContainers" && textAt(container, "restartPolicy") != "Always") continue;
            if (const auto* ports = arrayAt(container, "ports"))
                for (const auto& port : *ports) {
                    const auto number = intAt(port.as_object(), "hostPort");
                    if (number <= 0) continue;
                    auto ip = textAt(port.as_object(), "hostIP");
                    auto protocol = textAt(port.as_object(), "protocol");
                    info.hostPorts.push_back({ip.empty() ? "0.0.0.0" : ip, protocol.empty() ? "TCP" : protocol, static_cast<int>(number)});
                }
        }
    }
}

void parseRequests(PodInfo& info, const json::object& pod) {
    const PodRequests requests(pod, PodRequests::Status::Counts), asked(pod, PodRequests::Status::Ignored);
    const bool differ = requests.hasStatuses(), podLevel = requests.podLevelSet();
    const auto own = requests.sum({}, true);
    info.requests = toResources(own);
    // Filter and score of a Pod that is not placed yet look at what it asks for alone.
    info.filterRequests = differ ? toResources(asked.sum({}, true)) : info.requests;
    // SetMaxResource: a sum that wrapped asks for nothing.
    for (auto* amount : {&info.filterRequests.milliCpu, &info.filterRequests.memory, &info.filterRequests.ephemeralStorage}) *amount = std::max<std::int64_t>(*amount, 0);
    for (auto& [name, amount] : info.filterRequests.scalar) amount = std::max<std::int64_t>(amount, 0);
    Amounts defaults{{"cpu", api::Quantity::ofMilli(defaultMilliCpu)}, {"memory", api::Quantity::of(defaultMemory)}};
    info.fitRequests = toResources(asked.sum(defaults, false));
    if (podLevel) std::erase_if(defaults, [&](const auto& entry) { return own.contains(entry.first); });
    const auto nonZero = podLevel || differ ? toResources(requests.sum(defaults, podLevel)) : info.fitRequests;
    info.nonZeroCpu = nonZero.milliCpu;
    info.nonZeroMemory = nonZero.memory;
}

const json::object& specOf(const api::Object& pod) {
    static const json::object none;
    const auto* spec = pod.find({"spec"});
    return spec && spec->is_object() ? spec->get_object() : none;
}

// Compares the members in order, but for those named `unread`.
template <class Same>
bool sameMembers(const json::object& a, const json::object& b, std::span<const std::string_view> unread, Same same) {
    const auto isUnread = [&](const auto& member) { return std::ranges::find(unread, std::string_view(member.key())) != unread.end(); };
    auto x = a.begin(), y = b.begin();
    while (x != a.end() && y != b.end()) {
        if (x->key() == y->key() && same(x->key(), x->value(), y->value())) ++x, ++y;
        else if (isUnread(*x)) ++x;
        else if (isUnread(*y)) ++y;
        else return false;
    }
    return std::all_of(x, a.end(), isUnread) && std::all_of(y, b.end(), isUnread);
}

bool sameContainers(const json::value& a, const json::value& b) {
    static constexpr std::array<std::string_view, 1> unread{"volumeMounts"};
    const auto *x = a.if_array(), *y = b.if_array();
    if (x && y && x->begin() == y->begin()) return x->size() == y->size();
    return x && y && std::ranges::equal(*x, *y, [](const json::value& one, const json::value& other) {
        const auto *first = one.if_object(), *second = other.if_object();
        return first && second && sameMembers(*first, *second, unread, [](auto, const json::value& p, const json::value& q) { return api::identical(p, q); });
    });
}

bool samePart(const api::Object& a, const api::Object& b, std::initializer_list<std::string_view> path) {
    const auto *x = a.find(path), *y = b.find(path);
    return x && y ? api::identical(*x, *y) : x == y;
}

bool hasContainerStatuses(const api::Object& pod) {
    const auto* value = pod.find({"status"});
    const auto* status = value ? value->if_object() : nullptr;
    return status && (status->contains("containerStatuses") || status->contains("initContainerStatuses"));
}

// Whether make() reads the same from both, but for what readIdentity() and readVolumes() read.
bool readAlike(const api::Object& a, const api::Object& b) {
    static constexpr std::array<std::string_view, 2> unread{"nodeName", "volumes"};
    if (a.nameSpace() != b.nameSpace() || hasContainerStatuses(a) || hasContainerStatuses(b)) return false;
    if (!samePart(a, b, {"metadata", "labels"}) || !samePart(a, b, {"metadata", "ownerReferences"})) return false;
    return sameMembers(specOf(a), specOf(b), unread, [](std::string_view key, const json::value& x, const json::value& y) {
        return key == "containers" || key == "initContainers" ? sameContainers(x, y) : api::identical(x, y);
    });
}

}  // namespace

void Resources::add(const Resources& other, std::int64_t sign) {
    const auto add1 = [sign](std::int64_t& to, std::int64_t amount) { to = sign < 0 ? wrappingSubtract(to, amount) : wrappingAdd(to, amount); };
    add1(milliCpu, other.milliCpu);
    add1(memory, other.memory);
    add1(ephemeralStorage, other.ephemeralStorage);
    for (const auto& [name, amount] : other.scalar) add1(scalar[name], amount);
}

std::int64_t Resources::get(const std::string& name) const {
    if (name == "cpu") return milliCpu;
    if (name == "memory") return memory;
    if (name == "ephemeral-storage") return ephemeralStorage;
    const auto it = scalar.find(name);
    return it == scalar.end() ? 0 : it->second;
}

bool Toleration::tolerates(const Taint& taint) const {
    if (!effect.empty() && effect != taint.effect) return false;
    if (!key.empty() && key != taint.key) return false;
    if (op.empty() || op == "Equal") return value == taint.value;
    return op == "Exists";
}

bool NodeTerm::matchesLabels(const Labels& labels) const {
    if (empty() || !invalid.empty()) return false;
    return std::ranges::all_of(expressions, [&](const api::Requirement& requirement) {
        const auto it = labels.find(requirement.key);
        return requirement.matches(it == labels.end() ? nullptr : &it->second);
    });
}

bool NodeTerm::matches(const Labels& labels, const std::string& nodeName) const {
    if (!matchesLabels(labels)) return false;
    for (const auto& requirement : fields)
        if (!requirement.matches(requirement.key == "metadata.name" ? &nodeName : nullptr)) return false;
    return true;
}

NodeAffinity NodeAffinity::parse(const json::value* value) {
    NodeAffinity affinity;
    const auto* from = value ? value->if_object() : nullptr;
    if (!from) return affinity;
    if (const auto* required = objectAt(*from, "requiredDuringSchedulingIgnoredDuringExecution")) {
        affinity.hasRequired = true;
        if (const auto* terms = arrayAt(*required, "nodeSelectorTerms"))
            for (const auto& term : *terms) affinity.required.push_back(parseNodeTerm(term.as_object(), affinity.required.size()));
    }
    if (const auto* preferred = arrayAt(*from, "preferredDuringSchedulingIgnoredDuringExecution")) {
        affinity.hasPreferred = true;
        for (const auto& entry : *preferred)
            if (const auto* term = objectAt(entry.as_object(), "preference"))
                affinity.preferred.push_back({intAt(entry.as_object(), "weight"), parseNodeTerm(*term, affinity.preferred.size())});
    }
    return affinity;
}

bool AffinityTerm::matches(const std::string& nameSpace, const Labels& podLabels, const Labels& nsLabels) const {
    if (!namespaces.contains(nameSpace) && !namespaceSelector.matches(nsLabels)) return false;
    return selector.matches(podLabels);
}

void PodInfo::readIdentity(const ObjectPtr& pod) {
    object = pod;
    nameSpace = pod->nameSpace();
    name = pod->name();
    uid = pod->uid().empty() ? pod->key() : std::string(pod->uid());
    nodeName = pod->string({"spec", "nodeName"});
    nominatedNode = pod->string({"status", "nominatedNodeName"});
    startTime = pod->string({"status", "startTime"});
    terminating = pod->deleting();
}

void PodInfo::readVolumes(const json::object& spec) {
    claims.clear();
    volumes = arrayAt(spec, "volumes");
    if (!volumes) return;
    for (const auto& volume : *volumes) {
        const auto& from = volume.as_object();
        if (const auto* claim = objectAt(from, "persistentVolumeClaim")) claims.push_back(textAt(*claim, "claimName"));
        else if (from.contains("ephemeral")) claims.push_back(name + "-" + textAt(from, "name"));
    }
}

PodInfoPtr PodInfo::make(const ObjectPtr& pod) {
    auto info = std::make_shared<PodInfo>();
    info->readIdentity(pod);
    if (const auto* labels = pod->find({"metadata", "labels"})) info->labels = labelsAt(labels->if_object());
    const auto& spec = specOf(*pod);
    info->schedulerName = textAt(spec, "schedulerName");
    if (info->schedulerName.empty()) info->schedulerName = "default-scheduler";
    info->priority = static_cast<std::int32_t>(intAt(spec, "priority"));
    info->preemptNever = textAt(spec, "preemptionPolicy") == "Never";
    info->nodeSelector = labelsAt(objectAt(spec, "nodeSelector"));
    info->hasNodeSelector = objectAt(spec, "nodeSelector") != nullptr;
    if (const auto* list = arrayAt(spec, "tolerations"))
        for (const auto& entry : *list) {
            const auto& from = entry.as_object();
            info->tolerations.push_back({textAt(from, "key"), textAt(from, "operator"), textAt(from, "value"), textAt(from, "effect")});
        }
    if (const auto* affinity = objectAt(spec, "affinity")) {
        info->nodeAffinity = NodeAffinity::parse(affinity->if_contains("nodeAffinity"));
        parsePodAffinity(*info, *affinity);
    }
    if (const auto* constraints = arrayAt(spec, "topologySpreadConstraints")) parseSpread(*info, *constraints);
    if (const auto* gates = arrayAt(spec, "schedulingGates"))
        for (const auto& gate : *gates) info->gates.push_back(textAt(gate.as_object(), "name"));
    if (const auto* claims = arrayAt(spec, "resourceClaims"))
        for (const auto& claim : *claims) info->resourceClaims.push_back(textAt(claim.as_object(), "name"));
    parseContainers(*info, spec);
    parseRequests(*info, pod->tree());
    info->readVolumes(spec);
    info->likeness = std::make_shared<char>();
    return info;
}

PodInfoPtr PodInfo::make(const ObjectPtr& pod, const PodInfoPtr& like) {
    if (!like || !readAlike(*like->object, *pod)) return make(pod);
    auto info = std::make_shared<PodInfo>(*like);
    info->readIdentity(pod);
    info->readVolumes(specOf(*pod));
    return info;
}

NodeInfo NodeInfo::make(const ObjectPtr& node) {
    NodeInfo info;
    info.object = node;
    info.name = node->name();
    if (const auto* labels = node->find({"metadata", "labels"})) info.labels = labelsAt(labels->if_object());
    if (const auto* value = node->find({"spec", "unschedulable"})) info.unschedulable = value->is_bool() && value->get_bool();
    if (const auto* taints = node->find({"spec", "taints"}); taints && taints->is_array())
        for (const auto& entry : taints->get_array()) {
            const auto& from = entry.as_object();
            info.taints.push_back({textAt(from, "key"), textAt(from, "value"), textAt(from, "effect")});
        }
    if (const auto* allocatable = node->find({"status", "allocatable"})) info.allocatable = toResources(amountsAt(allocatable->if_object()));
    if (const auto* images = node->find({"status", "images"}); images && images->is_array())
        for (const auto& entry : images->get_array())
            if (const auto* names = arrayAt(entry.as_object(), "names"))
                for (const auto& name : *names)
                    if (name.is_string()) info.images.emplace(std::string(name.get_string()), intAt(entry.as_object(), "sizeBytes"));
    return info;
}

void NodeInfo::addPod(const PodInfoPtr& pod) {
    pods.push_back(pod);
    if (pod->hasPodAffinity()) podsWithAffinity.push_back(pod);
    if (!pod->requiredAntiAffinity.empty()) podsWithAntiAffinity.push_back(pod);
    requested.add(pod->requests);
    nonZeroCpu = wrappingAdd(nonZeroCpu, pod->nonZeroCpu);
    nonZeroMemory = wrappingAdd(nonZeroMemory, pod->nonZeroMemory);
    for (const auto& port : pod->hostPorts) usedPorts.insert(port);
}

bool NodeInfo::removePod(const PodInfoPtr& pod) {
    const auto it = std::ranges::find(pods, pod->uid, [](const auto& other) -> const std::string& { return other->uid; });
    if (it == pods.end()) return false;
    const auto known = *it;
    pods.erase(it);
    std::erase(podsWithAffinity, known);
    std::erase(podsWithAntiAffinity, known);
    requested.add(known->requests, -1);
    nonZeroCpu = wrappingSubtract(nonZeroCpu, known->nonZeroCpu);
    nonZeroMemory = wrappingSubtract(nonZeroMemory, known->nonZeroMemory);
    for (const auto& port : known->hostPorts) usedPorts.erase(port);
    return true;
}

void NodeInfo::replacePod(const PodInfoPtr& before, const PodInfoPtr& after) {
    const auto at = std::ranges::find(pods, before) - pods.begin();
    removePod(before);
    addPod(after);
    std::rotate(pods.begin() + std::min<std::ptrdiff_t>(at, std::ssize(pods) - 1), pods.end() - 1, pods.end());
}

}  // namespace kubarium::scheduler
