#include "core/controller/template_hash.h"

#include <boost/json.hpp>

namespace kubarium::controller {
namespace {

std::uint32_t fnv32a(std::string_view text, std::uint32_t hash) {
    for (const char c : text) {
        hash ^= static_cast<unsigned char>(c);
        hash *= 16777619U;
    }
    return hash;
}

}  // namespace

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
