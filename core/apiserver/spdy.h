// SPDY/3.1 framing as kubectl before 1.30 speaks it for exec, attach and port-forward (and as every kubectl tunnels it through
// a WebSocket for port-forward): several streams over one connection, headers compressed with zlib and a fixed dictionary.
// Knows bytes only: feed() what arrived, send what takeOutput() gives. No flow control, as in Go's moby/spdystream.
// One thread at a time. Input is untrusted: after an error the connection is to be closed.
#pragma once

#include "core/base/result.h"

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>

namespace kubarium::apiserver {

class SpdySession {
public:
    using Headers = std::map<std::string, std::string>;  // names in lower case
    struct Handlers {
        std::function<void(std::uint32_t stream, const Headers&)> onStream;
        std::function<void(std::uint32_t stream, std::string_view data, bool fin)> onData;
        std::function<void(std::uint32_t stream)> onReset;
        std::function<void()> onGoAway;
    };

    explicit SpdySession(Handlers handlers);
    ~SpdySession();
    SpdySession(const SpdySession&) = delete;
    SpdySession& operator=(const SpdySession&) = delete;

    // BadRequest when the peer does not speak SPDY/3.
    Result<void> feed(std::string_view bytes);
    std::string takeOutput() { return std::exchange(output_, {}); }

    // Accepts a stream of the peer.
    void reply(std::uint32_t stream);
    void send(std::uint32_t stream, std::string_view data, bool fin = false);
    void reset(std::uint32_t stream);
    void goAway();

private:
    struct Compression;
    Result<void> frame(std::string_view header, std::string_view body);
    Result<void> control(std::uint16_t type, std::uint8_t flags, std::string_view body);
    Result<Headers> readHeaders(std::string_view compressed);
    std::string packHeaders(const Headers& headers);
    void writeControl(std::uint16_t type, std::uint8_t flags, std::string_view body);

    Handlers handlers_;
    std::unique_ptr<Compression> compression_;
    std::string input_, output_;
    std::uint32_t lastStream_ = 0;
};

}  // namespace kubarium::apiserver
