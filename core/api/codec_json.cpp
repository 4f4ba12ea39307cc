// A reader of its own rather than Boost's, because the server must name keys that were given twice and say what is wrong in
// the words that users of Kubernetes know (those of Go's encoding/json).
#include "core/api/codec.h"

#include <boost/json.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>

namespace kubarium::api {

namespace {

constexpr int maximalDepth = 512;

class JsonReader {
public:
    explicit JsonReader(std::string_view text) : text_(text) {}

    Result<ParsedDocument> read() {
        ParsedDocument document;
        duplicates_ = &document.duplicates;
        if (!readValue(document.value, 0)) return fail();
        skipBlanks();
        if (position_ < text_.size()) {
            unexpected("after top-level value");
            return fail();
        }
        return document;
    }

private:
    Error fail() const { return badRequest(message_); }
    bool unexpected(std::string_view where) {
        if (!message_.empty()) return false;
        if (position_ >= text_.size()) {
            message_ = "unexpected end of JSON input";
            return false;
        }
        const char c = text_[position_];
        std::string shown(1, c);
        if (c == '\'') shown = "\\'";
        else if (c == '\n') shown = "\\n";
        else if (c == '\t') shown = "\\t";
        else if (c == '\r') shown = "\\r";
        else if (c == '\\') shown = "\\\\";
        else if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) shown = fmt::format("\\x{:02x}", static_cast<unsigned char>(c));
        message_ = fmt::format("invalid character '{}' {}", shown, where);
        return false;
    }
    void skipBlanks() {
        while (position_ < text_.size() && (text_[position_] == ' ' || text_[position_] == '\n' || text_[position_] == '\t' || text_[position_] == '\r'))
            ++position_;
    }
    bool at(char c) const { return position_ < text_.size() && text_[position_] == c; }
    bool digit() const { return position_ < text_.size() && text_[position_] >= '0' && text_[position_] <= '9'; }

    bool readValue(json::value& into, int depth) {
        skipBlanks();
        if (depth > maximalDepth) {
            if (message_.empty()) message_ = "exceeded max depth";
            return false;
        }
        if (position_ >= text_.size()) return unexpected("");
        switch (text_[position_]) {
        case '{': return readObject(into.emplace_object(), depth);
        case '[': return readArray(into.emplace_array(), depth);
        case '"': return readString(into.emplace_string());
        case 't': into = true; return readLiteral("true");
        case 'f': into = false; return readLiteral("false");
        case 'n': into = nullptr; return readLiteral("null");
        default: return readNumber(into);
        }
    }
    bool readLiteral(std::string_view literal) {
        ++position_;
        for (std::size_t i = 1; i < literal.size(); ++i, ++position_)
            if (!at(literal[i])) return unexpected(fmt::format("in literal {} (expecting '{}')", literal, literal[i]));
        return true;
    }
    bool readNumber(json::value& into) {
        const auto start = position_;
        bool integral = true;
        if (at('-')) {
            ++position_;
            if (!digit()) return unexpected("in numeric literal");
        } else if (!digit()) {
            return unexpected("looking for beginning of value");
        }
        if (at('0')) ++position_;
        else while (digit()) ++position_;
        if (at('.')) {
            integral = false;
            ++position_;
            if (!digit()) return unexpected("after decimal point in numeric literal");
            while (digit()) ++position_;
        }
        if (at('e') || at('E')) {
            integral = false;
            ++position_;
            if (at('+') || at('-')) ++position_;
            if (!digit()) return unexpected("in exponent of numeric literal");
            while (digit()) ++position_;
        }
        const char* const first = text_.data() + start;
        const char* const last = text_.data() + position_;
        if (integral) {
            std::int64_t number = 0;
            if (std::from_chars(first, last, number).ec == std::errc()) {
                into = number;
                return true;
            }
        }
        double number = 0;
        if (std::from_chars(first, last, number).ec != std::errc()) {
            message_ = "json: cannot unmarshal number " + std::string(first, last) + " into Go value of type float64";
            return false;
        }
        into = number;
        return true;
    }
    static void appendUtf8(json::string& into, unsigned code) {
        const auto add = [&](unsigned byte) { into.push_back(static_cast<char>(byte)); };
        if (code < 0x80) {
            add(code);
        } else if (code < 0x800) {
            add(0xc0 | (code >> 6)), add(0x80 | (code & 0x3f));
        } else if (code < 0x10000) {
            add(0xe0 | (code >> 12)), add(0x80 | ((code >> 6) & 0x3f)), add(0x80 | (code & 0x3f));
        } else {
            add(0xf0 | (code >> 18)), add(0x80 | ((code >> 12) & 0x3f)), add(0x80 | ((code >> 6) & 0x3f)), add(0x80 | (code & 0x3f));
        }
    }
    bool readHex(unsigned& code) {
        code = 0;
        for (int i = 0; i < 4; ++i, ++position_) {
            const char c = position_ < text_.size() ? text_[position_] : '\0';
            const int value = c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
            if (value < 0) return unexpected("in \\u hexadecimal character escape");
            code = code * 16 + static_cast<unsigned>(value);
        }
        return true;
    }
    bool readEscape(json::string& into) {
        ++position_;
        if (position_ >= text_.size()) return unexpected("");
        const char c = text_[position_++];
        switch (c) {
        case '"': case '\\': case '/': into.push_back(c); return true;
        case 'b': into.push_back('\b'); return true;
        case 'f': into.push_back('\f'); return true;
        case 'n': into.push_back('\n'); return true;
        case 'r': into.push_back('\r'); return true;
        case 't': into.push_back('\t'); return true;
        case 'u': break;
        default: --position_; return unexpected("in string escape code");
        }
        unsigned code = 0;
        if (!readHex(code)) return false;
        if (code >= 0xd800 && code < 0xdc00 && text_.substr(position_, 2) == "\\u") {
            const auto back = position_;
            position_ += 2;
            unsigned low = 0;
            if (!readHex(low)) return false;
            if (low >= 0xdc00 && low < 0xe000) code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
            else position_ = back;
        }
        if (code >= 0xd800 && code < 0xe000) code = 0xfffd;
        appendUtf8(into, code);
        return true;
    }
    // The length of the valid UTF-8 sequence here, or 0.
    std::size_t utf8Length() const {
        const auto byte = [&](std::size_t i) { return position_ + i < text_.size() ? static_cast<unsigned char>(text_[position_ + i]) : 0u; };
        const auto continues = [&](std::size_t i) { return (byte(i) & 0xc0) == 0x80; };
        const unsigned lead = byte(0);
        if (lead >= 0xc2 && lead <= 0xdf && continues(1)) return 2;
        if ((lead & 0xf0) == 0xe0 && continues(1) && continues(2)) {
            if (lead == 0xe0 && byte(1) < 0xa0) return 0;
            if (lead == 0xed && byte(1) >= 0xa0) return 0;
            return 3;
        }
        if (lead >= 0xf0 && lead <= 0xf4 && continues(1) && continues(2) && continues(3)) {
            if (lead == 0xf0 && byte(1) < 0x90) return 0;
            if (lead == 0xf4 && byte(1) >= 0x90) return 0;
            return 4;
        }
        return 0;
    }
    bool readString(json::string& into) {
        ++position_;
        for (;;) {
            const auto start = position_;
            while (position_ < text_.size() && text_[position_] != '"' && text_[position_] != '\\' && static_cast<unsigned char>(text_[position_]) >= 0x20 &&
                   static_cast<unsigned char>(text_[position_]) < 0x80)
                ++position_;
            into.append(text_.substr(start, position_ - start));
            if (position_ >= text_.size()) return unexpected("");
            const char c = text_[position_];
            if (c == '"') {
                ++position_;
                return true;
            }
            if (c == '\\') {
                if (!readEscape(into)) return false;
            } else if (static_cast<unsigned char>(c) < 0x20) {
                return unexpected("in string literal");
            } else if (const auto length = utf8Length(); length > 0) {
                into.append(text_.substr(position_, length));
                position_ += length;
            } else {
                appendUtf8(into, 0xfffd);
                ++position_;
            }
        }
    }
    bool readArray(json::array& into, int depth) {
        ++position_;
        skipBlanks();
        if (at(']')) return ++position_, true;
        const auto pathLength = path_.size();
        for (;;) {
            path_ += fmt::format("[{}]", into.size());
            if (!readValue(into.emplace_back(nullptr), depth + 1)) return false;
            path_.resize(pathLength);
            skipBlanks();
            if (at(']')) return ++position_, true;
            if (!at(',')) return unexpected("after array element");
            ++position_;
        }
    }
    bool readObject(json::object& into, int depth) {
        ++position_;
        skipBlanks();
        if (at('}')) return ++position_, true;
        const auto pathLength = path_.size();
        for (;;) {
            skipBlanks();
            if (!at('"')) return unexpected("looking for beginning of object key string");
            json::string key;
            if (!readString(key)) return false;
            skipBlanks();
            if (!at(':')) return unexpected("after object key");
            ++position_;
            if (pathLength > 0) path_ += '.';
            path_.append(key.data(), key.size());
            const auto [place, added] = into.emplace(key, nullptr);
            if (!added && std::ranges::find(*duplicates_, path_) == duplicates_->end()) duplicates_->push_back(path_);
            if (!readValue(place->value(), depth + 1)) return false;
            path_.resize(pathLength);
            skipBlanks();
            if (at('}')) return ++position_, true;
            if (!at(',')) return unexpected("after object key:value pair");
            ++position_;
        }
    }

    std::string_view text_;
    std::size_t position_ = 0;
    std::string path_;
    std::string message_;
    std::vector<std::string>* duplicates_ = nullptr;
};

void printPretty(const json::value& value, std::string& into, std::size_t indent) {
    const auto newLine = [&](std::size_t depth) { into.append("\n").append(2 * depth, ' '); };
    if (const auto* object = value.if_object(); object && !object->empty()) {
        into += '{';
        bool first = true;
        for (const auto& [key, member] : *object) {
            if (!first) into += ',';
            first = false;
            newLine(indent + 1);
            into += json::serialize(json::string_view(key)) + ": ";
            printPretty(member, into, indent + 1);
        }
        newLine(indent);
        into += '}';
    } else if (const auto* array = value.if_array(); array && !array->empty()) {
        into += '[';
        bool first = true;
        for (const auto& element : *array) {
            if (!first) into += ',';
            first = false;
            newLine(indent + 1);
            printPretty(element, into, indent + 1);
        }
        newLine(indent);
        into += ']';
    } else {
        into += toJson(value);
    }
}

// Boost writes doubles as 1E0; Go writes 1 and 0.5.
bool hasDouble(const json::value& value) {
    if (value.is_double()) return true;
    if (const auto* object = value.if_object()) return std::ranges::any_of(*object, [](const auto& member) { return hasDouble(member.value()); });
    if (const auto* array = value.if_array()) return std::ranges::any_of(*array, hasDouble);
    return false;
}

void print(const json::value& value, std::string& into) {
    if (const auto* object = value.if_object()) {
        into += '{';
        bool first = true;
        for (const auto& member : *object) {
            if (!first) into += ',';
            first = false;
            into += json::serialize(json::string_view(member.key())) + ":";
            print(member.value(), into);
        }
        into += '}';
    } else if (const auto* array = value.if_array()) {
        into += '[';
        for (std::size_t i = 0; i < array->size(); ++i) {
            if (i > 0) into += ',';
            print((*array)[i], into);
        }
        into += ']';
    } else if (const auto* number = value.if_double()) {
        const double magnitude = std::abs(*number);
        if (!std::isfinite(*number)) into += "null";
        else if (magnitude < 1e21 && std::trunc(*number) == *number) into += fmt::format("{:.0f}", *number);
        else into += fmt::format("{}", *number);
    } else {
        into += json::serialize(value);
    }
}

}  // namespace

Result<ParsedDocument> parseJson(std::string_view text) { return JsonReader(text).read(); }

std::string toJson(const json::value& value) {
    if (!hasDouble(value)) return json::serialize(value);
    std::string result;
    print(value, result);
    return result;
}

std::string toPrettyJson(const json::value& value) {
    std::string result;
    printPretty(value, result, 0);
    return result;
}

}  // namespace kubarium::api
