// Values as Go prints them, since that is what the API's messages contain.
#pragma once

#include "core/api/object.h"

#include <string>
#include <string_view>

namespace kubarium::api {

std::string goQuote(std::string_view);           // %q: "a\"b\n"
std::string goFormat(const json::value&);        // %v: map[a:1 b:[x y]]
std::string goJson(const json::value&);          // as encoding/json writes maps: keys sorted, <, > and & escaped

}  // namespace kubarium::api
