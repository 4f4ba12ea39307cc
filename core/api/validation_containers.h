// What the rules of containers need to know about their Pod. Internal to core/api.
#pragma once

#include "core/api/validation_rules.h"

#include <map>
#include <set>
#include <string>

namespace kubarium::api {

struct PodContext {
    std::map<std::string, const json::object*, std::less<>> volumes;
    std::set<std::string, std::less<>> resourceClaims;
    bool hostNetwork = false;
    std::int64_t gracePeriod = 30;
};

enum class ContainerKind { Regular, Init, Ephemeral };

void validateContainer(const json::object& container, const PodContext&, ContainerKind, const std::string& path, Report&);
void validateSeccomp(const json::object& context, const std::string& path, Report&);
void validateIds(const json::object& context, const std::string& path, Report&);  // runAsUser, runAsGroup

}  // namespace kubarium::api
