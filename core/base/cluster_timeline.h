// The mapping between real and cluster time: piecewise linear, a new piece at each change of rate or pause. Both clocks
// (EngineLoop and SimulatedLoop) keep their timers in these terms.
#pragma once

#include "core/base/clock.h"

#include <vector>

namespace kubarium {

class ClusterTimeline {
public:
    explicit ClusterTimeline(WallTime startWall) { pieces_.push_back({Duration{}, startWall, Duration{}, 1.0}); }

    double rate() const { return rate_; }
    bool paused() const { return paused_; }
    void setRate(double rate, Duration realNow, WallTime wallNow);
    void setPaused(bool paused, Duration realNow, WallTime wallNow);

    ClusterTime at(Duration realNow) const;
    Duration elapsedSince(WallTime then, Duration realNow) const;
    // Real time until cluster time `due`; nullopt while paused, never negative.
    std::optional<Duration> realUntil(ClusterTime due, Duration realNow) const;

private:
    struct Piece {
        Duration real;
        WallTime wall;
        Duration cluster;
        double speed;  // 0 while paused
    };
    void addPiece(Duration realNow, WallTime wallNow);

    std::vector<Piece> pieces_;
    double rate_ = 1.0;
    bool paused_ = false;
};

}  // namespace kubarium
