#include "core/base/clock.h"
#include "core/simulation/simulated_loop.h"

#include <gtest/gtest.h>

namespace kubarium {
namespace {

using namespace std::chrono_literals;

TEST(Clock, aChangeOfRateKeepsWhatIsLeftOfAPendingWait) {
    SimulatedLoop loop;
    bool fired = false;
    const auto timer = loop.after(100s, [&] { fired = true; });
    loop.advance(50s);
    loop.setRate(10);
    loop.advance(4900ms);
    EXPECT_FALSE(fired);
    loop.advance(200ms);
    EXPECT_TRUE(fired);
}

TEST(Clock, pauseStopsWaitsButNotRealTimers) {
    SimulatedLoop loop;
    bool waited = false, real = false;
    const auto wait = loop.after(1s, [&] { waited = true; });
    const auto limit = loop.afterReal(1s, [&] { real = true; });
    loop.setPaused(true);
    loop.advance(1h);
    EXPECT_FALSE(waited);
    EXPECT_TRUE(real);
    loop.setPaused(false);
    loop.advance(2s);
    EXPECT_TRUE(waited);
}

TEST(Clock, elapsedClusterTimeIsExactAcrossChangesOfRate) {
    SimulatedLoop loop;
    const auto start = loop.now();
    loop.advance(10s);
    loop.setRate(20);
    const auto middle = loop.now();
    loop.advance(1s);
    EXPECT_EQ(loop.clusterElapsedSince(middle), 20s);
    EXPECT_EQ(loop.clusterElapsedSince(start), 30s);
    EXPECT_EQ(loop.clusterElapsedSince(start - 5s), 35s);
}

TEST(Clock, destroyingATimerCancelsIt) {
    SimulatedLoop loop;
    bool fired = false;
    { const auto timer = loop.after(1s, [&] { fired = true; }); }
    loop.advance(10s);
    EXPECT_FALSE(fired);
}

TEST(Time, formatsAndParsesRfc3339) {
    const auto time = parseTime("2026-02-28T23:59:58.123456789+01:30");
    ASSERT_TRUE(time);
    EXPECT_EQ(formatNanoTime(*time), "2026-02-28T22:29:58.123456789Z");
    EXPECT_EQ(formatMicroTime(*time), "2026-02-28T22:29:58.123456Z");
    EXPECT_EQ(formatTime(*time), "2026-02-28T22:29:58Z");
    for (const auto* wrong : {"", "2026-02-30T00:00:00Z", "2026-02-01T25:00:00Z", "2026-02-01 00:00:00Z", "2026-02-01T00:00:00", "2026-02-01T00:00:00.Z"})
        EXPECT_FALSE(parseTime(wrong)) << wrong;
}

}  // namespace
}  // namespace kubarium
