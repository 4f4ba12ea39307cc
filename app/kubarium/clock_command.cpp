#include "app/kubarium/command.h"

#include <CLI/CLI.hpp>
#include <boost/json.hpp>
#include <fmt/format.h>

namespace kubarium::cli {
namespace {

namespace json = boost::json;
using api::ObjectPtr;

int show(const Options& options, const ObjectPtr& clock) {
    if (wantsJson(options)) {
        fmt::print("{}\n", json::serialize(clock->tree()));
        return success;
    }
    const auto* spec = clock->find({"spec"});
    const auto* rate = spec ? spec->as_object().if_contains("rate") : nullptr;
    const auto* paused = spec ? spec->as_object().if_contains("paused") : nullptr;
    fmt::print("rate \u00d7{}{}\n", rate ? rate->to_number<double>() : 1.0, paused && paused->is_bool() && paused->get_bool() ? ", paused" : "");
    if (const auto held = clock->string({"status", "heldPod"}); !held.empty())
        fmt::print("held: {} before {}\n", held, clock->string({"status", "heldPhase"}));
    return success;
}

int change(const Options& options, const json::object& spec) {
    auto session = Session::open(options);
    if (!session) return report(session.error());
    auto& client = (*session)->client();
    const auto clock = (*session)->wait<ObjectPtr>([&](auto reply) {
        if (spec.empty())
            client.get(api::resources::clocks, "", "cluster", std::move(reply));
        else
            client.patch(api::resources::clocks, "", "cluster", client::PatchType::Merge, json::value{{"spec", spec}}, {.fieldManager = "kubarium"}, std::move(reply));
    });
    return clock ? show(options, *clock) : report(clock.error());
}

// One more than the counter in the spec says.
int raise(const Options& options, const char* counter) {
    auto session = Session::open(options);
    if (!session) return report(session.error());
    auto& client = (*session)->client();
    const auto clock = (*session)->wait<ObjectPtr>([&](auto reply) { client.get(api::resources::clocks, "", "cluster", std::move(reply)); });
    if (!clock) return report(clock.error());
    const auto* count = (*clock)->find({"spec", counter});
    json::object spec{{counter, (count && count->is_number() ? count->to_number<std::int64_t>() : 0) + 1}};
    if (std::string_view(counter) == "step") spec["paused"] = true;
    return change(options, spec);
}

}  // namespace

void addClock(CLI::App& app, Command& command) {
    auto* clock = app.add_subcommand("clock", "How fast the cluster's waits run: show, set the rate, pause, go on, step");
    clock->require_subcommand(0, 1);
    addClusterOptions(*clock, command.options, true);
    clock->callback([&command, clock] {
        if (clock->get_subcommands().empty()) command.run = [&command] { return change(command.options, {}); };
    });
    auto rate = std::make_shared<double>(1);
    auto* setting = clock->add_subcommand("rate", "Divide every wait (lease grace, tolerationSeconds, back-off, probe periods) by this");
    setting->add_option("rate", *rate, "1 is real time; 20 makes 300 s into 15 s")->required()->check(CLI::Range(0.1, 1000.0));
    setting->callback([&command, rate] { command.run = [&command, rate] { return change(command.options, {{"rate", *rate}}); }; });
    auto* pause = clock->add_subcommand("pause", "Stop timers, queues and controllers; containers run on");
    pause->callback([&command] { command.run = [&command] { return change(command.options, {{"paused", true}}); }; });
    auto* resume = clock->add_subcommand("resume", "Go on");
    resume->callback([&command] { command.run = [&command] { return change(command.options, {{"paused", false}}); }; });
    auto* stepping = clock->add_subcommand("step", "While paused: let one scheduling phase or one reconcile through");
    stepping->callback([&command] { command.run = [&command] { return raise(command.options, "step"); }; });
    auto* back = clock->add_subcommand("back", "While a Pod is held: hold it before its previous scheduling phase again");
    back->callback([&command] { command.run = [&command] { return raise(command.options, "back"); }; });
    auto phase = std::make_shared<std::string>(), pod = std::make_shared<std::string>();
    auto* breaking = clock->add_subcommand("break", "Hold every Pod, or one, before a scheduling phase; without arguments: hold none any more");
    breaking->add_option("phase", *phase, "Filter, Score, Select or Bind; each of them if absent")->check(CLI::IsMember({"Filter", "Score", "Select", "Bind"}));
    breaking->add_option("--pod", *pod, "namespace/name of the Pod");
    breaking->callback([&command, phase, pod] {
        command.run = [&command, phase, pod] {
            if (phase->empty() && pod->empty()) return change(command.options, {{"breakpoints", nullptr}});
            json::object breakpoint;
            if (!phase->empty()) breakpoint["phase"] = *phase;
            if (!pod->empty()) breakpoint["pod"] = *pod;
            return change(command.options, {{"breakpoints", json::array{std::move(breakpoint)}}});
        };
    });
}

}  // namespace kubarium::cli
