#include "core/api/object_decoder.h"

#include "core/api/go_text.h"
#include "core/api/identical.h"
#include "core/api/json_read.h"
#include "core/api/quantity.h"
#include "core/base/clock.h"

#include <boost/json.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <unordered_map>

namespace kubarium::api {

namespace {

std::string goType(const Shape& shape) {
    switch (shape.kind) {
    case ValueKind::String: return "string";
    case ValueKind::Bytes: return "[]uint8";
    case ValueKind::Boolean: return "bool";
    case ValueKind::Int32: return "int32";
    case ValueKind::Int64: return "int64";
    case ValueKind::Double: return "float64";
    case ValueKind::List: return "[]" + goType(*shape.element);
    case ValueKind::Map: return "map[string]" + goType(*shape.element);
    case ValueKind::Any:
    case ValueKind::FreeObject: return "map[string]interface {}";
    default: return shape.type ? shape.type->goName : "";
    }
}

std::string_view goKind(const json::value& value) {
    switch (value.kind()) {
    case json::kind::object: return "object";
    case json::kind::array: return "array";
    case json::kind::string: return "string";
    case json::kind::bool_: return "bool";
    case json::kind::null: return "null";
    default: return "number";
    }
}

bool isZero(const json::value& value) {
    switch (value.kind()) {
    case json::kind::object: return value.get_object().empty();
    case json::kind::array: return value.get_array().empty();
    case json::kind::string: return value.get_string().empty();
    case json::kind::bool_: return !value.get_bool();
    case json::kind::int64: return value.get_int64() == 0;
    case json::kind::uint64: return value.get_uint64() == 0;
    case json::kind::double_: return value.get_double() == 0;
    case json::kind::null: return true;
    }
    return false;
}

bool isBase64(std::string_view text) {
    std::size_t length = 0, padding = 0;
    for (const char c : text) {
        if (c == '\n' || c == '\r') continue;
        const bool digit = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '+' || c == '/';
        if (c == '=') ++padding;
        else if (!digit || padding > 0) return false;
        ++length;
    }
    return length % 4 == 0 && padding <= 2;
}

// ^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$
bool hasQuantityShape(std::string_view text) {
    std::size_t i = 0;
    const auto skip = [&](std::string_view set) {
        const auto start = i;
        while (i < text.size() && set.find(text[i]) != set.npos) ++i;
        return i > start;
    };
    if (!text.empty() && (text.front() == '+' || text.front() == '-')) ++i;
    if (!skip("0123456789.")) return false;
    skip("eEinumkKMGTP");
    if (i < text.size() && (text[i] == '+' || text[i] == '-')) ++i;
    skip("0123456789");
    return i == text.size();
}

// One run over an object. Paths are kept as the chain of names so that they cost nothing until something is wrong.
class Normalizer {
public:
    std::vector<std::string>* strictErrors = nullptr;
    const std::vector<std::string>* duplicates = nullptr;
    const json::object* normalized = nullptr;  // members of the outermost object that are as here are not looked at

    std::string error;

    bool object(const Type& type, json::object& object) {
        const auto* asBefore = std::exchange(normalized, nullptr);
        for (auto it = object.begin(); it != object.end();) {
            if (hasIdentical(asBefore, it->key(), it->value())) {
                ++it;
                continue;
            }
            const auto* field = type.field(it->key());
            const Step step(*this, it->key());
            if (duplicates && !duplicates->empty()) reportDuplicate();
            if (!field) {
                if (type.keepUnknownFields) {
                    ++it;
                    continue;
                }
                if (strictErrors) strictErrors->push_back(fmt::format("unknown field \"{}\"", path(false)));
                it = object.stable_erase(it);
                continue;
            }
            const Owner owner(*this, *field);
            if (it->value().is_null() || !value(field->shape, it->value())) {
                if (!error.empty()) return false;
                it = object.stable_erase(it);
                continue;
            }
            // An empty list of managedFields is kept: it asks for a reset (updateManagedFields).
            if (field->omitEmpty && !field->pointer && !field->embedded && isZero(it->value()) && field->name != "managedFields") {
                it = object.stable_erase(it);
                continue;
            }
            // The storage cannot tell an empty list or map from none.
            const bool emptyContainer = (it->value().is_array() && it->value().get_array().empty()) ||
                                        (field->shape.kind == ValueKind::Map && it->value().is_object() && it->value().get_object().empty());
            if (!field->omitEmpty && !field->pointer && !field->embedded && emptyContainer && !type.keepUnknownFields) it->value() = nullptr;
            ++it;
        }
        for (const auto& field : type.fields)
            if (isAlwaysWritten(field)) fillAbsent(field, object);
        return true;
    }

private:
    struct Step {
        Step(Normalizer& n, std::string_view name) : normalizer(n) { n.steps_.push_back({name, -1}); }
        ~Step() { normalizer.steps_.pop_back(); }
        Step(const Step&) = delete;
        Step& operator=(const Step&) = delete;
        Normalizer& normalizer;
    };
    struct Owner {
        Owner(Normalizer& n, const Field& field) : normalizer(n), before(n.field_) { n.field_ = &field; }
        ~Owner() { normalizer.field_ = before; }
        Owner(const Owner&) = delete;
        Owner& operator=(const Owner&) = delete;
        Normalizer& normalizer;
        const Field* before;
    };
    struct PathStep {
        std::string_view name;
        std::int64_t index;
        bool mapKey = false;
    };

    static bool isAlwaysWritten(const Field& field) { return field.embedded || !field.omitEmpty; }
    static void fillAbsent(const Field& field, json::object& object) {
        if (object.contains(field.name)) return;
        if (field.embedded) {
            // With defaults of zero this is what Go writes for a struct that was never touched.
            switch (field.shape.kind) {
            case ValueKind::Struct: {
                json::object nested;
                for (const auto& inner : field.shape.type->fields)
                    if (isAlwaysWritten(inner)) fillAbsent(inner, nested);
                object.emplace(field.name, std::move(nested));
                return;
            }
            case ValueKind::Quantity: object.emplace(field.name, "0"); return;
            case ValueKind::IntOrString: object.emplace(field.name, 0); return;
            default:
                if (field.name != "creationTimestamp") object.emplace(field.name, nullptr);
                return;
            }
        }
        if (field.pointer) {
            object.emplace(field.name, nullptr);
            return;
        }
        switch (field.shape.kind) {
        case ValueKind::String: object.emplace(field.name, ""); return;
        case ValueKind::Boolean: object.emplace(field.name, false); return;
        case ValueKind::Int32:
        case ValueKind::Int64:
        case ValueKind::Double: object.emplace(field.name, 0); return;
        default: object.emplace(field.name, nullptr); return;
        }
    }

    std::string path(bool goStyle) const {
        std::string result;
        for (const auto& step : steps_) {
            if (step.index >= 0) {
                if (!goStyle) result += fmt::format("[{}]", step.index);
                continue;
            }
            if (goStyle && step.mapKey) continue;
            if (!result.empty()) result += '.';
            result += step.name;
        }
        return result;
    }
    void reportDuplicate() {
        if (!strictErrors) return;
        const auto here = path(false);
        if (std::ranges::find(*duplicates, here) != duplicates->end()) strictErrors->push_back(fmt::format("duplicate field \"{}\"", here));
    }
    bool mismatch(const Shape& shape, const json::value& value) {
        std::string type = goType(shape);
        if (field_ && !field_->goType.empty()) {
            if (&shape == &field_->shape) type = field_->goType;
            else if (field_->shape.kind == ValueKind::List && &shape == field_->shape.element && field_->goType.starts_with("[]")) type = field_->goType.substr(2);
        }
        // These read themselves, from what they are inside.
        if (shape.kind == ValueKind::IntOrString) type = "int32";
        if (shape.kind == ValueKind::Time || shape.kind == ValueKind::MicroTime) type = "string";
        std::string kind(goKind(value));
        const bool number = shape.kind == ValueKind::Int32 || shape.kind == ValueKind::Int64 || shape.kind == ValueKind::IntOrString;
        if (kind == "number" && number) kind += " " + toJson(value);
        error = fmt::format("json: cannot unmarshal {} into Go struct field {}.{} of type {}", kind, field_ ? field_->owner->shortName : "", path(true), type);
        return false;
    }
    // Go's decoder of a value. False with an error set: wrong type. False without: to be left out.
    bool value(const Shape& shape, json::value& value) {
        switch (shape.kind) {
        case ValueKind::Any: return true;
        case ValueKind::String: return value.is_string() || mismatch(shape, value);
        case ValueKind::Bytes:
            if (!value.is_string()) return mismatch(shape, value);
            if (!isBase64(value.get_string())) {
                error = "illegal base64 data at input byte " + std::to_string(badBase64(value.get_string()));
                return false;
            }
            return true;
        case ValueKind::Boolean: return value.is_bool() || mismatch(shape, value);
        case ValueKind::Int32:
        case ValueKind::Int64: return integer(shape, value);
        case ValueKind::Double:
            if (value.is_int64()) value = static_cast<double>(value.get_int64());
            if (value.is_double() && std::trunc(value.get_double()) == value.get_double() && std::abs(value.get_double()) < 1e15)
                value = static_cast<std::int64_t>(value.get_double());
            return value.is_number() || mismatch(shape, value);
        case ValueKind::Time:
        case ValueKind::MicroTime: return time(shape, value);
        case ValueKind::Quantity: return quantity(value);
        case ValueKind::IntOrString:
            if (value.is_string()) return true;
            if (value.is_int64()) return integer(shape, value);
            return mismatch(shape, value);
        case ValueKind::FreeObject: return true;
        case ValueKind::Struct: {
            auto* nested = value.if_object();
            return nested ? object(*shape.type, *nested) : mismatch(shape, value);
        }
        case ValueKind::List: return list(shape, value);
        case ValueKind::Map: return map(shape, value);
        }
        return true;
    }
    static std::size_t badBase64(std::string_view text) {
        std::size_t i = 0;
        while (i < text.size() && (std::isalnum(static_cast<unsigned char>(text[i])) || text[i] == '+' || text[i] == '/')) ++i;
        return i == text.size() ? text.size() / 4 * 4 : i;
    }
    bool integer(const Shape& shape, json::value& value) {
        if (!value.is_int64()) return mismatch(shape, value);
        const auto number = value.get_int64();
        if (shape.kind != ValueKind::Int64 && (number > INT32_MAX || number < INT32_MIN)) return mismatch(shape, value);
        return true;
    }
    bool time(const Shape& shape, json::value& value) {
        const auto* text = value.if_string();
        if (!text) return mismatch(shape, value);
        if (text->empty()) return false;
        const auto parsed = parseTime(*text);
        if (!parsed) {
            error = fmt::format("parsing time \"{0}\" as \"2006-01-02T15:04:05{1}Z07:00\": cannot parse \"{0}\" as \"2006\"", std::string_view(*text),
                                shape.kind == ValueKind::MicroTime ? ".000000" : "");
            return false;
        }
        // Years that a clock cannot hold are kept as they are written.
        const auto held = shape.kind == ValueKind::Time ? formatTime(*parsed) : formatMicroTime(*parsed);
        value = json::string(held.substr(0, 4) == std::string_view(*text).substr(0, 4) || text->back() != 'Z' ? held : withinSeconds(*text, shape.kind == ValueKind::MicroTime));
        return true;
    }
    // "0001-01-01T00:00:02.5Z" with no fraction, or with six digits of it.
    static std::string withinSeconds(std::string_view text, bool micro) {
        constexpr std::size_t seconds = 19, digits = 6;
        std::string fraction(text.size() > seconds + 1 && text[seconds] == '.' ? text.substr(seconds + 1, text.size() - seconds - 2) : std::string_view());
        fraction.resize(digits, '0');
        return std::string(text.substr(0, seconds)) + (micro ? "." + fraction : "") + "Z";
    }
    bool quantity(json::value& value) {
        const std::string text = value.is_string() ? std::string(value.get_string()) : value.is_number() ? toJson(value) : "x";
        const auto parsed = Quantity::parse(text);
        if (!parsed) {
            error = hasQuantityShape(text) ? "unable to parse quantity's suffix" : parsed.error().message;
            return false;
        }
        value = json::string(parsed->toString());
        return true;
    }
    bool list(const Shape& shape, json::value& value) {
        auto* array = value.if_array();
        if (!array) return mismatch(shape, value);
        steps_.push_back({{}, 0});
        for (std::size_t i = 0; i < array->size(); ++i) {
            steps_.back().index = static_cast<std::int64_t>(i);
            if (!element(*shape.element, (*array)[i])) return false;
        }
        steps_.pop_back();
        return true;
    }
    bool map(const Shape& shape, json::value& value) {
        auto* object = value.if_object();
        if (!object) return mismatch(shape, value);
        for (auto& member : *object) {
            steps_.push_back({member.key(), -1, true});
            if (duplicates && !duplicates->empty()) reportDuplicate();
            if (!element(*shape.element, member.value())) return false;
            steps_.pop_back();
        }
        return true;
    }
    // An element is never left out: null becomes Go's zero value.
    bool element(const Shape& shape, json::value& element) {
        if (element.is_null()) {
            if (shape.kind == ValueKind::Struct) element.emplace_object();
            else if (shape.kind == ValueKind::String || shape.kind == ValueKind::Bytes) element = "";
            else if (shape.kind == ValueKind::Quantity) element = "0";
            else if (shape.kind == ValueKind::Boolean) element = false;
            else if (shape.kind != ValueKind::Any && shape.kind != ValueKind::FreeObject && shape.kind != ValueKind::List && shape.kind != ValueKind::Map) element = 0;
            if (!element.is_object()) return true;
        }
        return value(shape, element) || error.empty();
    }

    std::vector<PathStep> steps_;
    const Field* field_ = nullptr;
};

// What a Go error shows of a body: the beginning, or hexadecimal digits if it is short.
std::string excerpt(std::string_view body) {
    if (body.empty()) return "<empty>";
    if (body.front() == '{') {
        if (body.size() <= 30) return std::string(body);
        return std::string(body.substr(0, 30)) + " ...";
    }
    std::string result;
    for (const char c : body.substr(0, 30)) result += fmt::format("{:02x}", static_cast<unsigned char>(c));
    if (body.size() > 30) result += " ...";
    return result;
}

Error unrecognized(const GroupVersionKind& expected, std::string_view why, std::string_view body) {
    return badRequest(fmt::format("the object provided is unrecognized (must be of type {}): {} ({})", expected.kind, why, excerpt(body)));
}

// The Go package of a group's internal types, which is what bodies are converted to.
std::string internalPackage(std::string_view group) {
    if (group.empty() || group == "events.k8s.io") return "core";
    return std::string(group.substr(0, group.find('.')));
}

Result<DecodedObject> decodeTree(const Schema& schema, const GroupVersionKind& expected, json::value tree, std::string_view body,
                                 const std::vector<std::string>& jsonDuplicates, const std::vector<std::string>& yamlDuplicates, const json::object* normalized = nullptr) {
    if (tree.is_null()) tree.emplace_object();
    auto* object = tree.if_object();
    static constexpr std::string_view typeMeta = R"(struct { APIVersion string "json:\"apiVersion,omitempty\""; Kind string "json:\"kind,omitempty\"" })";
    if (!object)
        return unrecognized(expected, fmt::format("couldn't get version/kind; json parse error: json: cannot unmarshal {} into Go value of type {}", goKind(tree), typeMeta), body);
    for (const std::string_view key : {"apiVersion", "kind"}) {
        const auto* value = object->if_contains(key);
        if (value && !value->is_string() && !value->is_null())
            return unrecognized(expected, fmt::format("couldn't get version/kind; json parse error: json: cannot unmarshal {} into Go struct field .{} of type string", goKind(*value), key), body);
    }
    auto apiVersion = textCopyAt(*object, "apiVersion");
    auto kindName = textCopyAt(*object, "kind");
    if (apiVersion.empty()) apiVersion = expected.apiVersion();
    if (kindName.empty()) kindName = expected.kind;
    if (std::ranges::count(apiVersion, '/') > 1) return unrecognized(expected, fmt::format("unexpected GroupVersion string: {}", apiVersion), body);
    const auto [group, version] = splitApiVersion(apiVersion);
    const GroupVersionKind kind{group, version, kindName};
    const auto refused = [&](std::string_view why) { return badRequest(fmt::format("{} in version \"{}\" cannot be handled as a {}: {}", kindName, kind.version, expected.kind, why)); };
    const Type* type = schema.findType(kind);
    if (!type) return refused(fmt::format("no kind \"{}\" is registered for version \"{}\" in scheme \"pkg/runtime/scheme.go:110\"", kindName, apiVersion));
    DecodedObject decoded;
    decoded.kind = kind;
    if (!yamlDuplicates.empty()) {
        std::string lines;
        for (const auto& line : yamlDuplicates) lines += "\n  " + line;
        decoded.strictErrors.push_back("yaml: unmarshal errors:" + lines);
    }
    Normalizer normalizer;
    normalizer.strictErrors = &decoded.strictErrors;
    normalizer.duplicates = &jsonDuplicates;
    // Where a member was given twice its second value may be as known, but that it was given twice is to be told.
    normalizer.normalized = jsonDuplicates.empty() ? normalized : nullptr;
    if (!normalizer.object(*type, *object)) return refused(normalizer.error);
    if (kind.group != expected.group || kind.kind != expected.kind)
        return refused(fmt::format("converting ({}.{}) to ({}.{}): unknown conversion", kind.version, kindName, internalPackage(expected.group), expected.kind));
    decoded.object = std::move(*object);
    decoded.object["apiVersion"] = apiVersion;
    decoded.object["kind"] = kindName;
    return decoded;
}

std::string joined(const std::vector<std::string>& strings) { return fmt::format("{}", fmt::join(strings, ", ")); }

}  // namespace

Result<DecodedObject> decodeObject(const Schema& schema, const GroupVersionKind& expected, std::string_view body, MediaType mediaType, const json::object* normalized) {
    if (mediaType == MediaType::Yaml) {
        auto document = parseYaml(body);
        if (!document) return unrecognized(expected, document.error().message, body);
        return decodeTree(schema, expected, std::move(document->value), body, {}, document->duplicates, normalized);
    }
    auto document = parseJson(body);
    if (!document) return unrecognized(expected, "couldn't get version/kind; json parse error: " + document.error().message, body);
    return decodeTree(schema, expected, std::move(document->value), body, document->duplicates, {}, normalized);
}

Result<DecodedObject> decodeObject(const Schema& schema, const GroupVersionKind& expected, json::value tree, const std::vector<std::string>& duplicates,
                                   const json::object* normalized) {
    return decodeTree(schema, expected, std::move(tree), {}, duplicates, {}, normalized);
}

Result<void> normalize(const Type& type, json::object& object, std::vector<std::string>* strictErrors) {
    Normalizer normalizer;
    normalizer.strictErrors = strictErrors;
    if (!normalizer.object(type, object)) return badRequest(normalizer.error);
    return {};
}

const json::object& emptyObject(const Type& type) {
    thread_local std::unordered_map<const Type*, json::object> known;
    const auto [it, fresh] = known.try_emplace(&type);
    if (fresh) static_cast<void>(normalize(type, it->second));
    return it->second;
}

Error strictDecodingError(const GroupVersionKind& kind, const std::vector<std::string>& strictErrors) {
    return badRequest(fmt::format("{} in version \"{}\" cannot be handled as a {}: strict decoding error: {}", kind.kind, kind.version, kind.kind, joined(strictErrors)));
}

std::string strictDecodingReason(const std::vector<std::string>& strictErrors) { return "strict decoding error: " + joined(strictErrors); }

Error patchDecodingError(std::string_view patch, std::string_view why) {
    const auto sentence = fmt::format("Invalid value: {}: {}", goQuote(patch), why);
    Error error = makeError(Reason::Invalid, fmt::format(" \"\" is invalid: patch: {}", sentence));
    error.causes.push_back({"FieldValueInvalid", sentence, "patch"});
    return error;
}

}  // namespace kubarium::api
