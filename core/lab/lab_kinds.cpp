#include "core/lab/lab_kinds.h"

#include "core/api/schema.h"

#include <fmt/format.h>

namespace kubarium::lab {

Result<KindInfo> findKind(const std::string& apiVersion, const std::string& kind) {
    const auto& schema = api::Schema::builtin();
    if (!apiVersion.empty()) {
        const auto [group, version] = api::splitApiVersion(apiVersion);
        if (const auto* resource = schema.findKind({group, version, kind})) return KindInfo{resource->id, resource->namespaced};
        return makeError(Reason::NotFound, fmt::format("there is no kind {} in {}", kind, apiVersion));
    }
    for (const auto& group : schema.groups())
        for (const auto& version : group.versions)
            if (const auto* resource = schema.findKind({group.name, version, kind})) return KindInfo{resource->id, resource->namespaced};
    return makeError(Reason::NotFound, fmt::format("there is no kind {}", kind));
}

}  // namespace kubarium::lab
