// What the API server asks of a kubelet: logs, exec, attach, port-forward, and statistics.
#include "core/kubelet/container_log.h"
#include "core/kubelet/kubelet.h"
#include "core/kubelet/pod_resources.h"
#include "core/kubelet/pod_worker.h"

#include <boost/json.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <iterator>

namespace kubarium::kubelet {

using namespace std::chrono_literals;

namespace {

constexpr Duration followPeriod = 100ms;

class NoStream final : public PodStream {};

std::unique_ptr<PodStream> refuseStream(Executor& executor, PodStreamHandlers handlers, Error error) {
    executor.post([onEnd = std::move(handlers.onEnd), error = std::move(error)]() mutable {
        if (onEnd) onEnd(std::move(error));
    });
    return std::make_unique<NoStream>();
}

struct LogSource {
    std::string path;                                             // "": ask the runtime
    std::string id;
    std::function<bool()> growing;                                // the container still runs
};

// Reads a log from its file (or from the runtime), first what is there and then, when following, what is appended, by looking
// ten times a second.
class LogStream : public std::enable_shared_from_this<LogStream> {
public:
    LogStream(const KubeletContext& context, LogSource source, LogFilter filter, bool follow, PodStreamHandlers handlers)
        : context_(context), source_(std::move(source)), tail_(filter.tailLines), reader_(filter), follow_(follow), handlers_(std::move(handlers)) {}

    void begin() {
        context_.executor.post([weak = weak_from_this()] {
            if (const auto self = weak.lock()) self->read();
        });
    }

private:
    void read() {
        // Asked before reading: what a container wrote before it ended must not be missed.
        const bool more = follow_ && source_.growing();
        if (source_.path.empty()) {
            auto log = context_.runtime.logOf(source_.id).value_or("");
            return onText(log.size() > offset_ ? log.substr(offset_) : std::string(), more);
        }
        context_.executor.offload(
            [path = source_.path, offset = offset_] {
                std::ifstream file(path, std::ios::binary);
                file.seekg(static_cast<std::streamoff>(offset));
                return file ? std::string(std::istreambuf_iterator<char>(file), {}) : std::string();
            },
            [weak = weak_from_this(), more](std::string text) {
                if (const auto self = weak.lock()) self->onText(text, more);
            });
    }

    void onText(const std::string& text, bool more) {
        const auto keep = shared_from_this();
        offset_ += text.size();
        const auto skip = tail_ ? tailOffset(text, *std::exchange(tail_, std::nullopt)) : 0;
        if (auto out = reader_.feed(std::string_view(text).substr(skip)); !out.empty() && handlers_.onData) handlers_.onData(std::move(out));
        if (keep.use_count() == 1) return;  // the reader has gone away meanwhile
        if (reader_.full() || !more) {
            if (handlers_.onEnd) std::exchange(handlers_.onEnd, nullptr)(0);
            return;
        }
        timer_ = context_.clock.afterReal(followPeriod, [this] { read(); });
    }

    const KubeletContext& context_;
    LogSource source_;
    std::optional<std::int64_t> tail_;
    LogReader reader_;
    bool follow_;
    PodStreamHandlers handlers_;
    std::size_t offset_ = 0;
    Timer timer_;
};

class LogHandle final : public PodStream {
public:
    explicit LogHandle(std::shared_ptr<LogStream> stream) : stream_(std::move(stream)) {}

private:
    std::shared_ptr<LogStream> stream_;
};

class ExecStream final : public PodStream {
public:
    void write(std::string data) override {
        if (session) session->writeStandardInput(std::move(data));
    }
    void closeWrite() override {
        if (session) session->closeStandardInput();
    }
    void resize(int columns, int rows) override {
        if (session) session->resize(columns, rows);
    }
    std::unique_ptr<ExecSession> session;
};

class ForwardStream final : public PodStream {
public:
    void write(std::string data) override {
        if (connection) connection->write(std::move(data));
    }
    void closeWrite() override {
        if (connection) connection->shutdownWrite();
    }
    std::unique_ptr<Connection> connection;
};

const api::ContainerStatus* statusOf(const api::PodStatus& status, const std::string& name) {
    for (const auto* list : {&status.containerStatuses, &status.initContainerStatuses, &status.ephemeralContainerStatuses})
        for (const auto& container : *list)
            if (container.name == name) return &container;
    return nullptr;
}

std::string containerOrOnly(const api::Object& pod, const std::string& name) {
    const auto& containers = pod.as<api::Pod>().spec.containers;
    return name.empty() && !containers.empty() ? containers.front().name : name;
}

// Of one container, a Pod or a Node, as stats/summary has it.
json::object usageObject(const Usage& usage, double cores, const std::string& time) {
    return {{"cpu", {{"time", time}, {"usageNanoCores", static_cast<std::int64_t>(cores * 1e9)}, {"usageCoreNanoSeconds", usage.cpuNanoseconds}}},
            {"memory", {{"time", time}, {"usageBytes", usage.memoryWorkingSetBytes}, {"workingSetBytes", usage.memoryWorkingSetBytes}}}};
}

}  // namespace

std::unique_ptr<PodStream> Kubelet::logs(const api::ObjectPtr& pod, const PodLogOptions& options, PodStreamHandlers handlers) {
    const auto name = containerOrOnly(*pod, options.container);
    const auto* worker = workerOf(*pod);
    const auto* actual = worker ? worker->actual().find(name) : nullptr;
    const auto* shown = statusOf(pod->as<api::Pod>().status, name);
    const auto& instance = actual ? (options.previous ? actual->previous : actual->current) : std::optional<ContainerInstance>();
    if (options.previous && !instance)
        return refuseStream(context_.executor, std::move(handlers), badRequest(fmt::format("previous terminated container \"{}\" in pod \"{}\" not found", name, pod->name())));
    if (!instance) {
        auto reason = shown && shown->state && shown->state->waiting ? shown->state->waiting->reason : std::string("ContainerCreating");
        if (reason == "ErrImagePull") reason = "image can't be pulled";
        if (reason == "ImagePullBackOff") reason = "trying and failing to pull image";
        return refuseStream(context_.executor, std::move(handlers), badRequest(fmt::format("container \"{}\" in pod \"{}\" is waiting to start: {}", name, pod->name(), reason)));
    }
    LogFilter filter{.timestamps = options.timestamps, .tailLines = options.tailLines, .since = options.sinceTime, .limitBytes = options.limitBytes};
    if (options.sinceSeconds) filter.since = context_.clock.now() - std::chrono::seconds{*options.sinceSeconds};
    LogSource source{worker->volumes().logPath(name, instance->attempt), instance->id, [this, uid = std::string(pod->uid()), name, id = instance->id, alive = alive_] {
                         if (!*alive) return false;
                         const auto it = workers_.find(uid);
                         const auto* now = it == workers_.end() ? nullptr : it->second->actual().find(name);
                         return now && now->running() && now->current->id == id;
                     }};
    auto stream = std::make_shared<LogStream>(context_, std::move(source), filter, options.follow, std::move(handlers));
    stream->begin();
    return std::make_unique<LogHandle>(std::move(stream));
}

std::unique_ptr<PodStream> Kubelet::exec(const api::ObjectPtr& pod, const PodExecOptions& options, PodStreamHandlers handlers) {
    const auto name = containerOrOnly(*pod, options.container);
    const auto id = containerId(*pod, name);
    if (id.empty())
        return refuseStream(context_.executor, std::move(handlers),
                            internalError("unable to upgrade connection: " + (options.command.empty() ? fmt::format("container {} not found in pod {}_{}", name, pod->name(), pod->nameSpace())
                                                                                                      : fmt::format("container not found (\"{}\")", name))));
    if (options.command.empty()) {
        // Attaching shows what the container writes from now on; its standard input belongs to whoever started it.
        PodLogOptions log;
        log.container = name;
        log.follow = true;
        log.tailLines = 0;
        return logs(pod, log, std::move(handlers));
    }
    ExecOptions exec;
    exec.command = options.command;
    exec.terminal = options.terminal;
    exec.standardInput = options.standardInput;
    ExecHandlers execHandlers;
    execHandlers.onStandardOutput = std::move(handlers.onData);
    execHandlers.onStandardError = std::move(handlers.onError);
    execHandlers.onExit = [onEnd = std::move(handlers.onEnd)](Result<int> code) mutable {
        if (!code) code.error() = internalError("Internal error occurred: Internal error occurred: error executing command in container: " + code.error().message);
        if (onEnd) onEnd(std::move(code));
    };
    auto stream = std::make_unique<ExecStream>();
    stream->session = context_.runtime.exec(id, std::move(exec), std::move(execHandlers));
    return stream;
}

std::unique_ptr<PodStream> Kubelet::portForward(const api::ObjectPtr& pod, int port, PodStreamHandlers handlers) {
    const auto sandbox = sandboxId(*pod);
    if (sandbox.empty()) return refuseStream(context_.executor, std::move(handlers), internalError(fmt::format("unable to forward port: pod {} is not running", pod->name())));
    auto stream = std::make_unique<ForwardStream>();
    stream->connection = context_.runtime.connectInSandbox(sandbox, port, {{}, std::move(handlers.onData), [onEnd = std::move(handlers.onEnd)](Result<void> result) mutable {
        if (onEnd) onEnd(result ? Result<int>(0) : Result<int>(result.error()));
    }});
    return stream;
}

void Kubelet::statsSummary(std::move_only_function<void(Result<std::string>)> reply) {
    struct Summary {
        json::object node;
        json::array pods;
        std::size_t missing = 1;
        std::move_only_function<void(Result<std::string>)> reply;
        void done() {
            if (--missing > 0) return;
            reply(json::serialize(json::object{{"node", std::move(node)}, {"pods", std::move(pods)}}));
        }
    };
    auto summary = std::make_shared<Summary>();
    summary->reply = std::move(reply);
    const auto time = formatTime(context_.clock.now());
    const auto coresOf = [this](const std::string& id, const Usage& usage) {
        auto& last = usages_[id];
        // Simulated work is done in cluster time, real work in real time.
        const auto now = options_.simulated ? context_.clock.clusterNow().sinceStart : context_.clock.monotonic();
        const auto passed = now - last.at;
        // Samples closer together than this say more about the scheduler of the machine than about the container.
        if (last.at == Duration{} || passed >= 500ms) {
            if (last.at != Duration{}) last.cores = std::max(0.0, static_cast<double>(usage.cpuNanoseconds - last.cpuNanoseconds) / static_cast<double>(passed.count()));
            last.at = now;
            last.cpuNanoseconds = usage.cpuNanoseconds;
        }
        return last.cores;
    };
    for (const auto& [uid, worker] : workers_) {
        const auto& pod = worker->pod();
        const auto index = summary->pods.size();
        summary->pods.push_back({{"podRef", {{"name", pod->name()}, {"namespace", pod->nameSpace()}, {"uid", pod->uid()}}},
                                 {"startTime", pod->string({"status", "startTime"})}, {"containers", json::array()}});
        for (const auto& [name, actual] : worker->actual().containers) {
            if (!actual.running()) continue;
            ++summary->missing;
            context_.runtime.sample(actual.current->id, [this, alive = alive_, summary, index, time, coresOf, name = name, id = actual.current->id,
                                                         started = actual.current->startedAt](Result<Usage> usage) {
                if (*alive && usage) {
                    auto entry = usageObject(*usage, coresOf(id, *usage), time);
                    entry["name"] = name;
                    entry["startTime"] = formatTime(started);
                    summary->pods[index].get_object()["containers"].get_array().push_back(std::move(entry));
                }
                summary->done();
            });
        }
    }
    context_.runtime.sampleNode([this, alive = alive_, summary, time, coresOf](Result<Usage> usage) {
        if (*alive) {
            const auto value = usage.value_or(Usage{});
            summary->node = usageObject(value, coresOf("", value), time);
            summary->node["nodeName"] = options_.name;
            summary->node["memory"].get_object()["availableBytes"] = std::max<std::int64_t>(context_.nodeMemoryBytes - value.memoryWorkingSetBytes, 0);
            std::erase_if(usages_, [this](const auto& entry) { return !entry.first.empty() && !workerOfContainer_.contains(entry.first); });
        }
        summary->done();
    });
}

}  // namespace kubarium::kubelet
