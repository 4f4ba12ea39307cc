#include "core/api/validation_rules.h"

#include <boost/json.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <set>

namespace kubarium::api {

namespace {

constexpr std::size_t annotationLimit = 256 * 1024;

std::string lowered(std::string_view text) {
    std::string result(text);
    for (char& c : result) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
    return result;
}

std::string shownOwner(const json::value& owner) { return goStruct(asObject(owner), {"apiVersion", "kind", "name", "uid", "controller", "blockOwnerDeletion"}); }

void validateOwners(const json::array& owners, const std::string& path, Report& report) {
    std::string controller;
    for (const auto& element : owners) {
        const auto& owner = asObject(element);
        const auto apiVersion = textAt(owner, "apiVersion");
        const auto [group, version] = splitApiVersion(apiVersion);
        if (version.empty()) report.invalid(path + ".apiVersion", apiVersion, "version must not be empty");
        for (const auto* key : {"kind", "name", "uid"})
            if (textAt(owner, key).empty()) report.invalid(path + "." + key, "", "must not be empty");
        if (textAt(owner, "kind") == "Event" && group.empty())
            report.invalidText(path, shownOwner(element), fmt::format("{}/{}, Kind=Event is disallowed from being an owner", group, version));
        if (!flagAt(owner, "controller")) continue;
        auto name = fmt::format("{}/{}", textAt(owner, "kind"), textAt(owner, "name"));
        if (controller.empty()) controller = std::move(name);
        else report.invalidText(path, goList(owners, shownOwner), fmt::format("Only one reference can have Controller set to true. Found \"true\" in references for {} and {}", controller, name));
    }
}

void validateFinalizers(const json::array& finalizers, const std::string& path, Report& report) {
    bool orphan = false, foreground = false;
    for (const auto& element : finalizers) {
        const auto name = asString(element);
        for (const auto& sentence : checkQualifiedName(name)) report.invalid(path, name, sentence);
        orphan = orphan || name == "orphan";
        foreground = foreground || name == "foregroundDeletion";
    }
    if (orphan && foreground) report.invalidText(path, goJson(finalizers), "finalizer orphan and foregroundDeletion cannot be both set");
}

}  // namespace

void validateStandardFinalizers(const json::object& metadata, const std::string& path, Report& report) {
    const auto& finalizers = arrayAt(metadata, "finalizers");
    for (std::size_t i = 0; i < finalizers.size(); ++i) {
        const auto name = asString(finalizers[i]);
        if (name.find('/') == name.npos && name != "kubernetes" && name != "orphan" && name != "foregroundDeletion")
            report.invalid(indexed(path + ".finalizers", i), name, "name is neither a standard finalizer name nor is it fully qualified");
    }
}

void validateLabels(const json::object& labels, const std::string& path, Report& report) {
    for (const auto& [key, value] : labels) {
        report.invalidEach(path, key, checkQualifiedName(key));
        report.invalidEach(path, asString(value), checkLabelValue(asString(value)));
    }
}

void validateAnnotations(const json::object& annotations, const std::string& path, Report& report) {
    std::size_t total = 0;
    for (const auto& [key, value] : annotations) {
        report.invalidEach(path, key, checkQualifiedName(lowered(key)));
        total += key.size() + asString(value).size();
    }
    if (total > annotationLimit) report.tooLong(path, annotationLimit);
}

void validateObjectMeta(const json::object& metadata, bool namespaced, SyntaxCheck nameCheck, const std::string& path, Report& report) {
    if (auto prefix = std::string(textAt(metadata, "generateName")); !prefix.empty()) {
        std::string masked = prefix;
        if (masked.size() > 1 && masked.ends_with('-')) masked.replace(masked.size() - 2, 2, "a");
        report.invalidEach(path + ".generateName", prefix, nameCheck(masked));
    }
    const auto name = textAt(metadata, "name");
    if (name.empty()) report.required(path + ".name", "name or generateName is required");
    else report.invalidEach(path + ".name", name, nameCheck(name));
    const auto nameSpace = textAt(metadata, "namespace");
    if (namespaced) {
        if (nameSpace.empty()) report.required(path + ".namespace");
        else report.invalidEach(path + ".namespace", nameSpace, checkDnsLabel(nameSpace));
    } else if (!nameSpace.empty()) {
        report.forbidden(path + ".namespace", "not allowed on this type");
    }
    if (const auto generation = numberAt(metadata, "generation")) validateNonnegative(*generation, path + ".generation", report);
    validateLabels(objectOrEmpty(metadata, "labels"), path + ".labels", report);
    validateAnnotations(objectOrEmpty(metadata, "annotations"), path + ".annotations", report);
    validateOwners(arrayAt(metadata, "ownerReferences"), path + ".ownerReferences", report);
    validateFinalizers(arrayAt(metadata, "finalizers"), path + ".finalizers", report);
}

void validateObjectMetaUpdate(const json::object& metadata, const json::object& oldMetadata, const std::string& path, Report& report) {
    if (valueAt(oldMetadata, "deletionTimestamp")) {
        const auto& before = arrayAt(oldMetadata, "finalizers");
        std::vector<std::string> extra;
        for (const auto& finalizer : arrayAt(metadata, "finalizers"))
            if (std::ranges::find(before, finalizer) == before.end()) extra.push_back(goQuote(asString(finalizer)));
        std::ranges::sort(extra);
        if (!extra.empty())
            report.forbidden(path + ".finalizers", fmt::format("no new finalizers can be added if the object is being deleted, found new finalizers []string{{{}}}", fmt::join(extra, ", ")));
    }
    for (const auto* key : {"name", "namespace", "uid", "creationTimestamp", "deletionTimestamp", "deletionGracePeriodSeconds"})
        validateImmutable(metadata, oldMetadata, key, path + "." + key, report);
    validateLabels(objectOrEmpty(metadata, "labels"), path + ".labels", report);
    validateAnnotations(objectOrEmpty(metadata, "annotations"), path + ".annotations", report);
    validateOwners(arrayAt(metadata, "ownerReferences"), path + ".ownerReferences", report);
}

void validateLabelSelector(const json::object& selector, const std::string& path, Report& report, bool allowInvalidValues) {
    const auto& labels = objectOrEmpty(selector, "matchLabels");
    for (const auto& [key, value] : labels) {
        report.invalidEach(path + ".matchLabels", key, checkQualifiedName(key));
        if (!allowInvalidValues) report.invalidEach(path + ".matchLabels", asString(value), checkLabelValue(asString(value)));
    }
    const auto& expressions = arrayAt(selector, "matchExpressions");
    for (std::size_t i = 0; i < expressions.size(); ++i) {
        const auto& expression = asObject(expressions[i]);
        const auto here = indexed(path + ".matchExpressions", i);
        const auto op = textAt(expression, "operator");
        const auto& values = arrayAt(expression, "values");
        if (op == "In" || op == "NotIn") {
            if (values.empty()) report.required(here + ".values", "must be specified when `operator` is 'In' or 'NotIn'");
        } else if (op == "Exists" || op == "DoesNotExist") {
            if (!values.empty()) report.forbidden(here + ".values", "may not be specified when `operator` is 'Exists' or 'DoesNotExist'");
        } else {
            report.invalid(here + ".operator", op, "not a valid selector operator");
        }
        report.invalidEach(here + ".key", textAt(expression, "key"), checkQualifiedName(textAt(expression, "key")));
        if (allowInvalidValues) continue;
        for (std::size_t j = 0; j < values.size(); ++j) report.invalidEach(indexed(here + ".values", j), asString(values[j]), checkLabelValue(asString(values[j])));
    }
}

std::string shownSelector(const json::value* selector) {
    if (!selector || !selector->is_object()) return "null";
    const auto& object = selector->get_object();
    std::string text;
    if (const auto& labels = objectOrEmpty(object, "matchLabels"); !labels.empty()) text = "\"matchLabels\":" + goJson(labels);
    if (const auto& expressions = arrayAt(object, "matchExpressions"); !expressions.empty())
        text += (text.empty() ? "" : ",") + ("\"matchExpressions\":" + goList(expressions, [](const json::value& one) { return goStruct(asObject(one), {"key", "operator", "values"}); }));
    return "{" + text + "}";
}

bool selectorMatches(const json::object& selector, const json::object& labels) {
    for (const auto& [key, value] : objectOrEmpty(selector, "matchLabels")) {
        const auto* label = labels.if_contains(key);
        if (!label || *label != value) return false;
    }
    for (const auto& element : arrayAt(selector, "matchExpressions")) {
        const auto& expression = asObject(element);
        const auto op = textAt(expression, "operator");
        const auto* label = labels.if_contains(textAt(expression, "key"));
        const auto& values = arrayAt(expression, "values");
        const bool listed = label && std::ranges::find(values, *label) != values.end();
        if (op == "In" && !listed) return false;
        if (op == "NotIn" && listed) return false;
        if (op == "Exists" && !label) return false;
        if (op == "DoesNotExist" && label) return false;
    }
    return true;
}

void validateNonnegative(std::int64_t value, const std::string& path, Report& report) {
    if (value < 0) report.invalid(path, value, "must be greater than or equal to 0");
}

void validateNonnegativeAt(const json::object& object, std::string_view key, const std::string& path, Report& report) {
    if (const auto value = numberAt(object, key)) validateNonnegative(*value, path + "." + std::string(key), report);
}

void validatePortNumber(const json::object& object, std::string_view key, const std::string& path, Report& report) {
    const auto port = numberAt(object, key).value_or(0);
    for (const auto& sentence : checkPortNumber(port)) report.invalid(path, port, sentence);
}

void validatePortNumOrName(const json::value& port, const std::string& path, Report& report) {
    if (port.is_string()) {
        report.invalidEach(path, asString(port), checkPortName(asString(port)));
    } else {
        const auto number = port.is_int64() ? port.get_int64() : 0;
        for (const auto& sentence : checkPortNumber(number)) report.invalid(path, number, sentence);
    }
}

void validateNotOver100(const json::value* value, const std::string& path, Report& report) {
    if (!value) return;
    const auto percent = percentOf(*value);
    if (percent && *percent > 100) report.invalid(path, asString(*value), "must not be greater than 100%");
}

std::optional<std::int64_t> percentOf(const json::value& value) {
    const auto text = asString(value);
    if (text.size() < 2 || text.back() != '%') return std::nullopt;
    std::int64_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size() - 1, number);
    if (error != std::errc() || end != text.data() + text.size() - 1 || text.front() == '-') return std::nullopt;
    return number;
}

void validateIntOrPercent(const json::value& value, const std::string& path, Report& report) {
    if (value.is_string()) {
        if (!percentOf(value))
            report.invalid(path, asString(value), "a valid percent string must be a numeric string followed by an ending '%' (e.g. '1%',  or '93%', regex used for validation is '[0-9]+%')");
    } else if (value.is_int64()) {
        validateNonnegative(value.get_int64(), path, report);
    }
}

bool isIpv6(std::string_view text) {
    // Groups of up to four hexadecimal digits, one "::", an IPv4 tail.
    if (text.find(':') == text.npos) return false;
    std::size_t groups = 0;
    bool gap = false;
    std::size_t i = 0;
    if (text.starts_with("::")) gap = true, i = 2;
    else if (text.front() == ':') return false;
    while (i < text.size()) {
        const auto end = std::min(text.find(':', i), text.size());
        const auto part = text.substr(i, end - i);
        if (part.find('.') != part.npos) {
            if (end != text.size() || !isIpAddress(part)) return false;
            groups += 2;
            i = end;
            break;
        }
        if (part.empty() || part.size() > 4) return false;
        if (!std::ranges::all_of(part, [](char c) { return std::isxdigit(static_cast<unsigned char>(c)); })) return false;
        ++groups;
        i = end;
        if (i == text.size()) break;
        ++i;
        if (i == text.size()) return false;
        if (text[i] == ':') {
            if (gap) return false;
            gap = true;
            ++i;
        }
    }
    return gap ? groups < 8 : groups == 8;
}

bool isIpAddress(std::string_view text) {
    if (text.find(':') != text.npos) return isIpv6(text);
    int parts = 0;
    for (std::size_t start = 0;; ++parts) {
        const auto end = std::min(text.find('.', start), text.size());
        const auto part = text.substr(start, end - start);
        int number = 0;
        const auto [last, error] = std::from_chars(part.data(), part.data() + part.size(), number);
        if (part.empty() || part.size() > 3 || error != std::errc() || last != part.data() + part.size() || number > 255 || number < 0) return false;
        if (part.size() > 1 && part.front() == '0') return false;
        if (end == text.size()) return parts == 3;
        start = end + 1;
    }
}

void validateIp(std::string_view address, const std::string& path, Report& report) {
    if (!isIpAddress(address)) report.invalid(path, address, "must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)");
}

bool isCidr(std::string_view text) {
    const auto slash = text.find('/');
    if (slash == text.npos || !isIpAddress(text.substr(0, slash))) return false;
    const auto bits = text.substr(slash + 1);
    int number = 0;
    const auto [end, error] = std::from_chars(bits.data(), bits.data() + bits.size(), number);
    return !bits.empty() && error == std::errc() && end == bits.data() + bits.size() && number >= 0 && number <= (text.find(':') == text.npos ? 32 : 128);
}

bool sameMeaning(const json::value* a, const json::value* b) {
    const auto isNothing = [](const json::value* value) {
        return !value || value->is_null() || (value->is_array() && value->get_array().empty()) || (value->is_object() && value->get_object().empty());
    };
    if (isNothing(a) || isNothing(b)) return isNothing(a) && isNothing(b);
    if (a->is_array() && b->is_array()) {
        const auto &left = a->get_array(), &right = b->get_array();
        return std::ranges::equal(left, right, [](const json::value& x, const json::value& y) { return (x.is_object() && y.is_object()) ? sameMeaning(&x, &y) : x == y; });
    }
    if (!a->is_object() || !b->is_object()) return *a == *b;
    const auto &left = a->get_object(), &right = b->get_object();
    const auto within = [](const json::object& one, const json::object& other) {
        return std::ranges::all_of(one, [&](const auto& member) { return sameMeaning(&member.value(), other.if_contains(member.key())); });
    };
    return within(left, right) && within(right, left);
}

std::string shownValue(const json::value* value) {
    if (!value || value->is_null()) return "null";
    if (value->is_string()) return goQuote(value->get_string());
    return json::serialize(*value);
}

void validateImmutable(const json::object& newObject, const json::object& oldObject, std::string_view key, const std::string& path, Report& report) {
    if (sameAt(newObject, oldObject, key)) return;
    const auto* value = valueAt(newObject, key);
    report.invalidText(path, value ? shownValue(value) : key == "deletionTimestamp" || key == "creationTimestamp" || key == "deletionGracePeriodSeconds" ? "null" : "\"\"", fieldImmutable);
}

}  // namespace kubarium::api
