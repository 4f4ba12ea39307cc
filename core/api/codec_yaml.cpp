// YAML 1.1 with the choices of go-yaml v2, which sigs.k8s.io/yaml and so kubectl and the API server use: y and n are booleans,
// 010 is eight, keys become strings, dates stay strings. The writer breaks and quotes as that library does.
#include "core/api/codec.h"

#include <boost/json.hpp>
#include <fmt/format.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <optional>
#include <sstream>

namespace kubarium::api {

namespace {

constexpr int maximalDepth = 512;
constexpr std::size_t aliasAllowance = 100'000;  // nodes beyond the size of the text that aliases may add

bool oneOf(std::string_view text, std::initializer_list<std::string_view> words) { return std::ranges::find(words, text) != words.end(); }

std::optional<std::int64_t> asInteger(std::string_view text) {
    std::string digits;
    for (const char c : text)
        if (c != '_') digits += c;
    std::string_view rest = digits;
    const bool negative = rest.starts_with('-');
    if (negative || rest.starts_with('+')) rest.remove_prefix(1);
    int base = 10;
    if (rest.starts_with("0x") || rest.starts_with("0X")) base = 16, rest.remove_prefix(2);
    else if (rest.starts_with("0b") || rest.starts_with("0B")) base = 2, rest.remove_prefix(2);
    else if (rest.starts_with("0o") || rest.starts_with("0O")) base = 8, rest.remove_prefix(2);
    else if (rest.size() > 1 && rest.starts_with('0')) base = 8, rest.remove_prefix(1);
    if (rest.empty() || rest.front() == '-' || rest.front() == '+') return std::nullopt;
    std::int64_t number = 0;
    const std::string signedText = (negative ? "-" : "") + std::string(rest);
    const auto [end, error] = std::from_chars(signedText.data(), signedText.data() + signedText.size(), number, base);
    if (error != std::errc() || end != signedText.data() + signedText.size()) return std::nullopt;
    return number;
}

std::optional<double> asDouble(std::string_view text) {
    std::string digits;
    for (const char c : text)
        if (c != '_') digits += c;
    std::size_t i = 0;
    const auto isDigit = [&] { return i < digits.size() && digits[i] >= '0' && digits[i] <= '9'; };
    std::size_t count = 0;
    if (i < digits.size() && (digits[i] == '-' || digits[i] == '+')) ++i;
    while (isDigit()) ++i, ++count;
    if (i < digits.size() && digits[i] == '.') {
        ++i;
        while (isDigit()) ++i, ++count;
    }
    if (count == 0) return std::nullopt;
    if (i < digits.size() && (digits[i] == 'e' || digits[i] == 'E')) {
        ++i;
        if (i < digits.size() && (digits[i] == '-' || digits[i] == '+')) ++i;
        if (!isDigit()) return std::nullopt;
        while (isDigit()) ++i;
    }
    if (i != digits.size()) return std::nullopt;
    double number = 0;
    const char* first = digits.data() + (digits.starts_with('+') ? 1 : 0);
    if (std::from_chars(first, digits.data() + digits.size(), number).ec != std::errc()) return std::nullopt;
    return number;
}

// What a plain scalar means; nullopt: the string that it is.
std::optional<json::value> resolvePlain(std::string_view text) {
    if (oneOf(text, {"", "~", "null", "Null", "NULL"})) return json::value(nullptr);
    if (oneOf(text, {"y", "Y", "yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON"})) return json::value(true);
    if (oneOf(text, {"n", "N", "no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF"})) return json::value(false);
    const char first = text.front();
    if (first != '+' && first != '-' && first != '.' && (first < '0' || first > '9')) return std::nullopt;
    if (const auto number = asInteger(text)) return json::value(*number);
    if (const auto number = asDouble(text)) {
        if (std::trunc(*number) == *number && std::abs(*number) < 9e15) return json::value(static_cast<std::int64_t>(*number));
        return json::value(*number);
    }
    return std::nullopt;
}

// Four digits, a dash, ...: go-yaml would take it for a date, so it is quoted on the way out.
bool looksLikeTimestamp(std::string_view text) {
    if (text.size() < 8) return false;
    for (std::size_t i = 0; i < 4; ++i)
        if (text[i] < '0' || text[i] > '9') return false;
    return text[4] == '-' && text[5] >= '0' && text[5] <= '9';
}

class YamlReader {
public:
    explicit YamlReader(std::size_t textSize) : maximalNodes_(textSize + aliasAllowance) {}

    Result<ParsedDocument> convert(const YAML::Node& root) {
        ParsedDocument document;
        duplicates_ = &document.duplicates;
        document.value = value(root, 0);
        if (!error_.empty()) return badRequest(error_);
        return document;
    }

private:
    json::value value(const YAML::Node& node, int depth) {
        if (depth > maximalDepth || ++nodes_ > maximalNodes_) {
            error_ = "yaml: document contains excessive aliasing";
            return nullptr;
        }
        if (!error_.empty()) return nullptr;
        switch (node.Type()) {
        case YAML::NodeType::Scalar: return scalar(node);
        case YAML::NodeType::Sequence: {
            json::array array;
            for (const auto& element : node) array.push_back(value(element, depth + 1));
            return array;
        }
        case YAML::NodeType::Map: return map(node, depth);
        default: return nullptr;
        }
    }
    json::value scalar(const YAML::Node& node) {
        const auto& text = node.Scalar();
        if (node.Tag() == "?")
            if (auto resolved = resolvePlain(text)) return std::move(*resolved);
        if (node.Tag() == "tag:yaml.org,2002:int")
            if (const auto number = asInteger(text)) return *number;
        if (node.Tag() == "tag:yaml.org,2002:bool" || node.Tag() == "tag:yaml.org,2002:null")
            if (auto resolved = resolvePlain(text)) return std::move(*resolved);
        return json::value(json::string(text));
    }
    std::string key(const YAML::Node& node) {
        if (!node.IsScalar()) {
            if (node.IsNull()) return "null";
            error_ = fmt::format("yaml: line {}: a key must be a scalar", node.Mark().line + 1);
            return {};
        }
        if (node.Tag() != "?") return node.Scalar();
        const auto resolved = resolvePlain(node.Scalar());
        if (!resolved) return node.Scalar();
        if (resolved->is_null()) return "null";
        return json::serialize(*resolved);
    }
    json::value map(const YAML::Node& node, int depth) {
        json::object object;
        std::vector<YAML::Node> merged;
        for (const auto& member : node) {
            if (member.first.IsScalar() && member.first.Scalar() == "<<" && member.first.Tag() == "?") {
                if (member.second.IsSequence()) for (const auto& one : member.second) merged.push_back(one);
                else merged.push_back(member.second);
                continue;
            }
            const auto name = key(member.first);
            if (object.contains(name))
                duplicates_->push_back(fmt::format("line {}: key \"{}\" already set in map", member.first.Mark().line + 1, name));
            object.insert_or_assign(name, value(member.second, depth + 1));
        }
        for (const auto& other : merged) {
            const auto from = value(other, depth + 1);
            if (const auto* members = from.if_object())
                for (const auto& [name, member] : *members) object.emplace(name, member);
        }
        return object;
    }

    std::vector<std::string>* duplicates_ = nullptr;
    std::size_t nodes_ = 0;
    std::size_t maximalNodes_;
    std::string error_;
};

Error yamlError(const YAML::Exception& exception) {
    if (exception.mark.is_null()) return badRequest("yaml: " + exception.msg);
    return badRequest(fmt::format("yaml: line {}: {}", exception.mark.line + 1, exception.msg));
}

class YamlWriter {
public:
    std::string text;

    // The cursor stands where the value may begin; `indent` is that of the lines below it.
    void value(const json::value& from, std::size_t indent) {
        if (const auto* object = from.if_object(); object && !object->empty()) return map(*object, indent);
        if (const auto* array = from.if_array(); array && !array->empty()) return list(*array, indent);
        scalar(from, indent, false);
        text += '\n';
    }

private:
    void startLine(std::size_t indent) {
        if (text.empty() || text.back() == '\n') text.append(indent, ' ');
    }
    void map(const json::object& object, std::size_t indent) {
        std::vector<const json::key_value_pair*> members;
        for (const auto& member : object) members.push_back(&member);
        std::ranges::sort(members, [](const auto* a, const auto* b) { return naturalLess(a->key(), b->key()); });
        for (const auto* member : members) {
            startLine(indent);
            scalar(json::value(json::string(member->key())), indent, true);
            text += ':';
            const auto& inner = member->value();
            const auto* nested = inner.if_object();
            const auto* nestedList = inner.if_array();
            if ((nested && !nested->empty()) || (nestedList && !nestedList->empty())) {
                text += '\n';
                value(inner, nested ? indent + 2 : indent);
            } else {
                text += ' ';
                value(inner, indent + 2);
            }
        }
    }
    void list(const json::array& array, std::size_t indent) {
        for (const auto& element : array) {
            startLine(indent);
            text += "- ";
            value(element, indent + 2);
        }
    }
    // go-yaml sorts numbers within keys by their value: a2 before a10.
    static bool naturalLess(std::string_view a, std::string_view b) {
        const auto isDigit = [](char c) { return c >= '0' && c <= '9'; };
        const auto isLetter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || static_cast<unsigned char>(c) >= 0x80; };
        for (std::size_t i = 0; i < a.size() && i < b.size(); ++i) {
            if (a[i] == b[i]) continue;
            if (isLetter(a[i]) && isLetter(b[i])) return a[i] < b[i];
            if (isLetter(a[i]) || isLetter(b[i])) {
                return isLetter(b[i]);
            }
            std::size_t endA = i, endB = i;
            while (endA < a.size() && isDigit(a[endA])) ++endA;
            while (endB < b.size() && isDigit(b[endB])) ++endB;
            if (endA - i != endB - i && endA > i && endB > i) return endA - i < endB - i;
            return a[i] < b[i];
        }
        return a.size() < b.size();
    }
    std::size_t column() const {
        const auto lineStart = text.rfind('\n');
        return text.size() - (lineStart == text.npos ? 0 : lineStart + 1);
    }
    static bool special(std::string_view from) {
        return std::ranges::any_of(from, [](char c) { return (static_cast<unsigned char>(c) < 0x20 && c != '\n') || c == 0x7f; });
    }
    static bool plainAllowed(std::string_view from) {
        if (from.empty() || from.front() == ' ' || from.back() == ' ') return false;
        if (from.starts_with("---") || from.starts_with("...")) return false;
        static constexpr std::string_view indicators = "#,[]{}&*!|>'\"%@`";
        if (indicators.find(from.front()) != indicators.npos) return false;
        const auto blankAfter = [&](std::size_t i) { return i + 1 >= from.size() || from[i + 1] == ' '; };
        if ((from.front() == '-' || from.front() == '?' || from.front() == ':') && blankAfter(0)) return false;
        for (std::size_t i = 1; i < from.size(); ++i) {
            if (from[i] == ':' && blankAfter(i)) return false;
            if (from[i] == '#' && from[i - 1] == ' ') return false;
        }
        return true;
    }
    void folded(std::string_view from, std::size_t indent, bool isKey) {
        for (std::size_t i = 0; i < from.size(); ++i) {
            const bool between = i > 0 && i + 1 < from.size() && from[i - 1] != ' ' && from[i + 1] != ' ';
            if (from[i] == ' ' && !isKey && between && column() > 80) text.append("\n").append(indent, ' ');
            else text += from[i];
        }
    }
    void doubleQuoted(std::string_view from) {
        text += '"';
        for (const char c : from) {
            if (c == '"' || c == '\\') text += '\\', text += c;
            else if (c == '\n') text += "\\n";
            else if (c == '\t') text += "\\t";
            else if (c == '\r') text += "\\r";
            else if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) text += fmt::format("\\x{:02X}", static_cast<unsigned char>(c));
            else text += c;
        }
        text += '"';
    }
    void literal(std::string_view from, std::size_t indent) {
        text += '|';
        if (from.front() == ' ' || from.front() == '\n') text += '2';
        if (from.back() != '\n') text += '-';
        else if (from.size() == 1 || from[from.size() - 2] == '\n') text += '+';
        bool lineBegins = true;
        text += '\n';
        if (from.back() == '\n') from.remove_suffix(1);
        for (const char c : from) {
            if (c != '\n' && lineBegins) text.append(indent, ' ');
            lineBegins = c == '\n';
            text += c;
        }
    }
    void scalar(const json::value& from, std::size_t indent, bool isKey) {
        const auto* string = from.if_string();
        if (!string) {
            text += from.is_array() ? "[]" : toJson(from);
            return;
        }
        const std::string_view content(*string);
        if (content.empty() || special(content) || resolvePlain(content) || looksLikeTimestamp(content)) return doubleQuoted(content);
        if (content.find('\n') != content.npos) return isKey ? doubleQuoted(content) : literal(content, std::max<std::size_t>(indent, 2));
        if (plainAllowed(content)) return folded(content, indent, isKey);
        std::string quoted;
        for (const char c : content) quoted.append(c == '\'' ? 2 : 1, c);
        text += '\'';
        folded(quoted, indent, isKey);
        text += '\'';
    }
};

// yaml-cpp 0.7 takes a document that begins with what cannot begin one (", a") for an empty one and never gets past it: that would
// fill the memory. This sees the second document begin where the first did.
class ProgressCheck final : public YAML::EventHandler {
public:
    static void run(const std::string& text) {
        std::istringstream in(text);
        YAML::Parser parser(in);
        ProgressCheck check;
        while (parser.HandleNextDocument(check)) {}
    }
    void OnDocumentStart(const YAML::Mark& mark) override {
        if (mark.pos == last_) throw YAML::ParserException(mark, "did not find expected <document start>");
        last_ = mark.pos;
    }
    void OnDocumentEnd() override {}
    void OnNull(const YAML::Mark&, YAML::anchor_t) override {}
    void OnAlias(const YAML::Mark&, YAML::anchor_t) override {}
    void OnScalar(const YAML::Mark&, const std::string&, YAML::anchor_t, const std::string&) override {}
    void OnSequenceStart(const YAML::Mark&, const std::string&, YAML::anchor_t, YAML::EmitterStyle::value) override {}
    void OnSequenceEnd() override {}
    void OnMapStart(const YAML::Mark&, const std::string&, YAML::anchor_t, YAML::EmitterStyle::value) override {}
    void OnMapEnd() override {}

private:
    int last_ = -1;
};

}  // namespace

Result<ParsedDocument> parseYaml(std::string_view text) {
    try {
        return YamlReader(text.size()).convert(YAML::Load(std::string(text)));
    } catch (const YAML::Exception& exception) {
        return yamlError(exception);
    }
}

Result<std::vector<ParsedDocument>> parseYamlDocuments(std::string_view text) {
    try {
        std::vector<ParsedDocument> documents;
        const std::string owned(text);
        ProgressCheck::run(owned);
        for (const auto& node : YAML::LoadAll(owned)) {
            auto document = TRY(YamlReader(text.size()).convert(node));
            if (!document.value.is_null()) documents.push_back(std::move(document));
        }
        return documents;
    } catch (const YAML::Exception& exception) {
        return yamlError(exception);
    }
}

std::string toYaml(const json::value& value) {
    YamlWriter writer;
    writer.value(value, 0);
    return std::move(writer.text);
}

}  // namespace kubarium::api
