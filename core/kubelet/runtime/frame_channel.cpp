#include "core/kubelet/runtime/frame_channel.h"

#include <poll.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <cstdint>
#include <cstring>

namespace kubarium::kubelet {
namespace {

constexpr std::size_t headerSize = 8;
constexpr std::size_t maxDescriptors = 64;

// Waits until a non-blocking socket takes more.
void waitWritable(int socket) {
    pollfd waiting{socket, POLLOUT, 0};
    ::poll(&waiting, 1, 1000);
}

bool sendAll(int socket, const char* data, std::size_t size) {
    while (size > 0) {
        const auto sent = ::send(socket, data, size, MSG_NOSIGNAL);
        if (sent < 0) {
            if (errno == EINTR) continue;
            if (errno != EAGAIN) return false;
            waitWritable(socket);
            continue;
        }
        data += sent;
        size -= static_cast<std::size_t>(sent);
    }
    return true;
}

}  // namespace

bool sendFrame(int socket, std::string_view payload, std::span<const int> descriptors) {
    std::array<std::uint32_t, 2> header{static_cast<std::uint32_t>(payload.size()), static_cast<std::uint32_t>(descriptors.size())};
    iovec part{header.data(), headerSize};
    msghdr message{};
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    alignas(cmsghdr) std::array<char, CMSG_SPACE(maxDescriptors * sizeof(int))> control{};
    if (!descriptors.empty()) {
        message.msg_control = control.data();
        message.msg_controllen = CMSG_SPACE(descriptors.size_bytes());
        auto* rights = CMSG_FIRSTHDR(&message);
        rights->cmsg_level = SOL_SOCKET;
        rights->cmsg_type = SCM_RIGHTS;
        rights->cmsg_len = CMSG_LEN(descriptors.size_bytes());
        std::memcpy(CMSG_DATA(rights), descriptors.data(), descriptors.size_bytes());
    }
    for (;;) {
        const auto sent = ::sendmsg(socket, &message, MSG_NOSIGNAL);
        if (sent < 0) {
            if (errno == EINTR) continue;
            if (errno != EAGAIN) return false;
            waitWritable(socket);
            continue;
        }
        const auto done = static_cast<std::size_t>(sent);
        if (done < headerSize && !sendAll(socket, reinterpret_cast<const char*>(header.data()) + done, headerSize - done)) return false;
        return sendAll(socket, payload.data(), payload.size());
    }
}

FrameReader::State FrameReader::read(int socket) {
    if (consumed_ > 0) {
        buffer_.erase(0, consumed_);
        consumed_ = 0;
    }
    std::array<char, 65536> bytes;
    alignas(cmsghdr) std::array<char, CMSG_SPACE(maxDescriptors * sizeof(int))> control;
    iovec part{bytes.data(), bytes.size()};
    msghdr message{};
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    message.msg_control = control.data();
    message.msg_controllen = control.size();
    const auto got = ::recvmsg(socket, &message, MSG_CMSG_CLOEXEC);
    if (got == 0) return State::Closed;
    if (got < 0) return errno == EINTR || errno == EAGAIN ? State::Open : State::Closed;
    for (auto* header = CMSG_FIRSTHDR(&message); header != nullptr; header = CMSG_NXTHDR(&message, header)) {
        if (header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS) continue;
        const auto count = (header->cmsg_len - CMSG_LEN(0)) / sizeof(int);
        for (std::size_t i = 0; i < count; ++i) {
            int number = -1;
            std::memcpy(&number, CMSG_DATA(header) + i * sizeof(int), sizeof(int));
            descriptors_.emplace_back(number);
        }
    }
    buffer_.append(bytes.data(), static_cast<std::size_t>(got));
    return State::Open;
}

std::optional<Frame> FrameReader::next() {
    if (buffer_.size() - consumed_ < headerSize) return std::nullopt;
    std::array<std::uint32_t, 2> header;
    std::memcpy(header.data(), buffer_.data() + consumed_, headerSize);
    const auto [size, count] = header;
    if (buffer_.size() - consumed_ < headerSize + size) return std::nullopt;
    Frame frame;
    frame.payload = buffer_.substr(consumed_ + headerSize, size);
    consumed_ += headerSize + size;
    for (std::uint32_t i = 0; i < count && !descriptors_.empty(); ++i) {
        frame.descriptors.push_back(std::move(descriptors_.front()));
        descriptors_.pop_front();
    }
    return frame;
}

}  // namespace kubarium::kubelet
