// The types of kubescheduler.config.k8s.io/v1, in the form of the API's own table, so that a configuration is decoded as strictly,
// and refused in the same words, as an object. Internal to the configuration's sources.
#pragma once

#include "core/api/schema.h"

namespace kubarium::scheduler {

const api::Type& configurationType();
// Of a plugin's args ("NodeResourcesFitArgs"); nullptr if that plugin takes none.
const api::Type* pluginArgsType(std::string_view plugin);

}  // namespace kubarium::scheduler
