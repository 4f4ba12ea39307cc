#include "core/controller/template_hash.h"

#include "core/controller/go_struct_table.h"

#include <boost/json.hpp>

#include <algorithm>
#include <map>
#include <vector>

namespace kubarium::controller {
namespace {

std::uint32_t fnv32a(std::string_view text, std::uint32_t hash) {
    for (const char c : text) {
        hash ^= static_cast<unsigned char>(c);
        hash *= 16777619U;
    }
    return hash;
}

struct GoField {
    std::string_view name, json, type;
};

struct GoTypes {
    std::map<std::string_view, std::vector<GoField>> structs;
    std::map<std::string_view, std::string_view> named;
};

std::string_view cut(std::string_view& text, char separator) {
    const auto end = std::min(text.find(separator), text.size());
    const auto head = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    return head;
}

const GoTypes& goTypes() {
    static const GoTypes types = [] {
        GoTypes made;
        for (auto rest = goStructTable; !rest.empty();) {
            auto line = cut(rest, '\n');
            if (line.empty()) continue;
            if (line.front() == '=') {
                line.remove_prefix(1);
                const auto name = cut(line, ' ');
                made.named.emplace(name, line);
                continue;
            }
            auto& fields = made.structs[cut(line, ' ')];
            while (!line.empty()) {
                auto field = cut(line, ' ');
                const auto name = cut(field, ','), json = cut(field, ',');
                fields.push_back({name, json, field});
            }
        }
        return made;
    }();
    return types;
}

// A quantity as resource.Quantity holds it after parsing its canonical text. Numbers beyond 64 bits are not covered.
struct GoQuantity {
    std::int64_t value = 0;
    int scale = 0;
    std::string cached, format = "DecimalSI";
};

GoQuantity goQuantity(std::string_view text) {
    GoQuantity quantity;
    if (text.empty()) {
        quantity.format.clear();
        return quantity;
    }
    const auto digits = std::min(text.find_first_not_of("+-0123456789"), text.size());
    quantity.value = std::strtoll(std::string(text.substr(0, digits)).c_str(), nullptr, 10);
    const auto suffix = text.substr(digits);
    constexpr std::string_view binary[] = {"Ki", "Mi", "Gi", "Ti", "Pi", "Ei"};
    if (const auto* it = std::ranges::find(binary, suffix); it != std::end(binary)) {
        const auto exponent = 10 * (it - std::begin(binary) + 1);
        quantity.format = "BinarySI";
        // Kept as text where it cannot be written shorter.
        if ((quantity.value & 7) != 0) quantity.cached = text;
        quantity.value = static_cast<std::int64_t>(static_cast<std::uint64_t>(quantity.value) << exponent);
        return quantity;
    }
    constexpr std::pair<std::string_view, int> decimal[] = {{"n", -9}, {"u", -6}, {"m", -3}, {"", 0}, {"k", 3}, {"M", 6}, {"G", 9}, {"T", 12}, {"P", 15}, {"E", 18}};
    const auto* known = std::ranges::find(decimal, suffix, [](const auto& entry) { return entry.first; });
    if (known != std::end(decimal)) {
        quantity.scale = known->second;
    } else {
        quantity.format = "DecimalExponent";
        quantity.scale = std::atoi(std::string(suffix.substr(1)).c_str());
    }
    const auto number = text.substr(0, digits);
    if (text == "0" || (quantity.scale % 3 == 0 && !number.ends_with("000") && number.front() != '0')) quantity.cached = text;
    return quantity;
}

// Prints as Go's spew does with "%#v", sorted keys and without methods, pointers' addresses and capacities.
class GoPrinter {
public:
    void print(const json::value* value, std::string_view type, bool showType) {
        if (value && value->is_null()) value = nullptr;
        if (type.front() == '*') {
            text += showType ? "(" + std::string(type) + ")" : value ? "<*>" : "";
            if (value)
                print(value, type.substr(1), false);
            else
                text += "<nil>";
            return;
        }
        if (showType) text += "(" + std::string(type) + ")";
        if (const auto it = goTypes().named.find(type); it != goTypes().named.end()) type = it->second;
        if (type.starts_with("[]"))
            printSlice(value, type.substr(2));
        else if (type.starts_with("map["))
            printMap(value, type.substr(type.find(']') + 1));
        else if (type == "v1.Time")
            text += "{Time:(time.Time){wall:(uint64)0 ext:(int64)0 loc:(*time.Location)<nil>}}";
        else if (type == "resource.Quantity")
            printQuantity(value);
        else if (type == "intstr.IntOrString")
            printIntOrString(value);
        else if (const auto fields = goTypes().structs.find(type); fields != goTypes().structs.end())
            printStruct(value, fields->second);
        else
            printScalar(value, type);
    }
    std::string text;

private:
    void printSlice(const json::value* value, std::string_view element) {
        const auto* array = value ? value->if_array() : nullptr;
        if (!array || array->empty()) {
            text += "<nil>";
            return;
        }
        text += '[';
        for (std::size_t i = 0; i < array->size(); ++i) {
            if (i > 0) text += ' ';
            print(&(*array)[i], element, false);
        }
        text += ']';
    }
    void printMap(const json::value* value, std::string_view element) {
        const auto* object = value ? value->if_object() : nullptr;
        if (!object || object->empty()) {
            text += "<nil>";
            return;
        }
        std::map<std::string_view, const json::value*> sorted;
        for (const auto& [key, entry] : *object) sorted.emplace(key, &entry);
        text += "map[";
        bool first = true;
        for (const auto& [key, entry] : sorted) {
            if (!std::exchange(first, false)) text += ' ';
            text += std::string(key) + ":";
            print(entry, element, false);
        }
        text += ']';
    }
    void printStruct(const json::value* value, const std::vector<GoField>& fields) {
        const auto* object = value ? value->if_object() : nullptr;
        text += '{';
        for (std::size_t i = 0; i < fields.size(); ++i) {
            if (i > 0) text += ' ';
            text += std::string(fields[i].name) + ":";
            print(fields[i].json.empty() ? value : object ? object->if_contains(fields[i].json) : nullptr, fields[i].type, true);
        }
        text += '}';
    }
    void printQuantity(const json::value* value) {
        const auto* string = value ? value->if_string() : nullptr;
        const auto quantity = goQuantity(string ? std::string_view(string->data(), string->size()) : std::string_view());
        text += "{i:(resource.int64Amount){value:(int64)" + std::to_string(quantity.value) + " scale:(resource.Scale)" + std::to_string(quantity.scale) +
                "} d:(resource.infDecAmount){Dec:(*inf.Dec)<nil>} s:(string)" + quantity.cached + " Format:(resource.Format)" + quantity.format + "}";
    }
    void printIntOrString(const json::value* value) {
        const bool isString = value && value->is_string();
        text += std::string("{Type:(intstr.Type)") + (isString ? "1" : "0") + " IntVal:(int32)";
        printScalar(isString ? nullptr : value, "int32");
        text += " StrVal:(string)";
        printScalar(isString ? value : nullptr, "string");
        text += '}';
    }
    void printScalar(const json::value* value, std::string_view type) {
        if (type == "string") {
            if (value && value->is_string()) text += value->get_string();
        } else if (type == "bool") {
            text += value && value->is_bool() && value->get_bool() ? "true" : "false";
        } else {
            boost::system::error_code error;
            const auto number = value ? value->to_number<std::int64_t>(error) : 0;
            text += std::to_string(error ? 0 : number);
        }
    }
};

}  // namespace

std::string goTemplateText(const json::value& podTemplate) {
    GoPrinter printer;
    printer.print(&podTemplate, "v1.PodTemplateSpec", true);
    return std::move(printer.text);
}

std::string safeEncode(std::string_view text) {
    constexpr std::string_view alphabet = "bcdfghjklmnpqrstvwxz2456789";
    std::string encoded;
    for (const char c : text) encoded += alphabet[static_cast<unsigned char>(c) % alphabet.size()];
    return encoded;
}

std::string podTemplateHash(const json::value& podTemplate, std::optional<std::int32_t> collisionCount) {
    auto hash = fnv32a(goTemplateText(podTemplate), 2166136261U);
    if (collisionCount) {
        // Go writes the number as eight bytes, little endian, of which four are used.
        std::string bytes(8, '\0');
        for (std::size_t i = 0; i < 4; ++i) bytes[i] = static_cast<char>((static_cast<std::uint32_t>(*collisionCount) >> (8 * i)) & 0xffU);
        hash = fnv32a(bytes, hash);
    }
    return safeEncode(std::to_string(hash));
}

}  // namespace kubarium::controller
