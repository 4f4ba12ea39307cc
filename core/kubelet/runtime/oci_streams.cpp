#include "core/kubelet/runtime/oci_streams.h"

#include <boost/json.hpp>

#include <sys/ioctl.h>
#include <termios.h>

namespace kubarium::kubelet {
namespace {

constexpr std::size_t mostUnderWay = 1 << 20;

}  // namespace

struct EngineStream::State : std::enable_shared_from_this<State> {
    State(IoThread& ioThread, Executor& engine) : io(ioThread), executor(engine) {}
    IoThread& io;
    Executor& executor;
    Handlers handlers;          // engine thread
    bool closed = false;        // engine thread
    std::atomic<std::size_t> underWay = 0;
    std::shared_ptr<IoStream> stream;  // I/O thread
    bool paused = false;               // I/O thread

    void deliver(std::string data) {  // I/O thread
        if ((underWay += data.size()) > mostUnderWay && stream && !paused) {
            paused = true;
            stream->setReading(false);
        }
        executor.post([self = shared_from_this(), data = std::move(data)]() mutable {
            const auto size = data.size();
            if (const auto onData = self->handlers.onData; !self->closed && onData) onData(std::move(data));
            if ((self->underWay -= size) <= mostUnderWay / 2) self->resume();
        });
    }
    void resume() {
        io.run([self = shared_from_this()] {
            if (!self->paused || !self->stream) return;
            self->paused = false;
            self->stream->setReading(true);
        });
    }
    void onStream(std::function<void(IoStream&)> use) {
        io.run([self = shared_from_this(), use = std::move(use)] {
            if (self->stream) use(*self->stream);
        });
    }
};

EngineStream::EngineStream(Substrate& substrate, Descriptor descriptor, Handlers handlers, IoStream::Begin begin)
    : state_(std::make_shared<State>(substrate.io(), substrate.executor())) {
    const bool reads = static_cast<bool>(handlers.onData);
    state_->handlers = std::move(handlers);
    auto owned = std::make_shared<Descriptor>(std::move(descriptor));
    state_->io.run([state = state_, owned, reads, begin] {
        IoStream::Handlers on;
        on.onConnect = [state] {
            state->executor.post([state] {
                if (!state->closed && state->handlers.onConnect) state->handlers.onConnect();
            });
        };
        if (reads) on.onData = [state](std::string data) { state->deliver(std::move(data)); };
        on.onEnd = [state](const std::string& error) {
            state->stream.reset();
            state->executor.post([state, error] {
                if (const auto onEnd = std::exchange(state->handlers.onEnd, nullptr); !state->closed && onEnd) onEnd(error);
            });
        };
        state->stream = IoStream::make(state->io, std::move(*owned), std::move(on), begin);
    });
}

EngineStream::~EngineStream() {
    state_->closed = true;
    state_->io.run([state = state_] {
        if (const auto stream = std::exchange(state->stream, nullptr)) stream->close();
    });
}

void EngineStream::write(std::string data) {
    state_->onStream([data = std::move(data)](IoStream& stream) mutable { stream.write(std::move(data)); });
}

void EngineStream::shutdownWrite() {
    state_->onStream([](IoStream& stream) { stream.shutdownWrite(); });
}

void EngineStream::finishWriting() {
    state_->io.run([state = state_] {
        if (!state->stream) return;
        if (state->stream->unsent() == 0) {
            std::exchange(state->stream, nullptr)->close();
            return;
        }
        state->stream->setOnSent([state] {
            if (const auto stream = std::exchange(state->stream, nullptr)) stream->close();
        });
    });
}

void EngineStream::resize(int columns, int rows) {
    state_->onStream([columns, rows](IoStream& stream) {
        winsize size{};
        size.ws_col = static_cast<unsigned short>(columns);
        size.ws_row = static_cast<unsigned short>(rows);
        ::ioctl(stream.descriptor(), TIOCSWINSZ, &size);
    });
}

void EngineStream::drain(Task then) {
    auto shared = std::make_shared<Task>(std::move(then));
    state_->io.run([state = state_, shared] {
        if (const auto stream = state->stream) stream->drain();
        state->executor.post([shared] { (*shared)(); });
    });
}

namespace {

class OciConnection final : public Connection {
public:
    struct State {
        ConnectionHandlers handlers;
        std::unique_ptr<EngineStream> stream;
        std::string early;  // written before the socket was there
        bool shutdown = false, ended = false;
        Timer timeout;

        void end(Result<void> result) {
            if (std::exchange(ended, true)) return;
            timeout.reset();
            if (auto onClose = std::exchange(handlers.onClose, nullptr)) onClose(std::move(result));
        }
    };
    explicit OciConnection(std::shared_ptr<State> state) : state_(std::move(state)) {}
    ~OciConnection() override {
        state_->ended = true;
        state_->timeout.reset();
        state_->stream.reset();
    }
    void write(std::string data) override {
        if (state_->stream) state_->stream->write(std::move(data));
        else state_->early += data;
    }
    void shutdownWrite() override {
        state_->shutdown = true;
        if (state_->stream) state_->stream->shutdownWrite();
    }

private:
    std::shared_ptr<State> state_;
};

void begin(Substrate& substrate, const std::shared_ptr<OciConnection::State>& state, Descriptor socket) {
    const std::weak_ptr<OciConnection::State> weak = state;
    EngineStream::Handlers handlers;
    handlers.onConnect = [weak] {
        const auto self = weak.lock();
        if (!self || self->ended) return;
        self->timeout.reset();
        if (self->handlers.onConnect) self->handlers.onConnect();
    };
    handlers.onData = [weak](std::string data) {
        if (const auto self = weak.lock(); self && !self->ended && self->handlers.onData) self->handlers.onData(std::move(data));
    };
    handlers.onEnd = [weak](const std::string& error) {
        const auto self = weak.lock();
        if (self) self->end(error.empty() ? Result<void>() : Result<void>(makeError(Reason::ServiceUnavailable, error)));
    };
    state->stream = std::make_unique<EngineStream>(substrate, std::move(socket), std::move(handlers), IoStream::Begin::Connecting);
    if (!state->early.empty()) state->stream->write(std::move(state->early));
    if (state->shutdown) state->stream->shutdownWrite();
}

}  // namespace

std::unique_ptr<Connection> openConnection(Substrate& substrate, json::object request, std::optional<Duration> timeout, ConnectionHandlers handlers) {
    auto state = std::make_shared<OciConnection::State>();
    state->handlers = std::move(handlers);
    const std::weak_ptr<OciConnection::State> weak = state;
    if (timeout)
        state->timeout = substrate.clock().afterReal(*timeout, [weak] {
            const auto self = weak.lock();
            if (!self || self->ended) return;
            self->stream.reset();
            self->end(makeError(Reason::Timeout, "i/o timeout"));
        });
    request["op"] = "connect";
    substrate.request(std::move(request), [weak, &substrate](Result<SupervisorReply> reply) {
        const auto self = weak.lock();
        if (!self || self->ended) return;
        if (!reply) self->end(std::move(reply.error()));
        else if (reply->descriptors.empty()) self->end(internalError("the supervisor sent no socket"));
        else begin(substrate, self, std::move(reply->descriptors.front()));
    });
    return std::make_unique<OciConnection>(std::move(state));
}

}  // namespace kubarium::kubelet
