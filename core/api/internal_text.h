// Objects as messages show them: not in the form of the API but in that of the API server's own types, which write every field, by
// its Go name and in Go's order. resources/api/internal.json has these types as far as Pod templates and the policies of Jobs reach: a field's name there, its
// name in the API ("../": of the struct around it) and what it is.
#pragma once

#include "core/api/json_read.h"

#include <string>
#include <string_view>

namespace kubarium::api {

std::string internalText(std::string_view type, const json::object& object);  // "PodTemplateSpec", "SecurityContext", ...

}  // namespace kubarium::api
