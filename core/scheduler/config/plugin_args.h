// The args of plugins: decoded strictly, defaulted (pkg/scheduler/apis/config/v1/defaults.go), validated
// (pkg/scheduler/apis/config/validation/validation_pluginargs.go of Kubernetes 1.34) and taken into a Profile.
// Internal to the configuration's sources.
#pragma once

#include "core/api/validation_report.h"
#include "core/scheduler/profile.h"

namespace kubarium::scheduler {

// The args of one plugin, decoded; strict errors go to `strictErrors`. `args` may be nullptr: the defaults. A plugin that takes no
// args, and one that is not known, gives an empty object, as upstream ignores them.
Result<json::object> decodeArgs(const std::string& plugin, const json::value* args, std::vector<std::string>& strictErrors);

// Takes decoded args into the profile. What is not valid goes to `report`, with `path` before it.
void applyArgs(Profile& profile, const std::string& plugin, const json::object& args, const std::string& path, api::Report& report);

}  // namespace kubarium::scheduler
