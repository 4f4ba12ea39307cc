#include "core/base/cluster_timeline.h"

#include "core/base/result.h"

#include <algorithm>
#include <cmath>

namespace kubarium {
namespace {

Duration scale(Duration d, double factor) {
    if (factor == 1.0) return d;
    return Duration{static_cast<std::int64_t>(std::llround(static_cast<double>(d.count()) * factor))};
}

}  // namespace

void ClusterTimeline::addPiece(Duration realNow, WallTime wallNow) {
    const auto cluster = at(realNow).sinceStart;
    pieces_.push_back({realNow, wallNow, cluster, paused_ ? 0.0 : rate_});
}

void ClusterTimeline::setRate(double rate, Duration realNow, WallTime wallNow) {
    KUBARIUM_ASSERT(rate > 0);
    rate_ = rate;
    addPiece(realNow, wallNow);
}

void ClusterTimeline::setPaused(bool paused, Duration realNow, WallTime wallNow) {
    paused_ = paused;
    addPiece(realNow, wallNow);
}

ClusterTime ClusterTimeline::at(Duration realNow) const {
    const auto& last = pieces_.back();
    return {last.cluster + scale(realNow - last.real, last.speed)};
}

Duration ClusterTimeline::elapsedSince(WallTime then, Duration realNow) const {
    const auto now = at(realNow).sinceStart;
    const auto& first = pieces_.front();
    if (then <= first.wall) return now + (first.wall - then);
    const auto next = std::ranges::upper_bound(pieces_, then, {}, &Piece::wall);
    const auto& piece = *std::prev(next);
    auto cluster = piece.cluster + scale(then - piece.wall, piece.speed);
    if (next != pieces_.end()) cluster = std::min(cluster, next->cluster);
    return std::max(Duration{}, now - cluster);
}

std::optional<Duration> ClusterTimeline::realUntil(ClusterTime due, Duration realNow) const {
    const auto& last = pieces_.back();
    if (last.speed == 0.0) return std::nullopt;
    return std::max(Duration{}, scale(due - at(realNow), 1.0 / last.speed));
}

}  // namespace kubarium
