// How a client talks to a running Pod over one upgraded connection, apart from the transport: bytes (SPDY) or messages (the
// channel protocol v4 and v5 over WebSocket) in, bytes or messages out. The Pod's end are PodLinks to streams on the engine thread.
// IO thread only.
#pragma once

#include "core/apiserver/request.h"
#include "core/apiserver/spdy.h"
#include "core/base/executor.h"

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace kubarium::apiserver {

// What the engine side reports about one link.
struct PodEvent {
    enum class Kind : std::uint8_t { Output, ErrorOutput, End } kind = Kind::End;
    std::uint32_t link = 0;
    std::string data;
    std::optional<Error> error;  // End
    int exitCode = 0;            // End
};

// One PodStream as seen from the IO thread; everything is passed on to the engine thread in order.
class PodLink {
public:
    // `events`: called on the engine thread; it must pass them on.
    PodLink(Executor& executor, const PodConnection& connection, int port, std::uint32_t id, std::function<void(PodEvent)> events);
    ~PodLink();
    void write(std::string data);
    void closeWrite();
    void resize(int columns, int rows);

private:
    struct Held;
    Executor& executor_;
    std::shared_ptr<Held> held_;
};

class PodProtocol {
public:
    virtual ~PodProtocol() = default;
    // The connection stands.
    virtual void start() = 0;
    virtual Result<void> receive(std::string_view bytes) = 0;
    virtual void event(PodEvent event) = 0;
    // Messages (WebSocket) or pieces of the byte stream to send, in order.
    std::vector<std::string> takeOutput() { return std::exchange(output_, {}); }
    // All is said: close once the output is sent.
    bool finished() const { return finished_; }

protected:
    std::vector<std::string> output_;
    bool finished_ = false;
};

struct PodProtocolEnvironment {
    Executor& executor;
    PodConnection connection;
    std::function<void(PodEvent)> events;  // engine thread
};

// Base64 is for clients that can only send text; the channel is a digit then.
enum class MessageEncoding : std::uint8_t { Binary, Base64 };

// `version`: 1, 4 or 5 of channel.k8s.io. Up to 4 the input cannot be closed; 1 tells an error as text and success not at all.
std::unique_ptr<PodProtocol> makeChannelProtocol(PodProtocolEnvironment environment, int version, MessageEncoding encoding = MessageEncoding::Binary);
// Logs as messages without channels (binary.k8s.io).
std::unique_ptr<PodProtocol> makeLogProtocol(PodProtocolEnvironment environment, MessageEncoding encoding);
std::unique_ptr<PodProtocol> makeSpdyExecProtocol(PodProtocolEnvironment environment);
std::unique_ptr<PodProtocol> makeSpdyPortForwardProtocol(PodProtocolEnvironment environment);

}  // namespace kubarium::apiserver
