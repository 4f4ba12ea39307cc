#include "app/kubarium/cluster_reader.h"

#include "core/api/codec.h"

#include <boost/json.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <iostream>
#include <sstream>

namespace kubarium::cli {
namespace {

namespace json = boost::json;
using api::ObjectPtr;

using scheduler::Sentence;

Sentence withDefault(const std::string& en, const std::string& zh) {
    return {en + "; it is taken to be the default of kube-scheduler 1.34 (give another with --scheduler-config).", zh + "；假定它是 kube-scheduler 1.34 的默认配置（可用 --scheduler-config 另行指定）。"};
}

// The one in a ConfigMap kube-system/kube-scheduler, where many clusters keep it; null if there is none.
json::value configurationInConfigMap(Session& session) {
    const auto map = session.wait<ObjectPtr>([&](auto reply) { session.client().get(api::resources::configMaps, "kube-system", "kube-scheduler", std::move(reply)); });
    const auto* data = map ? (*map)->find({"data"}) : nullptr;
    if (!data || !data->is_object()) return nullptr;
    for (const auto& [key, text] : data->get_object()) {
        const auto parsed = text.is_string() ? api::parseYaml(text.get_string()) : badRequest("");
        if (parsed && parsed->value.is_object() && api::stringAt(parsed->value, {"kind"}) == "KubeSchedulerConfiguration") return parsed->value;
    }
    return nullptr;
}

// A cluster of this program says with what its scheduler works; of any other it is an assumption.
void readConfiguration(Session& session, ReadState& read) {
    const auto answer = session.wait<std::string>([&](auto reply) { session.client().getRaw("/configz", std::move(reply)); });
    const auto inForce = answer ? api::parseYaml(*answer) : Result<api::ParsedDocument>(answer.error());
    if (inForce && inForce->value.is_object()) {
        if (const auto* known = api::findPath(inForce->value, {"kubescheduler.config.k8s.io"})) read.state.configuration = *known;
        else read.assumptions.push_back(withDefault("This cluster has no scheduler of its own (--no-scheduler), and the configuration of the one that places its Pods is not in the API",
                                                     "此集群没有自己的调度器（--no-scheduler），而为它放置 Pod 的调度器的配置不在 API 中"));
        return;
    }
    read.state.configuration = configurationInConfigMap(session);
    if (read.state.configuration.is_null()) read.assumptions.push_back(withDefault("The scheduler's configuration is not in the API", "调度器的配置不在 API 中"));
    else
        read.assumptions.push_back({"The scheduler works with the configuration in the ConfigMap kube-system/kube-scheduler (give another with --scheduler-config).",
                                    "调度器使用 ConfigMap kube-system/kube-scheduler 中的配置（可用 --scheduler-config 另行指定）。"});
}

Error withRemedy(Error error, const std::string& resource) {
    if (error.reason == Reason::Forbidden)
        error.message += fmt::format("\nWithout {} nothing can be explained. An administrator of the cluster can allow it to you:\n"
                                     "  kubectl create clusterrole scheduling-reader --verb=list --resource=nodes,pods,namespaces\n"
                                     "  kubectl create clusterrolebinding scheduling-reader --clusterrole=scheduling-reader --user=YOU", resource);
    return error;
}

// Kinds that could not be listed for one reason.
struct Missing {
    Error error;  // of the first
    std::vector<std::string> resources;
};

Sentence takenForNone(const Missing& missing) {
    const bool forbidden = missing.error.reason == Reason::Forbidden;
    const auto resources = fmt::format("{}", fmt::join(missing.resources, ", "));
    return {fmt::format("{} {}; it is taken that there are none.", resources, forbidden ? "may not be listed with this kubeconfig" : fmt::format("could not be listed ({})", missing.error.message)),
            fmt::format("{}{}；假定一个也没有。", forbidden ? "此 kubeconfig 无权列出 " : fmt::format("无法列出（{}）", missing.error.message), resources)};
}

Result<ReadState> fromCluster(const Options& options, bool needsConfiguration) {
    const auto session = TRY(Session::open(options));
    ReadState read;
    std::vector<Missing> missing;
    for (const auto& kind : scheduler::stateKinds()) {
        auto listed = session->wait<client::ObjectList>([&](auto reply) { session->client().list(kind.resource, "", {}, std::move(reply)); });
        if (!listed && kind.required) return withRemedy(std::move(listed.error()), kind.resource.resource);
        if (!listed) {
            auto same = std::ranges::find(missing, listed.error().reason, [](const Missing& known) { return known.error.reason; });
            if (same == missing.end()) same = missing.insert(missing.end(), {listed.error(), {}});
            same->resources.push_back(kind.resource.group.empty() ? kind.resource.resource : fmt::format("{}.{}", kind.resource.resource, kind.resource.group));
            continue;
        }
        for (const auto& object : listed->items) scheduler::add(read.state, kind, object);
    }
    for (const auto& each : missing) read.assumptions.push_back(takenForNone(each));
    if (needsConfiguration) readConfiguration(*session, read);
    return read;
}

}  // namespace

Result<std::string> readFile(const std::string& path) {
    std::ostringstream text;
    if (path == "-") {
        text << std::cin.rdbuf();
        return text.str();
    }
    std::ifstream in(path);
    if (!in) return makeError(Reason::NotFound, fmt::format("cannot read {}", path));
    text << in.rdbuf();
    return text.str();
}

Result<json::value> readSchedulerConfiguration(const std::string& path) {
    const auto text = TRY(readFile(path));
    auto parsed = api::parseYaml(text);
    if (!parsed) return badRequest(fmt::format("{}: {}", path, parsed.error().message));
    if (auto valid = scheduler::parseConfiguration(parsed->value); !valid) return badRequest(fmt::format("{}: {}", path, valid.error().message));
    return std::move(parsed->value);
}

Result<ReadState> readState(const Options& options, const StateSource& source) {
    ReadState read;
    if (source.snapshot.empty()) {
        read = TRY(fromCluster(options, source.schedulerConfig.empty()));
    } else {
        const auto text = TRY(readFile(source.snapshot));
        auto state = scheduler::parseState(text);
        if (!state) return badRequest(fmt::format("{}: {}", source.snapshot, state.error().message));
        read.state = std::move(*state);
    }
    if (!source.schedulerConfig.empty()) read.state.configuration = TRY(readSchedulerConfiguration(source.schedulerConfig));
    return read;
}

Sentence placedBy(Session& session, const api::Object& pod) {
    const auto name = pod.string({"spec", "schedulerName"});
    const auto scheduler = name.empty() ? "default-scheduler" : name;
    Sentence text{fmt::format("spec.schedulerName is {}", scheduler), fmt::format("spec.schedulerName 为 {}", scheduler)};
    client::ListOptions options;
    options.fieldSelector = fmt::format("involvedObject.name={},reason=Scheduled", pod.name());
    const auto events = session.wait<client::ObjectList>([&](auto reply) { session.client().list(api::resources::events, std::string(pod.nameSpace()), options, std::move(reply)); });
    if (!events || events->items.empty()) return text;
    const auto& event = *events->items.back();
    const auto component = event.string({"reportingComponent"}).empty() ? event.string({"source", "component"}) : event.string({"reportingComponent"});
    if (component.empty()) return text;
    return {fmt::format("{}, and the event Scheduled was reported by {}", text.en, component), fmt::format("{}，事件 Scheduled 由 {} 报告", text.zh, component)};
}

}  // namespace kubarium::cli
