// Volumes of a Pod.
#include "core/api/quantity.h"
#include "core/api/validation_rules.h"

#include <boost/json.hpp>

#include <algorithm>
#include <array>
#include <map>
#include <set>

namespace kubarium::api {

bool hasBacksteps(std::string_view path) {
    for (std::size_t start = 0;;) {
        const auto end = std::min(path.find('/', start), path.size());
        if (path.substr(start, end - start) == "..") return true;
        if (end == path.size()) return false;
        start = end + 1;
    }
}

void validateLocalPath(std::string_view target, const std::string& path, Report& report) {
    if (target.starts_with('/')) report.invalid(path, target, "must be a relative path");
    if (hasBacksteps(target)) report.invalid(path, target, "must not contain '..'");
}

namespace {

void validateMode(const json::object& object, std::string_view key, const std::string& path, Report& report) {
    const auto mode = numberAt(object, key);
    if (mode && (*mode < 0 || *mode > 0777)) report.invalid(path, *mode, "must be a number between 0 and 0777 (octal), both inclusive");
}

void validateItems(const json::object& source, const std::string& path, Report& report) {
    const auto& items = arrayAt(source, "items");
    for (std::size_t i = 0; i < items.size(); ++i) {
        const auto& item = asObject(items[i]);
        const auto here = indexed(path + ".items", i);
        if (textAt(item, "key").empty()) report.required(here + ".key");
        const auto target = textAt(item, "path");
        if (target.empty()) report.required(here + ".path");
        validateLocalPath(target, here + ".path", report);
        validateMode(item, "mode", here + ".mode", report);
    }
}

void validateHostPath(const json::object& source, const std::string& path, Report& report) {
    const auto target = textAt(source, "path");
    if (target.empty()) {
        report.required(path + ".path");
        return;
    }
    if (hasBacksteps(target)) report.invalid(path + ".path", target, "must not contain '..'");
    static constexpr std::array<std::string_view, 8> types = {"", "BlockDevice", "CharDevice", "Directory", "DirectoryOrCreate", "File", "FileOrCreate", "Socket"};
    const auto type = textAt(source, "type");
    if (std::ranges::find(types, type) == types.end()) report.unsupported(path + ".type", type, types);
}

void validateEmptyDir(const json::object& source, const std::string& path, Report& report) {
    const auto limit = textAt(source, "sizeLimit");
    if (limit.empty()) return;
    const auto quantity = Quantity::parse(limit);
    if (!quantity || quantity->sign() < 0) report.forbidden(path + ".sizeLimit", "SizeLimit field must be a valid resource quantity");
}

void validateDownwardFile(const json::object& file, const std::string& path, Report& report) {
    const auto target = textAt(file, "path");
    if (target.empty()) report.required(path + ".path");
    validateLocalPath(target, path + ".path", report);
    const auto* field = objectAt(file, "fieldRef");
    const auto* resource = objectAt(file, "resourceFieldRef");
    if (field) {
        static constexpr std::array<std::string_view, 5> supported = {"metadata.annotations", "metadata.labels", "metadata.name", "metadata.namespace", "metadata.uid"};
        const auto fieldPath = textAt(*field, "fieldPath");
        const bool keyed = (fieldPath.starts_with("metadata.annotations['") || fieldPath.starts_with("metadata.labels['")) && fieldPath.ends_with("']");
        if (fieldPath.empty()) report.required(path + ".fieldRef.fieldPath");
        else if (!keyed && std::ranges::find(supported, fieldPath) == supported.end()) report.unsupported(path + ".fieldRef.fieldPath", fieldPath, supported);
        if (resource) report.invalid(path, "resource", "fieldRef and resourceFieldRef can not be specified simultaneously");
    } else if (resource) {
        if (textAt(*resource, "containerName").empty()) report.required(path + ".resourceFieldRef.containerName");
        if (textAt(*resource, "resource").empty()) report.required(path + ".resourceFieldRef.resource");
    } else {
        report.required(path, "one of fieldRef and resourceFieldRef is required");
    }
    validateMode(file, "mode", path + ".mode", report);
}

void validateProjected(const json::object& source, const std::string& path, Report& report) {
    validateMode(source, "defaultMode", path + ".defaultMode", report);
    std::set<std::string> paths;
    const auto& sources = arrayAt(source, "sources");
    const auto claim = [&](std::string_view target) {
        if (!target.empty() && !paths.emplace(target).second) report.invalid(path + ".sources", target, "conflicting duplicate paths");
    };
    for (std::size_t i = 0; i < sources.size(); ++i) {
        const auto& one = asObject(sources[i]);
        const auto here = indexed(path + ".sources", i);
        for (const auto* kind : {"secret", "configMap"}) {
            const auto* projection = objectAt(one, kind);
            if (!projection) continue;
            if (textAt(*projection, "name").empty()) report.required(here + "." + kind + ".name");
            validateItems(*projection, here + "." + kind, report);
            for (const auto& item : arrayAt(*projection, "items")) claim(textAt(asObject(item), "path"));
        }
        if (const auto* downward = objectAt(one, "downwardAPI")) {
            for (const auto& item : arrayAt(*downward, "items")) {
                validateDownwardFile(asObject(item), here + ".downwardAPI", report);
                claim(textAt(asObject(item), "path"));
            }
        }
        const auto* token = objectAt(one, "serviceAccountToken");
        if (!token) continue;
        const auto expiration = numberAt(*token, "expirationSeconds").value_or(3600);
        if (expiration < 600) report.invalid(here + ".serviceAccountToken.expirationSeconds", expiration, "may not specify a duration less than 10 minutes");
        if (expiration > (1LL << 32)) report.invalid(here + ".serviceAccountToken.expirationSeconds", expiration, "may not specify a duration larger than 2^32 seconds");
        if (textAt(*token, "path").empty()) report.required(path + ".path");
        else validateLocalPath(textAt(*token, "path"), path + ".path", report);
        claim(textAt(*token, "path"));
    }
}

}  // namespace

void validateVolumeSource(std::string_view kind, const json::object& source, const std::string& path, Report& report) {
    if (kind == "emptyDir") return validateEmptyDir(source, path, report);
    if (kind == "hostPath") return validateHostPath(source, path, report);
    if (kind == "secret" || kind == "configMap") {
        const std::string key = kind == "secret" ? "secretName" : "name";
        if (textAt(source, key).empty()) report.required(path + "." + key);
        validateMode(source, "defaultMode", path + ".defaultMode", report);
        validateItems(source, path, report);
    } else if (kind == "downwardAPI") {
        validateMode(source, "defaultMode", path + ".defaultMode", report);
        for (const auto& file : arrayAt(source, "items")) validateDownwardFile(asObject(file), path, report);
    } else if (kind == "projected") {
        validateProjected(source, path, report);
    } else if (kind == "persistentVolumeClaim") {
        if (textAt(source, "claimName").empty()) report.required(path + ".claimName");
    } else if (kind == "nfs") {
        if (textAt(source, "server").empty()) report.required(path + ".server");
        if (textAt(source, "path").empty()) report.required(path + ".path");
        if (!textAt(source, "path").starts_with('/')) report.invalid(path + ".path", textAt(source, "path"), "must be an absolute path");
    } else if (kind == "csi") {
        const auto driver = textAt(source, "driver");
        if (driver.empty()) report.required(path + ".driver");
        if (driver.size() > 63) report.tooLong(path + ".driver", 63);
        report.invalidEach(path + ".driver", driver, checkDnsSubdomain(driver));
    } else if (kind == "image") {
        if (textAt(source, "reference").empty()) report.required(path + ".reference");
    }
}

std::set<std::string, std::less<>> validateVolumes(const json::array& volumes, const std::string& path, Report& report) {
    std::set<std::string, std::less<>> names, valid;
    for (std::size_t i = 0; i < volumes.size(); ++i) {
        const auto& volume = asObject(volumes[i]);
        const auto here = indexed(path, i);
        std::size_t sources = 0;
        const auto before = report.causes.size();
        // The order of the Go struct decides which source is the extra one.
        static constexpr std::array<std::string_view, 30> kinds = {
            "emptyDir", "hostPath", "gitRepo", "gcePersistentDisk", "awsElasticBlockStore", "secret", "nfs", "iscsi", "glusterfs", "flocker", "persistentVolumeClaim",
            "rbd", "cinder", "cephfs", "quobyte", "downwardAPI", "fc", "flexVolume", "configMap", "azureFile", "vsphereVolume", "photonPersistentDisk",
            "portworxVolume", "azureDisk", "storageos", "projected", "scaleIO", "csi", "ephemeral", "image"};
        for (const auto kind : kinds) {
            const auto* source = objectAt(volume, kind);
            if (!source) continue;
            const auto below = here + "." + std::string(kind);
            // Two are misspelt there.
            const auto extra = kind == "downwardAPI" ? here + ".downwarAPI" : kind == "cephfs" ? here + ".cephFS" : below;
            if (sources++ > 0) report.forbidden(extra, "may not specify more than 1 volume type");
            else validateVolumeSource(kind, *source, below, report);
        }
        if (sources == 0) report.required(here, "must specify a volume type");
        const auto name = textAt(volume, "name");
        if (name.empty()) {
            report.required(here + ".name");
        } else {
            report.invalidEach(here + ".name", name, checkDnsLabel(name));
            if (!names.emplace(name).second) report.duplicate(here + ".name", name);
        }
        if (report.causes.size() == before) valid.emplace(name);
    }
    return valid;
}

}  // namespace kubarium::api
