#include "core/api/unstructured.h"

#include "core/api/identical.h"

#include <boost/json.hpp>
#include <fmt/format.h>

namespace kubarium::api {
namespace {

// reflect.Kind of what a decoded JSON value is in Go.
std::string_view goKindOf(const json::value& value) {
    if (value.is_bool()) return "bool";
    if (value.is_int64() || value.is_uint64()) return "int64";
    if (value.is_double()) return "float64";
    if (value.is_string()) return "string";
    return value.is_array() ? "slice" : "map";
}

std::string_view plainGoType(ValueKind kind) {
    switch (kind) {
        case ValueKind::String: return "string";
        case ValueKind::Boolean: return "bool";
        case ValueKind::Int32: return "int32";
        case ValueKind::Int64: return "int64";
        case ValueKind::Double: return "float64";
        default: return {};
    }
}

std::optional<std::string> shapeProblem(const Shape& shape, const std::string& goType, const json::value& value);

std::optional<std::string> structProblem(const Type& type, const json::value& value, const json::object* fits = nullptr) {
    if (!value.is_object()) return fmt::format("cannot restore struct from: {}", goKindOf(value));
    for (const auto& [key, member] : value.get_object())
        if (const auto* field = type.field(key); field && !member.is_null() && !hasIdentical(fits, key, member))
            if (auto problem = shapeProblem(field->shape, field->goType, member)) return problem;
    return std::nullopt;
}

std::optional<std::string> plainProblem(ValueKind kind, const std::string& goType, const json::value& value) {
    const auto wanted = plainGoType(kind), given = goKindOf(value);
    const bool number = given == "int64" || given == "float64", wantsNumber = kind == ValueKind::Int32 || kind == ValueKind::Int64 || kind == ValueKind::Double;
    if (given == wanted || (given == "int64" && wantsNumber)) return std::nullopt;
    if (given == "float64" && wantsNumber && value.get_double() == static_cast<double>(static_cast<std::int64_t>(value.get_double()))) return std::nullopt;
    // Go can convert an integer to a string and a fraction to an integer, but JSON must not.
    if ((given == "int64" && kind == ValueKind::String) || (number && wantsNumber)) return fmt::format("cannot convert {} to {}", given, goType.empty() ? std::string(wanted) : goType);
    return fmt::format("unrecognized type: {}", wanted);
}

std::optional<std::string> shapeProblem(const Shape& shape, const std::string& goType, const json::value& value) {
    switch (shape.kind) {
        case ValueKind::Struct: return shape.type && shape.type->alias == ValueKind::Struct ? structProblem(*shape.type, value) : std::nullopt;
        case ValueKind::List:
            if (!value.is_array()) return fmt::format("cannot restore slice from {}", goKindOf(value));
            for (const auto& each : value.get_array())
                if (!each.is_null())
                    if (auto problem = shapeProblem(*shape.element, {}, each)) return problem;
            return std::nullopt;
        case ValueKind::Map:
            if (!value.is_object()) return fmt::format("cannot restore map from {}", goKindOf(value));
            for (const auto& [key, each] : value.get_object())
                if (!each.is_null())
                    if (auto problem = shapeProblem(*shape.element, {}, each)) return problem;
            return std::nullopt;
        case ValueKind::String:
        case ValueKind::Boolean:
        case ValueKind::Int32:
        case ValueKind::Int64:
        case ValueKind::Double: return plainProblem(shape.kind, goType, value);
        default: return std::nullopt;
    }
}

}  // namespace

std::optional<std::string> unstructuredProblem(const Type& type, const json::value& tree, const json::object* fits) { return structProblem(type, tree, fits); }

}  // namespace kubarium::api
