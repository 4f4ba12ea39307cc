// The streams of an exec, an attach or a TCP connection, between the I/O thread that moves the bytes and the engine thread
// that hears of them. A reader that does not keep up is not sent more: at most about a megabyte is under way.
#pragma once

#include "core/kubelet/runtime/container_runtime.h"
#include "core/kubelet/runtime/substrate.h"

#include <atomic>
#include <memory>

namespace kubarium::kubelet {

// One descriptor whose data arrives on the engine thread. Engine thread only; destroying it closes.
class EngineStream {
public:
    struct Handlers {
        std::function<void()> onConnect;
        std::function<void(std::string)> onData;
        std::function<void(std::string error)> onEnd;
    };
    EngineStream(Substrate& substrate, Descriptor descriptor, Handlers handlers, IoStream::Begin begin = IoStream::Begin::Open);
    ~EngineStream();
    EngineStream(const EngineStream&) = delete;
    EngineStream& operator=(const EngineStream&) = delete;

    void write(std::string data);
    void shutdownWrite();
    // Closes after what was written is sent.
    void finishWriting();
    void resize(int columns, int rows);  // of a terminal
    // Everything that can be read now arrives, then `then` is called on the engine thread.
    void drain(Task then);

private:
    struct State;
    std::shared_ptr<State> state_;
};

// connect() through the supervisor: `request` names the place (node or sandbox), ip and port.
std::unique_ptr<Connection> openConnection(Substrate& substrate, json::object request, std::optional<Duration> timeout, ConnectionHandlers handlers);

}  // namespace kubarium::kubelet
