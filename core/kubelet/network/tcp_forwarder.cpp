#include "core/kubelet/network/tcp_forwarder.h"

#include "core/base/log.h"

#include <boost/json.hpp>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>

namespace kubarium::kubelet {
namespace {

constexpr std::size_t mostWaiting = 1 << 20;

sockaddr_in loopback(int port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<std::uint16_t>(port));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return address;
}

// Two streams that are each other's other side. I/O thread.
struct Pair {
    std::weak_ptr<IoStream> side[2];
};

IoStream::Handlers handlersOf(const std::shared_ptr<Pair>& pair, int own) {
    IoStream::Handlers handlers;
    handlers.onData = [pair, own](std::string data) {
        const auto other = pair->side[1 - own].lock();
        if (!other) return;
        other->write(std::move(data));
        const auto self = pair->side[own].lock();
        if (!self || other->unsent() < mostWaiting) return;
        self->setReading(false);
        other->setOnSent([pair, own] {
            if (const auto paused = pair->side[own].lock()) paused->setReading(true);
        });
    };
    handlers.onEnd = [pair, own](const std::string&) {
        const auto other = pair->side[1 - own].lock();
        if (!other) return;
        if (other->unsent() == 0) other->close();
        else other->setOnSent([pair, own] {
            if (const auto last = pair->side[1 - own].lock()) last->close();
        });
    };
    return handlers;
}

void joinSockets(IoThread& io, Descriptor accepted, Descriptor connecting) {
    auto pair = std::make_shared<Pair>();
    pair->side[0] = IoStream::make(io, std::move(accepted), handlersOf(pair, 0));
    pair->side[1] = IoStream::make(io, std::move(connecting), handlersOf(pair, 1), IoStream::Begin::Connecting);
}

}  // namespace

struct TcpForwarder::State : std::enable_shared_from_this<State> {
    explicit State(Substrate& owner) : substrate(owner), io(owner.io()) {}
    Substrate& substrate;  // engine thread, while `alive`
    IoThread& io;
    bool alive = true;
    Descriptor listener;  // I/O thread
    std::uint64_t watch = 0;
    // Makes the other side; the accepted connection waits meanwhile. I/O thread.
    std::function<void(std::shared_ptr<Descriptor> accepted)> connectOther;

    void listen(Descriptor socket) {
        auto owned = std::make_shared<Descriptor>(std::move(socket));
        io.run([self = shared_from_this(), owned] {
            self->listener = std::move(*owned);
            self->watch = self->io.watch(self->listener.get(), EPOLLIN, [weak = std::weak_ptr<State>(self)](std::uint32_t) {
                const auto state = weak.lock();
                if (!state) return;
                auto accepted = std::make_shared<Descriptor>(::accept4(state->listener.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
                if (*accepted && state->connectOther) state->connectOther(std::move(accepted));
            });
        });
    }
};

Result<std::unique_ptr<TcpForwarder>> TcpForwarder::intoCluster(Substrate& substrate, int hostPort, ClusterPlace place, const std::string& ip, int port) {
    Descriptor socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    auto address = loopback(hostPort);
    const int yes = 1;
    ::setsockopt(socket.get(), SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    socklen_t size = sizeof address;
    if (!socket || ::bind(socket.get(), reinterpret_cast<sockaddr*>(&address), size) != 0 || ::listen(socket.get(), 128) != 0 ||
        ::getsockname(socket.get(), reinterpret_cast<sockaddr*>(&address), &size) != 0)
        return makeError(Reason::Conflict, "127.0.0.1:" + std::to_string(hostPort) + " cannot be used: " + std::strerror(errno));
    auto state = std::make_shared<State>(substrate);
    state->connectOther = [weak = std::weak_ptr<State>(state), place, ip, port, &executor = substrate.executor()](std::shared_ptr<Descriptor> accepted) {
        executor.post([weak, place, ip, port, accepted = std::move(accepted)] {
            const auto self = weak.lock();
            if (!self || !self->alive) return;
            json::object request{{"op", "connect"}, {"node", place.node}, {"sandbox", place.sandbox}, {"ip", ip}, {"port", port}};
            self->substrate.request(std::move(request), [weak, accepted](Result<SupervisorReply> reply) {
                const auto owner = weak.lock();
                if (!owner || !owner->alive || !reply || reply->descriptors.empty()) return;
                auto other = std::make_shared<Descriptor>(std::move(reply->descriptors.front()));
                owner->io.run([owner, accepted, other] { joinSockets(owner->io, std::move(*accepted), std::move(*other)); });
            });
        });
    };
    state->listen(std::move(socket));
    std::unique_ptr<TcpForwarder> forwarder(new TcpForwarder(std::move(state)));
    forwarder->hostPort_ = ntohs(address.sin_port);
    return forwarder;
}

std::unique_ptr<TcpForwarder> TcpForwarder::intoHost(Substrate& substrate, ClusterPlace place, const std::string& ip, int port, int hostPort) {
    auto state = std::make_shared<State>(substrate);
    state->connectOther = [weak = std::weak_ptr<State>(state), hostPort](const std::shared_ptr<Descriptor>& accepted) {
        const auto self = weak.lock();
        if (!self) return;
        Descriptor other(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
        const auto address = loopback(hostPort);
        if (!other || (::connect(other.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 && errno != EINPROGRESS)) return;
        joinSockets(self->io, std::move(*accepted), std::move(other));
    };
    json::object request{{"op", "listen"}, {"node", place.node}, {"sandbox", place.sandbox}, {"ip", ip}, {"port", port}, {"protocol", "TCP"}};
    substrate.request(std::move(request), [weak = std::weak_ptr<State>(state), ip, port](Result<SupervisorReply> reply) {
        const auto self = weak.lock();
        if (!self || !self->alive) return;
        if (!reply || reply->descriptors.empty()) {
            logWarn("network", "{}:{} in the cluster: {}", ip, port, reply ? "no socket" : reply.error().message);
            return;
        }
        self->listen(std::move(reply->descriptors.front()));
    });
    std::unique_ptr<TcpForwarder> forwarder(new TcpForwarder(std::move(state)));
    forwarder->hostPort_ = hostPort;
    return forwarder;
}

TcpForwarder::~TcpForwarder() {
    state_->alive = false;
    state_->io.run([state = state_] {
        if (state->watch != 0) state->io.forget(state->watch);
        state->listener.reset();
        state->connectOther = nullptr;
    });
}

}  // namespace kubarium::kubelet
