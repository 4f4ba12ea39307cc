#include "core/api/quantity.h"

#include <algorithm>
#include <array>
#include <limits>

namespace kubarium::api {
namespace {

__extension__ using Wide = __int128;

constexpr Wide one = 1'000'000'000;  // nanos
constexpr Wide most = std::numeric_limits<std::int64_t>::max();
constexpr Wide limit = most * one;
// Decimal ones and sums go far beyond what an int64 can say, as in Go, before they stop growing.
constexpr Wide widest = limit * 1'000'000;

struct Suffix {
    std::string_view text;
    int base;      // 2 or 10
    int exponent;
};

constexpr std::array binary{Suffix{"Ki", 2, 10}, Suffix{"Mi", 2, 20}, Suffix{"Gi", 2, 30}, Suffix{"Ti", 2, 40}, Suffix{"Pi", 2, 50}, Suffix{"Ei", 2, 60}};
constexpr std::array decimal{Suffix{"n", 10, -9}, Suffix{"u", 10, -6}, Suffix{"m", 10, -3}, Suffix{"", 10, 0},  Suffix{"k", 10, 3},
                             Suffix{"M", 10, 6},  Suffix{"G", 10, 9},  Suffix{"T", 10, 12}, Suffix{"P", 10, 15}, Suffix{"E", 10, 18}};

Wide saturate(Wide value) { return std::clamp(value, -widest, widest); }

Wide power10(int exponent) {
    Wide value = 1;
    for (int i = 0; i < exponent; ++i) value *= 10;
    return value;
}

Error malformed() {
    return badRequest("quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'");
}

// mantissa x 10^exponent x 2^shift in nanos, rounded away from zero, saturated.
Wide scaled(Wide mantissa, int exponent, int shift) {
    exponent += 9;
    if (mantissa == 0) return 0;
    // Large powers saturate long before they overflow 128 bits.
    while (exponent > 0) {
        if (mantissa > widest) return widest;
        mantissa *= 10;
        --exponent;
    }
    while (shift > 0 && exponent >= 0) {
        if (mantissa > widest) return widest;
        mantissa *= 2;
        --shift;
    }
    // A binary suffix with decimal digits: multiply first while there is room, so that 1.5Gi stays exact.
    while (shift > 0 && mantissa < (static_cast<Wide>(1) << 120)) {
        mantissa *= 2;
        --shift;
    }
    if (exponent < -38) return 1;
    if (exponent < 0) {
        const auto divisor = power10(-exponent);
        mantissa = mantissa / divisor + (mantissa % divisor != 0);
    }
    while (shift-- > 0) {
        if (mantissa > widest) return widest;
        mantissa *= 2;
    }
    return std::min(mantissa, widest);
}

std::string digitsOf(Wide value) {
    if (value == 0) return "0";
    std::string text;
    for (; value > 0; value /= 10) text += static_cast<char>('0' + static_cast<int>(value % 10));
    std::ranges::reverse(text);
    return text;
}

}  // namespace

Quantity Quantity::of(std::int64_t value, Format format) {
    Quantity quantity;
    quantity.nano_ = static_cast<Wide>(value) * one;
    quantity.format_ = format;
    return quantity;
}

Quantity Quantity::ofMilli(std::int64_t milli, Format format) {
    Quantity quantity;
    quantity.nano_ = static_cast<Wide>(milli) * (one / 1000);
    quantity.scale_ = -3;
    quantity.format_ = format;
    return quantity;
}

Result<Quantity> Quantity::parse(std::string_view text) {
    if (text.empty()) return malformed();
    bool negative = false;
    if (text.front() == '+' || text.front() == '-') {
        negative = text.front() == '-';
        text.remove_prefix(1);
    }
    Wide mantissa = 0;
    int exponent = 0;
    bool digits = false, point = false, dropped = false;
    int whole = 0, fraction = 0;  // digits before the point without leading zeros, and after it
    std::size_t at = 0;
    for (; at < text.size(); ++at) {
        if (text[at] == '.') {
            if (point) return malformed();
            point = true;
            continue;
        }
        if (text[at] < '0' || text[at] > '9') break;
        digits = true;
        if (point) ++fraction;
        else if (whole > 0 || text[at] != '0') ++whole;
        if (mantissa < static_cast<Wide>(1) << 100) {
            mantissa = mantissa * 10 + (text[at] - '0');
            if (point) --exponent;
        } else {
            // Digits beyond 30 change only the rounding.
            dropped |= text[at] != '0';
            if (!point) ++exponent;
        }
    }
    if (!digits) return malformed();
    if (dropped) ++mantissa;
    const auto suffix = text.substr(at);
    Quantity quantity;
    int shift = 0;
    const auto isSuffix = [&](const Suffix& known) { return known.text == suffix; };
    if (const auto* found = std::ranges::find_if(binary, isSuffix); found != binary.end()) {
        quantity.format_ = Format::BinarySI;
        shift = found->exponent;
    } else if (const auto* si = std::ranges::find_if(decimal, isSuffix); si != decimal.end()) {
        exponent += si->exponent;
    } else if (suffix.size() > 1 && (suffix[0] == 'e' || suffix[0] == 'E')) {
        quantity.format_ = Format::DecimalExponent;
        auto number = suffix.substr(1);
        const bool minus = number.front() == '-';
        if (number.front() == '+' || minus) number.remove_prefix(1);
        if (number.empty() || number.size() > 3 || !std::ranges::all_of(number, [](char c) { return c >= '0' && c <= '9'; })) return malformed();
        int value = 0;
        for (const char c : number) value = value * 10 + (c - '0');
        exponent += minus ? -value : value;
    } else {
        return malformed();
    }
    // ParseQuantity: how many digits its fast path trusts.
    const int trusted = quantity.format_ == Format::BinarySI ? 15 - whole - static_cast<int>(static_cast<float>(shift) * 3 / 10) - 1 : 18 - whole - fraction;
    quantity.isDec_ = trusted < 0 || (quantity.format_ == Format::BinarySI && fraction > 0) || exponent < -9;
    if (!quantity.isDec_ && quantity.format_ != Format::BinarySI && mantissa != 0) quantity.scale_ = static_cast<std::int8_t>(std::min(exponent, 100));
    quantity.nano_ = scaled(mantissa, exponent, shift);
    // Binary ones are capped where they are read; sums may exceed that.
    if (quantity.format_ == Format::BinarySI) quantity.nano_ = std::min(quantity.nano_, limit);
    if (negative) quantity.nano_ = -quantity.nano_;
    return quantity;
}

std::int64_t Quantity::value() const {
    const Wide magnitude = nano_ < 0 ? -nano_ : nano_;
    const Wide rounded = magnitude / one + (magnitude % one != 0);
    const auto result = static_cast<std::int64_t>(std::min(rounded, most));
    return nano_ < 0 ? -result : result;
}

std::int64_t Quantity::milliValue() const {
    constexpr Wide milli = one / 1000;
    const Wide magnitude = nano_ < 0 ? -nano_ : nano_;
    const Wide rounded = magnitude / milli + (magnitude % milli != 0);
    const auto result = static_cast<std::int64_t>(std::min(rounded, most));
    return nano_ < 0 ? -result : result;
}

// Quantity.ScaledValue: an inf.Dec wraps; an int64Amount wraps with the powers that have a function of their own, and is 0 with others.
std::int64_t Quantity::wrappedTo(int scale) const {
    const Wide unit = scale == 0 ? one : one / 1000, magnitude = nano_ < 0 ? -nano_ : nano_;
    const auto rounded = magnitude / unit + (magnitude % unit != 0);
    const int power = scale_ - scale;
    const bool wraps = isDec_ || power <= 3 || power == 6 || power == 9;
    if (rounded > most && !wraps) return 0;
    const auto bits = static_cast<std::uint64_t>(rounded);
    return static_cast<std::int64_t>(nano_ < 0 ? 0 - bits : bits);
}

// Quantity.Add: two int64Amounts stay one, of the finer scale, if that holds both and their sum.
void Quantity::noteSum(const Quantity& before, const Quantity& other) {
    isDec_ = before.isDec_ || other.isDec_;
    if (isDec_ || other.nano_ == 0) return;
    scale_ = before.nano_ == 0 ? other.scale_ : std::min(before.scale_, other.scale_);
    constexpr std::array<std::int64_t, 16> units{1, 10, 100, 1'000, 10'000, 100'000, 1'000'000, 10'000'000, 100'000'000, 1'000'000'000, 10'000'000'000, 100'000'000'000,
                                                 1'000'000'000'000, 10'000'000'000'000, 100'000'000'000'000, 1'000'000'000'000'000};
    const Wide bound = most * units[static_cast<std::size_t>(std::clamp(scale_ + 9, 0, 15))];
    const auto fits = [bound](Wide nano) { return nano <= bound && nano >= -bound; };
    isDec_ = !fits(before.nano_) || !fits(other.nano_) || !fits(nano_);
}

double Quantity::toDouble() const { return static_cast<double>(nano_) / 1e9; }

Quantity& Quantity::operator+=(const Quantity& other) {
    const auto before = *this;
    if (nano_ == 0) format_ = other.format_;
    nano_ = saturate(nano_ + other.nano_);
    noteSum(before, other);
    return *this;
}

Quantity& Quantity::operator-=(const Quantity& other) {
    const auto before = *this;
    if (nano_ == 0) format_ = other.format_;
    nano_ = saturate(nano_ - other.nano_);
    noteSum(before, other);
    return *this;
}

std::string Quantity::toString() const {
    if (nano_ == 0) return "0";
    const Wide magnitude = nano_ < 0 ? -nano_ : nano_;
    std::string text = nano_ < 0 ? "-" : "";
    auto format = format_;
    // Binary suffixes cannot say fractions, and small numbers read better without: Go switches to decimal there.
    if (format == Format::BinarySI && (magnitude < 1024 * one || magnitude % one != 0)) format = Format::DecimalSI;
    if (format == Format::BinarySI) {
        Wide value = magnitude / one;
        std::string_view suffix;
        for (const auto& next : binary) {
            if (value % 1024 != 0) break;
            value /= 1024;
            suffix = next.text;
        }
        return text + digitsOf(value) + std::string(suffix);
    }
    Wide value = magnitude;
    int exponent = -9;
    while (value % 1000 == 0 && exponent < 18) {
        value /= 1000;
        exponent += 3;
    }
    if (format == Format::DecimalExponent) return text + digitsOf(value) + (exponent == 0 ? "" : "e" + std::to_string(exponent));
    const auto* suffix = std::ranges::find(decimal, exponent, &Suffix::exponent);
    return text + digitsOf(value) + std::string(suffix->text);
}

}  // namespace kubarium::api
