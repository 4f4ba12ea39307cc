#include "core/kubelet/runtime/container_table.h"

#include "core/kubelet/runtime/terminal_socket.h"
#include "core/kubelet/runtime/wire.h"

#include <boost/json.hpp>
#include <fmt/format.h>

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>

namespace kubarium::kubelet {
namespace {

namespace fs = std::filesystem;
using wire::flag;
using wire::number;
using wire::text;

std::int64_t nanoseconds(std::chrono::system_clock::time_point at) {
    return std::chrono::duration_cast<std::chrono::nanoseconds>(at.time_since_epoch()).count();
}

Result<pid_t> readPid(const std::string& file) {
    pid_t pid = 0;
    std::ifstream(file) >> pid;
    if (pid <= 0) return internalError("the container runtime wrote no process id");
    return pid;
}

struct Pipe {
    Descriptor reading, writing;
};
Result<Pipe> makePipe() {
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0) return systemError("pipe");
    return Pipe{Descriptor(ends[0]), Descriptor(ends[1])};
}

Result<void> writeText(const std::string& path, const std::string& content) {
    std::ofstream file(path, std::ios::binary);
    file << content;
    file.close();
    if (!file) return internalError("write " + path);
    return {};
}

// The part of a message between two marks, or "".
std::string between(const std::string& message, const std::string& before, const std::string& after) {
    const auto begin = message.find(before);
    if (begin == std::string::npos) return {};
    const auto end = message.find(after, begin + before.size());
    return message.substr(begin + before.size(), end == std::string::npos ? std::string::npos : end - begin - before.size());
}

}  // namespace

ContainerTable::ContainerTable(ContainerTableOptions options, Cgroups& cgroups, ClusterNetwork& network, ProcessTable& processes, Event event)
    : options_(std::move(options)), cgroups_(cgroups), network_(network), processes_(processes), event_(std::move(event)), pauses_(options_.pause, options_.live + "/pause") {}

Result<ContainerTable::ContainerPtr> ContainerTable::find(const std::string& id) {
    const std::lock_guard lock(mutex_);
    const auto it = containers_.find(id);
    if (it == containers_.end()) return makeError(Reason::NotFound, "there is no container " + id);
    return it->second;
}

std::vector<std::string> ContainerTable::runtimeCommand(const std::string& log, std::initializer_list<std::string> words) const {
    std::vector<std::string> command{options_.runtime, "--root", options_.live + "/runtime", "--log", log, "--log-format", "json"};
    if (options_.crun) command.push_back(cgroups_.version() == CgroupVersion::None ? "--cgroup-manager=disabled" : "--cgroup-manager=cgroupfs");
    command.insert(command.end(), words);
    return command;
}

Error ContainerTable::runtimeError(const std::string& log, const std::string& fallback) const {
    std::ifstream file(log);
    std::string message;
    for (std::string line; std::getline(file, line);) {
        boost::system::error_code failure;
        const auto entry = json::parse(line, failure);
        if (!failure && entry.is_object()) message = text(entry.get_object(), "msg");
    }
    if (message.empty()) message = fallback;
    // crun: "executable file `x` not found in $PATH: No such file or directory", "open executable: Permission denied".
    if (const auto name = between(message, "executable file `", "` not found"); !name.empty())
        return makeError(Reason::NotFound, name.find('/') == std::string::npos
                                               ? fmt::format("exec: \"{}\": executable file not found in $PATH", name)
                                               : fmt::format("exec: \"{0}\": stat {0}: no such file or directory", name));
    if (message.find("exec: \"") != std::string::npos) return makeError(Reason::NotFound, message.substr(message.find("exec: \"")));
    return internalError(message);
}

// --- containers ---

Result<void> ContainerTable::mountRoot(const Container& container, const std::string& lower) {
    const auto upper = options_.uppers + "/" + container.id;
    const auto root = container.directory + "/rootfs";
    std::error_code failure;
    for (const auto& directory : {container.directory, root, upper + "/u", upper + "/w"}) {
        fs::create_directories(directory, failure);
        if (failure) return internalError("mkdir " + directory + ": " + failure.message());
    }
    ::chmod((upper + "/u").c_str(), 0755);
    auto data = fmt::format("lowerdir={},upperdir={}/u,workdir={}/w", lower, upper, upper);
    if (options_.user) data += ",userxattr";
    // "volatile" spares the syncs that only a mount after a crash would need.
    if (::mount("overlay", root.c_str(), "overlay", 0, (data + ",volatile").c_str()) == 0) return {};
    if (::mount("overlay", root.c_str(), "overlay", 0, data.c_str()) == 0) return {};
    return systemError("mount the root file system of a container");
}

Result<void> ContainerTable::launch(Container& container, const json::object& request) {
    auto config = text(request, "config");
    if (const auto target = text(request, "target"); !target.empty()) {
        const auto running = TRY(find(target));
        if (running->ended) return makeError(Reason::NotFound, "container not running (" + target + ")");
        const std::string placeholder(wire::targetNamespace);
        if (const auto at = config.find(placeholder); at != std::string::npos) config.replace(at, placeholder.size(), fmt::format("/proc/{}/ns/pid", running->pid));
    }
    const bool terminal = flag(request, "terminal");
    TRY(writeText(container.directory + "/config.json", config));
    const auto log = container.directory + "/log", pidFile = container.directory + "/pid";
    auto command = runtimeCommand(log, {"run", "--detach", "--bundle", container.directory, "--pid-file", pidFile});
    std::optional<TerminalSocket> socket;
    Pipe output, error, input;
    ProcessStart start;
    if (terminal) {
        auto listening = TRY(TerminalSocket::listen(fmt::format("{}/t{}", options_.live, container.id.substr(0, 12))));
        socket.emplace(std::move(listening));
        command.insert(command.end(), {"--console-socket", socket->path()});
    } else {
        output = TRY(makePipe());
        error = TRY(makePipe());
        start.standardOutput = output.writing.get();
        start.standardError = error.writing.get();
        if (flag(request, "stdin")) {
            input = TRY(makePipe());
            start.standardInput = input.reading.get();
        }
    }
    command.push_back(container.id);
    start.command = std::move(command);
    const auto ended = TRY(processes_.run(start));
    if (ended.shellCode() != 0) return runtimeError(log, fmt::format("{} ended with status {}", options_.runtime, ended.shellCode()));
    container.startedAt = std::chrono::system_clock::now();
    container.pid = TRY(readPid(pidFile));
    container.handle = openProcess(container.pid);
    container.log = std::make_shared<ContainerLog>(text(request, "logPath"), options_.maxLogBytes);
    if (socket) {
        container.terminal = TRY(socket->receive());
        logs_.add(container.log, Descriptor(::fcntl(container.terminal.get(), F_DUPFD_CLOEXEC, 3)), Descriptor());
    } else {
        logs_.add(container.log, std::move(output.reading), std::move(error.reading));
        container.input = std::move(input.writing);
    }
    return {};
}

Result<Answer> ContainerTable::start(const json::object& request) {
    auto container = std::make_shared<Container>();
    container->id = text(request, "id");
    container->node = text(request, "node");
    container->sandbox = text(request, "sandbox");
    container->group = text(request, "group");
    container->directory = options_.live + "/c/" + container->id;
    {
        const std::lock_guard lock(mutex_);
        if (!sandboxes_.contains(container->sandbox)) return makeError(Reason::NotFound, "there is no sandbox " + container->sandbox);
    }
    const auto begin = [&]() -> Result<void> {
        TRY(mountRoot(*container, text(request, "lower")));
        return launch(*container, request);
    };
    if (auto begun = begin(); !begun) {
        sendSignal(container->handle, SIGKILL);
        free(*container);
        return std::move(begun.error());
    }
    {
        const std::lock_guard lock(mutex_);
        containers_[container->id] = container;
    }
    Answer answer;
    answer.body["startedAt"] = nanoseconds(container->startedAt);
    // Only now may its end be reported: nobody must hear of an end before the start.
    answer.afterwards = [this, container] {
        processes_.adopt(container->pid, [this, container](const ProcessExit& exit) { onExit(container, exit); });
    };
    return answer;
}

void ContainerTable::onExit(const ContainerPtr& container, const ProcessExit& exit) {
    // The counters are there until the group is removed, the output until its pipes are drained.
    const bool oomKilled = cgroups_.oomKills(container->group) > 0;
    container->log->drain();
    {
        const std::lock_guard lock(mutex_);
        container->ended = true;
    }
    event_({{"event", "exit"},
            {"node", container->node},
            {"id", container->id},
            {"code", exit.shellCode()},
            {"signal", exit.signaled ? exit.code : 0},
            {"oomKilled", oomKilled},
            // A short process ends before the runtime's own process does, after which the start is noted.
            {"startedAt", nanoseconds(std::min(container->startedAt, exit.at))},
            {"finishedAt", nanoseconds(exit.at)}},
           {});
}

Result<Answer> ContainerTable::signal(const json::object& request) {
    const auto container = TRY(find(text(request, "id")));
    const std::lock_guard lock(mutex_);
    if (container->ended) return makeError(Reason::Conflict, "the container has ended");
    if (!sendSignal(container->handle, static_cast<int>(number(request, "signal")))) return systemError("signal");
    return Answer{};
}

Result<Answer> ContainerTable::limit(const json::object& request) {
    const auto container = TRY(find(text(request, "id")));
    TRY(cgroups_.limit(container->group, wire::decodeLimits(request, "limits")));
    return Answer{};
}

Result<Answer> ContainerTable::limitSandbox(const json::object& request) {
    std::string group;
    {
        const std::lock_guard lock(mutex_);
        const auto it = sandboxes_.find(text(request, "id"));
        if (it == sandboxes_.end()) return makeError(Reason::NotFound, "there is no sandbox " + text(request, "id"));
        group = it->second.group;
    }
    TRY(cgroups_.limit(group, wire::decodeLimits(request, "limits")));
    return Answer{};
}

// Everything that `crun delete` would do, without a process.
void ContainerTable::free(const Container& container) {
    std::error_code ignored;
    if (container.log) logs_.forget(container.log.get());
    ::umount2((container.directory + "/rootfs").c_str(), MNT_DETACH);
    (void)cgroups_.kill(container.group, 20);
    cgroups_.remove(container.group);
    fs::remove_all(options_.live + "/runtime/" + container.id, ignored);
    fs::remove_all(container.directory, ignored);
    fs::remove_all(options_.uppers + "/" + container.id, ignored);
}

Result<Answer> ContainerTable::remove(const json::object& request) {
    ContainerPtr container;
    {
        const std::lock_guard lock(mutex_);
        const auto it = containers_.find(text(request, "id"));
        if (it == containers_.end()) return Answer{};
        if (!it->second->ended) return makeError(Reason::Conflict, "the container is still running");
        container = std::move(it->second);
        containers_.erase(it);
    }
    free(*container);
    return Answer{};
}

Result<Answer> ContainerTable::sample(const json::object& request) {
    const auto id = text(request, "id");
    const auto usage = cgroups_.usage(id.empty() ? text(request, "node") : TRY(find(id))->group);
    Answer answer;
    answer.body = {{"cpu", usage.cpuNanoseconds}, {"memory", usage.memoryWorkingSetBytes}, {"processes", usage.processes}};
    return answer;
}

namespace {

// As du: blocks, not lengths. Files come and go meanwhile.
std::int64_t bytesBelow(const std::string& path) {
    std::int64_t bytes = 0;
    std::error_code error;
    const auto add = [&](const fs::path& file) {
        struct stat info {};
        if (::lstat(file.c_str(), &info) == 0) bytes += static_cast<std::int64_t>(info.st_blocks) * 512;
    };
    add(path);
    for (fs::recursive_directory_iterator it(path, fs::directory_options::skip_permission_denied, error), end; !error && it != end; it.increment(error)) add(it->path());
    return bytes;
}

}  // namespace

Result<Answer> ContainerTable::diskUsage(const json::object& request) {
    json::array sizes;
    if (const auto* places = request.if_contains("places"); places && places->is_array())
        for (const auto& each : places->get_array()) {
            const std::string place(each.is_string() ? std::string_view(each.get_string()) : std::string_view());
            const bool path = place.starts_with('/');
            // Ids only: a name with a slash in it would lead elsewhere.
            sizes.emplace_back(place.empty() || (!path && place.find('/') != std::string::npos) ? 0 : bytesBelow(path ? place : options_.uppers + "/" + place));
        }
    Answer answer;
    answer.body = {{"sizes", std::move(sizes)}};
    return answer;
}

// --- processes inside containers ---

// The process that an exec starts: as the container's first one (user, groups, environment, capabilities), with other words.
Result<std::string> ContainerTable::execProcess(const Container& container, const json::object& request) const {
    std::ifstream file(container.directory + "/config.json");
    boost::system::error_code failure;
    const auto config = json::parse(std::string(std::istreambuf_iterator<char>(file), {}), failure);
    const auto* first = failure || !config.is_object() ? nullptr : config.get_object().if_contains("process");
    if (first == nullptr || !first->is_object()) return internalError("the configuration of container " + container.id + " cannot be read");
    auto process = first->get_object();
    process["terminal"] = flag(request, "terminal");
    auto& words = process["args"].emplace_array();
    for (const auto& word : wire::texts(request, "command")) words.emplace_back(word);
    return json::serialize(process);
}

Result<Answer> ContainerTable::exec(const json::object& request, std::vector<Descriptor>& streams) {
    const auto session = text(request, "session");
    const auto container = TRY(find(text(request, "id")));
    if (container->ended) return makeError(Reason::NotFound, "container not running (" + container->id + ")");
    const bool terminal = flag(request, "terminal"), input = flag(request, "stdin");
    const auto stem = fmt::format("{}/x{}", options_.live, session);
    const auto process = TRY(execProcess(*container, request));
    TRY(writeText(stem + ".process", process));
    auto command = runtimeCommand(stem + ".log", {"exec", "--detach", "--pid-file", stem + ".pid", "--process", stem + ".process"});
    std::optional<TerminalSocket> socket;
    ProcessStart start;
    if (terminal) {
        socket.emplace(TRY(TerminalSocket::listen(stem)));
        command.insert(command.end(), {"--console-socket", socket->path()});
    } else {
        if (streams.size() < (input ? 3U : 2U)) return internalError("an exec without its streams");
        if (input) start.standardInput = streams[0].get();
        start.standardOutput = streams[input ? 1 : 0].get();
        start.standardError = streams[input ? 2 : 1].get();
    }
    command.push_back(container->id);
    start.command = std::move(command);
    const auto ended = processes_.run(start);
    const auto pid = readPid(stem + ".pid");
    const auto failure = runtimeError(stem + ".log", "the command could not be started");
    std::error_code ignored;
    for (const auto* suffix : {".pid", ".log", ".process"}) fs::remove(stem + suffix, ignored);
    if (!ended) return ended.error();
    if (ended->shellCode() != 0) return failure;
    if (!pid) return pid.error();
    Answer answer;
    if (socket) answer.descriptors.push_back(TRY(socket->receive()));
    {
        const std::lock_guard lock(mutex_);
        execs_[session] = openProcess(*pid);
    }
    answer.afterwards = [this, session, node = container->node, child = *pid] {
        processes_.adopt(child, [this, session, node](const ProcessExit& exit) {
            {
                const std::lock_guard lock(mutex_);
                execs_.erase(session);
            }
            event_({{"event", "execExit"}, {"node", node}, {"session", session}, {"code", exit.shellCode()}}, {});
        });
    };
    return answer;
}

Result<Answer> ContainerTable::killExec(const json::object& request) {
    const std::lock_guard lock(mutex_);
    const auto it = execs_.find(text(request, "session"));
    if (it != execs_.end()) sendSignal(it->second, SIGKILL);
    return Answer{};
}

Result<Answer> ContainerTable::attach(const json::object& request, std::vector<Descriptor>& streams) {
    const auto container = TRY(find(text(request, "id")));
    if (container->ended) return makeError(Reason::NotFound, "container not running (" + container->id + ")");
    Answer answer;
    if (container->terminal) answer.descriptors.emplace_back(::fcntl(container->terminal.get(), F_DUPFD_CLOEXEC, 3));
    else if (container->input && flag(request, "stdin")) answer.descriptors.emplace_back(::fcntl(container->input.get(), F_DUPFD_CLOEXEC, 3));
    const std::lock_guard lock(container->log->mutex_);
    ContainerLog::Listener listener;
    if (!streams.empty()) listener.output = std::move(streams[0]);
    if (streams.size() > 1) listener.error = std::move(streams[1]);
    if (listener.output) container->log->listeners_.push_back(std::move(listener));
    return answer;
}

Result<Answer> ContainerTable::killNode(const json::object& request) {
    const auto node = text(request, "node");
    const std::lock_guard lock(mutex_);
    for (const auto& [id, container] : containers_)
        if (container->node == node && !container->ended) sendSignal(container->handle, SIGKILL);
    return Answer{};
}

}  // namespace kubarium::kubelet
