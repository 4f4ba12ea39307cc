// Values as Go prints them, since that is what the API's messages contain.
#pragma once

#include "core/api/object.h"

#include <initializer_list>
#include <string>
#include <string_view>

namespace kubarium::api {

std::string goQuote(std::string_view);           // %q: "a\"b\n"
std::string goFormat(const json::value&);        // %v: map[a:1 b:[x y]]
std::string goJson(const json::value&);          // as encoding/json writes maps: keys sorted, <, > and & escaped

// As encoding/json writes a struct: the fields that are there, in this order.
std::string goStruct(const json::object&, std::initializer_list<std::string_view> fields);

template <class Shown>
std::string goList(const json::array& list, Shown shown) {
    std::string result;
    for (const auto& element : list) result += (result.empty() ? "" : ",") + shown(element);
    return "[" + result + "]";
}

}  // namespace kubarium::api
