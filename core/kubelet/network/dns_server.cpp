#include "core/kubelet/network/dns_server.h"

#include "core/base/log.h"

#include <boost/json.hpp>

#include <netinet/in.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include <array>
#include <map>

namespace kubarium::kubelet {
namespace {

constexpr std::size_t mostOverUdp = 512, mostOverTcp = 65535;

}  // namespace

// I/O thread, but for `alive`.
struct DnsServer::State {
    explicit State(IoThread& thread) : io(thread) {}
    IoThread& io;
    bool alive = true;  // engine thread
    std::shared_ptr<const DnsZone> zone = std::make_shared<DnsZone>();
    struct Socket {
        Descriptor descriptor;
        std::uint64_t watch = 0;
    };
    std::multimap<std::string, Socket> sockets;  // by Node

    void answerDatagrams(int socket) const {
        std::array<char, 4096> query;
        for (int i = 0; i < 64; ++i) {
            sockaddr_in from{};
            socklen_t size = sizeof from;
            const auto got = ::recvfrom(socket, query.data(), query.size(), 0, reinterpret_cast<sockaddr*>(&from), &size);
            if (got < 0) return;
            const auto answer = zone->answer({query.data(), static_cast<std::size_t>(got)}, mostOverUdp);
            if (!answer.empty()) ::sendto(socket, answer.data(), answer.size(), 0, reinterpret_cast<const sockaddr*>(&from), size);
        }
    }
};

namespace {

// One TCP client: messages with their length before them.
void serveStream(IoThread& io, Descriptor socket, const std::shared_ptr<const DnsZone>& zone) {
    auto buffer = std::make_shared<std::string>();
    auto stream = std::make_shared<std::weak_ptr<IoStream>>();
    IoStream::Handlers handlers;
    handlers.onData = [buffer, stream, zone](const std::string& data) {
        *buffer += data;
        while (buffer->size() >= 2) {
            const auto length = static_cast<std::size_t>(static_cast<unsigned char>((*buffer)[0]) << 8 | static_cast<unsigned char>((*buffer)[1]));
            if (buffer->size() < 2 + length) return;
            const auto answer = zone->answer(std::string_view(*buffer).substr(2, length), mostOverTcp);
            buffer->erase(0, 2 + length);
            const auto target = stream->lock();
            if (answer.empty() || !target) continue;
            target->write(std::string{static_cast<char>(answer.size() >> 8), static_cast<char>(answer.size() & 255)} + answer);
        }
    };
    handlers.onEnd = [](const std::string&) {};
    *stream = IoStream::make(io, std::move(socket), std::move(handlers));
}

}  // namespace

DnsServer::DnsServer(Substrate& substrate, std::string address)
    : substrate_(substrate), address_(std::move(address)), state_(std::make_shared<State>(substrate.io())) {}

DnsServer::~DnsServer() {
    state_->alive = false;
    state_->io.run([state = state_] {
        for (auto& [node, socket] : state->sockets) state->io.forget(socket.watch);
        state->sockets.clear();
    });
}

void DnsServer::addNode(const std::string& node) {
    for (const char* protocol : {"UDP", "TCP"}) {
        json::object request{{"op", "listen"}, {"node", node}, {"ip", address_}, {"port", 53}, {"protocol", protocol}};
        substrate_.request(std::move(request), [state = state_, node, udp = std::string(protocol) == "UDP"](Result<SupervisorReply> reply) {
            if (!state->alive) return;
            if (!reply || reply->descriptors.empty()) {
                logWarn("dns", "Node {}: {}", node, reply ? "no socket" : reply.error().message);
                return;
            }
            auto descriptor = std::make_shared<Descriptor>(std::move(reply->descriptors.front()));
            state->io.run([state, node, udp, descriptor] {
                const int number = descriptor->get();
                const auto watch = state->io.watch(number, EPOLLIN, [state = state.get(), number, udp](std::uint32_t) {
                    if (udp) {
                        state->answerDatagrams(number);
                        return;
                    }
                    Descriptor client(::accept4(number, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
                    if (client) serveStream(state->io, std::move(client), state->zone);
                });
                state->sockets.emplace(node, State::Socket{std::move(*descriptor), watch});
            });
        });
    }
}

void DnsServer::removeNode(const std::string& node) {
    state_->io.run([state = state_, node] {
        const auto [begin, end] = state->sockets.equal_range(node);
        for (auto it = begin; it != end; ++it) state->io.forget(it->second.watch);
        state->sockets.erase(begin, end);
    });
}

void DnsServer::setZone(std::shared_ptr<const DnsZone> zone) {
    state_->io.run([state = state_, zone = std::move(zone)]() mutable { state->zone = std::move(zone); });
}

}  // namespace kubarium::kubelet
