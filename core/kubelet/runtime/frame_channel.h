// Messages between engine and supervisor over a Unix stream socket: a header of two 32-bit words (length of the payload,
// number of descriptors), then the payload. Descriptors travel with the header (SCM_RIGHTS), so a message of any size works.
#pragma once

#include "core/kubelet/runtime/descriptor.h"

#include <deque>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace kubarium::kubelet {

struct Frame {
    std::string payload;
    std::vector<Descriptor> descriptors;
};

// Blocks until everything is written, also on a non-blocking socket. False when the other side is gone.
bool sendFrame(int socket, std::string_view payload, std::span<const int> descriptors = {});

class FrameReader {
public:
    enum class State { Open, Closed };
    // Reads what the socket has without blocking beyond its first byte.
    State read(int socket);
    // The next complete message, if there is one.
    std::optional<Frame> next();

private:
    std::string buffer_;
    std::size_t consumed_ = 0;
    std::deque<Descriptor> descriptors_;
};

}  // namespace kubarium::kubelet
