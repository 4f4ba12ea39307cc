// Which resource serves a kind that a lab names, from the table of built-in kinds.
#pragma once

#include "core/api/resource.h"
#include "core/base/result.h"

#include <string>

namespace kubarium::lab {

struct KindInfo {
    api::GroupVersionResource resource;
    bool namespaced = true;
};

// `apiVersion` "" finds the kind by its name alone (the first group that has it, core before others).
Result<KindInfo> findKind(const std::string& apiVersion, const std::string& kind);

}  // namespace kubarium::lab
