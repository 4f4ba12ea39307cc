#include "core/kubelet/runtime/substrate.h"

#include "core/base/log.h"
#include "core/kubelet/runtime/frame_channel.h"
#include "core/kubelet/runtime/supervisor.h"
#include "core/kubelet/runtime/wire.h"

#include <boost/json.hpp>
#include <fmt/format.h>

#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <cerrno>
#include <cstring>

extern char** environ;

namespace kubarium::kubelet {
namespace {

constexpr int handshakeMilliseconds = 10'000;
constexpr int farewellMilliseconds = 10'000;

}  // namespace

Substrate::Substrate(Executor& executor, Clock& clock, SubstrateOptions options)
    : executor_(executor), clock_(clock), options_(std::move(options)) {}

Result<std::unique_ptr<Substrate>> Substrate::start(Executor& executor, Clock& clock, SubstrateOptions options) {
    if (options.capabilities.level == SubstrateLevel::Simulated)
        return makeError(Reason::ServiceUnavailable, options.capabilities.sentence());
    std::error_code failure;
    std::filesystem::create_directories(options.run, failure);
    options.run = std::filesystem::canonical(options.run, failure);
    if (failure) return internalError(fmt::format("{}: {}", options.run.string(), failure.message()));
    std::filesystem::permissions(options.run, std::filesystem::perms::owner_all, failure);
    std::unique_ptr<Substrate> substrate(new Substrate(executor, clock, std::move(options)));
    TRY(substrate->spawn());
    TRY(substrate->handshake());
    substrate->listen();
    return substrate;
}

Result<void> Substrate::spawn() {
    int ends[2];
    if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) return internalError(std::string("socketpair: ") + std::strerror(errno));
    socket_ = Descriptor(ends[0]);
    const Descriptor other(ends[1]);
    const auto& can = options_.capabilities;
    SupervisorConfig config;
    config.run = options_.run.string();
    config.base = cgroupNameOf(options_.run.string());
    config.runtime = can.runtimePath;
    config.pause = options_.pause.string();
    config.crun = can.runtimeName == "crun";
    config.user = !can.root;
    config.limits = can.level == SubstrateLevel::Full;
    config.delegated = !can.root && can.delegation && config.limits;
    config.hideUnified = can.cgroups == "hybrid" && config.crun;
    config.switchAddress = options_.switchAddress;
    config.subordinate = can.root ? std::string() : can.subordinate;

    std::vector<std::string> words;
    if (config.delegated)
        words = {"systemd-run", "-q", "--user", "--scope", "--unit", "kubarium" + config.base.substr(9) + fmt::format("-{}", ::getpid()), "-p", "Delegate=yes", "--"};
    words.insert(words.end(), {options_.program.string(), "supervisor", config.serialize()});
    std::vector<char*> arguments;
    for (auto& word : words) arguments.push_back(word.data());
    arguments.push_back(nullptr);

    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, other.get(), supervisorSocket);
    posix_spawnattr_t attributes;
    posix_spawnattr_init(&attributes);
    sigset_t none, all;
    sigemptyset(&none);
    sigfillset(&all);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setsigdefault(&attributes, &all);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    const int failure = ::posix_spawnp(&process_, arguments[0], &actions, &attributes, arguments.data(), environ);
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&actions);
    if (failure != 0) return internalError(fmt::format("start {}: {}", words[0], std::strerror(failure)));
    return {};
}

Result<void> Substrate::handshake() {
    FrameReader reader;
    for (;;) {
        pollfd waiting{socket_.get(), POLLIN, 0};
        const int ready = ::poll(&waiting, 1, handshakeMilliseconds);
        if (ready < 0 && errno == EINTR) continue;
        if (ready <= 0) return makeError(Reason::Timeout, "the supervisor did not start in time");
        if (reader.read(socket_.get()) == FrameReader::State::Closed) return internalError("the supervisor ended while starting");
        while (const auto frame = reader.next()) {
            boost::system::error_code failure;
            const auto value = json::parse(frame->payload, failure);
            if (failure || !value.is_object()) return internalError("the supervisor said something unreadable");
            const auto& message = value.get_object();
            if (wire::text(message, "event") == "failed") return makeError(Reason::ServiceUnavailable, wire::text(message, "error"));
            cgroups_ = wire::text(message, "cgroup");
            cgroupBase_ = wire::text(message, "base");
            swapLimit_ = wire::flag(message, "swap");
            return {};
        }
    }
}

void Substrate::listen() {
    io_ = std::make_unique<IoThread>();
    // The reader lives on the I/O thread; whole messages are parsed there and posted in order.
    struct Reading {
        FrameReader reader;
        std::uint64_t watch = 0;
    };
    auto reading = std::make_shared<Reading>();
    std::weak_ptr<Substrate*> weak = self_;
    auto handler = [reading, weak, io = io_.get(), socket = socket_.get(), &executor = executor_](std::uint32_t) {
        const bool closed = reading->reader.read(socket) == FrameReader::State::Closed;
        while (auto frame = reading->reader.next()) {
            boost::system::error_code failure;
            auto value = json::parse(frame->payload, failure);
            if (failure || !value.is_object()) continue;
            executor.post([weak, message = std::move(value.get_object()), descriptors = std::move(frame->descriptors)]() mutable {
                if (const auto self = weak.lock()) (*self)->onFrame(std::move(message), std::move(descriptors));
            });
        }
        if (!closed) return;
        io->forget(reading->watch);
        executor.post([weak] {
            if (const auto self = weak.lock()) (*self)->onClosed();
        });
    };
    io_->run([io = io_.get(), reading, socket = socket_.get(), handler = std::move(handler)] {
        reading->watch = io->watch(socket, EPOLLIN, handler);
    });
}

Substrate::~Substrate() {
    self_.reset();
    io_.reset();
    socket_.reset();  // the supervisor ends when its socket closes
    if (process_ <= 0) return;
    const Descriptor handle(static_cast<int>(::syscall(SYS_pidfd_open, process_, 0)));
    pollfd ended{handle.get(), POLLIN, 0};
    if (handle && ::poll(&ended, 1, farewellMilliseconds) == 0) {
        logWarn("substrate", "the supervisor did not end in time and was killed");
        ::kill(process_, SIGKILL);
    }
    int status = 0;
    ::waitpid(process_, &status, 0);
}

void Substrate::request(json::object message, std::vector<Descriptor> descriptors, ReplyHandler reply) {
    const auto number = ++lastRequest_;
    message["request"] = number;
    std::vector<int> numbers;
    for (const auto& descriptor : descriptors) numbers.push_back(descriptor.get());
    if (!lost_ && sendFrame(socket_.get(), json::serialize(message), numbers)) {
        waiting_.emplace(number, std::move(reply));
        return;
    }
    if (!reply) return;
    executor_.post([reply = std::move(reply)]() mutable { reply(makeError(Reason::ServiceUnavailable, "the container supervisor is gone")); });
}

void Substrate::setNodeHandler(const std::string& node, std::function<void(const json::object&)> handler) {
    if (handler) nodes_[node] = std::move(handler);
    else nodes_.erase(node);
}

void Substrate::onFrame(json::object message, std::vector<Descriptor> descriptors) {
    if (const auto event = wire::text(message, "event"); !event.empty()) {
        const auto it = nodes_.find(wire::text(message, "node"));
        if (it != nodes_.end()) {
            const auto handler = it->second;
            handler(message);
        }
        return;
    }
    auto waiting = waiting_.extract(static_cast<std::uint64_t>(wire::number(message, "request")));
    if (!waiting || !waiting.mapped()) return;
    if (const auto* ok = message.if_contains("ok"); ok != nullptr && ok->is_object())
        waiting.mapped()(SupervisorReply{ok->get_object(), std::move(descriptors)});
    else
        waiting.mapped()(makeError(parseReason(wire::text(message, "reason")).value_or(Reason::InternalError), wire::text(message, "error")));
}

void Substrate::onClosed() {
    if (std::exchange(lost_, true)) return;
    auto waiting = std::exchange(waiting_, {});
    for (auto& [number, reply] : waiting)
        if (reply) reply(makeError(Reason::ServiceUnavailable, "the container supervisor is gone"));
    if (onLost_) onLost_("the container supervisor has ended: its containers are gone");
}

}  // namespace kubarium::kubelet
