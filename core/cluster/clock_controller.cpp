#include "core/cluster/clock_controller.h"

#include "core/base/log.h"

#include <boost/json.hpp>
#include <fmt/format.h>

namespace kubarium::cluster {

namespace json = boost::json;
namespace resources = api::resources;
using namespace std::chrono_literals;

namespace {

constexpr const char* objectName = "cluster";
constexpr double slowest = 0.01, fastest = 1000;

}  // namespace

ClockController::ClockController(Executor& executor, Clock& clock, client::Client& client, ClockHooks hooks)
    : executor_(executor), clock_(clock), client_(client), hooks_(std::move(hooks)) {}

void ClockController::start(double rate) {
    json::object clock{{"apiVersion", "kubarium.dev/v1alpha1"}, {"kind", "Clock"}, {"metadata", {{"name", objectName}}}, {"spec", {{"rate", rate}, {"paused", false}}}};
    client_.create(resources::clocks, "", std::move(clock), {.fieldManager = "kubarium"}, [this, alive = alive_, rate](Result<api::ObjectPtr> made) {
        if (!*alive) return;
        if (made || made.error().reason != Reason::AlreadyExists) return follow();
        // A cluster that starts again begins at its own pace, not held where it was left.
        json::value patch{{"spec", {{"rate", rate}, {"paused", false}, {"breakpoints", nullptr}}}};
        client_.patch(resources::clocks, "", objectName, client::PatchType::Merge, std::move(patch), {.fieldManager = "kubarium"},
                      [this, alive](auto) {
                          if (*alive) follow();
                      });
    });
}

void ClockController::follow() {
    client::WatchOptions options;
    options.fieldSelector = fmt::format("metadata.name={}", objectName);
    watch_ = client_.watch(resources::clocks, "", options, [this, alive = alive_](client::WatchEvent event) {
        if (!*alive) return;
        if (event.type == client::WatchEventType::Error || event.type == client::WatchEventType::Deleted) {
            // Deleted: it comes back as it was, since the cluster always has a Clock.
            if (event.type == client::WatchEventType::Deleted) return start(clock_.rate());
            retry_ = clock_.afterReal(200ms, [this] { follow(); });
            return;
        }
        if (event.type != client::WatchEventType::Bookmark) apply(*event.object);
    });
}

void ClockController::apply(const api::Object& object) {
    const auto number = [&](std::string_view key, double fallback) {
        const auto* value = object.find({"spec", key});
        return value && value->is_number() ? value->to_number<double>() : fallback;
    };
    const auto rate = std::clamp(number("rate", 1), slowest, fastest);
    if (rate != clock_.rate()) clock_.setRate(rate);
    const auto* pausedValue = object.find({"spec", "paused"});
    const bool paused = pausedValue && pausedValue->is_bool() && pausedValue->get_bool();
    if (paused != clock_.paused()) {
        clock_.setPaused(paused);
        hooks_.setPaused(paused);
    }
    std::vector<Breakpoint> breakpoints;
    if (const auto* list = object.find({"spec", "breakpoints"}); list && list->is_array())
        for (const auto& entry : list->get_array()) {
            const auto* veil = api::findPath(entry, {"veil"});
            breakpoints.push_back({std::string(api::stringAt(entry, {"phase"})), std::string(api::stringAt(entry, {"pod"})), veil && veil->is_bool() && veil->get_bool()});
        }
    hooks_.setBreakpoints(std::move(breakpoints));
    const auto step = static_cast<std::int64_t>(number("step", 0)), back = static_cast<std::int64_t>(number("back", 0));
    if (std::exchange(stepKnown_, true)) {
        for (auto i = back_; i < back && i < back_ + 100; ++i) hooks_.back();
        for (auto i = step_; i < step && i < step_ + 100; ++i) hooks_.step();
    }
    step_ = step;
    back_ = back;
    writeStatus();
}

void ClockController::setHeld(const std::string& pod, const std::string& phase) {
    if (pod == heldPod_ && phase == heldPhase_) return;
    heldPod_ = pod;
    heldPhase_ = phase;
    writeStatus();
}

void ClockController::writeStatus() {
    if (std::exchange(writing_, true)) {
        writeAgain_ = true;
        return;
    }
    const auto content = fmt::format("{} {} {} {}", clock_.rate(), clock_.paused(), heldPod_, heldPhase_);
    if (content == written_) {
        writing_ = false;
        return;
    }
    written_ = content;
    const auto seconds = std::chrono::duration<double>(clock_.clusterNow().sinceStart).count();
    json::value patch{{"status", {{"rate", clock_.rate()}, {"paused", clock_.paused()}, {"clusterSeconds", seconds}, {"heldPod", heldPod_}, {"heldPhase", heldPhase_}}}};
    client_.patch(
        resources::clocks, "", objectName, client::PatchType::Merge, std::move(patch), {.fieldManager = "kubarium"},
        [this, alive = alive_](Result<api::ObjectPtr> result) {
            if (!*alive) return;
            if (!result) logDebug("clock", "status not written: {}", result.error().message);
            writing_ = false;
            if (std::exchange(writeAgain_, false)) writeStatus();
        },
        "status");
}

}  // namespace kubarium::cluster
