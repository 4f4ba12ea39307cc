#include "core/api/discovery.h"

#include "core/base/base64.h"
#include "core/base/result.h"

#include <boost/json.hpp>

#include <algorithm>
#include <array>
#include <bit>

namespace kubarium::api {

namespace {

json::array toArray(const std::vector<std::string>& texts) {
    json::array result;
    for (const auto& text : texts) result.emplace_back(text);
    return result;
}

// FIPS 180-4, for storageVersionHash only: the first 8 bytes of SHA-256.
std::array<std::uint8_t, 8> sha256Prefix(std::string text) {
    static constexpr std::array<std::uint32_t, 64> k = {
        0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5, 0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74,
        0x80deb1fe, 0x9bdc06a7, 0xc19bf174, 0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da, 0x983e5152, 0xa831c66d,
        0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967, 0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e,
        0x92722c85, 0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070, 0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5,
        0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3, 0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2};
    std::array<std::uint32_t, 8> h = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
    const std::uint64_t bits = text.size() * 8;
    text += '\x80';
    while (text.size() % 64 != 56) text += '\0';
    for (int shift = 56; shift >= 0; shift -= 8) text += static_cast<char>(bits >> shift);
    for (std::size_t block = 0; block < text.size(); block += 64) {
        std::array<std::uint32_t, 64> w{};
        for (std::size_t i = 0; i < 64; ++i) {
            if (i < 16) {
                for (std::size_t j = 0; j < 4; ++j) w[i] = w[i] << 8 | static_cast<unsigned char>(text[block + 4 * i + j]);
            } else {
                const auto s0 = std::rotr(w[i - 15], 7) ^ std::rotr(w[i - 15], 18) ^ (w[i - 15] >> 3);
                const auto s1 = std::rotr(w[i - 2], 17) ^ std::rotr(w[i - 2], 19) ^ (w[i - 2] >> 10);
                w[i] = w[i - 16] + s0 + w[i - 7] + s1;
            }
        }
        auto v = h;
        for (std::size_t i = 0; i < 64; ++i) {
            const auto s1 = std::rotr(v[4], 6) ^ std::rotr(v[4], 11) ^ std::rotr(v[4], 25);
            const auto t1 = v[7] + s1 + ((v[4] & v[5]) ^ (~v[4] & v[6])) + k[i] + w[i];
            const auto s0 = std::rotr(v[0], 2) ^ std::rotr(v[0], 13) ^ std::rotr(v[0], 22);
            const auto t2 = s0 + ((v[0] & v[1]) ^ (v[0] & v[2]) ^ (v[1] & v[2]));
            v = {t1 + t2, v[0], v[1], v[2], v[3] + t1, v[4], v[5], v[6]};
        }
        for (std::size_t i = 0; i < 8; ++i) h[i] += v[i];
    }
    std::array<std::uint8_t, 8> prefix{};
    for (std::size_t i = 0; i < 8; ++i) prefix[i] = static_cast<std::uint8_t>(h[i / 4] >> (24 - 8 * (i % 4)));
    return prefix;
}

// The version in which a kind is stored, where it is served in several.
GroupVersionKind storedAs(const Resource& resource) {
    if (resource.id.group == "autoscaling" && resource.id.resource == "horizontalpodautoscalers") return {"autoscaling", "v2", resource.kind.kind};
    if (resource.id.group == "events.k8s.io") return {"", "v1", resource.kind.kind};
    return resource.kind;
}

std::string storageVersionHash(const Resource& resource) {
    const auto stored = storedAs(resource);
    const auto prefix = sha256Prefix(stored.group + "/" + stored.version + "/" + stored.kind);
    return encodeBase64({reinterpret_cast<const char*>(prefix.data()), prefix.size()});
}

// What is watched but cannot be created lives in somebody's memory (ResourceProvider).
bool isStored(const Resource& resource) {
    return resource.subresource.empty() && resource.hasVerb("watch") && (resource.kind.group != "kubarium.dev" || resource.hasVerb("create"));
}

json::object responseKind(const Resource& resource) {
    const bool other = resource.kind.group != resource.id.group || resource.kind.version != resource.id.version;
    return {{"group", other ? resource.kind.group : ""}, {"version", other ? resource.kind.version : ""}, {"kind", resource.kind.kind}};
}

std::string groupVersionText(const std::string& group, const std::string& version) { return group.empty() ? version : group + "/" + version; }

json::object groupObject(const Schema::Group& group) {
    json::array versions;
    for (const auto& version : group.versions) versions.push_back(json::object{{"groupVersion", groupVersionText(group.name, version)}, {"version", version}});
    json::object object{{"name", group.name}, {"versions", versions}};
    object.emplace("preferredVersion", versions.front());
    return object;
}

}  // namespace

json::object legacyVersions(std::string_view serverAddress) {
    return {{"kind", "APIVersions"},
            {"versions", json::array{"v1"}},
            {"serverAddressByClientCIDRs", json::array{json::object{{"clientCIDR", "0.0.0.0/0"}, {"serverAddress", json::string(serverAddress)}}}}};
}

json::object groupList(const Schema& schema) {
    json::array groups;
    for (const auto& group : schema.groups())
        if (!group.name.empty()) groups.push_back(groupObject(group));
    return {{"kind", "APIGroupList"}, {"apiVersion", "v1"}, {"groups", std::move(groups)}};
}

std::optional<json::object> groupDocument(const Schema& schema, std::string_view group) {
    for (const auto& one : schema.groups()) {
        if (one.name != group || group.empty()) continue;
        json::object document{{"kind", "APIGroup"}, {"apiVersion", "v1"}};
        for (auto& member : groupObject(one)) document.emplace(member.key(), member.value());
        return document;
    }
    return std::nullopt;
}

std::optional<json::object> resourceList(const Schema& schema, std::string_view group, std::string_view version) {
    if (!schema.servesGroupVersion(group, version)) return std::nullopt;
    json::array list;
    for (const auto* resource : schema.resources(group, version)) {
        json::object entry{{"name", resource->nameWithSubresource()}, {"singularName", resource->singularName}, {"namespaced", resource->namespaced}};
        const bool other = resource->kind.group != resource->id.group || resource->kind.version != resource->id.version;
        if (other) {
            entry.emplace("group", resource->kind.group);
            entry.emplace("version", resource->kind.version);
        }
        entry.emplace("kind", resource->kind.kind);
        entry.emplace("verbs", toArray(resource->verbs));
        if (!resource->shortNames.empty()) entry.emplace("shortNames", toArray(resource->shortNames));
        if (!resource->categories.empty()) entry.emplace("categories", toArray(resource->categories));
        if (isStored(*resource)) entry.emplace("storageVersionHash", storageVersionHash(*resource));
        list.push_back(std::move(entry));
    }
    json::object document{{"kind", "APIResourceList"}};
    if (!group.empty()) document.emplace("apiVersion", "v1");
    document.emplace("groupVersion", groupVersionText(std::string(group), std::string(version)));
    document.emplace("resources", std::move(list));
    return document;
}

json::object aggregatedDiscovery(const Schema& schema, bool coreGroup, std::string_view version) {
    json::array items;
    for (const auto& group : schema.groups()) {
        if (group.name.empty() != coreGroup) continue;
        json::array versions;
        for (const auto& one : group.versions) {
            json::array resources;
            for (const auto* resource : schema.resources(group.name, one)) {
                if (!resource->subresource.empty()) {
                    if (resources.empty()) continue;
                    auto& parent = resources.back().get_object();
                    if (parent.at("resource").get_string() != resource->id.resource) continue;
                    auto& list = parent["subresources"];
                    if (!list.is_array()) list.emplace_array();
                    list.get_array().push_back(json::object{{"subresource", resource->subresource}, {"responseKind", responseKind(*resource)}, {"verbs", toArray(resource->verbs)}});
                    continue;
                }
                json::object entry{{"resource", resource->id.resource},
                                   {"responseKind", responseKind(*resource)},
                                   {"scope", resource->namespaced ? "Namespaced" : "Cluster"},
                                   {"singularResource", resource->singularName},
                                   {"verbs", toArray(resource->verbs)}};
                if (!resource->shortNames.empty()) entry.emplace("shortNames", toArray(resource->shortNames));
                if (!resource->categories.empty()) entry.emplace("categories", toArray(resource->categories));
                resources.push_back(std::move(entry));
            }
            versions.push_back(json::object{{"version", one}, {"resources", std::move(resources)}, {"freshness", "Current"}});
        }
        json::object metadata;
        if (!group.name.empty()) metadata.emplace("name", group.name);
        items.push_back(json::object{{"metadata", std::move(metadata)}, {"versions", std::move(versions)}});
    }
    return {{"kind", "APIGroupDiscoveryList"}, {"apiVersion", "apidiscovery.k8s.io/" + std::string(version)}, {"metadata", json::object()}, {"items", std::move(items)}};
}

}  // namespace kubarium::api
