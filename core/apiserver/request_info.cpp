#include "core/apiserver/request_info.h"

#include <array>

namespace kubarium::apiserver {
namespace {

int hexDigit(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

std::string verbOf(std::string_view method, bool named, bool watching) {
    if (method == "POST") return "create";
    if (method == "PUT") return "update";
    if (method == "PATCH") return "patch";
    if (method == "DELETE") return named ? "delete" : "deletecollection";
    if (method == "GET" || method == "HEAD") return watching ? "watch" : named ? "get" : "list";
    std::string lower(method);
    for (auto& c : lower) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    return lower;
}

// Below "namespaces/NAME" these belong to the Namespace itself.
bool isNamespaceSubresource(std::string_view segment) { return segment == "status" || segment == "finalize"; }

}  // namespace

std::string percentDecode(std::string_view text, bool plusIsBlank) {
    std::string decoded;
    decoded.reserve(text.size());
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '%' && i + 2 < text.size() && hexDigit(text[i + 1]) >= 0 && hexDigit(text[i + 2]) >= 0) {
            decoded += static_cast<char>(hexDigit(text[i + 1]) * 16 + hexDigit(text[i + 2]));
            i += 2;
        } else {
            decoded += plusIsBlank && text[i] == '+' ? ' ' : text[i];
        }
    }
    return decoded;
}

std::string percentEncode(std::string_view text) {
    constexpr std::string_view digits = "0123456789ABCDEF";
    std::string encoded;
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if (std::isalnum(byte) || c == '-' || c == '_' || c == '.' || c == '~') {
            encoded += c;
        } else {
            encoded += '%';
            encoded += digits[byte >> 4];
            encoded += digits[byte & 15];
        }
    }
    return encoded;
}

Query Query::parse(std::string_view text) {
    Query query;
    while (!text.empty()) {
        const auto end = text.find('&');
        const auto pair = text.substr(0, end);
        text = end == std::string_view::npos ? std::string_view() : text.substr(end + 1);
        if (pair.empty()) continue;
        const auto equals = pair.find('=');
        query.values_.emplace(percentDecode(pair.substr(0, equals), true),
                              equals == std::string_view::npos ? std::string() : percentDecode(pair.substr(equals + 1), true));
    }
    return query;
}

std::string Query::get(std::string_view key) const {
    const auto it = values_.find(key);
    return it == values_.end() ? std::string() : it->second;
}

std::vector<std::string> Query::all(std::string_view key) const {
    std::vector<std::string> found;
    for (auto [it, end] = values_.equal_range(key); it != end; ++it) found.push_back(it->second);
    return found;
}

bool Query::flag(std::string_view key) const {
    const auto it = values_.find(key);
    if (it == values_.end()) return false;
    return it->second != "0" && it->second != "false" && it->second != "False" && it->second != "FALSE" && it->second != "f" && it->second != "F";
}

RequestInfo parseRequest(std::string_view method, std::string_view path, const Query& query) {
    RequestInfo info;
    while (path.starts_with('/')) path.remove_prefix(1);
    while (path.ends_with('/')) path.remove_suffix(1);
    // An empty segment inside counts: /api/v1/namespaces//pods are the Pods of all namespaces.
    for (std::size_t begin = 0; !path.empty() && begin <= path.size();) {
        const auto end = std::min(path.find('/', begin), path.size());
        info.segments.push_back(percentDecode(path.substr(begin, end - begin), false));
        begin = end + 1;
    }
    const auto& segments = info.segments;
    std::size_t at = 0;
    const bool core = !segments.empty() && segments[0] == "api";
    const bool grouped = !segments.empty() && segments[0] == "apis";
    const std::size_t prefix = core ? 2 : 3;
    if ((!core && !grouped) || segments.size() <= prefix) {
        info.verb = verbOf(method, true, false);
        return info;
    }
    info.isResource = true;
    info.resource.group = core ? "" : segments[1];
    info.resource.version = segments[prefix - 1];
    at = prefix;
    if (segments[at] == "watch" && at + 1 < segments.size()) {
        info.isWatchPath = true;
        ++at;
    }
    if (segments[at] == "namespaces" && at + 2 < segments.size() && !isNamespaceSubresource(segments[at + 2])) {
        info.nameSpace = segments[at + 1];
        at += 2;
    } else if (segments[at] == "namespaces" && at + 1 < segments.size()) {
        info.nameSpace = segments[at + 1];
    }
    info.resource.resource = segments[at++];
    if (at < segments.size()) info.name = segments[at++];
    if (at < segments.size()) info.subresource = segments[at++];
    info.rest.assign(segments.begin() + static_cast<std::ptrdiff_t>(at), segments.end());
    const bool watching = info.isWatchPath || (info.name.empty() && query.flag("watch"));
    info.verb = verbOf(method, !info.name.empty(), watching);
    return info;
}

}  // namespace kubarium::apiserver
