// What the rules of containers need to know about their Pod. Internal to core/api.
#pragma once

#include "core/api/validation_rules.h"

#include <map>
#include <set>
#include <string>

namespace kubarium::api {

struct PodContext {
    std::map<std::string, const json::object*, std::less<>> volumes;
    ResourceClaimNames resourceClaims;
    std::string_view restartPolicy;
    bool hostUsers = true;
    std::int64_t gracePeriod = 30;
};

void validateContainer(const json::object& container, const PodContext&, const std::string& path, Report&);
void validateLifecycleAndProbes(const json::object& container, const PodContext&, const std::string& path, Report&);
// Of Pods, not of templates.
void validateImageText(const json::object& container, const std::string& path, Report&);
void validateAppArmor(const json::object& context, const std::string& path, Report&);
void validateSeccomp(const json::object& context, const std::string& path, Report&);
void validateIds(const json::object& context, const std::string& path, Report&);  // runAsUser, runAsGroup

}  // namespace kubarium::api
