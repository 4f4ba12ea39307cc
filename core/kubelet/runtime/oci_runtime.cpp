#include "core/kubelet/runtime/oci_runtime.h"

#include "core/base/log.h"
#include "core/base/random.h"
#include "core/kubelet/runtime/oci_config.h"
#include "core/kubelet/runtime/oci_streams.h"
#include "core/kubelet/runtime/wire.h"

#include <boost/json.hpp>
#include <fmt/format.h>

#include <fcntl.h>

#include <filesystem>
#include <fstream>
#include <sstream>

namespace kubarium::kubelet {
namespace {

// A process may raise its score, but lower it below its parent's only with CAP_SYS_RESOURCE; containers get what is allowed.
int lowestOomScoreAdj() {
    constexpr int lowest = -1000, capabilitySysResource = 24;
    std::ifstream status("/proc/self/status"), score("/proc/self/oom_score_adj");
    int own = 0;
    score >> own;
    for (std::string word; status >> word;)
        if (word == "CapEff:") {
            std::uint64_t effective = 0;
            status >> std::hex >> effective;
            return (effective >> capabilitySysResource & 1U) != 0 ? lowest : own;
        }
    return own;
}

namespace fs = std::filesystem;
using wire::number;
using wire::text;

WallTime wallTime(std::int64_t nanoseconds) { return WallTime(Duration(nanoseconds)); }

std::string sandboxId() {
    SystemRandom random;
    return fmt::format("{:016x}{:016x}{:016x}{:016x}", random.next(), random.next(), random.next(), random.next());
}

// A small file of an image, not through a symbolic link: the link might lead out of the image.
std::string readImageFile(const fs::path& root, const char* name) {
    std::error_code ignored;
    const auto path = root / name;
    if (!fs::is_regular_file(fs::symlink_status(path, ignored)) || fs::is_symlink(root / "etc", ignored)) return {};
    std::ifstream file(path);
    std::ostringstream content;
    content << file.rdbuf();
    return content.str();
}

// An error that comes before there is a container: see ContainerRuntime::startContainer.
Error notCreated(std::string message) {
    auto error = badRequest(std::move(message));
    error.kind = notCreatedKind;
    return error;
}

// What kubelet masks besides the fixed paths: a counter that tells of the load of other containers.
std::vector<std::string> throttlePaths() {
    std::vector<std::string> found;
    std::error_code ignored;
    for (const auto& entry : fs::directory_iterator("/sys/devices/system/cpu", ignored))
        if (fs::exists(entry.path() / "thermal_throttle", ignored)) found.push_back((entry.path() / "thermal_throttle").string());
    return found;
}

// The words are containerd's.
Result<json::object> readSeccompProfile(const fs::path& path) {
    const auto refuse = [&](const std::string& why) {
        return badRequest(fmt::format("failed to generate seccomp spec opts: cannot load seccomp profile \"{}\": {}", path.string(), why));
    };
    std::ifstream file(path);
    if (!file) return refuse(fmt::format("open {}: {}", path.string(), errno == EACCES ? "permission denied" : "no such file or directory"));
    std::ostringstream content;
    content << file.rdbuf();
    boost::system::error_code failure;
    auto profile = json::parse(content.str(), failure);
    if (failure || !profile.is_object()) return refuse("it is not a JSON object");
    return std::move(profile.get_object());
}

struct StreamPipe {
    Descriptor reading, writing;
};
StreamPipe makePipe() {
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0) return {};
    return {Descriptor(ends[0]), Descriptor(ends[1])};
}

}  // namespace

// An exec or attach session. The command's end and the end of its output arrive apart; the caller hears of the end last.
class OciExec final : public ExecSession {
public:
    struct State : std::enable_shared_from_this<State> {
        State(Substrate& owner, ExecHandlers given) : substrate(owner), handlers(std::move(given)) {}
        Substrate& substrate;
        std::string session;
        ExecHandlers handlers;
        std::unique_ptr<EngineStream> input, output, error;
        std::string early;
        std::vector<std::pair<const std::function<void(std::string)> ExecHandlers::*, std::string>> held;  // read before it was known to have started
        bool inputClosed = false, started = false, ended = false;
        bool terminal = false;          // one stream for everything
        bool attachedTerminal = false;  // of the container itself: written to by `input`, read through its log's copy
        std::optional<std::pair<int, int>> size;
        Timer timeout;

        void deliver(const std::function<void(std::string)> ExecHandlers::*handler, std::string data) {
            if (!started) held.emplace_back(handler, std::move(data));
            else if (!ended && handlers.*handler) (handlers.*handler)(std::move(data));
        }
        // What crun itself says of a command that cannot be started must not look like the command's output.
        void begin() {
            started = true;
            for (auto& [handler, data] : std::exchange(held, {})) deliver(handler, std::move(data));
        }
        void finish(Result<int> result) {
            if (std::exchange(ended, true)) return;
            timeout.reset();
            input.reset();
            output.reset();
            error.reset();
            if (auto onExit = std::exchange(handlers.onExit, nullptr)) onExit(std::move(result));
        }
        // The process is gone: what it has printed is in the pipes.
        void drainAndFinish(int code) {
            begin();
            const auto self = shared_from_this();
            auto last = [self, code]() mutable { self->finish(code); };
            auto second = [self, last = std::move(last)]() mutable {
                if (self->error) self->error->drain(std::move(last));
                else last();
            };
            if (output) output->drain(std::move(second));
            else second();
        }
        void kill() { substrate.request({{"op", "killExec"}, {"session", session}}, nullptr); }
    };
    explicit OciExec(std::shared_ptr<State> state, bool attached) : state_(std::move(state)), attached_(attached) {}
    ~OciExec() override {
        if (!state_->ended && !attached_) state_->kill();
        state_->ended = true;
        state_->timeout.reset();
        state_->input.reset();
        state_->output.reset();
        state_->error.reset();
    }
    void writeStandardInput(std::string data) override {
        if (auto* stream = inputStream()) stream->write(std::move(data));
        else if (!state_->started) state_->early += data;
    }
    void closeStandardInput() override {
        if (std::exchange(state_->inputClosed, true) || state_->terminal || state_->attachedTerminal) return;
        if (state_->started && state_->input) state_->input->finishWriting();
    }
    void resize(int columns, int rows) override {
        state_->size = {columns, rows};
        if (auto* stream = inputStream(); stream != nullptr && (state_->terminal || state_->attachedTerminal)) stream->resize(columns, rows);
    }

private:
    EngineStream* inputStream() const { return !state_->started ? nullptr : state_->terminal ? state_->output.get() : state_->input.get(); }
    std::shared_ptr<State> state_;
    bool attached_;
};

OciRuntime::OciRuntime(Substrate& substrate, ImageStore& images, OciNodeOptions options)
    : substrate_(substrate), images_(images), options_(std::move(options)) {
    std::error_code failure;
    fs::create_directories(options_.pods, failure);
    options_.pods = fs::weakly_canonical(options_.pods, failure);
    substrate_.setNodeHandler(options_.node, [this](const json::object& event) { onEvent(event); });
    substrate_.request({{"op", "addNode"},
                        {"node", options_.node},
                        {"ip", options_.ip},
                        {"podCidr", options_.podCidr},
                        {"dnsIp", options_.dnsIp},
                        {"limits", wire::encode(options_.capacity)}},
                       [this, alive = std::weak_ptr<bool>(alive_)](Result<SupervisorReply> reply) {
                           if (alive.expired()) return;
                           if (!reply) logError("runtime", "Node {}: {}", options_.node, reply.error().message);
                           made_ = reply ? Result<void>() : Result<void>(reply.error());
                           for (auto& task : std::exchange(pending_, {})) task();
                       });
}

OciRuntime::~OciRuntime() {
    alive_.reset();
    substrate_.setNodeHandler(options_.node, {});
    substrate_.request({{"op", "removeNode"}, {"node", options_.node}}, nullptr);
}

std::string OciRuntime::name() const {
    const auto& can = substrate_.options().capabilities;
    return can.runtimeName + "://" + can.runtimeVersion;
}

// The one runtime of this machine, also under the name that every containerd has.
bool OciRuntime::hasHandler(std::string_view handler) const { return handler == "runc" || handler == substrate_.options().capabilities.runtimeName; }

void OciRuntime::ask(json::object request, std::vector<Descriptor> descriptors, std::move_only_function<void(Result<SupervisorReply>)> reply) {
    request["node"] = options_.node;
    auto guarded = [alive = std::weak_ptr<bool>(alive_), reply = std::move(reply)](Result<SupervisorReply> answer) mutable {
        if (!alive.expired()) reply(std::move(answer));
    };
    if (!made_) {
        pending_.push_back([this, request = std::move(request), descriptors = std::move(descriptors), guarded = std::move(guarded)]() mutable {
            if (*made_) substrate_.request(std::move(request), std::move(descriptors), std::move(guarded));
            else guarded(made_->error());
        });
        return;
    }
    if (*made_) {
        substrate_.request(std::move(request), std::move(descriptors), std::move(guarded));
        return;
    }
    substrate_.executor().post([guarded = std::move(guarded), error = made_->error()]() mutable { guarded(std::move(error)); });
}

void OciRuntime::askPlain(json::object request, Reply<void> reply) {
    ask(std::move(request), {}, [reply = std::move(reply)](Result<SupervisorReply> answer) mutable {
        reply(answer ? Result<void>() : Result<void>(std::move(answer.error())));
    });
}

void OciRuntime::createSandbox(SandboxSpec spec, Reply<SandboxInfo> reply) {
    const auto id = sandboxId();
    json::object sysctls;
    for (const auto& [name, value] : spec.sysctls) sysctls[name] = value;
    json::object request{{"op", "createSandbox"},
                         {"id", id},
                         {"podUid", spec.podUid},
                         {"hostname", spec.hostname},
                         {"hostNetwork", spec.hostNetwork},
                         {"sharePid", spec.shareProcessNamespace && !spec.hostProcesses},
                         {"hostIpc", spec.hostIpc},
                         {"qosClass", spec.qosClass},
                         {"limits", wire::encode(spec.limits)},
                         {"sysctls", std::move(sysctls)}};
    if (!power_) {
        ask({{"op", "sample"}}, {}, [reply = std::move(reply)](auto) mutable { reply(makeError(Reason::ServiceUnavailable, "the Node is switched off")); });
        return;
    }
    ask(std::move(request), {}, [this, id, spec = std::move(spec), reply = std::move(reply)](Result<SupervisorReply> answer) mutable {
        if (!answer) {
            reply(std::move(answer.error()));
            return;
        }
        const auto& body = answer->body;
        sandboxes_[id] = {text(body, "group"), text(body, "network"), text(body, "ipc"), text(body, "uts"), text(body, "pid"), text(body, "sharedMemory"), spec.hostProcesses,
                          spec.hostNetwork ? std::vector<SandboxSpec::HostPort>() : spec.hostPorts, text(body, "ip")};
        if (!sandboxes_[id].hostPorts.empty()) syncHostPorts();
        reply(SandboxInfo{id, text(body, "ip")});
    });
}

void OciRuntime::removeSandbox(const std::string& id, Reply<void> reply) {
    if (const auto it = sandboxes_.find(id); it != sandboxes_.end()) {
        const bool ports = !it->second.hostPorts.empty();
        sandboxes_.erase(it);
        if (ports) syncHostPorts();
    }
    askPlain({{"op", "removeSandbox"}, {"id", id}}, std::move(reply));
}

Result<json::object> OciRuntime::startRequest(const ContainerSpec& spec) const {
    if (!power_) return makeError(Reason::ServiceUnavailable, "the Node is switched off");
    const auto it = sandboxes_.find(spec.sandboxId);
    if (it == sandboxes_.end()) return makeError(Reason::NotFound, "there is no sandbox " + spec.sandboxId);
    const auto image = images_.find(spec.image);
    if (!image) return makeError(Reason::NotFound, "there is no image " + spec.image);
    const auto root = images_.rootOf(image->id);
    const auto group = it->second.group + "/" + spec.id;
    OciEnvironment environment;
    environment.root = substrate_.options().run.string() + "/live/c/" + spec.id + "/rootfs";
    environment.networkNamespace = it->second.network;
    environment.ipcNamespace = it->second.ipc;
    environment.utsNamespace = it->second.uts;
    environment.pidNamespace = spec.processNamespaceOf.empty() ? it->second.pid : wire::targetNamespace;
    environment.hostProcesses = it->second.hostProcesses;
    environment.sharedMemory = it->second.sharedMemory;
    static const auto masked = throttlePaths();
    environment.maskedPaths = masked;
    if (spec.seccomp == ContainerSpec::Seccomp::Localhost && !spec.privileged) {
        auto profile = readSeccompProfile(options_.seccompProfiles / spec.seccompProfile);
        if (!profile) return notCreated(fmt::format("failed to generate container \"{}\" spec: {}", spec.id, profile.error().message));
        environment.seccomp = std::move(*profile);
    }
    if (substrate_.limitsEnforced()) environment.cgroup = substrate_.cgroupBase() + "/" + group;
    environment.cgroupV2 = substrate_.cgroupsV2();
    environment.swapLimit = substrate_.swapLimit();
    environment.user = !substrate_.options().capabilities.root;
    if (!environment.user) environment.heldCapabilities = heldCapabilities();
    static const int lowestScore = lowestOomScoreAdj();
    environment.lowestOomScoreAdj = lowestScore;
    environment.highestCpuQuota = options_.capacity.cpuQuotaMicroseconds.value_or(0);
    // Of an image's user only the name counts: the kubelet passes on no group of it.
    const auto imageUser = image->user.substr(0, image->user.find(':'));
    auto user = resolveUser(spec.user.empty() ? imageUser : spec.user, readImageFile(root, "etc/passwd"), readImageFile(root, "etc/group"));
    if (!user) return notCreated("failed to create containerd container: " + user.error().message);
    environment.as = std::move(*user);
    environment.annotations = {{"io.kubarium.pod-uid", spec.podUid}, {"io.kubarium.container", spec.name}, {"io.kubarium.node", options_.node}};
    return json::object{{"op", "start"},
                        {"id", spec.id},
                        {"sandbox", spec.sandboxId},
                        {"group", group},
                        {"lower", root.string()},
                        {"target", spec.processNamespaceOf},
                        {"logPath", spec.logPath},
                        {"stdin", spec.standardInput},
                        {"terminal", spec.terminal},
                        {"config", json::serialize(ociConfig(spec, environment))}};
}

void OciRuntime::startContainer(ContainerSpec spec, Reply<WallTime> reply) {
    auto request = startRequest(spec);
    if (!request) {
        substrate_.executor().post([alive = std::weak_ptr<bool>(alive_), error = request.error(), reply = std::move(reply)]() mutable {
            if (!alive.expired()) reply(std::move(error));
        });
        return;
    }
    ask(std::move(*request), {}, [reply = std::move(reply)](Result<SupervisorReply> answer) mutable {
        if (answer) reply(wallTime(number(answer->body, "startedAt")));
        else reply(std::move(answer.error()));
    });
}

void OciRuntime::signalContainer(const std::string& id, int signal, Reply<void> reply) {
    askPlain({{"op", "signal"}, {"id", id}, {"signal", signal}}, std::move(reply));
}

// No more CPU than the Node has.
void OciRuntime::limit(const char* operation, const std::string& id, ResourceLimits limits, Reply<void> reply) {
    if (limits.cpuQuotaMicroseconds && options_.capacity.cpuQuotaMicroseconds)
        limits.cpuQuotaMicroseconds = std::min(*limits.cpuQuotaMicroseconds, *options_.capacity.cpuQuotaMicroseconds);
    askPlain({{"op", operation}, {"id", id}, {"limits", wire::encode(limits)}}, std::move(reply));
}

void OciRuntime::updateSandbox(const std::string& id, const ResourceLimits& limits, Reply<void> reply) { limit("limitSandbox", id, limits, std::move(reply)); }

void OciRuntime::updateContainer(const std::string& id, const ResourceLimits& limits, Reply<void> reply) { limit("limit", id, limits, std::move(reply)); }

void OciRuntime::removeContainer(const std::string& id, Reply<void> reply) { askPlain({{"op", "remove"}, {"id", id}}, std::move(reply)); }

void OciRuntime::setExitHandler(std::function<void(const std::string&, const ExitInfo&)> handler) { onExit_ = std::move(handler); }

void OciRuntime::onEvent(const json::object& event) {
    if (text(event, "event") == "execExit") {
        const auto ended = execs_.extract(text(event, "session"));
        if (ended) ended.mapped()(static_cast<int>(number(event, "code")));
        return;
    }
    if (text(event, "event") != "exit") return;
    const auto id = text(event, "id");
    if (const auto sessions = attached_.extract(id))
        for (const auto& session : sessions.mapped())
            if (const auto ended = execs_.extract(session)) ended.mapped()(0);
    ExitInfo info;
    info.exitCode = static_cast<int>(number(event, "code"));
    info.signal = static_cast<int>(number(event, "signal"));
    info.oomKilled = wire::flag(event, "oomKilled");
    info.startedAt = wallTime(number(event, "startedAt"));
    info.finishedAt = wallTime(number(event, "finishedAt"));
    if (onExit_) onExit_(id, info);
}

std::unique_ptr<ExecSession> OciRuntime::openStreams(const std::string& operation, const std::string& id, ExecOptions options, ExecHandlers handlers) {
    const bool attaching = operation == "attach";
    auto state = std::make_shared<OciExec::State>(substrate_, std::move(handlers));
    state->session = fmt::format("{}-{}", options_.node, ++lastSession_);
    state->terminal = options.terminal && !attaching;
    state->attachedTerminal = options.terminal && attaching;
    json::array words;
    for (const auto& word : options.command) words.emplace_back(word);
    std::vector<Descriptor> theirs;
    Descriptor input;
    const std::weak_ptr<OciExec::State> weak = state;
    const auto reader = [this, weak](const std::function<void(std::string)> ExecHandlers::*handler, Descriptor descriptor) {
        EngineStream::Handlers on;
        on.onData = [weak, handler](std::string data) {
            if (const auto self = weak.lock()) self->deliver(handler, std::move(data));
        };
        return std::make_unique<EngineStream>(substrate_, std::move(descriptor), std::move(on));
    };
    if (!state->terminal) {
        if (options.standardInput && !attaching) {
            auto pipe = makePipe();
            theirs.push_back(std::move(pipe.reading));
            input = std::move(pipe.writing);
        }
        auto output = makePipe(), error = makePipe();
        theirs.push_back(std::move(output.writing));
        theirs.push_back(std::move(error.writing));
        state->output = reader(&ExecHandlers::onStandardOutput, std::move(output.reading));
        state->error = reader(&ExecHandlers::onStandardError, std::move(error.reading));
        if (input) state->input = std::make_unique<EngineStream>(substrate_, std::move(input), EngineStream::Handlers{});
    }
    execs_[state->session] = [weak](int code) {
        if (const auto self = weak.lock()) self->drainAndFinish(code);
    };
    if (attaching) attached_[id].insert(state->session);
    if (options.timeout)
        state->timeout = substrate_.clock().afterReal(*options.timeout, [weak] {
            const auto self = weak.lock();
            if (!self || self->ended) return;
            self->kill();
            self->finish(makeError(Reason::Timeout, "command timed out"));
        });
    json::object request{{"op", operation}, {"id", id}, {"session", state->session}, {"terminal", options.terminal},
                         {"stdin", options.standardInput}, {"command", std::move(words)}};
    ask(std::move(request), std::move(theirs), [this, weak, reader, attaching, id](Result<SupervisorReply> reply) {
        const auto self = weak.lock();
        if (!self || self->ended) return;
        if (!reply) {
            execs_.erase(self->session);
            self->finish(std::move(reply.error()));
            return;
        }
        if (!reply->descriptors.empty()) {
            auto& descriptor = reply->descriptors.front();
            if (attaching) self->input = std::make_unique<EngineStream>(substrate_, std::move(descriptor), EngineStream::Handlers{});
            else self->output = reader(&ExecHandlers::onStandardOutput, std::move(descriptor));
        }
        self->begin();
        auto* target = self->terminal ? self->output.get() : self->input.get();
        if (target != nullptr && self->size && (self->terminal || self->attachedTerminal)) target->resize(self->size->first, self->size->second);
        if (target != nullptr && !self->early.empty()) target->write(std::move(self->early));
        if (self->inputClosed && !self->attachedTerminal && self->input) self->input->finishWriting();
    });
    return std::make_unique<OciExec>(std::move(state), attaching);
}

std::unique_ptr<ExecSession> OciRuntime::exec(const std::string& id, ExecOptions options, ExecHandlers handlers) {
    return openStreams("exec", id, std::move(options), std::move(handlers));
}

std::unique_ptr<ExecSession> OciRuntime::attach(const std::string& id, ExecOptions options, ExecHandlers handlers) {
    return openStreams("attach", id, std::move(options), std::move(handlers));
}

namespace {

Result<Usage> usageOf(Result<SupervisorReply> answer) {
    if (!answer) return std::move(answer.error());
    return Usage{number(answer->body, "cpu"), number(answer->body, "memory"), number(answer->body, "processes")};
}

}  // namespace

void OciRuntime::diskUsage(std::vector<std::string> places, Reply<std::vector<std::int64_t>> reply) {
    ask({{"op", "diskUsage"}, {"places", json::value_from(places)}}, {}, [reply = std::move(reply)](Result<SupervisorReply> answer) mutable {
        if (!answer) return reply(std::move(answer.error()));
        std::vector<std::int64_t> sizes;
        for (const auto& size : answer->body.at("sizes").as_array()) sizes.push_back(size.to_number<std::int64_t>());
        reply(std::move(sizes));
    });
}

void OciRuntime::sample(const std::string& id, Reply<Usage> reply) {
    ask({{"op", "sample"}, {"id", id}}, {}, [reply = std::move(reply)](Result<SupervisorReply> answer) mutable { reply(usageOf(std::move(answer))); });
}

void OciRuntime::sampleNode(Reply<Usage> reply) {
    ask({{"op", "sample"}}, {}, [reply = std::move(reply)](Result<SupervisorReply> answer) mutable { reply(usageOf(std::move(answer))); });
}

std::optional<ImageInfo> OciRuntime::findImage(const std::string& name) const { return images_.find(name); }
std::vector<ImageInfo> OciRuntime::images() const { return images_.list(); }

std::unique_ptr<Connection> OciRuntime::connectFromNode(const std::string& ip, int port, Duration timeout, ConnectionHandlers handlers) {
    return openConnection(substrate_, {{"node", options_.node}, {"ip", ip}, {"port", port}}, timeout, std::move(handlers));
}

std::unique_ptr<Connection> OciRuntime::connectInSandbox(const std::string& sandboxId, int port, ConnectionHandlers handlers) {
    return openConnection(substrate_, {{"sandbox", sandboxId}, {"ip", "127.0.0.1"}, {"port", port}}, std::nullopt, std::move(handlers));
}

std::string OciRuntime::podDirectory(const std::string& podUid) const { return (options_.pods / podUid).string(); }

void OciRuntime::setLink(bool up) {
    askPlain({{"op", "setLink"}, {"up", up}}, [](const Result<void>&) {});
}

void OciRuntime::setPower(bool on) {
    if (std::exchange(power_, on) == on) return;
    setLink(on);
    if (on) return;
    askPlain({{"op", "killNode"}}, [](const Result<void>&) {});
    askPlain({{"op", "loseMemory"}, {"path", options_.pods.string()}}, [](const Result<void>&) {});
}

// A table of its own beside that of the Services: the Node's address and port lead to the Pod's.
void OciRuntime::syncHostPorts() {
    std::string entries;
    for (const auto& [id, sandbox] : sandboxes_)
        for (const auto& port : sandbox.hostPorts) {
            auto protocol = port.protocol.empty() ? std::string("tcp") : port.protocol;
            for (auto& letter : protocol) letter = static_cast<char>(std::tolower(static_cast<unsigned char>(letter)));
            if (protocol != "tcp" && protocol != "udp") continue;
            entries += fmt::format("    fib daddr type local {}{} dport {} dnat to {}:{}\n",
                                   port.hostIP.empty() || port.hostIP == "0.0.0.0" ? "" : "ip daddr " + port.hostIP + " ", protocol, port.hostPort,
                                   sandbox.ip, port.containerPort);
        }
    const auto rules = fmt::format(
        "table ip kubarium-hostports\ndelete table ip kubarium-hostports\ntable ip kubarium-hostports {{\n"
        "  chain to-pods {{\n{}  }}\n"
        "  chain pre {{\n    type nat hook prerouting priority -101; policy accept;\n    jump to-pods\n  }}\n"
        "  chain out {{\n    type nat hook output priority -101; policy accept;\n    jump to-pods\n  }}\n}}\n",
        entries);
    askPlain({{"op", "filter"}, {"filterNode", options_.node}, {"rules", rules}}, [this](Result<void> done) {
        if (!done) logWarn("runtime", "host ports of {}: {}", options_.node, done.error().message);
    });
}

}  // namespace kubarium::kubelet
