// resource.Quantity of apimachinery: a decimal number with a suffix ("100m", "1.5Gi", "2e3"). Exact: 128 bits in units of 10^-9,
// finer digits are rounded up, as Kubernetes does; beyond +-2^63 units of one binary ones saturate, others at a million times that.
#pragma once

#include "core/base/result.h"

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

namespace kubarium::api {

class Quantity {
public:
    enum class Format : std::uint8_t { DecimalSI, BinarySI, DecimalExponent };

    Quantity() = default;
    static Quantity of(std::int64_t value, Format format = Format::DecimalSI);
    static Quantity ofMilli(std::int64_t milli, Format format = Format::DecimalSI);
    // BadRequest with Kubernetes' sentence ("quantities must match the regular expression ...").
    static Result<Quantity> parse(std::string_view text);

    // Rounded up, away from zero, saturated to int64.
    std::int64_t value() const;
    std::int64_t milliValue() const;
    // As value() and milliValue(), but beyond int64 as Go's Quantity goes wrong: some wrap and some are 0, by how it keeps them. For the
    // scheduler, whose decisions on extreme quantities follow from it.
    std::int64_t wrappedValue() const { return wrappedTo(0); }
    std::int64_t wrappedMilliValue() const { return wrappedTo(-3); }
    double toDouble() const;
    bool isZero() const { return nano_ == 0; }
    int sign() const { return nano_ < 0 ? -1 : nano_ > 0; }
    Format format() const { return format_; }

    Quantity& operator+=(const Quantity& other);
    Quantity& operator-=(const Quantity& other);
    friend Quantity operator+(Quantity a, const Quantity& b) { return a += b; }
    friend Quantity operator-(Quantity a, const Quantity& b) { return a -= b; }
    friend std::strong_ordering operator<=>(const Quantity& a, const Quantity& b) { return a.nano_ <=> b.nano_; }
    friend bool operator==(const Quantity& a, const Quantity& b) { return a.nano_ == b.nano_; }

    // The canonical form: no fraction, the largest suffix that fits. "1000m" is "1", "0.5" is "500m", "1024Ki" is "1Mi".
    std::string toString() const;

private:
    std::int64_t wrappedTo(int scale) const;
    void noteSum(const Quantity& before, const Quantity& other);

    __extension__ using Wide = __int128;
    Wide nano_ = 0;
    Format format_ = Format::DecimalSI;
    // How Go keeps it: as an int64 times ten to this power (int64Amount), or as an inf.Dec.
    std::int8_t scale_ = 0;
    bool isDec_ = false;
};

}  // namespace kubarium::api
