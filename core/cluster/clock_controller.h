// Makes the Clock object ("cluster") real: what its spec says is done to the engine's Clock, and its status says what is so. Raising
// spec.step while paused lets one scheduling phase, or else one reconcile, through; raising spec.back goes back by one phase inside a
// held cycle. Engine thread only.
#pragma once

#include "core/base/clock.h"
#include "core/client/client.h"

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace kubarium::cluster {

struct Breakpoint {
    std::string phase;  // Filter, Score, Select, Bind; "" is each of them
    std::string pod;    // "namespace/name"; "" is any
    bool veil = false;  // what the phase finds is not told while it is held
};

// What a pause, a step and a breakpoint mean to the components that have queues.
struct ClockHooks {
    std::function<void(bool paused)> setPaused;
    std::function<void()> step;
    std::function<void()> back;
    std::function<void(std::vector<Breakpoint>)> setBreakpoints;
};

class ClockController {
public:
    ClockController(Executor& executor, Clock& clock, client::Client& client, ClockHooks hooks);
    ~ClockController() { *alive_ = false; }
    ClockController(const ClockController&) = delete;
    ClockController& operator=(const ClockController&) = delete;

    // Makes the object if it is missing, with this rate, and follows it from then on.
    void start(double rate);
    // The scheduler holds a Pod before a phase, or ("", "") none.
    void setHeld(const std::string& pod, const std::string& phase);

private:
    void follow();
    void apply(const api::Object& object);
    void writeStatus();

    Executor& executor_;
    Clock& clock_;
    client::Client& client_;
    ClockHooks hooks_;
    std::unique_ptr<client::Watch> watch_;
    Timer retry_;
    std::int64_t step_ = 0, back_ = 0;
    bool stepKnown_ = false, writing_ = false, writeAgain_ = false;
    std::string heldPod_, heldPhase_, written_;
    std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace kubarium::cluster
