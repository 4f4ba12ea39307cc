// Cells of Tables that need more than a path. Internal to core/api.
#pragma once

#include "core/api/object.h"
#include "core/base/clock.h"

#include <string_view>

namespace kubarium::api {

struct CellContext {
    const json::object& object;
    WallTime now;
    std::string_view argument;  // what follows the function's name in resources/api/columns.json
};
using CellFunction = json::value (*)(const CellContext&);

// nullptr if there is none of that name.
CellFunction cellFunction(std::string_view name);

}  // namespace kubarium::api
