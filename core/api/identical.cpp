#include "core/api/identical.h"

#include <boost/json/array.hpp>
#include <boost/json/string.hpp>
#include <boost/json/value.hpp>

#include <algorithm>

namespace kubarium::api {

bool identical(const json::object& a, const json::object& b) {
    if (a.size() != b.size()) return false;
    if (a.begin() == b.begin()) return true;
    for (auto x = a.begin(), y = b.begin(); x != a.end(); ++x, ++y)
        if (x->key() != y->key() || !identical(x->value(), y->value())) return false;
    return true;
}

bool identical(const json::value& a, const json::value& b) {
    if (a.kind() != b.kind()) return false;
    switch (a.kind()) {
        case json::kind::object: return identical(a.get_object(), b.get_object());
        case json::kind::array:
            return a.get_array().begin() == b.get_array().begin() ||
                   std::ranges::equal(a.get_array(), b.get_array(), [](const json::value& x, const json::value& y) { return identical(x, y); });
        case json::kind::string: return std::string_view(a.get_string()) == std::string_view(b.get_string());
        default: return a == b;
    }
}

bool hasIdentical(const json::object* object, std::string_view key, const json::value& member) {
    const auto* value = object ? object->if_contains(key) : nullptr;
    return value && identical(*value, member);
}

}  // namespace kubarium::api
