#include "core/fault/fault_duration.h"

#include <charconv>
#include <utility>

namespace kubarium::fault {

std::optional<Duration> parseDuration(std::string_view text) {
    if (text.empty() || text == "0") return Duration{};
    constexpr std::pair<std::string_view, double> units[] = {{"ns", 1}, {"us", 1e3}, {"ms", 1e6}, {"s", 1e9}, {"m", 60e9}, {"h", 3600e9}};
    double nanoseconds = 0;
    while (!text.empty()) {
        double number = 0;
        const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number, std::chars_format::fixed);
        if (error != std::errc{} || number < 0 || text.front() == '-') return std::nullopt;
        text.remove_prefix(static_cast<std::size_t>(end - text.data()));
        const auto length = std::min(text.find_first_of("0123456789."), text.size());
        const auto unit = text.substr(0, length);
        text.remove_prefix(length);
        double factor = 0;
        for (const auto& [name, value] : units)
            if (name == unit) factor = value;
        if (factor == 0) return std::nullopt;
        nanoseconds += number * factor;
    }
    if (nanoseconds > 9e18) return std::nullopt;
    return Duration(static_cast<Duration::rep>(nanoseconds));
}

}  // namespace kubarium::fault
