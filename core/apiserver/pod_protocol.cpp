#include "core/apiserver/pod_protocol.h"

#include "core/apiserver/status.h"
#include "core/base/base64.h"

#include <boost/json.hpp>
#include <fmt/format.h>

#include <cstdlib>

namespace kubarium::apiserver {

// On the engine thread, but for the pointer itself.
struct PodLink::Held {
    std::unique_ptr<PodStream> stream;
    bool closed = false;
};

PodLink::PodLink(Executor& executor, const PodConnection& connection, int port, std::uint32_t id, std::function<void(PodEvent)> events)
    : executor_(executor), held_(std::make_shared<Held>()) {
    executor_.post([held = held_, open = connection.open, port, id, events = std::move(events)] {
        if (held->closed) return;
        PodStreamHandlers handlers;
        handlers.onData = [id, events](std::string data) { events({PodEvent::Kind::Output, id, std::move(data), {}, 0}); };
        handlers.onError = [id, events](std::string data) { events({PodEvent::Kind::ErrorOutput, id, std::move(data), {}, 0}); };
        handlers.onEnd = [id, events](Result<int> result) {
            events({PodEvent::Kind::End, id, {}, result ? std::nullopt : std::optional(result.error()), result ? *result : 0});
        };
        auto opened = open(port, std::move(handlers));
        if (opened)
            held->stream = std::move(*opened);
        else
            events({PodEvent::Kind::End, id, {}, opened.error(), 0});
    });
}

PodLink::~PodLink() {
    executor_.post([held = held_] {
        held->closed = true;
        held->stream.reset();
    });
}

void PodLink::write(std::string data) {
    executor_.post([held = held_, data = std::move(data)]() mutable {
        if (held->stream) held->stream->write(std::move(data));
    });
}

void PodLink::closeWrite() {
    executor_.post([held = held_] {
        if (held->stream) held->stream->closeWrite();
    });
}

void PodLink::resize(int columns, int rows) {
    executor_.post([held = held_, columns, rows] {
        if (held->stream) held->stream->resize(columns, rows);
    });
}

namespace {

std::string exitSentence(int code) { return fmt::format("command terminated with non-zero exit code: exit status {}", code); }

// What the error channel says at the end (remotecommand v4): a Status, with the exit code as a cause.
std::string endStatus(const PodEvent& event) {
    if (event.error) return json::serialize(statusOf(*event.error));
    json::object status{{"metadata", json::object()}};
    if (event.exitCode == 0) {
        status["status"] = "Success";
        return json::serialize(status);
    }
    status["status"] = "Failure";
    status["message"] = exitSentence(event.exitCode);
    status["reason"] = "NonZeroExitCode";
    status["details"] = json::object{{"causes", json::array{json::object{{"reason", "ExitCode"}, {"message", std::to_string(event.exitCode)}}}}};
    return json::serialize(status);
}

// {"Width":80,"Height":24}
void resizeFrom(PodLink& link, std::string_view text) {
    boost::system::error_code error;
    const auto size = json::parse(json::string_view(text.data(), text.size()), error);
    if (error) return;
    const auto* width = api::findPath(size, {"Width"});
    const auto* height = api::findPath(size, {"Height"});
    if (!width || !height || !width->is_number() || !height->is_number()) return;
    const auto columns = width->to_number<std::int64_t>(error), rows = height->to_number<std::int64_t>(error);
    if (columns > 0 && columns < 65536 && rows > 0 && rows < 65536) link.resize(static_cast<int>(columns), static_cast<int>(rows));
}

// Each message begins with a byte that names the channel.
class ChannelProtocol final : public PodProtocol {
public:
    ChannelProtocol(PodProtocolEnvironment environment, int version, MessageEncoding encoding)
        : environment_(std::move(environment)), version_(version), encoding_(encoding) {}

    void start() override {
        const auto& connection = environment_.connection;
        link_ = std::make_unique<PodLink>(environment_.executor, connection, 0, 0, environment_.events);
        // An empty message tells the client that the connection stands.
        say(connection.standardOutput ? Channel::Output : connection.standardError ? Channel::ErrorOutput : Channel::End, {});
    }
    Result<void> receive(std::string_view message) override {
        if (message.empty()) return {};
        const auto channel = static_cast<unsigned char>(message.front()) - (encoding_ == MessageEncoding::Base64 ? '0' : 0);
        message.remove_prefix(1);
        std::string decoded;
        if (encoding_ == MessageEncoding::Base64) {
            decoded = decodeBase64(message);
            message = decoded;
        }
        if (channel == 0 && environment_.connection.standardInput && !message.empty()) link_->write(std::string(message));
        if (channel == 4) resizeFrom(*link_, message);
        if (channel == 255 && version_ >= 5 && message == std::string_view("\0", 1)) link_->closeWrite();
        return {};
    }
    void event(PodEvent event) override {
        if (finished_) return;
        if (event.kind == PodEvent::Kind::Output) return say(Channel::Output, event.data);
        if (event.kind == PodEvent::Kind::ErrorOutput) return say(Channel::ErrorOutput, event.data);
        if (version_ >= 4) say(Channel::End, endStatus(event));
        else if (event.error) say(Channel::End, event.error->message);
        else if (event.exitCode != 0) say(Channel::End, exitSentence(event.exitCode));
        finished_ = true;
    }

private:
    enum class Channel : unsigned char { Input = 0, Output = 1, ErrorOutput = 2, End = 3 };
    void say(Channel channel, std::string_view text) {
        const bool plain = encoding_ == MessageEncoding::Binary;
        std::string message(1, static_cast<char>(static_cast<int>(channel) + (plain ? 0 : '0')));
        output_.push_back(message.append(plain ? std::string(text) : encodeBase64(text)));
    }

    PodProtocolEnvironment environment_;
    int version_;
    MessageEncoding encoding_;
    std::unique_ptr<PodLink> link_;
};

class LogProtocol final : public PodProtocol {
public:
    LogProtocol(PodProtocolEnvironment environment, MessageEncoding encoding) : environment_(std::move(environment)), encoding_(encoding) {}

    void start() override {
        link_ = std::make_unique<PodLink>(environment_.executor, environment_.connection, 0, 0, environment_.events);
        output_.emplace_back();  // the connection stands
    }
    Result<void> receive(std::string_view) override { return {}; }
    void event(PodEvent event) override {
        if (finished_) return;
        if (event.kind == PodEvent::Kind::End) finished_ = true;
        else output_.push_back(encoding_ == MessageEncoding::Base64 ? encodeBase64(event.data) : std::move(event.data));
    }

private:
    PodProtocolEnvironment environment_;
    MessageEncoding encoding_;
    std::unique_ptr<PodLink> link_;
};

// Exec and attach over SPDY: the client opens a stream for each of error, stdin, stdout, stderr and resize that it wants.
class SpdyExecProtocol final : public PodProtocol {
public:
    explicit SpdyExecProtocol(PodProtocolEnvironment environment)
        : environment_(std::move(environment)),
          session_({[this](std::uint32_t id, const SpdySession::Headers& headers) { opened(id, headers); },
                    [this](std::uint32_t id, std::string_view data, bool fin) { received(id, data, fin); }, [](std::uint32_t) {}, [this] { finished_ = true; }}) {}

    void start() override {}
    Result<void> receive(std::string_view bytes) override {
        auto fed = session_.feed(bytes);
        flush();
        return fed;
    }
    void event(PodEvent event) override {
        if (finished_) return;
        if (event.kind == PodEvent::Kind::Output) {
            if (outputStream_) session_.send(outputStream_, event.data);
        } else if (event.kind == PodEvent::Kind::ErrorOutput) {
            if (errorOutputStream_) session_.send(errorOutputStream_, event.data);
        } else {
            for (const auto id : {outputStream_, errorOutputStream_})
                if (id) session_.send(id, {}, true);
            session_.send(errorStream_, endStatus(event), true);
            finished_ = true;
        }
        flush();
    }

private:
    void opened(std::uint32_t id, const SpdySession::Headers& headers) {
        const auto it = headers.find("streamtype");
        const auto type = it == headers.end() ? std::string() : it->second;
        if (type == "error") errorStream_ = id;
        else if (type == "stdin") inputStream_ = id;
        else if (type == "stdout") outputStream_ = id;
        else if (type == "stderr") errorOutputStream_ = id;
        else if (type == "resize") resizeStream_ = id;
        else return session_.reset(id);
        session_.reply(id);
        const auto& wanted = environment_.connection;
        const bool complete = errorStream_ && (inputStream_ || !wanted.standardInput) && (outputStream_ || !wanted.standardOutput) &&
                              (errorOutputStream_ || !wanted.standardError) && (resizeStream_ || !wanted.terminal);
        if (complete && !link_) link_ = std::make_unique<PodLink>(environment_.executor, wanted, 0, 0, environment_.events);
    }
    void received(std::uint32_t id, std::string_view data, bool fin) {
        if (!link_) return;
        if (id == inputStream_) {
            if (!data.empty()) link_->write(std::string(data));
            if (fin) link_->closeWrite();
        }
        if (id == resizeStream_) resizeFrom(*link_, data);
    }
    void flush() {
        if (auto text = session_.takeOutput(); !text.empty()) output_.push_back(std::move(text));
    }

    PodProtocolEnvironment environment_;
    SpdySession session_;
    std::uint32_t errorStream_ = 0, inputStream_ = 0, outputStream_ = 0, errorOutputStream_ = 0, resizeStream_ = 0;
    std::unique_ptr<PodLink> link_;
};

// Port-forward: for each connection that the client accepts it opens a pair of streams, "error" and "data", of one requestID.
class SpdyPortForwardProtocol final : public PodProtocol {
public:
    explicit SpdyPortForwardProtocol(PodProtocolEnvironment environment)
        : environment_(std::move(environment)),
          session_({[this](std::uint32_t id, const SpdySession::Headers& headers) { opened(id, headers); },
                    [this](std::uint32_t id, std::string_view data, bool fin) { received(id, data, fin); }, [this](std::uint32_t id) { dropped(id); },
                    [this] { finished_ = true; }}) {}

    void start() override {}
    Result<void> receive(std::string_view bytes) override {
        auto fed = session_.feed(bytes);
        flush();
        return fed;
    }
    void event(PodEvent event) override {
        const auto it = links_.find(event.link);
        if (it == links_.end()) return;
        if (event.kind == PodEvent::Kind::Output) {
            session_.send(event.link, event.data);
        } else if (event.kind == PodEvent::Kind::ErrorOutput) {
            session_.send(it->second.errorStream, event.data);
        } else {
            if (event.error) session_.send(it->second.errorStream, event.error->message);
            session_.send(it->second.errorStream, {}, true);
            session_.send(event.link, {}, true);
            links_.erase(it);
        }
        flush();
    }

private:
    struct Pair {
        std::uint32_t errorStream = 0;
        std::unique_ptr<PodLink> link;
    };

    void opened(std::uint32_t id, const SpdySession::Headers& headers) {
        const auto get = [&](const char* name) {
            const auto it = headers.find(name);
            return it == headers.end() ? std::string() : it->second;
        };
        const auto type = get("streamtype");
        const auto request = get("requestid");
        const int port = std::atoi(get("port").c_str());
        if (port < 1 || port > 65535 || waiting_.size() > 1024 || links_.size() > 1024) return session_.reset(id);
        if (type == "error") {
            session_.reply(id);
            waiting_[request] = id;
        } else if (type == "data") {
            const auto it = waiting_.find(request);
            if (it == waiting_.end()) return session_.reset(id);
            session_.reply(id);
            auto& pair = links_[id];
            pair.errorStream = it->second;
            waiting_.erase(it);
            pair.link = std::make_unique<PodLink>(environment_.executor, environment_.connection, port, id, environment_.events);
        } else {
            session_.reset(id);
        }
    }
    void received(std::uint32_t id, std::string_view data, bool fin) {
        const auto it = links_.find(id);
        if (it == links_.end()) return;
        if (!data.empty()) it->second.link->write(std::string(data));
        if (fin) it->second.link->closeWrite();
    }
    void dropped(std::uint32_t id) { links_.erase(id); }
    void flush() {
        if (auto text = session_.takeOutput(); !text.empty()) output_.push_back(std::move(text));
    }

    PodProtocolEnvironment environment_;
    SpdySession session_;
    std::map<std::string, std::uint32_t> waiting_;  // requestID -> error stream
    std::map<std::uint32_t, Pair> links_;           // by data stream
};

}  // namespace

std::unique_ptr<PodProtocol> makeChannelProtocol(PodProtocolEnvironment environment, int version, MessageEncoding encoding) {
    return std::make_unique<ChannelProtocol>(std::move(environment), version, encoding);
}
std::unique_ptr<PodProtocol> makeLogProtocol(PodProtocolEnvironment environment, MessageEncoding encoding) {
    return std::make_unique<LogProtocol>(std::move(environment), encoding);
}
std::unique_ptr<PodProtocol> makeSpdyExecProtocol(PodProtocolEnvironment environment) { return std::make_unique<SpdyExecProtocol>(std::move(environment)); }
std::unique_ptr<PodProtocol> makeSpdyPortForwardProtocol(PodProtocolEnvironment environment) {
    return std::make_unique<SpdyPortForwardProtocol>(std::move(environment));
}

}  // namespace kubarium::apiserver
