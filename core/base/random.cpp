#include "core/base/random.h"

#include "core/base/result.h"

#include <sys/random.h>

#include <array>

namespace kubarium {

std::uint64_t Random::below(std::uint64_t bound) {
    KUBARIUM_ASSERT(bound > 0);
    // Rejection keeps it uniform.
    const std::uint64_t limit = UINT64_MAX - UINT64_MAX % bound;
    for (;;)
        if (const auto value = next(); value < limit) return value % bound;
}

double Random::unit() { return static_cast<double>(next() >> 11) * 0x1.0p-53; }

std::string Random::suffix(int length) {
    static constexpr std::string_view alphabet = "bcdfghjklmnpqrstvwxz2456789";
    std::string text;
    for (int i = 0; i < length; ++i) text += alphabet[below(alphabet.size())];
    return text;
}

std::string Random::uuid() {
    static constexpr std::string_view digits = "0123456789abcdef";
    std::uint64_t bits[2] = {next(), next()};
    bits[0] = (bits[0] & ~0xf000ULL) | 0x4000ULL;
    bits[1] = (bits[1] & ~(0xc0ULL << 56)) | (0x80ULL << 56);
    std::string text;
    for (int i = 0; i < 32; ++i) {
        if (i == 8 || i == 12 || i == 16 || i == 20) text += '-';
        text += digits[(bits[i / 16] >> (60 - 4 * (i % 16))) & 0xf];
    }
    return text;
}

// The kernel is asked for several numbers at once: as many as it always gives whole.
std::uint64_t SystemRandom::next() {
    thread_local std::array<std::uint64_t, 256 / sizeof(std::uint64_t)> numbers;
    thread_local std::size_t left = 0;
    if (left == 0) {
        KUBARIUM_ASSERT(getrandom(numbers.data(), sizeof numbers, 0) == sizeof numbers);
        left = numbers.size();
    }
    return numbers[--left];
}

std::uint64_t SeededRandom::next() {
    std::uint64_t z = (state_ += 0x9e3779b97f4a7c15ULL);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
    return z ^ (z >> 31);
}

}  // namespace kubarium
