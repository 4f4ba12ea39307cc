#include "core/kubelet/runtime/terminal_socket.h"

#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <array>
#include <cerrno>
#include <cstring>

namespace kubarium::kubelet {

Result<TerminalSocket> TerminalSocket::listen(const std::string& path) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (path.size() >= sizeof address.sun_path) return internalError("the path of the state directory is too long for a terminal's socket: " + path);
    std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
    Descriptor socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    ::unlink(path.c_str());
    if (!socket || ::bind(socket.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) != 0 || ::listen(socket.get(), 1) != 0)
        return internalError("listen on " + path + ": " + std::strerror(errno));
    return TerminalSocket(std::move(socket), path);
}

TerminalSocket::~TerminalSocket() {
    if (socket_) ::unlink(path_.c_str());
}

Result<Descriptor> TerminalSocket::receive() {
    pollfd waiting{socket_.get(), POLLIN, 0};
    if (::poll(&waiting, 1, 2000) != 1) return internalError("the container runtime sent no terminal");
    const Descriptor peer(::accept4(socket_.get(), nullptr, nullptr, SOCK_CLOEXEC));
    if (!peer) return internalError(std::string("accept: ") + std::strerror(errno));
    std::array<char, 256> data;
    alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int))> control;
    iovec part{data.data(), data.size()};
    msghdr message{};
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    message.msg_control = control.data();
    message.msg_controllen = control.size();
    if (::recvmsg(peer.get(), &message, MSG_CMSG_CLOEXEC) < 0) return internalError(std::string("terminal: ") + std::strerror(errno));
    const auto* header = CMSG_FIRSTHDR(&message);
    if (header == nullptr || header->cmsg_type != SCM_RIGHTS) return internalError("the container runtime sent no terminal");
    int number = -1;
    std::memcpy(&number, CMSG_DATA(header), sizeof number);
    return Descriptor(number);
}

}  // namespace kubarium::kubelet
