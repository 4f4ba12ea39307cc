#include "core/apiserver/protobuf.h"

#include "core/base/base64.h"
#include "core/base/clock.h"

#include <boost/json.hpp>
#include <fmt/format.h>

#include <bit>
#include <map>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

// The table is placed into the program by the assembler, so that nothing has to be found at run time.
asm(".section .rodata\n"
    ".global kubariumProtobufTableBegin\n.global kubariumProtobufTableEnd\n"
    "kubariumProtobufTableBegin:\n.incbin \"" KUBARIUM_API_RESOURCES
    "/protobuf.txt\"\n"
    "kubariumProtobufTableEnd:\n.byte 0\n.previous\n");
extern "C" const char kubariumProtobufTableBegin[];
extern "C" const char kubariumProtobufTableEnd[];

namespace kubarium::apiserver {

namespace json = boost::json;

namespace {

constexpr int deepest = 64;

struct Message;

// The form of a field: prefixes * (repeated), @ (map with string keys), l (a message that is a list), then one letter.
struct Form {
    enum class Shape : std::uint8_t { Single, Repeated, Map, List, MapOfList } shape = Shape::Single;
    char letter = 's';
    const Message* message = nullptr;
};

struct Member {
    std::string name;  // "-": the fields of the message belong to the parent (Go's inline)
    Form form;
};

struct Message {
    std::map<std::uint32_t, Member> members;
};

struct Table {
    std::unordered_map<std::string, Message> messages;
    std::map<std::pair<std::string, std::string>, const Message*> kinds;
};

std::vector<std::string> words(std::string_view line) {
    std::vector<std::string> found;
    while (!line.empty()) {
        const auto end = std::min(line.find(' '), line.size());
        found.emplace_back(line.substr(0, end));
        line.remove_prefix(std::min(end + 1, line.size()));
    }
    return found;
}

Form parseForm(Table& table, std::string_view text) {
    Form form;
    const auto prefix = text.substr(0, text.find_first_not_of("*@l"));
    if (prefix == "*") form.shape = Form::Shape::Repeated;
    if (prefix == "@") form.shape = Form::Shape::Map;
    if (prefix == "l") form.shape = Form::Shape::List;
    if (prefix == "@l") form.shape = Form::Shape::MapOfList;
    text.remove_prefix(prefix.size());
    form.letter = text.front();
    if (form.letter == 'm') form.message = &table.messages[std::string(text.substr(1))];
    return form;
}

const Table& table() {
    static const Table loaded = [] {
        Table made;
        std::string_view rest(kubariumProtobufTableBegin, static_cast<std::size_t>(kubariumProtobufTableEnd - kubariumProtobufTableBegin));
        while (!rest.empty()) {
            const auto end = std::min(rest.find('\n'), rest.size());
            const auto line = words(rest.substr(0, end));
            rest.remove_prefix(std::min(end + 1, rest.size()));
            if (line.size() == 4 && line[0] == "kind") made.kinds[{line[1], line[2]}] = &made.messages[line[3]];
            if (line.size() < 2 || line[0] != "type") continue;
            auto& message = made.messages[line[1]];
            for (std::size_t i = 2; i + 2 < line.size(); i += 3)
                message.members[static_cast<std::uint32_t>(std::stoul(line[i]))] = {line[i + 1], parseForm(made, line[i + 2])};
        }
        return made;
    }();
    return loaded;
}

// Cursor over wire format. Every read says whether it worked.
class Reader {
public:
    explicit Reader(std::string_view bytes) : rest_(bytes) {}

    bool atEnd() const { return rest_.empty(); }
    std::optional<std::uint64_t> varint() {
        std::uint64_t value = 0;
        for (unsigned shift = 0; shift < 64 && !rest_.empty(); shift += 7) {
            const auto byte = static_cast<unsigned char>(rest_.front());
            rest_.remove_prefix(1);
            value |= static_cast<std::uint64_t>(byte & 0x7f) << shift;
            if ((byte & 0x80) == 0) return value;
        }
        return std::nullopt;
    }
    std::optional<std::string_view> bytes() {
        const auto size = varint();
        if (!size || *size > rest_.size()) return std::nullopt;
        const auto found = rest_.substr(0, *size);
        rest_.remove_prefix(*size);
        return found;
    }
    std::optional<std::uint64_t> fixed(std::size_t size) {
        if (rest_.size() < size) return std::nullopt;
        std::uint64_t value = 0;
        for (std::size_t i = 0; i < size; ++i) value |= static_cast<std::uint64_t>(static_cast<unsigned char>(rest_[i])) << (8 * i);
        rest_.remove_prefix(size);
        return value;
    }

private:
    std::string_view rest_;
};

struct Wire {
    std::uint32_t number = 0;
    std::uint32_t type = 0;
    std::uint64_t value = 0;     // varint or fixed
    std::string_view bytes;      // length-delimited
};

Error broken(std::string_view why) { return badRequest(fmt::format("proto: {}", why)); }

Result<Wire> next(Reader& reader) {
    const auto key = reader.varint();
    if (!key) return broken("unexpected EOF");
    Wire wire;
    wire.number = static_cast<std::uint32_t>(*key >> 3);
    wire.type = static_cast<std::uint32_t>(*key & 7);
    if (wire.number == 0) return broken(fmt::format("illegal tag 0 (wire type {})", wire.type));
    if (wire.type == 2) {
        const auto bytes = reader.bytes();
        if (!bytes) return broken("unexpected EOF");
        wire.bytes = *bytes;
        return wire;
    }
    const auto value = wire.type == 0 ? reader.varint() : wire.type == 1 ? reader.fixed(8) : wire.type == 5 ? reader.fixed(4) : std::nullopt;
    if (!value) return broken(wire.type == 0 || wire.type == 1 || wire.type == 5 ? "unexpected EOF" : fmt::format("illegal wireType {}", wire.type));
    wire.value = *value;
    return wire;
}

// The length-delimited field 1 and the numbers 1 and 2 of the small messages (Time, Quantity, IntOrString, RawExtension).
struct Small {
    std::optional<std::int64_t> first, second;
    std::optional<std::string> text1, text3;
};

Result<Small> readSmall(std::string_view bytes) {
    Small small;
    Reader reader(bytes);
    while (!reader.atEnd()) {
        const auto wire = TRY(next(reader));
        if (wire.type == 0 && wire.number == 1) small.first = static_cast<std::int64_t>(wire.value);
        if (wire.type == 0 && wire.number == 2) small.second = static_cast<std::int64_t>(wire.value);
        if (wire.type == 2 && wire.number == 1) small.text1 = std::string(wire.bytes);
        if (wire.type == 2 && wire.number == 3) small.text3 = std::string(wire.bytes);
    }
    return small;
}

// Seconds outside of this are no time that RFC 3339 can write.
constexpr std::int64_t earliest = -62135596800, latest = 253402300799;

Result<json::value> readTime(std::string_view bytes, bool micro) {
    const auto small = TRY(readSmall(bytes));
    if (!small.first) return json::value();
    // WallTime counts nanoseconds and ends in the year 2262; nobody schedules later.
    constexpr std::int64_t limit = 9000000000;
    if (*small.first < earliest || *small.first > latest || *small.first > limit || *small.first < -limit) return json::value();
    const WallTime time{std::chrono::seconds{*small.first} + std::chrono::nanoseconds{small.second.value_or(0) % 1000000000}};
    return json::value(json::string(micro ? formatMicroTime(time) : formatTime(time)));
}

Result<json::object> readMessage(const Message& message, std::string_view bytes, int depth);

Result<json::value> readValue(const Form& form, const Wire& wire, int depth) {
    switch (form.letter) {
        case 's':
            return json::value(json::string(wire.bytes));
        case 'y':
            return json::value(json::string(encodeBase64(wire.bytes)));
        case 'b':
            return json::value(wire.value != 0);
        case 'i':
            return json::value(static_cast<std::int64_t>(wire.value));
        case 'd':
            return json::value(wire.type == 1 ? std::bit_cast<double>(wire.value) : static_cast<double>(std::bit_cast<float>(static_cast<std::uint32_t>(wire.value))));
        case 't':
            return readTime(wire.bytes, false);
        case 'u':
            return readTime(wire.bytes, true);
        case 'q': {
            const auto small = TRY(readSmall(wire.bytes));
            return json::value(json::string(small.text1.value_or("0")));
        }
        case 'n': {
            const auto small = TRY(readSmall(wire.bytes));
            if (small.first.value_or(0) == 1) return json::value(json::string(small.text3.value_or("")));
            return json::value(small.second.value_or(0));
        }
        case 'r': {
            const auto small = TRY(readSmall(wire.bytes));
            if (!small.text1 || small.text1->empty()) return json::value();
            boost::system::error_code error;
            auto value = json::parse(*small.text1, error, {}, {.max_depth = 128});
            if (error) return broken("embedded JSON: " + error.message());
            return value;
        }
        case 'm': {
            auto object = TRY(readMessage(*form.message, wire.bytes, depth + 1));
            return json::value(std::move(object));
        }
        default:
            return json::value();
    }
}

// Field 1 of each entry (items = 1).
Result<json::value> readList(const Form& form, std::string_view bytes, int depth) {
    json::array list;
    Reader reader(bytes);
    while (!reader.atEnd()) {
        const auto wire = TRY(next(reader));
        if (wire.number == 1) list.push_back(TRY(readValue(form, wire, depth)));
    }
    return json::value(std::move(list));
}

Result<void> readEntry(const Form& form, std::string_view bytes, json::object& into, int depth) {
    std::string key;
    json::value value;
    // An entry without a value has the zero value: proto leaves empty ones out.
    if (form.letter == 's' || form.letter == 'y') value = json::string();
    if (form.letter == 'm') value = json::object();
    if (form.shape == Form::Shape::MapOfList) value = json::array();
    Reader reader(bytes);
    while (!reader.atEnd()) {
        const auto wire = TRY(next(reader));
        if (wire.number == 1) key = std::string(wire.bytes);
        if (wire.number == 2) {
            auto read = form.shape == Form::Shape::MapOfList ? readList(form, wire.bytes, depth) : readValue(form, wire, depth);
            if (!read) return std::move(read.error());
            value = std::move(*read);
        }
    }
    into[key] = std::move(value);
    return {};
}

bool fits(const Form& form, const Wire& wire) {
    if (form.shape != Form::Shape::Single && form.shape != Form::Shape::Repeated) return wire.type == 2;
    if (form.letter == 'b' || form.letter == 'i') return wire.type == 0;
    if (form.letter == 'd') return wire.type == 1 || wire.type == 5;
    return wire.type == 2;
}

Result<void> readMember(const Member& member, const Wire& wire, json::object& into, int depth) {
    const auto& form = member.form;
    switch (form.shape) {
        case Form::Shape::Single: {
            auto value = TRY(readValue(form, wire, depth));
            if (member.name != "-") {
                into[member.name] = std::move(value);
            } else if (value.is_object()) {
                for (auto& [key, inner] : value.get_object()) into[key] = std::move(inner);
            }
            return {};
        }
        case Form::Shape::Repeated: {
            auto& list = into[member.name];
            if (!list.is_array()) list.emplace_array();
            list.get_array().push_back(TRY(readValue(form, wire, depth)));
            return {};
        }
        case Form::Shape::List:
            into[member.name] = TRY(readList(form, wire.bytes, depth));
            return {};
        case Form::Shape::Map:
        case Form::Shape::MapOfList: {
            auto& map = into[member.name];
            if (!map.is_object()) map.emplace_object();
            return readEntry(form, wire.bytes, map.get_object(), depth);
        }
    }
    return {};
}

Result<json::object> readMessage(const Message& message, std::string_view bytes, int depth) {
    if (depth > deepest) return broken("nested too deeply");
    json::object object;
    Reader reader(bytes);
    while (!reader.atEnd()) {
        const auto wire = TRY(next(reader));
        const auto it = message.members.find(wire.number);
        if (it == message.members.end()) continue;
        if (!fits(it->second.form, wire)) return broken(fmt::format("wrong wireType = {} for field {}", wire.type, it->second.name));
        TRY(readMember(it->second, wire, object, depth));
    }
    return object;
}

}  // namespace

Result<json::value> decodeProtobuf(std::string_view body) {
    constexpr std::string_view magic("k8s\0", 4);
    if (!body.starts_with(magic)) return badRequest("provided data does not appear to be a protobuf message, expected prefix [107 56 115 0]");
    Reader reader(body.substr(magic.size()));
    std::string apiVersion, kind;
    std::string_view raw;
    while (!reader.atEnd()) {
        const auto wire = TRY(next(reader));
        if (wire.number == 2 && wire.type == 2) raw = wire.bytes;
        if (wire.number != 1 || wire.type != 2) continue;
        Reader typeMeta(wire.bytes);
        while (!typeMeta.atEnd()) {
            const auto field = TRY(next(typeMeta));
            if (field.number == 1) apiVersion = std::string(field.bytes);
            if (field.number == 2) kind = std::string(field.bytes);
        }
    }
    auto found = table().kinds.find({apiVersion, kind});
    // The options of requests are registered in every group and version (metav1.AddToGroupVersion).
    if (found == table().kinds.end() && kind.ends_with("Options")) found = table().kinds.find({"v1", kind});
    if (found == table().kinds.end()) return badRequest(fmt::format("no kind \"{}\" is registered for version \"{}\"", kind, apiVersion));
    auto object = TRY(readMessage(*found->second, raw, 0));
    object["apiVersion"] = apiVersion;
    object["kind"] = kind;
    return json::value(std::move(object));
}

}  // namespace kubarium::apiserver
