// Two kinds of time. Wall time is what objects carry (creationTimestamp, conditions): always the true time of day.
// Cluster time is what waits are measured in (lease grace, tolerationSeconds, back-off, probe periods): it advances at
// `rate` times real time and stands still while paused, so that a 350 s failover fits into a lesson at x20 while kubectl's
// AGE stays true. Limits on what real processes do (termination grace, exec and probe timeouts) are real durations.
#pragma once

#include "core/base/executor.h"

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <optional>

namespace kubarium {

using Duration = std::chrono::nanoseconds;
using WallTime = std::chrono::sys_time<std::chrono::nanoseconds>;

// Time since the clock was made, in cluster time.
struct ClusterTime {
    Duration sinceStart{};
    friend auto operator<=>(const ClusterTime&, const ClusterTime&) = default;
    ClusterTime operator+(Duration d) const { return {sinceStart + d}; }
    Duration operator-(ClusterTime other) const { return sinceStart - other.sinceStart; }
};

class Clock;

// Owns a pending timer; destroying or resetting it cancels. A fired timer is inert. Engine thread only.
class [[nodiscard]] Timer {
public:
    Timer() = default;
    Timer(Clock& clock, std::uint64_t id) : clock_(&clock), id_(id) {}
    Timer(Timer&& other) noexcept : clock_(std::exchange(other.clock_, nullptr)), id_(other.id_) {}
    Timer& operator=(Timer&& other) noexcept;
    ~Timer() { reset(); }
    void reset();
    // True until it was reset or moved from; stays true after firing.
    explicit operator bool() const { return clock_ != nullptr; }

private:
    Clock* clock_ = nullptr;
    std::uint64_t id_ = 0;
};

class Clock {
public:
    virtual ~Clock() = default;

    virtual WallTime now() const = 0;
    // Monotonic real time since the clock was made: for measuring latencies.
    virtual Duration monotonic() const = 0;
    virtual ClusterTime clusterNow() const = 0;
    // The cluster time that has passed since a wall time, exact across changes of rate and pauses that this clock has seen;
    // for wall times before the clock was made, real time passed at rate 1.
    virtual Duration clusterElapsedSince(WallTime) const = 0;

    // Fires once on the engine thread when `wait` of cluster time has passed. The Timer must be kept.
    virtual Timer after(Duration wait, Task) = 0;
    // The same in real time: for limits on what real processes do.
    virtual Timer afterReal(Duration wait, Task) = 0;

    // rate > 0; 1 is real time. Pending waits keep what is left of them and run on at the new rate.
    virtual double rate() const = 0;
    virtual void setRate(double rate) = 0;
    virtual bool paused() const = 0;
    virtual void setPaused(bool paused) = 0;

protected:
    friend class Timer;
    virtual void cancelTimer(std::uint64_t id) = 0;
};

inline void Timer::reset() {
    if (auto* clock = std::exchange(clock_, nullptr)) clock->cancelTimer(id_);
}
inline Timer& Timer::operator=(Timer&& other) noexcept {
    if (this != &other) {
        reset();
        clock_ = std::exchange(other.clock_, nullptr);
        id_ = other.id_;
    }
    return *this;
}

// RFC 3339 in UTC: metav1.Time has seconds, metav1.MicroTime six decimals.
std::string formatTime(WallTime);
std::string formatMicroTime(WallTime);
std::string formatNanoTime(WallTime);  // container logs: RFC3339Nano with nine decimals
// Accepts RFC 3339 with any fraction and any offset; nullopt if it is not one.
std::optional<WallTime> parseTime(std::string_view);

}  // namespace kubarium
