// Reading container logs in the CRI format: "<RFC3339Nano> stdout|stderr F|P <text>", where P marks a part of a line.
#pragma once

#include "core/base/clock.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace kubarium::kubelet {

struct LogFilter {
    bool timestamps = false;
    std::optional<std::int64_t> tailLines{};
    std::optional<WallTime> since{};
    std::optional<std::int64_t> limitBytes{};
};

// Turns log text into what a reader sees, piece by piece: feed what was appended, get what to show. Lines that are not
// complete yet are kept back.
class LogReader {
public:
    explicit LogReader(LogFilter filter) : filter_(filter) {}
    std::string feed(std::string_view appended);
    // limitBytes is used up.
    bool full() const { return full_; }

private:
    LogFilter filter_;
    std::string rest_;
    std::int64_t shown_ = 0;
    bool full_ = false, midLine_ = false;
};

// The offset at which the last `lines` lines begin.
std::size_t tailOffset(std::string_view log, std::int64_t lines);
// The end of a log file as text, at most so much of it; "" if there is none.
std::string logTail(const std::string& path, std::size_t mostBytes, std::size_t mostLines);

}  // namespace kubarium::kubelet
