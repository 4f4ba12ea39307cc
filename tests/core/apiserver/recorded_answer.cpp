#include "tests/core/apiserver/recorded_answer.h"

#include <boost/json.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <regex>

namespace kubarium::testing {
namespace {

struct Placeholder {
    std::size_t begin, end;  // in the text
    std::string kind;        // "uid"
};

// The next ${...} from `from` on.
std::optional<Placeholder> nextPlaceholder(std::string_view text, std::size_t from) {
    for (auto begin = text.find("${", from); begin != text.npos; begin = text.find("${", begin + 2)) {
        const auto end = text.find('}', begin);
        if (end == text.npos) return std::nullopt;
        const auto inside = text.substr(begin + 2, end - begin - 2);
        const auto colon = inside.find(':');
        const auto kind = inside.substr(0, colon);
        if (!kind.empty() && std::ranges::all_of(kind, [](char c) { return c >= 'a' && c <= 'z'; })) return Placeholder{begin, end + 1, std::string(kind)};
    }
    return std::nullopt;
}

const char* patternOf(std::string_view kind) {
    static const std::map<std::string_view, const char*> patterns{
        {"uid", "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"},
        {"rv", "[0-9]+"}, {"listrv", "[0-9]+"}, {"name", "[a-z0-9](?:[-a-z0-9.]*[a-z0-9])?"}, {"hash", "[a-z0-9]+"}, {"ip", "[0-9a-fA-F.:]+"}, {"port", "[0-9]+"},
        {"token", "\\S+"}, {"continue", "\\S+"}, {"time", "\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d(?:\\.\\d+)?Z"}, {"microtime", "\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d\\.\\d{6}Z"},
        {"age", "(?:(?:\\d+[ywdhms])+|\\d+|<unknown>|<invalid>|<none>)"}, {"any", "[\\s\\S]*"}};
    const auto it = patterns.find(kind);
    return it == patterns.end() ? "\\S+" : it->second;
}

std::string escaped(std::string_view text) {
    std::string out;
    for (const char c : text) {
        if (std::string_view("^$\\.*+?()[]{}|/").find(c) != std::string_view::npos) out += '\\';
        out += c;
    }
    return out;
}

std::string pointerStep(std::string_view key) {
    std::string out = "/";
    for (const char c : key) out += c == '~' ? "~0" : c == '/' ? "~1" : std::string(1, c);
    return out;
}

bool listed(const json::object& compare, std::string_view key, std::string_view path) {
    const auto* list = compare.if_contains(key);
    return list && list->is_array() && std::ranges::any_of(list->get_array(), [&](const json::value& each) { return each.is_string() && each.get_string() == path; });
}

}  // namespace

std::string substituted(std::string_view text, const Bindings& bindings) {
    std::string out;
    std::size_t at = 0;
    while (const auto found = nextPlaceholder(text, at)) {
        out += text.substr(at, found->begin - at);
        const std::string name(text.substr(found->begin, found->end - found->begin));
        const auto bound = bindings.find(name);
        out += bound == bindings.end() ? name : bound->second;
        at = found->end;
    }
    return out + std::string(text.substr(at));
}

json::value substituted(const json::value& value, const Bindings& bindings) {
    if (const auto* text = value.if_string()) {
        const auto replaced = substituted(std::string_view(*text), bindings);
        if (std::string_view(*text).starts_with("${port:") && replaced.find_first_not_of("0123456789") == std::string::npos) return std::stoll(replaced);
        return json::value(json::string(replaced));
    }
    if (const auto* object = value.if_object()) {
        json::object out;
        for (const auto& [key, member] : *object) out[key] = substituted(member, bindings);
        return out;
    }
    if (const auto* array = value.if_array()) {
        json::array out;
        for (const auto& each : *array) out.push_back(substituted(each, bindings));
        return out;
    }
    return value;
}

void AnswerMatcher::differ(const std::string& path, std::string_view recorded, std::string_view actual) {
    constexpr std::size_t shown = 300;
    differences_.push_back(fmt::format("{}\n      - recorded {}\n      + here     {}", path.empty() ? "/" : path, recorded.substr(0, shown), actual.substr(0, shown)));
}

void AnswerMatcher::bind(const std::string& path, const std::string& placeholder, std::string_view kind, const std::string& value) {
    static constexpr std::string_view identities[] = {"uid", "rv", "name", "hash", "ip", "port", "token", "continue"};
    if (kind == "listrv" || (kind == "rv" && loose_)) {
        bindings_[placeholder] = value;
        return;
    }
    if (std::ranges::find(identities, kind) == std::end(identities)) return;
    const auto [it, added] = bindings_.try_emplace(placeholder, value);
    if (added) {
        if (kind != "uid" && kind != "rv") return;
        const auto prefix = fmt::format("${{{}:", kind);
        for (const auto& [other, bound] : bindings_)
            if (other != placeholder && other.starts_with(prefix) && bound == value) differ(path, placeholder + " (a new value)", value + " (the value of " + other + ")");
        return;
    }
    if (it->second == value) return;
    differ(path, fmt::format("{} ({})", placeholder, it->second), value);
    if (kind == "rv") it->second = value;
}

void AnswerMatcher::text(const std::string& path, std::string_view recorded, const json::value& actual) {
    const auto first = nextPlaceholder(recorded, 0);
    if (first && first->begin == 0 && first->end == recorded.size()) {
        if (first->kind == "any") return;
        const bool number = actual.is_number();
        const auto value = number ? json::serialize(actual) : actual.is_string() ? std::string(actual.get_string()) : std::string();
        if (value.empty() || (first->kind == "port") != number || !std::regex_match(value, std::regex(patternOf(first->kind)))) return differ(path, recorded, json::serialize(actual));
        return bind(path, std::string(recorded), first->kind, value);
    }
    if (!actual.is_string()) return differ(path, recorded, json::serialize(actual));
    const std::string value(actual.get_string());
    if (!first) {
        if (recorded != value) differ(path, recorded, value);
        return;
    }
    std::string pattern;
    std::vector<std::pair<std::string, std::string>> names;
    std::size_t at = 0;
    for (auto found = first; found; found = nextPlaceholder(recorded, at)) {
        pattern += escaped(recorded.substr(at, found->begin - at)) + "(" + patternOf(found->kind) + ")";
        names.emplace_back(std::string(recorded.substr(found->begin, found->end - found->begin)), found->kind);
        at = found->end;
    }
    std::smatch match;
    if (!std::regex_match(value, match, std::regex(pattern + escaped(recorded.substr(at))))) return differ(path, recorded, value);
    for (std::size_t i = 0; i < names.size(); ++i) bind(path, names[i].first, names[i].second, match[i + 1].str());
}

void AnswerMatcher::object(const std::string& path, const json::object& recorded, const json::value& actual, const json::object& compare) {
    const auto* other = actual.if_object();
    if (!other) return differ(path, json::serialize(recorded), json::serialize(actual));
    for (const auto& [key, value] : recorded) {
        const auto here = path + pointerStep(key);
        if (listed(compare, "ignore", here)) continue;
        if (const auto* found = other->if_contains(key)) match(here, value, *found, compare);
        else if (value != "${any}") differ(here, json::serialize(value), "(absent)");
    }
    for (const auto& [key, value] : *other)
        if (const auto here = path + pointerStep(key); !recorded.contains(key) && !listed(compare, "ignore", here)) differ(here, "(absent)", json::serialize(value));
}

void AnswerMatcher::list(const std::string& path, const json::array& recorded, const json::value& actual, const json::object& compare) {
    const auto* other = actual.if_array();
    if (!other) return differ(path, json::serialize(recorded), json::serialize(actual));
    // The order of managedFields is that of their times.
    if (listed(compare, "unordered", path) || path.ends_with("/managedFields")) return unordered(path, recorded, *other, compare);
    for (std::size_t i = 0; i < std::max(recorded.size(), other->size()); ++i) {
        const auto here = fmt::format("{}/{}", path, i);
        if (i >= recorded.size()) differ(here, "(absent)", json::serialize((*other)[i]));
        else if (i >= other->size()) differ(here, json::serialize(recorded[i]), "(absent)");
        else match(here, recorded[i], (*other)[i], compare);
    }
}

void AnswerMatcher::unordered(const std::string& path, const json::array& recorded, const json::array& actual, const json::object& compare) {
    std::vector<const json::value*> left;
    for (const auto& each : actual) left.push_back(&each);
    for (std::size_t i = 0; i < recorded.size(); ++i) {
        const auto here = fmt::format("{}/{}", path, i);
        const auto found = std::ranges::find_if(left, [&](const json::value* candidate) {
            Bindings tried = bindings_;
            AnswerMatcher trial(tried, loose_);
            trial.match(here, recorded[i], *candidate, compare);
            if (!trial.differences_.empty()) return false;
            bindings_ = std::move(tried);
            return true;
        });
        if (found == left.end()) differ(here, json::serialize(recorded[i]), "(no equal element)");
        else left.erase(found);
    }
    for (const auto* each : left) differ(path + "/-", "(absent)", json::serialize(*each));
}

void AnswerMatcher::match(const std::string& path, const json::value& recorded, const json::value& actual, const json::object& compare) {
    if (listed(compare, "ignore", path)) return;
    if (const auto* value = recorded.if_string()) return text(path, *value, actual);
    if (const auto* value = recorded.if_object()) return object(path, *value, actual, compare);
    if (const auto* value = recorded.if_array()) return list(path, *value, actual, compare);
    const bool sameNumber = recorded.is_number() && actual.is_number() && recorded.to_number<double>() == actual.to_number<double>();
    if (recorded != actual && !sameNumber) differ(path, json::serialize(recorded), json::serialize(actual));
}

}  // namespace kubarium::testing
