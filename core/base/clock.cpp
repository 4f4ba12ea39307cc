#include "core/base/clock.h"

#include <algorithm>
#include <charconv>

namespace kubarium {
namespace {

using std::chrono::days;
using std::chrono::floor;
using std::chrono::seconds;

void putDigits(std::string& text, std::size_t at, std::size_t length, std::int64_t number) {
    for (auto i = at + length; i-- > at; number /= 10) text[i] = static_cast<char>('0' + number % 10);
}

std::string formatWith(WallTime time, int decimals) {
    const auto second = floor<seconds>(time);
    const auto date = floor<days>(second);
    const std::chrono::year_month_day ymd{date};
    const std::chrono::hh_mm_ss hms{second - date};
    // By hand: every write of an object does this several times.
    std::string text("0000-00-00T00:00:00");
    putDigits(text, 0, 4, static_cast<int>(ymd.year()));
    putDigits(text, 5, 2, static_cast<unsigned>(ymd.month()));
    putDigits(text, 8, 2, static_cast<unsigned>(ymd.day()));
    putDigits(text, 11, 2, hms.hours().count());
    putDigits(text, 14, 2, hms.minutes().count());
    putDigits(text, 17, 2, hms.seconds().count());
    if (decimals > 0) {
        constexpr std::size_t nanoDigits = 9;
        std::string fraction(nanoDigits, '0');
        putDigits(fraction, 0, nanoDigits, (time - second).count());
        text += '.';
        text += fraction.substr(0, static_cast<std::size_t>(decimals));
    }
    text += 'Z';
    return text;
}

std::optional<int> number(std::string_view text, std::size_t at, std::size_t length) {
    if (at + length > text.size()) return std::nullopt;
    int value = 0;
    const char* begin = text.data() + at;
    const auto [end, error] = std::from_chars(begin, begin + length, value);
    if (error != std::errc{} || end != begin + length || *begin == '-' || *begin == '+') return std::nullopt;
    return value;
}

}  // namespace

std::string formatTime(WallTime time) { return formatWith(time, 0); }
std::string formatMicroTime(WallTime time) { return formatWith(time, 6); }
std::string formatNanoTime(WallTime time) { return formatWith(time, 9); }

std::optional<WallTime> parseTime(std::string_view text) {
    if (text.size() < 20 || text[4] != '-' || text[7] != '-' || (text[10] != 'T' && text[10] != 't') || text[13] != ':' || text[16] != ':')
        return std::nullopt;
    const auto year = number(text, 0, 4), month = number(text, 5, 2), day = number(text, 8, 2);
    const auto hour = number(text, 11, 2), minute = number(text, 14, 2), second = number(text, 17, 2);
    if (!year || !month || !day || !hour || !minute || !second) return std::nullopt;
    const std::chrono::year_month_day date{std::chrono::year{*year}, std::chrono::month{static_cast<unsigned>(*month)},
                                           std::chrono::day{static_cast<unsigned>(*day)}};
    if (!date.ok() || *hour > 23 || *minute > 59 || *second > 59) return std::nullopt;
    // Nanoseconds in 64 bits reach from 1677 to 2262: what lies beyond becomes the nearest year that they can hold.
    constexpr std::chrono::year earliest{1678}, latest{2261};
    const std::chrono::year_month_day held{std::clamp(date.year(), earliest, latest), date.month(), std::min(date.day(), std::chrono::day{28})};
    WallTime time = std::chrono::sys_days{held.year() == date.year() ? date : held};
    time += std::chrono::hours{*hour} + std::chrono::minutes{*minute} + seconds{*second};
    std::size_t at = 19;
    if (text[at] == '.') {
        std::int64_t nanos = 0;
        std::int64_t unit = 100'000'000;
        const auto first = ++at;
        for (; at < text.size() && text[at] >= '0' && text[at] <= '9'; ++at, unit /= 10) nanos += (text[at] - '0') * unit;
        if (at == first) return std::nullopt;
        time += std::chrono::nanoseconds{nanos};
    }
    if (at + 1 == text.size() && (text[at] == 'Z' || text[at] == 'z')) return time;
    if (at + 6 != text.size() || (text[at] != '+' && text[at] != '-') || text[at + 3] != ':') return std::nullopt;
    const auto offsetHours = number(text, at + 1, 2), offsetMinutes = number(text, at + 4, 2);
    if (!offsetHours || !offsetMinutes || *offsetHours > 23 || *offsetMinutes > 59) return std::nullopt;
    const auto offset = std::chrono::hours{*offsetHours} + std::chrono::minutes{*offsetMinutes};
    return text[at] == '+' ? time - offset : time + offset;
}

}  // namespace kubarium
