#include "core/kubelet/container_environment.h"

#include "core/api/types/config.h"
#include "core/api/types/service.h"
#include "core/base/base64.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <unordered_map>

namespace kubarium::kubelet {
namespace {

using api::resources::configMaps;
using api::resources::secrets;
using Lookup = std::function<const std::string*(const std::string&)>;

std::string expandWith(std::string_view text, const Lookup& lookup) {
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] != '$' || i + 1 == text.size()) {
            out += text[i];
        } else if (text[i + 1] == '$') {
            out += '$';
            ++i;
        } else if (text[i + 1] == '(') {
            const auto close = text.find(')', i + 2);
            if (close == std::string_view::npos) {
                out += "$(";
                ++i;
                continue;
            }
            const std::string name(text.substr(i + 2, close - i - 2));
            const auto* value = lookup(name);
            out += value ? *value : "$(" + name + ")";
            i = close;
        } else {
            out += '$';
        }
    }
    return out;
}

// As Docker links named them.
void addService(const api::Service& service, std::unordered_map<std::string, std::string>& out, std::vector<std::string>& order) {
    const auto set = [&](const std::string& name, std::string value) {
        if (out.emplace(name, std::move(value)).second) order.push_back(name);
    };
    const auto upper = [](std::string text) {
        for (auto& c : text) c = c == '-' ? '_' : static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
        return text;
    };
    const auto name = upper(service.metadata.name);
    const auto& ip = service.spec.clusterIP;
    const auto& ports = service.spec.ports;
    set(name + "_SERVICE_HOST", ip);
    set(name + "_SERVICE_PORT", std::to_string(ports.front().port));
    for (const auto& port : ports)
        if (!port.name.empty()) set(name + "_SERVICE_PORT_" + upper(port.name), std::to_string(port.port));
    for (std::size_t i = 0; i < ports.size(); ++i) {
        const auto protocol = ports[i].protocol.empty() ? std::string("TCP") : ports[i].protocol;
        auto lower = protocol;
        std::transform(lower.begin(), lower.end(), lower.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
        const auto url = fmt::format("{}://{}:{}", lower, ip, ports[i].port);
        if (i == 0) set(name + "_PORT", url);
        const auto prefix = fmt::format("{}_PORT_{}_{}", name, ports[i].port, protocol);
        set(prefix, url);
        set(prefix + "_PROTO", lower);
        set(prefix + "_PORT", std::to_string(ports[i].port));
        set(prefix + "_ADDR", ip);
    }
}

class Builder {
public:
    explicit Builder(const EnvironmentInput& input) : input_(input) {}

    Result<Environment> build() {
        addServices();
        for (const auto& source : input_.container.envFrom) {
            if (source.configMapRef) TRY(addAll(source.configMapRef->name, source.configMapRef->optional, source.prefix, configMaps));
            if (source.secretRef) TRY(addAll(source.secretRef->name, source.secretRef->optional, source.prefix, secrets));
        }
        for (const auto& variable : input_.container.env) TRY(add(variable));
        for (const auto& name : serviceOrder_)
            if (!position_.contains(name)) set(name, services_.at(name));
        return std::move(result_);
    }

private:
    void addServices() {
        const bool links = input_.pod.spec.enableServiceLinks.value_or(true);
        for (const auto& object : input_.services) {
            const bool master = object->nameSpace() == "default" && object->name() == "kubernetes";
            if (!master && !(links && object->nameSpace() == input_.pod.metadata.nameSpace)) continue;
            const auto& service = object->as<api::Service>();
            if (service.spec.clusterIP.empty() || service.spec.clusterIP == "None" || service.spec.ports.empty()) continue;
            addService(service, services_, serviceOrder_);
        }
    }

    void set(const std::string& name, std::string value) {
        const auto [it, added] = position_.emplace(name, result_.size());
        if (added)
            result_.emplace_back(name, std::move(value));
        else
            result_[it->second].second = std::move(value);
    }

    api::ObjectPtr find(const api::GroupVersionResource& resource, const std::string& name) const {
        const auto it = input_.objects.find({resource, input_.pod.metadata.nameSpace, name});
        return it == input_.objects.end() ? nullptr : it->second;
    }
    static std::string kindWord(const api::GroupVersionResource& resource) { return resource == secrets ? "secret" : "configmap"; }

    // nullopt: absent and optional.
    Result<std::optional<std::map<std::string, std::string>>> dataOf(const api::GroupVersionResource& resource, const std::string& name, bool optional) {
        const auto object = find(resource, name);
        if (!object) {
            if (optional) return std::optional<std::map<std::string, std::string>>();
            return makeError(Reason::NotFound, fmt::format("{} \"{}\" not found", kindWord(resource), name));
        }
        if (resource == configMaps) return std::optional(object->as<api::ConfigMap>().data);
        std::map<std::string, std::string> decoded;
        for (const auto& [key, value] : object->as<api::Secret>().data) decoded[key] = decodeBase64(value);
        return std::optional(std::move(decoded));
    }

    Result<void> addAll(const std::string& name, std::optional<bool> optional, const std::string& prefix, const api::GroupVersionResource& resource) {
        const auto data = TRY(dataOf(resource, name, optional.value_or(false)));
        if (data)
            for (const auto& [key, value] : *data) set(prefix + key, value);
        return {};
    }

    Result<void> add(const api::EnvVar& variable) {
        if (!variable.valueFrom) {
            set(variable.name, expandWith(variable.value, [this](const std::string& name) -> const std::string* {
                    if (const auto it = position_.find(name); it != position_.end()) return &result_[it->second].second;
                    const auto it = services_.find(name);
                    return it == services_.end() ? nullptr : &it->second;
                }));
            return {};
        }
        const auto& from = *variable.valueFrom;
        if (from.fieldRef) set(variable.name, TRY(fieldValue(input_.pod, input_.addresses, from.fieldRef->fieldPath)));
        if (from.resourceFieldRef)
            set(variable.name, TRY(resourceValue(input_.pod, *from.resourceFieldRef, input_.container.name, input_.node)));
        if (from.configMapKeyRef)
            TRY(addKey(variable.name, configMaps, "ConfigMap", from.configMapKeyRef->name, from.configMapKeyRef->key, from.configMapKeyRef->optional));
        if (from.secretKeyRef)
            TRY(addKey(variable.name, secrets, "Secret", from.secretKeyRef->name, from.secretKeyRef->key, from.secretKeyRef->optional));
        return {};
    }

    Result<void> addKey(const std::string& variable, const api::GroupVersionResource& resource, std::string_view kind, const std::string& name,
                        const std::string& key, std::optional<bool> optional) {
        const auto data = TRY(dataOf(resource, name, optional.value_or(false)));
        if (!data) return {};
        if (const auto it = data->find(key); it != data->end())
            set(variable, it->second);
        else if (!optional.value_or(false))
            return makeError(Reason::NotFound, fmt::format("couldn't find key {} in {} {}/{}", key, kind, input_.pod.metadata.nameSpace, name));
        return {};
    }

    const EnvironmentInput& input_;
    std::unordered_map<std::string, std::string> services_;
    std::vector<std::string> serviceOrder_;
    Environment result_;
    std::unordered_map<std::string, std::size_t> position_;
};

}  // namespace

std::set<ObjectId> environmentReferences(const std::string& nameSpace, const api::Container& container) {
    std::set<ObjectId> ids;
    for (const auto& source : container.envFrom) {
        if (source.configMapRef) ids.insert({configMaps, nameSpace, source.configMapRef->name});
        if (source.secretRef) ids.insert({secrets, nameSpace, source.secretRef->name});
    }
    for (const auto& variable : container.env) {
        if (!variable.valueFrom) continue;
        if (variable.valueFrom->configMapKeyRef) ids.insert({configMaps, nameSpace, variable.valueFrom->configMapKeyRef->name});
        if (variable.valueFrom->secretKeyRef) ids.insert({secrets, nameSpace, variable.valueFrom->secretKeyRef->name});
    }
    return ids;
}

Result<Environment> makeEnvironment(const EnvironmentInput& input) { return Builder(input).build(); }

std::string expand(std::string_view text, const Environment& environment, std::set<std::string>* missing) {
    return expandWith(text, [&](const std::string& name) -> const std::string* {
        const auto it = std::find_if(environment.rbegin(), environment.rend(), [&](const auto& variable) { return variable.first == name; });
        if (missing && (it == environment.rend() || it->second.empty())) missing->insert(name);
        return it == environment.rend() ? nullptr : &it->second;
    });
}

}  // namespace kubarium::kubelet
