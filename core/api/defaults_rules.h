// Defaults that depend on other fields, one function per type.
#pragma once

#include "core/api/object.h"

namespace kubarium::api {

using DefaultRule = void (*)(json::object&);

// nullptr if the constants of resources/api/defaults.json are all there is.
DefaultRule defaultRuleOf(std::string_view typeName);

}  // namespace kubarium::api
