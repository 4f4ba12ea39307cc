// Why a tree cannot become a Go struct by runtime.DefaultUnstructuredConverter, through which strategic merge patches go: its
// complaints differ from those of the JSON decoder.
#pragma once

#include "core/api/schema.h"

#include <optional>
#include <string>

namespace kubarium::api {

// The first complaint, in the order of the tree; nullopt if every value fits its field. Unknown fields are no concern of it.
// Members that are as in `fits` are not looked at.
std::optional<std::string> unstructuredProblem(const Type& type, const json::value& tree, const json::object* fits = nullptr);

}  // namespace kubarium::api
