// The syntax of names, labels and the like (apimachinery's util/validation). By hand instead of with regular expressions: these
// run on every write.
#include "core/api/validation.h"
#include "core/api/validation_rules.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>

namespace kubarium::api {

namespace {

bool lower(char c) { return c >= 'a' && c <= 'z'; }
bool upper(char c) { return c >= 'A' && c <= 'Z'; }
bool digit(char c) { return c >= '0' && c <= '9'; }
bool alphanumeric(char c) { return lower(c) || upper(c) || digit(c); }

constexpr std::string_view labelRegex = "[a-z0-9]([-a-z0-9]*[a-z0-9])?";
constexpr std::string_view subdomainRegex = "[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*";
constexpr std::string_view qualifiedRegex = "([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]";

std::string regexError(std::string_view message, std::string_view regex, std::initializer_list<std::string_view> examples) {
    std::string result = std::string(message) + " (e.g. ";
    std::size_t i = 0;
    for (const auto example : examples) {
        if (i++ > 0) result += " or ";
        result += fmt::format("'{}', ", example);
    }
    return result + fmt::format("regex used for validation is '{}')", regex);
}

bool isLabel(std::string_view text) {
    if (text.empty() || text.front() == '-' || text.back() == '-') return false;
    return std::ranges::all_of(text, [](char c) { return lower(c) || digit(c) || c == '-'; });
}

bool isSubdomain(std::string_view text) {
    for (std::size_t start = 0;;) {
        const auto end = text.find('.', start);
        if (!isLabel(text.substr(start, end == text.npos ? end : end - start))) return false;
        if (end == text.npos) return true;
        start = end + 1;
    }
}

bool isQualified(std::string_view text) {
    if (text.empty() || !alphanumeric(text.front()) || !alphanumeric(text.back())) return false;
    return std::ranges::all_of(text, [](char c) { return alphanumeric(c) || c == '-' || c == '_' || c == '.'; });
}

std::string maximalLength(std::size_t length) { return fmt::format("must be no more than {} characters", length); }

}  // namespace

std::vector<std::string> checkDnsLabel(std::string_view text) {
    std::vector<std::string> result;
    if (text.size() > 63) result.push_back(maximalLength(63));
    if (!isLabel(text)) {
        if (isSubdomain(text)) result.push_back("must not contain dots");
        else result.push_back(regexError("a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character", labelRegex, {"my-name", "123-abc"}));
    }
    return result;
}

std::vector<std::string> checkDnsSubdomain(std::string_view text) {
    std::vector<std::string> result;
    if (text.size() > 253) result.push_back(maximalLength(253));
    if (!isSubdomain(text))
        result.push_back(regexError("a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character", subdomainRegex, {"example.com"}));
    return result;
}

std::vector<std::string> checkDns1035Label(std::string_view text) {
    std::vector<std::string> result;
    if (text.size() > 63) result.push_back(maximalLength(63));
    if (!isLabel(text) || !lower(text.front()))
        result.push_back(regexError("a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character", "[a-z]([-a-z0-9]*[a-z0-9])?", {"my-name", "abc-123"}));
    return result;
}

std::vector<std::string> checkWildcardSubdomain(std::string_view text) {
    std::vector<std::string> result;
    if (text.size() > 253) result.push_back(maximalLength(253));
    if (!text.starts_with("*.") || !isSubdomain(text.substr(2)))
        result.push_back(regexError("a wildcard DNS-1123 subdomain must start with '*.', followed by a valid DNS subdomain, which must consist of lower case alphanumeric characters, '-' or '.' and end with an alphanumeric character",
                                    "\\*\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*", {"*.example.com"}));
    return result;
}

std::vector<std::string> checkSearchDomain(std::string_view text) {
    // As a subdomain, but names may begin with an underscore and contain some.
    std::string plain(text);
    for (std::size_t i = 0; i < plain.size(); ++i) {
        if (plain[i] != '_') continue;
        const bool begins = i == 0 || plain[i - 1] == '.';
        plain[i] = begins ? 'a' : '-';
    }
    std::vector<std::string> result;
    if (text.size() > 253) result.push_back(maximalLength(253));
    if (!isSubdomain(plain))
        result.push_back(regexError("a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '_', '-' or '.', and must start and end with an alphanumeric character",
                                    "_?[a-z0-9]([-_a-z0-9]*[a-z0-9])?(\\._?[a-z0-9]([-_a-z0-9]*[a-z0-9])?)*", {"example.com"}));
    return result;
}

std::vector<std::string> checkQualifiedName(std::string_view text) {
    std::vector<std::string> result;
    std::string_view name = text;
    const auto slash = text.find('/');
    if (slash != text.npos) {
        if (text.find('/', slash + 1) != text.npos) {
            return {"a qualified name " + regexError("must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character", qualifiedRegex, {"MyName", "my.name", "123-abc"}) +
                    " with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')"};
        }
        const auto prefix = text.substr(0, slash);
        name = text.substr(slash + 1);
        if (prefix.empty()) result.push_back("prefix part must be non-empty");
        else
            for (const auto& sentence : checkDnsSubdomain(prefix)) result.push_back("prefix part " + sentence);
    }
    if (name.empty()) result.push_back("name part must be non-empty");
    else if (name.size() > 63) result.push_back("name part " + maximalLength(63));
    if (!isQualified(name))
        result.push_back("name part " + regexError("must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character", qualifiedRegex, {"MyName", "my.name", "123-abc"}));
    return result;
}

std::vector<std::string> checkLabelValue(std::string_view text) {
    std::vector<std::string> result;
    if (text.size() > 63) result.push_back(maximalLength(63));
    if (!text.empty() && !isQualified(text))
        result.push_back(regexError("a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character",
                                    "(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?", {"MyValue", "my_value", "12345"}));
    return result;
}

std::vector<std::string> checkConfigKey(std::string_view text) {
    std::vector<std::string> result;
    if (text.size() > 253) result.push_back(maximalLength(253));
    const bool valid = !text.empty() && std::ranges::all_of(text, [](char c) { return alphanumeric(c) || c == '-' || c == '_' || c == '.'; });
    if (!valid) result.push_back(regexError("a valid config key must consist of alphanumeric characters, '-', '_' or '.'", "[-._a-zA-Z0-9]+", {"key.name", "KEY_NAME", "key-name"}));
    if (text == ".") result.push_back("must not be '.'");
    if (text == "..") result.push_back("must not be '..'");
    else if (text.starts_with("..")) result.push_back("must not start with '..'");
    return result;
}

std::vector<std::string> checkEnvironmentName(std::string_view text) {
    std::vector<std::string> result;
    const bool valid = !text.empty() && std::ranges::all_of(text, [](char c) { return static_cast<unsigned char>(c) >= 0x20 && static_cast<unsigned char>(c) < 0x7f && c != '='; });
    if (!valid) result.push_back("a valid environment variable name must consist only of printable ASCII characters other than '='");
    if (text == ".") result.push_back("must not be '.'");
    if (text == "..") result.push_back("must not be '..'");
    else if (text.starts_with("..")) result.push_back("must not start with '..'");
    return result;
}

std::vector<std::string> checkPortName(std::string_view text) {
    std::vector<std::string> result;
    if (text.size() > 15) result.push_back("must be no more than 15 characters");
    if (text.empty() || !std::ranges::all_of(text, [](char c) { return lower(c) || digit(c) || c == '-'; })) result.push_back("must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)");
    if (!std::ranges::any_of(text, lower)) result.push_back("must contain at least one letter (a-z)");
    if (text.find("--") != text.npos) result.push_back("must not contain consecutive hyphens");
    if (!text.empty() && (text.front() == '-' || text.back() == '-')) result.push_back("must not begin or end with a hyphen");
    return result;
}

std::vector<std::string> checkPortNumber(std::int64_t port) {
    if (port >= 1 && port <= 65535) return {};
    return {"must be between 1 and 65535, inclusive"};
}

std::vector<std::string> checkPathSegment(std::string_view text) {
    if (text == ".") return {"may not be '.'"};
    if (text == "..") return {"may not be '..'"};
    std::vector<std::string> result;
    for (const char c : {'/', '%'})
        if (text.find(c) != text.npos) result.push_back(fmt::format("may not contain '{}'", c));
    return result;
}

bool isQualifiedToken(std::string_view text) { return isQualified(text); }

}  // namespace kubarium::api
