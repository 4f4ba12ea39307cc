#include "core/kubelet/runtime/simulated_runtime.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <csignal>
#include <cstdio>

namespace kubarium::kubelet {

using namespace std::chrono_literals;

// A file that the script makes (touch, echo >) or removes, so that exec probes on it have something to look at.
struct SimulatedRuntime::FileChange {
    Duration at{};
    std::string path;
    bool exists = true;
};

// What a container will do: lines at certain times, then perhaps an end.
struct SimulatedRuntime::Script {
    std::vector<std::pair<Duration, std::string>> lines;
    std::optional<std::pair<Duration, int>> end;
    Duration startLatency{-1};
    Duration readyAfter{};
    std::optional<std::pair<Duration, int>> onTerm;  // nullopt: TERM is ignored
    std::vector<FileChange> files;
};

namespace {

double number(std::string_view text, double fallback = 0) {
    double value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{}) return fallback;
    const auto unit = std::string_view(end, static_cast<std::size_t>(text.data() + text.size() - end));
    return unit == "m" ? value * 60 : unit == "h" ? value * 3600 : value;
}

Duration secondsOf(double value) { return std::chrono::duration_cast<Duration>(std::chrono::duration<double>(std::min(value, 1e9))); }

std::string unquoted(std::string text) {
    std::erase_if(text, [](char c) { return c == '"' || c == '\''; });
    return text;
}

struct FileStep {
    Duration at{};
    std::string path;
    bool exists = true;
};

struct Interpreter {
    std::vector<std::pair<Duration, std::string>> lines;
    std::vector<FileStep> files;
    std::string errors;                                                // of an exec
    std::function<bool(const std::string& path)> fileExists;           // of an exec
    std::optional<std::pair<Duration, int>> end;
    Duration at{};
    int status = 0;
    bool forEver = false, exits = false;
    std::optional<std::pair<Duration, int>> onTerm;

    // False when the script has come to its end.
    bool command(const std::vector<std::string>& words) {
        if (words.empty()) return true;
        const auto& name = words[0];
        if (name == "sleep") {
            if (words.size() > 1 && words[1] == "infinity") return !(forEver = true);
            if (words.size() > 1) at += secondsOf(number(words[1]));
            status = 0;
        } else if (name == "echo") {
            std::string text;
            std::size_t i = 1;
            for (; i < words.size() && words[i][0] != '>'; ++i) text += (i > 1 ? " " : "") + unquoted(words[i]);
            if (i + 1 < words.size() && words[i].starts_with('>'))
                files.push_back({at, words[i + 1], true});
            else if (i < words.size() && words[i] == ">&2")
                errors += text + "\n";
            else
                lines.emplace_back(at, text);
            status = 0;
        } else if (name == "touch" || name == "rm") {
            for (std::size_t i = 1; i < words.size(); ++i)
                if (words[i][0] != '-') files.push_back({at, words[i], name == "touch"});
            status = 0;
        } else if ((name == "cat" || name == "test" || name == "[") && fileExists) {
            const auto path = std::find_if(words.begin() + 1, words.end(), [](const auto& word) { return word.starts_with('/'); });
            status = path == words.end() || fileExists(*path) ? 0 : 1;
            if (status != 0 && name == "cat") errors += fmt::format("cat: can't open '{}': No such file or directory\n", *path);
        } else if (name == "exit") {
            if (words.size() > 1) status = static_cast<int>(number(words[1]));
            end = {at, status};
            exits = true;
            return false;
        } else if (name == "true" || name == ":") {
            status = 0;
        } else if (name == "false") {
            status = 1;
        } else if (name == "trap") {
            Interpreter handler;
            if (words.size() > 1) handler.script(words[1]);
            // A handler that does not exit lets the script go on.
            if (handler.exits) onTerm = handler.end;
        } else if (name == "exec") {
            return command({words.begin() + 1, words.end()});
        } else if (name == "while" || name == "until" || name == "for" || name == "tail") {
            return !(forEver = true);
        } else {
            status = 0;
        }
        return true;
    }

    void script(const std::string& text) {
        std::string word;
        std::vector<std::string> words;
        char quote = 0;
        bool skip = false, go = true;
        const auto flush = [&] {
            if (!word.empty()) words.push_back(std::move(word));
            word.clear();
        };
        const auto run = [&] {
            flush();
            if (go && !skip) go = command(words);
            words.clear();
        };
        for (std::size_t i = 0; i < text.size() && go; ++i) {
            const char c = text[i];
            if (quote != 0) {
                if (c == quote) quote = 0;
                else word += c;
            } else if (c == '"' || c == '\'') {
                quote = c;
            } else if (c == ';' || c == '\n') {
                run();
                skip = false;
            } else if (c == '&' && i + 1 < text.size() && text[i + 1] == '&') {
                run();
                skip = skip || status != 0;
                ++i;
            } else if (c == '|' && i + 1 < text.size() && text[i + 1] == '|') {
                run();
                skip = status == 0;
                ++i;
            } else if (c == ' ' || c == '\t') {
                flush();
            } else {
                word += c;
            }
        }
        if (go) run();
        if (!end && !forEver) end = {at, status};
    }

    void process(const std::vector<std::string>& arguments) {
        const auto base = arguments.empty() ? std::string() : arguments[0].substr(arguments[0].rfind('/') + 1);
        const bool shell = base == "sh" || base == "bash" || base == "ash" || base == "busybox";
        if (shell && arguments.size() > 2 && arguments[1].ends_with("c") && arguments[1].starts_with('-')) return script(arguments[2]);
        if (base == "sleep" || base == "echo" || base == "true" || base == "false" || base == "exit" || base == "cat" || base == "test" || base == "[" || base == "touch") {
            if (command({[&] {
                    auto words = arguments;
                    words[0] = base;
                    return words;
                }()}) && !forEver)
                end = {at, status};
            return;
        }
        if (shell && arguments.size() == 1) {
            end = {Duration{}, 0};  // a shell without input
            return;
        }
        forEver = true;
        onTerm = {Duration{}, 0};
    }
};

std::string joined(const std::vector<std::string>& words) {
    std::string out;
    for (const auto& word : words) out += (out.empty() ? "" : " ") + word;
    return out;
}

class NoSession final : public ExecSession {
public:
    ~NoSession() override { *alive = false; }
    void writeStandardInput(std::string) override {}
    void closeStandardInput() override {}
    void resize(int, int) override {}
    std::shared_ptr<bool> alive = std::make_shared<bool>(true);
    Timer timer;
};

// Answers whatever is sent with a small page.
class SimulatedConnection final : public Connection {
public:
    SimulatedConnection(Executor& executor, ConnectionHandlers handlers, std::string page)
        : executor_(executor), state_(std::make_shared<ConnectionHandlers>(std::move(handlers))), page_(std::move(page)) {}
    void write(std::string) override {
        executor_.post([weak = std::weak_ptr(state_), page = std::exchange(page_, {})] {
            const auto state = weak.lock();
            if (!state || page.empty()) return;
            if (state->onData) state->onData(page);
            if (const auto again = weak.lock(); again && again->onClose) std::exchange(again->onClose, nullptr)({});
        });
    }
    void shutdownWrite() override {}
    const std::shared_ptr<ConnectionHandlers>& state() const { return state_; }

private:
    Executor& executor_;
    std::shared_ptr<ConnectionHandlers> state_;
    std::string page_;
};

}  // namespace

SimulatedRuntime::SimulatedRuntime(Executor& executor, Clock& clock, Random& random, SimulatedRuntimeOptions options)
    : executor_(executor), clock_(clock), random_(random), options_(std::move(options)) {
    unsigned a = 10, b = 99, c = 0, d = 0, bits = 24;
    if (std::sscanf(options_.podCIDR.c_str(), "%u.%u.%u.%u/%u", &a, &b, &c, &d, &bits) == 5 && bits >= 8 && bits <= 30)
        addressCount_ = 1u << (32 - bits);
    networkAddress_ = a << 24 | b << 16 | c << 8 | d;
}

SimulatedRuntime::~SimulatedRuntime() { *alive_ = false; }

template <class T>
void SimulatedRuntime::replyLater(Reply<T> reply, Result<T> result) {
    executor_.post([reply = std::move(reply), result = std::move(result), alive = alive_]() mutable {
        if (*alive) reply(std::move(result));
    });
}

void SimulatedRuntime::loseEverything() {
    containers_.clear();
    sandboxes_.clear();
    sandboxOfAddress_.clear();
}

std::string SimulatedRuntime::nextAddress() {
    for (std::uint32_t tries = 0; tries < addressCount_; ++tries) {
        if (++lastAddress_ >= addressCount_ - 1) lastAddress_ = 2;
        const auto address = networkAddress_ + lastAddress_;
        auto text = fmt::format("{}.{}.{}.{}", address >> 24, address >> 16 & 255, address >> 8 & 255, address & 255);
        if (!sandboxOfAddress_.contains(text)) return text;
    }
    return {};
}

void SimulatedRuntime::createSandbox(SandboxSpec spec, Reply<SandboxInfo> reply) {
    std::string id;
    for (int i = 0; i < 4; ++i) id += fmt::format("{:016x}", random_.next());
    Sandbox sandbox;
    sandbox.podName = spec.podName;
    if (!spec.annotations.empty()) sandbox.annotations = std::make_shared<const std::map<std::string, std::string>>(std::move(spec.annotations));
    if (!spec.hostNetwork) {
        sandbox.ip = nextAddress();
        if (sandbox.ip.empty())
            return replyLater<SandboxInfo>(std::move(reply), makeError(Reason::InternalError, "no address is left in the Node's Pod range " + options_.podCIDR));
        sandboxOfAddress_[sandbox.ip] = id;
    }
    SandboxInfo info{id, sandbox.ip};
    sandboxes_.emplace(std::move(id), std::move(sandbox));
    replyLater<SandboxInfo>(std::move(reply), std::move(info));
}

void SimulatedRuntime::removeSandbox(const std::string& sandboxId, Reply<void> reply) {
    std::vector<std::string> running;
    for (const auto& [id, container] : containers_)
        if (container.sandboxId == sandboxId && container.running) running.push_back(id);
    for (const auto& id : running) finish(id, 137, SIGKILL, false);
    if (const auto it = sandboxes_.find(sandboxId); it != sandboxes_.end()) {
        sandboxOfAddress_.erase(it->second.ip);
        sandboxes_.erase(it);
    }
    replyLater<void>(std::move(reply), {});
}

void SimulatedRuntime::startContainer(ContainerSpec spec, Reply<WallTime> reply) {
    const auto sandbox = sandboxes_.find(spec.sandboxId);
    if (sandbox == sandboxes_.end()) return replyLater<WallTime>(std::move(reply), makeError(Reason::NotFound, "the sandbox of the container is gone"));
    const auto& annotations = sandbox->second.annotations;
    const auto annotation = [&](const char* name) -> std::string {
        if (!annotations) return {};
        const auto it = annotations->find(std::string("simulated.kubarium.dev/") + name);
        return it == annotations->end() ? std::string() : it->second;
    };
    std::string key = joined(spec.command);
    if (annotations)
        for (const auto& [name, value] : *annotations) key += '\n' + name + '=' + value;
    auto script = scripts_[key].lock();
    if (!script) {
        Interpreter interpreter;
        interpreter.process(spec.command);
        auto made = std::make_shared<Script>();
        made->lines = std::move(interpreter.lines);
        made->end = interpreter.end;
        if (made->lines.empty() && !made->end) made->lines.emplace_back(Duration{}, fmt::format("simulated: {}", spec.command.empty() ? spec.name : joined(spec.command)));
        const auto code = annotation("exit-code");
        if (const auto run = annotation("run-seconds"); !run.empty()) made->end = {secondsOf(number(run)), static_cast<int>(number(code))};
        else if (!code.empty()) made->end = {made->end ? made->end->first : Duration{1s}, static_cast<int>(number(code))};
        if (const auto latency = annotation("start-milliseconds"); !latency.empty()) made->startLatency = secondsOf(number(latency) / 1000);
        made->readyAfter = secondsOf(number(annotation("ready-after-seconds")));
        made->onTerm = interpreter.onTerm;
        for (auto& step : interpreter.files) made->files.push_back({step.at, std::move(step.path), step.exists});
        if (annotation("ignore-term") == "true") made->onTerm.reset();
        scripts_[key] = made;
        script = std::move(made);
    }
    const auto id = spec.id;
    auto& container = containers_[id];
    container.sandboxId = std::move(spec.sandboxId);
    container.podName = sandbox->second.podName;
    container.cpuShares = spec.limits.cpuShares.value_or(2);
    container.memoryLimit = spec.limits.memoryBytes.value_or(0);
    const auto range = options_.longestStart - options_.shortestStart;
    const auto latency = script->startLatency >= Duration{} ? script->startLatency
                         : options_.shortestStart + Duration{range.count() > 0 ? static_cast<Duration::rep>(random_.below(static_cast<std::uint64_t>(range.count()))) : 0};
    container.script = std::move(script);
    container.timer = clock_.after(latency, [this, id, reply = std::move(reply)]() mutable { launch(id, std::move(reply)); });
}

void SimulatedRuntime::launch(const std::string& id, Reply<WallTime> reply) {
    auto& container = containers_.at(id);
    container.running = true;
    container.startedAt = clock_.now();
    container.startedCluster = clock_.clusterNow();
    // The timer that runs this must not be destroyed by setting the next one: take the end after the reply.
    executor_.post([this, id, alive = alive_] {
        if (!*alive) return;
        const auto it = containers_.find(id);
        if (it == containers_.end() || !it->second.running || !it->second.script->end) return;
        const auto [when, code] = *it->second.script->end;
        it->second.timer = clock_.after(when, [this, id, exitCode = code] { finish(id, exitCode, 0, false); });
    });
    reply(container.startedAt);
}

void SimulatedRuntime::finish(const std::string& id, int exitCode, int signal, bool oomKilled) {
    const auto it = containers_.find(id);
    if (it == containers_.end() || !it->second.running) return;
    it->second.running = false;
    ExitInfo exit{exitCode, signal, oomKilled, it->second.startedAt, clock_.now()};
    executor_.post([this, id, exit, alive = alive_] {
        if (!*alive || !containers_.contains(id)) return;
        if (onExit_) onExit_(id, exit);
    });
}

void SimulatedRuntime::killContainer(const std::string& id, int exitCode, bool oomKilled) { finish(id, exitCode, 0, oomKilled); }

void SimulatedRuntime::signalContainer(const std::string& id, int signal, Reply<void> reply) {
    const auto it = containers_.find(id);
    if (it == containers_.end() || !it->second.running)
        return replyLater<void>(std::move(reply), makeError(Reason::NotFound, "the container is not running"));
    if (signal == SIGKILL) {
        finish(id, 128 + signal, signal, false);
    } else if (const auto& onTerm = it->second.script->onTerm; onTerm && !it->second.stopping) {
        it->second.stopping = true;
        if (onTerm->first == Duration{})
            finish(id, onTerm->second, 0, false);
        else
            it->second.timer = clock_.after(onTerm->first, [this, id, code = onTerm->second] { finish(id, code, 0, false); });
    }
    replyLater<void>(std::move(reply), {});
}

void SimulatedRuntime::updateContainer(const std::string& id, const ResourceLimits& limits, Reply<void> reply) {
    if (const auto it = containers_.find(id); it != containers_.end()) {
        it->second.cpuShares = limits.cpuShares.value_or(it->second.cpuShares);
        it->second.memoryLimit = limits.memoryBytes.value_or(it->second.memoryLimit);
    }
    replyLater<void>(std::move(reply), {});
}

void SimulatedRuntime::removeContainer(const std::string& id, Reply<void> reply) {
    const bool known = containers_.erase(id) > 0;
    replyLater<void>(std::move(reply), known ? Result<void>() : Result<void>(makeError(Reason::NotFound, "no such container")));
}

bool SimulatedRuntime::responds(const Container& container) const {
    return container.running && clock_.clusterNow() - container.startedCluster >= container.script->readyAfter;
}

std::unique_ptr<ExecSession> SimulatedRuntime::exec(const std::string& id, ExecOptions options, ExecHandlers handlers) {
    auto session = std::make_unique<NoSession>();
    const auto it = containers_.find(id);
    const bool running = it != containers_.end() && it->second.running;
    const bool ready = running && responds(it->second);
    Interpreter interpreter;
    if (running)
        interpreter.fileExists = [script = it->second.script, elapsed = clock_.clusterNow() - it->second.startedCluster](const std::string& path) {
            bool known = false, exists = true;  // what the script never touches is taken to be there
            for (const auto& change : script->files)
                if (change.path == path) exists = change.at <= elapsed ? change.exists : known && exists, known = true;
            return exists;
        };
    interpreter.process(options.command);
    executor_.post([alive = session->alive, running, ready, interpreter = std::move(interpreter), handlers = std::move(handlers)]() mutable {
        if (!*alive) return;
        if (!running) return handlers.onExit(makeError(Reason::NotFound, "failed to exec in container: container is in CONTAINER_EXITED state"));
        for (const auto& [when, line] : interpreter.lines)
            if (*alive && handlers.onStandardOutput) handlers.onStandardOutput(line + "\n");
        if (*alive && !interpreter.errors.empty() && handlers.onStandardError) handlers.onStandardError(interpreter.errors);
        if (*alive) handlers.onExit(!ready ? 1 : interpreter.end ? interpreter.end->second : 0);
    });
    return session;
}

Usage SimulatedRuntime::usageOf(const Container& container) const {
    if (!container.running) return {};
    const auto elapsed = clock_.clusterNow() - container.startedCluster;
    const auto millis = std::max<std::int64_t>(container.cpuShares * 1000 / 1024 * 3 / 10, 1);
    const auto memory = container.memoryLimit > 0 ? container.memoryLimit * 6 / 10 : std::int64_t{24} << 20;
    return {elapsed.count() / 1000 * millis, memory, 1};
}

void SimulatedRuntime::sample(const std::string& id, Reply<Usage> reply) {
    const auto it = containers_.find(id);
    replyLater<Usage>(std::move(reply), it == containers_.end() ? Result<Usage>(makeError(Reason::NotFound, "no such container")) : Result<Usage>(usageOf(it->second)));
}

void SimulatedRuntime::sampleNode(Reply<Usage> reply) {
    Usage sum;
    for (const auto& [id, container] : containers_) {
        const auto usage = usageOf(container);
        sum.cpuNanoseconds += usage.cpuNanoseconds;
        sum.memoryWorkingSetBytes += usage.memoryWorkingSetBytes;
        sum.processes += usage.processes;
    }
    replyLater<Usage>(std::move(reply), sum);
}

std::optional<ImageInfo> SimulatedRuntime::findImage(const std::string& name) const {
    if (options_.findImage) return options_.findImage(name);
    ImageInfo image;
    image.id = fmt::format("sha256:{:064x}", std::hash<std::string>{}(name));
    image.names = {name};
    image.sizeBytes = 1 << 20;
    image.entrypoint = {"/simulated"};
    return image;
}

std::vector<ImageInfo> SimulatedRuntime::images() const { return options_.images ? options_.images() : std::vector<ImageInfo>(); }

std::unique_ptr<Connection> SimulatedRuntime::connectTo(const std::string& sandboxId, int, ConnectionHandlers handlers) {
    const auto it = std::find_if(containers_.begin(), containers_.end(), [&](const auto& entry) {
        return entry.second.sandboxId == sandboxId && responds(entry.second);
    });
    const bool open = it != containers_.end();
    const auto body = open ? fmt::format("simulated Pod {}\n", it->second.podName) : std::string();
    auto connection = std::make_unique<SimulatedConnection>(executor_, std::move(handlers),
        fmt::format("HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{}", body.size(), body));
    executor_.post([weak = std::weak_ptr(connection->state()), open] {
        const auto state = weak.lock();
        if (!state) return;
        if (!open) return std::exchange(state->onClose, nullptr)(makeError(Reason::ServiceUnavailable, "connection refused"));
        if (state->onConnect) state->onConnect();
    });
    return connection;
}

std::unique_ptr<Connection> SimulatedRuntime::connectFromNode(const std::string& ip, int port, Duration, ConnectionHandlers handlers) {
    const auto it = sandboxOfAddress_.find(ip);
    return connectTo(it == sandboxOfAddress_.end() ? std::string() : it->second, port, std::move(handlers));
}

std::unique_ptr<Connection> SimulatedRuntime::connectInSandbox(const std::string& sandboxId, int port, ConnectionHandlers handlers) {
    return connectTo(sandboxId, port, std::move(handlers));
}

// Its containers have no file system: nobody asks.
void SimulatedRuntime::setUpVolumes(const std::string&, std::vector<VolumePlan>, Reply<std::vector<VolumeError>> reply) { replyLater<std::vector<VolumeError>>(std::move(reply), std::vector<VolumeError>()); }
void SimulatedRuntime::prepareSubPaths(const std::string&, std::vector<SubPath>, Reply<std::vector<std::string>> reply) {
    replyLater<std::vector<std::string>>(std::move(reply), internalError("simulated containers have no file system"));
}
void SimulatedRuntime::removeFiles(const std::string&, const std::string&, Reply<void> reply) { replyLater<void>(std::move(reply), {}); }

std::optional<std::string> SimulatedRuntime::logOf(const std::string& id) const {
    const auto it = containers_.find(id);
    if (it == containers_.end()) return std::string();
    std::string log;
    const auto& container = it->second;
    if (container.startedAt == WallTime{}) return log;
    const auto elapsed = clock_.clusterNow() - container.startedCluster;
    for (const auto& [when, line] : container.script->lines)
        if (when <= elapsed) log += fmt::format("{} stdout F {}\n", formatNanoTime(container.startedAt + when), line);
    return log;
}

}  // namespace kubarium::kubelet
