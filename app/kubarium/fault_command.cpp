#include "app/kubarium/command.h"

#include <CLI/CLI.hpp>
#include <boost/json.hpp>
#include <fmt/format.h>

namespace kubarium::cli {
namespace {

namespace json = boost::json;
using api::ObjectPtr;

struct FaultArguments {
    std::string target;     // Pod or Node
    std::string nameSpace = "default";
    std::string container;
    std::string duration;
    std::string name;
    bool all = false;
};

// The fault when it is known what came of it; as it was made if nothing is heard for some seconds.
ObjectPtr outcomeOf(Session& session, const ObjectPtr& made) {
    std::unique_ptr<client::Watch> watch;
    Timer patience;
    auto known = made;
    const auto heard = session.wait<ObjectPtr>([&](client::Reply<ObjectPtr> given) {
        auto reply = std::make_shared<client::Reply<ObjectPtr>>(std::move(given));
        const client::WatchOptions changes{.resourceVersion = std::string(made->resourceVersion()), .fieldSelector = fmt::format("metadata.name={}", made->name())};
        watch = session.client().watch(api::resources::faults, "", changes, [&, reply](client::WatchEvent event) {
            if (event.type == client::WatchEventType::Error) return (*reply)(known);
            if (event.type == client::WatchEventType::Bookmark) return;
            known = event.object;
            const auto phase = known->string({"status", "phase"});
            const bool lasts = known->string({"spec", "type"}) != "ContainerKill";
            if (phase == "Failed" || phase == "Reverted" || (phase == "Active" && lasts)) (*reply)(known);
        });
        patience = session.loop().afterReal(std::chrono::seconds(5), [&, reply] { (*reply)(known); });
    });
    return heard ? *heard : known;
}

int inject(const Options& options, const std::string& type, const FaultArguments& arguments) {
    auto session = Session::open(options);
    if (!session) return report(session.error());
    json::object spec{{"type", type}};
    if (type == "ContainerKill") {
        spec["pod"] = json::object{{"namespace", arguments.nameSpace}, {"name", arguments.target}};
        if (!arguments.container.empty()) spec["container"] = arguments.container;
    } else {
        spec["node"] = arguments.target;
        if (!arguments.duration.empty()) spec["duration"] = arguments.duration;
    }
    json::object fault{{"apiVersion", "kubarium.dev/v1alpha1"}, {"kind", "Fault"}, {"spec", std::move(spec)}};
    fault["metadata"] = json::object{{"generateName", type == "ContainerKill" ? "container-kill-" : type == "NodePowerOff" ? "node-power-off-" : "node-partition-"}};
    auto& client = (*session)->client();
    const auto made = (*session)->wait<ObjectPtr>([&](auto reply) {
        client.create(api::resources::faults, "", std::move(fault), {.fieldManager = "kubarium"}, std::move(reply));
    });
    if (!made) return report(made.error());
    const auto outcome = outcomeOf(**session, *made);
    if (outcome->string({"status", "phase"}) == "Failed") {
        const std::string name((*made)->name());
        // Nothing was done that would have to be undone.
        (void)(*session)->wait<json::value>([&](auto reply) { client.remove(api::resources::faults, "", name, {}, std::move(reply)); });
        return report(makeError(Reason::NotFound, std::string(outcome->string({"status", "message"}))));
    }
    if (wantsJson(options))
        fmt::print("{}\n", json::serialize(outcome->tree()));
    else if (type == "ContainerKill")
        fmt::print("fault {}: a container of {}/{} is killed; the kubelet restarts it\n", (*made)->name(), arguments.nameSpace, arguments.target);
    else
        fmt::print("fault {}: {} {}; undo it with: kubarium fault undo {}{}\n", (*made)->name(), type == "NodePowerOff" ? "power off" : "partition",
                   arguments.duration.empty() ? "until it is undone" : "for " + arguments.duration, (*made)->name(), clusterFlags(options));
    return success;
}

int list(const Options& options) {
    auto session = Session::open(options);
    if (!session) return report(session.error());
    const auto faults = (*session)->wait<client::ObjectList>(
        [&](auto reply) { (*session)->client().list(api::resources::faults, "", {}, std::move(reply)); });
    if (!faults) return report(faults.error());
    if (wantsJson(options)) {
        json::array items;
        for (const auto& fault : faults->items) items.push_back(fault->tree());
        fmt::print("{}\n", json::serialize(items));
        return success;
    }
    if (faults->items.empty()) fmt::print("no faults\n");
    else fmt::print("{:<28} {:<14} {:<28} {:<10} {:<22} {}\n", "NAME", "TYPE", "TARGET", "PHASE", "ENDS", "MESSAGE");
    for (const auto& fault : faults->items) {
        auto target = std::string(fault->string({"spec", "node"}));
        if (target.empty()) target = fmt::format("{}/{}", fault->string({"spec", "pod", "namespace"}), fault->string({"spec", "pod", "name"}));
        fmt::print("{:<28} {:<14} {:<28} {:<10} {:<22} {}\n", fault->name(), fault->string({"spec", "type"}), target, fault->string({"status", "phase"}),
                   fault->string({"status", "endsAt"}), fault->string({"status", "message"}));
    }
    return success;
}

int undo(const Options& options, const FaultArguments& arguments) {
    if (arguments.name.empty() == !arguments.all) {
        fmt::print(stderr, "error: say which fault to undo, or --all\n");
        return usage;
    }
    auto session = Session::open(options);
    if (!session) return report(session.error());
    auto& client = (*session)->client();
    std::vector<std::string> names{arguments.name};
    if (arguments.all) {
        const auto faults = (*session)->wait<client::ObjectList>([&](auto reply) { client.list(api::resources::faults, "", {}, std::move(reply)); });
        if (!faults) return report(faults.error());
        names.clear();
        for (const auto& fault : faults->items) names.emplace_back(fault->name());
    }
    for (const auto& name : names) {
        const auto removed = (*session)->wait<json::value>([&](auto reply) { client.remove(api::resources::faults, "", name, {}, std::move(reply)); });
        if (!removed) return report(removed.error());
        fmt::print("fault {} undone\n", name);
    }
    if (names.empty()) fmt::print("no faults\n");
    return success;
}

}  // namespace

void addFault(CLI::App& app, Command& command) {
    auto* fault = app.add_subcommand("fault", "Break something on purpose, list what is broken, undo it");
    fault->require_subcommand(1);
    auto arguments = std::make_shared<FaultArguments>();
    const auto add = [&](const char* name, const char* type, const char* text) {
        auto* sub = fault->add_subcommand(name, text);
        addClusterOptions(*sub, command.options, true);
        const bool kill = std::string(type) == "ContainerKill";
        sub->add_option(kill ? "pod" : "node", arguments->target, kill ? "name of the Pod" : "name of the Node")->required();
        if (kill) {
            sub->add_option("-n,--namespace", arguments->nameSpace, "namespace of the Pod")->capture_default_str();
            sub->add_option("-c,--container", arguments->container, "which container; the first one if not given");
        } else {
            sub->add_option("--for", arguments->duration, "end the fault by itself after this time, e.g. 60s (divided by the Clock's rate)");
        }
        sub->callback([&command, arguments, type] { command.run = [&command, arguments, type] { return inject(command.options, type, *arguments); }; });
    };
    add("container-kill", "ContainerKill", "Kill the first process of a container with SIGKILL");
    add("node-power-off", "NodePowerOff", "Cut the power of a Node: every process on it dies, its kubelet falls silent");
    add("node-partition", "NodePartition", "Cut a Node off the network: its Pods run on, nobody can reach it");
    auto* listing = fault->add_subcommand("list", "The faults of this cluster");
    addClusterOptions(*listing, command.options, true);
    listing->callback([&command] { command.run = [&command] { return list(command.options); }; });
    auto* undoing = fault->add_subcommand("undo", "End a fault and undo what it did");
    addClusterOptions(*undoing, command.options);
    undoing->add_option("fault", arguments->name, "name of the fault, from 'kubarium fault list'");
    undoing->add_flag("--all", arguments->all, "undo every fault");
    undoing->callback([&command, arguments] { command.run = [&command, arguments] { return undo(command.options, *arguments); }; });
}

}  // namespace kubarium::cli
