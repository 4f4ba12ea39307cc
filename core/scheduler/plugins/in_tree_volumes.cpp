#include "core/scheduler/plugins/in_tree_volumes.h"

#include <boost/algorithm/string/predicate.hpp>
#include <boost/algorithm/string/split.hpp>
#include <boost/algorithm/string/trim.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace kubarium::scheduler {
namespace {

using Migration = InTreePlugin::Migration;

constexpr std::array<InTreePlugin, 7> plugins{{
    {"awsElasticBlockStore", "kubernetes.io/aws-ebs", "ebs.csi.aws.com", "topology.ebs.csi.aws.com/zone", Migration::Always, true},
    {"gcePersistentDisk", "kubernetes.io/gce-pd", "pd.csi.storage.gke.io", "topology.gke.io/zone", Migration::Always, true},
    {"azureDisk", "kubernetes.io/azure-disk", "disk.csi.azure.com", "", Migration::Always, true},
    {"cinder", "kubernetes.io/cinder", "cinder.csi.openstack.org", "topology.cinder.csi.openstack.org/zone", Migration::Always, true},
    {"portworxVolume", "kubernetes.io/portworx-volume", "pxd.portworx.com", "", Migration::Annotated, true},
    {"azureFile", "kubernetes.io/azure-file", "file.csi.azure.com", "", Migration::Never, false},
    {"vsphereVolume", "kubernetes.io/vsphere-volume", "csi.vsphere.vmware.com", "", Migration::Never, false},
}};

constexpr const char* zoneLabel = "topology.kubernetes.io/zone";
constexpr const char* regionLabel = "topology.kubernetes.io/region";
constexpr const char* betaZoneLabel = "failure-domain.beta.kubernetes.io/zone";
constexpr const char* betaRegionLabel = "failure-domain.beta.kubernetes.io/region";

std::vector<std::string> splitZones(std::string_view text) {
    std::vector<std::string> zones;
    for (std::size_t from = 0;;) {
        const auto to = text.find("__", from);
        zones.emplace_back(text.substr(from, to == std::string_view::npos ? to : to - from));
        if (to == std::string_view::npos) return zones;
        from = to + 2;
    }
}

// KubernetesVolumeIDToEBSVolumeID: "vol-1", "aws://zone/vol-1" and "aws:///vol-1" are the same disk.
Result<std::string> ebsVolume(const std::string& id) {
    constexpr std::string_view scheme = "aws://";
    if (!id.starts_with(scheme)) return id;
    const auto slash = id.find('/', scheme.size());
    auto path = slash == std::string::npos ? std::string() : id.substr(slash, id.find_first_of("?#", slash) - slash);
    boost::algorithm::trim_if(path, [](char c) { return c == '/'; });
    if (!path.starts_with("vol-") || path.find('/') != std::string::npos)
        return badRequest(fmt::format("failed to translate Kubernetes ID to EBS Volume ID Invalid format for AWS volume ({})", id));
    return path;
}

Result<std::string> gceRegion(const std::vector<std::string>& zones) {
    std::set<std::string> regions;
    for (const auto& zone : zones) {
        if (std::ranges::count(zone, '-') != 2)
            return badRequest(fmt::format("failed to get region from zones: zone in unexpected format, expected: {{locale}}-{{region}}-{{zone}}, got: {}", zone));
        regions.insert(zone.substr(0, zone.rfind('-')));
    }
    if (regions.size() == 1) return *regions.begin();
    // Go prints its set as a map of empty structs.
    std::string list;
    for (const auto& region : regions) list += (list.empty() ? "" : " ") + region + ":{}";
    return badRequest(fmt::format("failed to get region from zones: multiple or no regions gotten from zones, got: map[{}]", list));
}

std::string gceHandle(std::string_view kind, std::string_view place, const std::string& disk) { return fmt::format("projects/UNSPECIFIED/{}/{}/disks/{}", kind, place, disk); }

Result<std::string> gceVolumeHandle(const api::Object& volume, const std::string& disk) {
    auto label = volume.string({"metadata", "labels", betaZoneLabel});
    if (label.empty()) label = volume.string({"metadata", "labels", zoneLabel});
    const auto zones = splitZones(label);
    if (zones.size() > 1) return gceHandle("regions", TRY(gceRegion(zones)), disk);
    return gceHandle("zones", zones.front().empty() ? "UNSPECIFIED" : zones.front(), disk);
}

Result<std::string> azureHandle(const json::object& disk) {
    const auto kind = textOf(disk, "kind");
    if (!kind.empty() && !boost::algorithm::iequals(kind, "Managed")) return badRequest(fmt::format("kind({}) is not supported in csi migration", kind));
    return textOf(disk, "diskURI");
}

// What is the same for an inline volume and for a PersistentVolume; GCE disks differ.
Result<std::string> plainHandle(const InTreePlugin& plugin, const json::object& source) {
    if (plugin.source == "awsElasticBlockStore") return ebsVolume(textOf(source, "volumeID"));
    if (plugin.source == "azureDisk") return azureHandle(source);
    return textOf(source, plugin.source == "vsphereVolume" ? "volumePath" : "volumeID");
}

// Calls visit(key of an expression, its values) for each expression of a required Node affinity.
template <class Terms, class Visit>
void eachExpression(Terms& required, Visit visit) {
    auto* terms = required.if_contains("nodeSelectorTerms");
    if (!terms || !terms->is_array()) return;
    for (auto& term : terms->get_array()) {
        auto* expressions = term.is_object() ? term.get_object().if_contains("matchExpressions") : nullptr;
        if (!expressions || !expressions->is_array()) continue;
        for (auto& expression : expressions->get_array())
            if (expression.is_object()) visit(expression.get_object());
    }
}

bool hasKey(const json::object& required, std::string_view key) {
    bool found = false;
    eachExpression(required, [&](const json::object& expression) { found |= textOf(expression, "key") == key; });
    return found;
}

bool hasValues(const json::object& required, std::string_view key) {
    bool found = false;
    eachExpression(required, [&](const json::object& expression) {
        const auto* values = expression.if_contains("values");
        found |= textOf(expression, "key") == key && values && values->is_array() && !values->get_array().empty();
    });
    return found;
}

void replaceKey(json::object& required, std::string_view from, std::string_view to) {
    eachExpression(required, [&](json::object& expression) {
        if (textOf(expression, "key") == from) expression["key"] = to;
    });
}

// addTopology: every term (one is made if there is none) also asks for one of these zones. False if no zone is left.
bool addZones(json::object& required, std::string_view key, const std::vector<std::string>& zones) {
    std::set<std::string> kept;
    for (auto zone : zones) {
        boost::algorithm::trim(zone);
        if (!zone.empty()) kept.insert(zone);
    }
    if (kept.empty()) return false;
    auto& terms = required["nodeSelectorTerms"];
    if (!terms.is_array() || terms.get_array().empty()) terms = json::array{json::object()};
    for (auto& term : terms.get_array()) {
        if (!term.is_object()) continue;
        auto& expressions = term.get_object()["matchExpressions"];
        if (!expressions.is_array()) expressions = json::array();
        expressions.get_array().push_back(json::object{{"key", key}, {"operator", "In"}, {"values", json::array(kept.begin(), kept.end())}});
    }
    return true;
}

// getTopologyLabel: whether the volume speaks of zones with the old labels; the terms are asked before the volume's labels.
bool usesBetaLabels(const json::object& required, const api::Object& volume) {
    if (hasKey(required, zoneLabel)) return false;
    if (hasKey(required, betaZoneLabel)) return true;
    return !volume.find({"metadata", "labels", zoneLabel}) && volume.find({"metadata", "labels", betaZoneLabel});
}

}  // namespace

const InTreePlugin* inTreePluginOf(const json::value& volumeOrSpec) {
    const auto it = std::ranges::find_if(plugins, [&](const InTreePlugin& plugin) { return volumeSource(volumeOrSpec, plugin.source) != nullptr; });
    return it == plugins.end() ? nullptr : &*it;
}

const InTreePlugin* inTreePluginNamed(std::string_view name) {
    const auto it = std::ranges::find(plugins, name, &InTreePlugin::name);
    return it == plugins.end() ? nullptr : &*it;
}

bool migratedOn(const InTreePlugin& plugin, const api::Object* csiNode) {
    if (!csiNode) return false;
    const std::string listed(csiNode->annotation("storage.alpha.kubernetes.io/migrated-plugins"));
    std::vector<std::string> names;
    boost::algorithm::split(names, listed, [](char c) { return c == ','; });
    return std::ranges::find(names, plugin.name) != names.end();
}

bool countsAsCsi(const InTreePlugin& plugin, const api::Object* csiNode) {
    if (!csiNode || plugin.limits == Migration::Never) return false;
    return plugin.limits == Migration::Always || migratedOn(plugin, csiNode);
}

Result<std::string> inlineHandle(const InTreePlugin& plugin, const json::value& volume) {
    const auto& source = *volumeSource(volume, plugin.source);
    if (plugin.source == "gcePersistentDisk") return gceHandle("zones", "UNSPECIFIED", textOf(source, "pdName"));
    return plainHandle(plugin, source);
}

Result<std::string> volumeHandle(const InTreePlugin& plugin, const api::Object& volume) {
    const auto& source = *volumeSource(*volume.find({"spec"}), plugin.source);
    if (plugin.source == "gcePersistentDisk") return gceVolumeHandle(volume, textOf(source, "pdName"));
    return plainHandle(plugin, source);
}

Result<VolumeReach> translatedReach(const InTreePlugin& plugin, const api::Object& volume) {
    if (auto handle = volumeHandle(plugin, volume); !handle) return std::move(handle.error());
    const auto* known = volume.find({"spec", "nodeAffinity", "required"});
    if (plugin.topologyKey.empty()) return VolumeReach::ofTerms(known);
    json::value required = known && known->is_object() ? *known : json::value(json::object());
    auto& terms = required.get_object();
    bool limited = known && known->is_object();
    const bool beta = usesBetaLabels(terms, volume);
    const auto* zone = beta ? betaZoneLabel : zoneLabel;
    if (hasValues(terms, zone)) replaceKey(terms, zone, plugin.topologyKey);
    else if (const auto* label = volume.find({"metadata", "labels", zone}); label && label->is_string()) limited |= addZones(terms, plugin.topologyKey, splitZones(label->get_string()));
    if (beta && hasValues(terms, betaRegionLabel)) replaceKey(terms, betaRegionLabel, regionLabel);
    return limited ? VolumeReach::ofTerms(&required) : VolumeReach();
}

}  // namespace kubarium::scheduler
