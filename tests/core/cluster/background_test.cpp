#include "core/cluster/background.h"
#include "core/base/engine_loop.h"

#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <thread>
#include <vector>

namespace kubarium::cluster {
namespace {

using namespace std::chrono_literals;

// The work ends only once the engine thread has done something else meanwhile; on the engine thread it never would.
TEST(Background, TheEngineGoesOnWhileSomethingIsWorkedOut) {
    EngineLoop loop;
    Background background(loop);
    std::promise<void> engineWorked;
    bool waited = false, done = false, onEngine = false;
    background.run([&]() -> Task {
        waited = engineWorked.get_future().wait_for(10s) == std::future_status::ready;
        return [&] {
            done = true;
            onEngine = loop.isEngineThread();
            loop.stop();
        };
    });
    loop.post([&] { engineWorked.set_value(); });
    loop.run();
    EXPECT_TRUE(waited);
    EXPECT_TRUE(done && onEngine);
}

TEST(Background, OneIsWorkedOutAfterTheOther) {
    EngineLoop loop;
    Background background(loop);
    std::atomic<int> running = 0, most = 0;
    std::vector<int> order;
    for (int i = 0; i < 8; ++i)
        background.run([&, i]() -> Task {
            most = std::max(most.load(), ++running);
            std::this_thread::yield();
            --running;
            return [&, i] {
                order.push_back(i);
                if (i == 7) loop.stop();
            };
        });
    loop.run();
    EXPECT_EQ(most, 1);
    EXPECT_EQ(order, (std::vector<int>{0, 1, 2, 3, 4, 5, 6, 7}));
}

TEST(Background, WhatWasAskedOfOneThatIsGoneIsDropped) {
    EngineLoop loop(1);
    auto background = std::make_unique<Background>(loop);
    bool answered = false;
    background->run([&]() -> Task {
        loop.post([&] { background.reset(); });
        return [&] { answered = true; };
    });
    // The one worker comes to this after that, so its answer comes after that one's.
    loop.offload([] {}, [&] { loop.stop(); });
    loop.run();
    EXPECT_FALSE(background);
    EXPECT_FALSE(answered);
}

}  // namespace
}  // namespace kubarium::cluster
