#include "core/kubelet/handler_runner.h"

#include "core/kubelet/grpc_health.h"

#include <boost/json/serialize.hpp>
#include <boost/url/parse.hpp>
#include <boost/url/url.hpp>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <charconv>

namespace kubarium::kubelet {
namespace {

constexpr std::size_t outputLimit = 10 * 1024;

using Finish = std::move_only_function<void(HandlerOutcome)>;

// Reports once, later, and only while the run exists.
class Run : public HandlerRun, public std::enable_shared_from_this<Run> {
public:
    Run(const KubeletContext& context, Finish finish) : context_(context), finish_(std::move(finish)) {}
    virtual void begin() = 0;

protected:
    void finish(HandlerVerdict verdict, std::string output = {}, int exitCode = 0) {
        if (!finish_) return;
        timer_.reset();
        context_.executor.post([weak = weak_from_this(), reply = std::exchange(finish_, nullptr),
                                outcome = HandlerOutcome{verdict, std::move(output), exitCode}]() mutable {
            if (weak.lock()) reply(std::move(outcome));
        });
    }
    bool finished() const { return !finish_; }

    const KubeletContext& context_;
    Finish finish_;
    Timer timer_;
};

// Keeps a Run alive; its end cancels.
class Handle final : public HandlerRun {
public:
    explicit Handle(std::shared_ptr<Run> run) : run_(std::move(run)) {}

private:
    std::shared_ptr<Run> run_;
};

class ExecRun final : public Run {
public:
    ExecRun(const KubeletContext& context, Finish finish, std::string containerId, api::ExecAction action, Duration timeout)
        : Run(context, std::move(finish)), containerId_(std::move(containerId)), action_(std::move(action)), timeout_(timeout) {}

    void begin() override {
        const auto collect = [weak = weak_from_this()](const std::string& data) {
            const auto self = std::static_pointer_cast<ExecRun>(weak.lock());
            if (self && self->output_.size() < outputLimit) self->output_.append(data, 0, outputLimit - self->output_.size());
        };
        ExecOptions options;
        options.command = action_.command;
        options.timeout = timeout_;
        session_ = context_.runtime.exec(containerId_, std::move(options), {collect, collect, [weak = weak_from_this()](Result<int> code) {
            if (const auto self = std::static_pointer_cast<ExecRun>(weak.lock())) self->exited(std::move(code));
        }});
    }

private:
    void exited(Result<int> code) {
        if (code) {
            finish(*code == 0 ? HandlerVerdict::Success : HandlerVerdict::Failure, std::move(output_), *code);
        } else if (code.error().reason == Reason::Timeout) {
            finish(HandlerVerdict::Failure,
                   fmt::format("command timed out: \"{}\" timed out after {}s", fmt::join(action_.command, " "),
                               std::chrono::duration_cast<std::chrono::seconds>(timeout_).count()), -1);
        } else {
            finish(HandlerVerdict::Unknown, code.error().message, -1);
        }
    }

    std::string containerId_;
    api::ExecAction action_;
    Duration timeout_;
    std::string output_;
    std::unique_ptr<ExecSession> session_;
};

// Base of what talks over a connection.
class NetworkRun : public Run {
public:
    NetworkRun(const KubeletContext& context, Finish finish, std::string host, int port, Duration timeout)
        : Run(context, std::move(finish)), host_(std::move(host)), port_(port), timeout_(timeout) {}

protected:
    virtual void onConnect() {}
    virtual void onData(const std::string&) {}
    virtual void onClosed(const Result<void>&) = 0;
    virtual void onTimeout() = 0;

    void connect() {
        timer_ = context_.clock.afterReal(timeout_, [weak = weak_from_this()] {
            const auto self = std::static_pointer_cast<NetworkRun>(weak.lock());
            if (self && !self->finished()) self->onTimeout();
        });
        reconnect();
    }
    void reconnect() {
        const auto generation = ++generation_;
        const auto locked = [weak = weak_from_this(), generation] {
            auto self = std::static_pointer_cast<NetworkRun>(weak.lock());
            return self && self->generation_ == generation && !self->finished() ? self : nullptr;
        };
        connection_ = context_.runtime.connectFromNode(host_, port_, timeout_, {[locked] { if (auto self = locked()) self->onConnect(); },
            [locked](std::string data) { if (auto self = locked()) self->onData(data); },
            [locked](Result<void> result) { if (auto self = locked()) self->onClosed(result); }});
    }
    std::string dialError(const Error& error) const {
        const auto& text = error.message;
        if (text.find("refused") != std::string::npos) return fmt::format("dial tcp {}:{}: connect: connection refused", host_, port_);
        if (text.find("route") != std::string::npos) return fmt::format("dial tcp {}:{}: connect: no route to host", host_, port_);
        if (error.reason == Reason::Timeout || text.find("time") != std::string::npos) return fmt::format("dial tcp {}:{}: i/o timeout", host_, port_);
        return fmt::format("dial tcp {}:{}: {}", host_, port_, text);
    }

    std::string host_;
    int port_;
    Duration timeout_;
    std::unique_ptr<Connection> connection_;
    int generation_ = 0;
};

class TcpRun final : public NetworkRun {
public:
    using NetworkRun::NetworkRun;
    void begin() override { connect(); }

private:
    void onConnect() override { finish(HandlerVerdict::Success); }
    void onClosed(const Result<void>& result) override {
        if (result)
            finish(HandlerVerdict::Success);
        else
            finish(HandlerVerdict::Failure, dialError(result.error()));
    }
    void onTimeout() override { finish(HandlerVerdict::Failure, fmt::format("dial tcp {}:{}: i/o timeout", host_, port_)); }
};

class GrpcRun final : public NetworkRun {
public:
    GrpcRun(const KubeletContext& context, Finish finish, std::string host, int port, Duration timeout, const std::string& service)
        : NetworkRun(context, std::move(finish), std::move(host), port, timeout), exchange_(service, fmt::format("{}:{}", host_, port_)) {}
    void begin() override { connect(); }

private:
    void onConnect() override { connection_->write(exchange_.request()); }
    void onData(const std::string& data) override {
        if (auto more = exchange_.feed(data); !more.empty()) connection_->write(std::move(more));
        const auto answer = exchange_.answer();
        if (!answer) return;
        if (!answer->error.empty())
            finish(HandlerVerdict::Failure, fmt::format("error: health rpc probe failed: {}", answer->error));
        else if (answer->status == "SERVING")
            finish(HandlerVerdict::Success);
        else
            finish(HandlerVerdict::Failure, fmt::format("service unhealthy (responded with \"{}\")", answer->status));
    }
    void onClosed(const Result<void>&) override { onTimeout(); }
    void onTimeout() override {
        finish(HandlerVerdict::Failure, fmt::format("timeout: failed to connect service \"{}:{}\" within {}s: context deadline exceeded", host_, port_,
                                                    std::chrono::duration_cast<std::chrono::seconds>(timeout_).count()));
    }

    GrpcHealthExchange exchange_;
};

// GET, following redirects on the same host (ten at most); a redirect elsewhere, and every other answer of 300 to 399, is a warning,
// which counts as success. A probe reads the body too, up to 10 KiB; a hook is content with the headers.
class HttpRun final : public NetworkRun {
public:
    HttpRun(const KubeletContext& context, Finish finish, std::string host, int port, Duration timeout, api::HTTPGetAction action, bool hook)
        : NetworkRun(context, std::move(finish), std::move(host), port, timeout), action_(std::move(action)), hook_(hook) {
        target_ = action_.path.empty() ? "/" : action_.path.starts_with('/') ? action_.path : "/" + action_.path;
        scheme_ = action_.scheme.empty() ? "http" : action_.scheme;
        std::transform(scheme_.begin(), scheme_.end(), scheme_.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    }
    void begin() override {
        if (scheme_ == "https") {
            // The certificate is not looked at by real kubelets either; that something accepts the connection is what is left.
            tlsOnlyConnects_ = true;
        }
        connect();
    }

private:
    void onConnect() override {
        if (tlsOnlyConnects_) {
            finish(HandlerVerdict::Success);
            return;
        }
        std::string host = fmt::format("{}:{}", host_, port_), agent = hook_ ? "kube-lifecycle/1.34" : "kube-probe/1.34", accept = "*/*", others;
        for (const auto& header : action_.httpHeaders) {
            auto lower = header.name;
            std::transform(lower.begin(), lower.end(), lower.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
            if (lower == "host") host = header.value;
            else if (lower == "user-agent") agent = header.value;
            else if (lower == "accept") accept = header.value;
            else others += fmt::format("{}: {}\r\n", header.name, header.value);
        }
        // An empty value of User-Agent or Accept means that the header is not sent.
        auto request = fmt::format("GET {} HTTP/1.1\r\nHost: {}\r\n", target_, host);
        if (!agent.empty()) request += fmt::format("User-Agent: {}\r\n", agent);
        if (!accept.empty()) request += fmt::format("Accept: {}\r\n", accept);
        connection_->write(request + others + "Connection: close\r\n\r\n");
    }
    void onData(const std::string& data) override {
        if (received_.size() < 64 * 1024) received_ += data;
        if (received_.find("\r\n\r\n") == std::string::npos) return;
        if (code_ == 0) onHeaders();
        else if (isWhole()) judge();
    }
    void onHeaders() {
        int code = 0;
        const auto space = received_.find(' ');
        if (space != std::string::npos) std::from_chars(received_.data() + space + 1, received_.data() + received_.size(), code);
        constexpr std::array redirects{301, 302, 303, 307, 308};
        if (const auto location = header("location"); !location.empty() && std::ranges::find(redirects, code) != redirects.end()) return redirect(location, code);
        answered(code);
    }
    // The body may still be on its way.
    void answered(int code) {
        code_ = std::max(code, 1);
        if (hook_ || isWhole()) judge();
    }
    void judge() {
        if (hook_ || (code_ >= 200 && code_ < 300))
            finish(HandlerVerdict::Success);
        else if (code_ >= 300 && code_ < 400)
            finish(HandlerVerdict::Warning, "Probe terminated redirects, Response body: " + body());
        else
            finish(HandlerVerdict::Failure, fmt::format("HTTP probe failed with statuscode: {}", code_));
    }
    void redirect(const std::string& location, int code) {
        if (++redirects_ > 10) return finish(HandlerVerdict::Failure, getError("stopped after 10 redirects"));
        const auto parsed = boost::urls::parse_uri_reference(location);
        if (!parsed) return finish(HandlerVerdict::Failure, getError("failed to parse Location header \"" + location + "\""));
        if (parsed->has_authority() && std::string(parsed->encoded_host()) != host_)
            return answered(code);
        if (parsed->has_port()) port_ = parsed->port_number();
        const auto path = std::string(parsed->encoded_path());
        target_ = path.empty() ? "/" : path;
        if (parsed->has_query()) target_ += "?" + std::string(parsed->encoded_query());
        received_.clear();
        reconnect();
    }
    bool isWhole() const {
        if (bodiless()) return true;
        const auto [text, ended] = chunked() ? dechunked() : std::pair{body(), false};
        if (ended || text.size() >= outputLimit) return true;
        const auto length = declaredLength();
        return length && text.size() >= *length;
    }
    bool bodiless() const { return code_ == 204 || code_ == 304; }  // whatever is declared
    bool chunked() const { return header("transfer-encoding") == "chunked"; }
    std::optional<std::size_t> declaredLength() const {
        const auto length = header("content-length");
        std::size_t size = 0;
        if (chunked() || std::from_chars(length.data(), length.data() + length.size(), size).ec != std::errc{}) return {};
        return size;
    }
    std::string body() const {
        if (bodiless()) return {};
        return chunked() ? dechunked().first : received_.substr(received_.find("\r\n\r\n") + 4, outputLimit);
    }
    // What has come of a body in chunks, and whether its end has.
    std::pair<std::string, bool> dechunked() const {
        std::string text;
        auto begin = received_.find("\r\n\r\n") + 4;
        while (text.size() < outputLimit) {
            const auto line = received_.find("\r\n", begin);
            std::size_t size = 0;
            if (line == std::string::npos || std::from_chars(received_.data() + begin, received_.data() + line, size, 16).ec != std::errc{}) break;
            if (size == 0) return {text, true};
            text.append(received_, line + 2, std::min(size, outputLimit - text.size()));
            if (size > received_.size() - line - 2) break;
            begin = std::min(line + 2 + size + 2, received_.size());
        }
        return {text, false};
    }
    std::string header(std::string_view name) const {
        for (std::size_t begin = received_.find("\r\n"); begin != std::string::npos && begin + 2 < received_.size();) {
            begin += 2;
            const auto end = received_.find("\r\n", begin);
            const auto line = std::string_view(received_).substr(begin, end - begin);
            if (line.empty()) break;  // the body begins
            const auto colon = line.find(':');
            if (colon == name.size() && std::equal(name.begin(), name.end(), line.begin(), [](char a, char b) {
                    return a == std::tolower(static_cast<unsigned char>(b));
                })) {
                const auto value = line.substr(colon + 1);
                const auto first = value.find_first_not_of(' ');
                return first == std::string_view::npos ? "" : std::string(value.substr(first));
            }
            begin = end;
        }
        return {};
    }
    void onClosed(const Result<void>& result) override {
        if (code_ == 0) return finish(HandlerVerdict::Failure, getError(result ? "EOF" : dialError(result.error())));
        // Without a declared end the end of the connection is that of the body.
        if (isWhole() || (!chunked() && !declaredLength())) return judge();
        finish(HandlerVerdict::Unread, "unexpected EOF");
    }
    void onTimeout() override {
        if (code_ == 0) return finish(HandlerVerdict::Failure, getError("context deadline exceeded (Client.Timeout exceeded while awaiting headers)"));
        finish(HandlerVerdict::Unread, "context deadline exceeded (Client.Timeout or context cancellation while reading body)");
    }
    std::string getError(const std::string& why) const { return fmt::format("Get \"{}://{}:{}{}\": {}", scheme_, host_, port_, target_, why); }

    api::HTTPGetAction action_;
    bool hook_;
    std::string target_, scheme_, received_;
    int redirects_ = 0;
    int code_ = 0;  // of the answer that is judged; 0: its headers have not come
    bool tlsOnlyConnects_ = false;
};

// A handler that needs no runtime: it waits, or fails at once.
class WaitRun final : public Run {
public:
    WaitRun(const KubeletContext& context, Finish finish, Duration wait, HandlerOutcome outcome)
        : Run(context, std::move(finish)), wait_(wait), outcome_(std::move(outcome)) {}
    void begin() override {
        timer_ = context_.clock.afterReal(wait_, [weak = weak_from_this()] {
            if (const auto self = std::static_pointer_cast<WaitRun>(weak.lock())) self->finish(self->outcome_.verdict, self->outcome_.output);
        });
    }

private:
    Duration wait_;
    HandlerOutcome outcome_;
};

bool validPort(int port) { return port > 0 && port < 65536; }

// As %v writes an intstr.IntOrString: its type, number and text.
std::string goIntOrString(const json::value& port) {
    const auto* name = port.if_string();
    return name ? fmt::format("{{1 0 {}}}", std::string_view(name->data(), name->size())) : fmt::format("{{0 {} }}", json::serialize(port));
}

std::shared_ptr<Run> makeRun(const KubeletContext& context, const HandlerTarget& target, const Handler& handler, Duration timeout, Finish finish) {
    const auto hostOr = [&](const std::string& host) { return host.empty() ? target.podIP : host; };
    const auto badPort = [&](const json::value& port) {
        const auto* name = port.if_string();
        if (!name) return fmt::format("invalid port number: {}", json::serialize(port));
        const auto text = std::string_view(name->data(), name->size());
        const bool digits = !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
        return digits ? fmt::format("invalid port number: {}", text) : fmt::format("strconv.Atoi: parsing \"{}\": invalid syntax", text);
    };
    if (handler.exec) return std::make_shared<ExecRun>(context, std::move(finish), target.containerId, *handler.exec, timeout);
    if (handler.httpGet) {
        const auto port = resolvePort(handler.httpGet->port, *target.container);
        if (!validPort(port))
            return std::make_shared<WaitRun>(context, std::move(finish), Duration{}, HandlerOutcome{HandlerVerdict::Unknown, badPort(handler.httpGet->port), 0});
        return std::make_shared<HttpRun>(context, std::move(finish), hostOr(handler.httpGet->host), port, timeout, *handler.httpGet, handler.hook);
    }
    if (handler.tcpSocket && handler.hook) {
        const auto action = fmt::format("&TCPSocketAction{{Port:{},Host:{},}}", goIntOrString(handler.tcpSocket->port), handler.tcpSocket->host);
        return std::make_shared<WaitRun>(context, std::move(finish), Duration{},
                                         HandlerOutcome{HandlerVerdict::Unknown, fmt::format("invalid handler: &LifecycleHandler{{Exec:nil,HTTPGet:nil,TCPSocket:{},Sleep:nil,}}", action), 0});
    }
    if (handler.tcpSocket) {
        const auto port = resolvePort(handler.tcpSocket->port, *target.container);
        if (!validPort(port))
            return std::make_shared<WaitRun>(context, std::move(finish), Duration{}, HandlerOutcome{HandlerVerdict::Unknown, badPort(handler.tcpSocket->port), 0});
        return std::make_shared<TcpRun>(context, std::move(finish), hostOr(handler.tcpSocket->host), port, timeout);
    }
    if (handler.grpc) return std::make_shared<GrpcRun>(context, std::move(finish), target.podIP, handler.grpc->port, timeout, handler.grpc->service);
    const auto wait = handler.sleep ? Duration{std::chrono::seconds{handler.sleep->seconds}} : Duration{};
    return std::make_shared<WaitRun>(context, std::move(finish), std::min(wait, timeout), HandlerOutcome{});
}

}  // namespace

Handler handlerOf(const api::Probe& probe) { return {probe.exec, probe.httpGet, probe.tcpSocket, probe.grpc, {}, false}; }
Handler handlerOf(const api::LifecycleHandler& handler) { return {handler.exec, handler.httpGet, handler.tcpSocket, {}, handler.sleep, true}; }

std::unique_ptr<HandlerRun> runHandler(const KubeletContext& context, const HandlerTarget& target, const Handler& handler, Duration timeout,
                                       std::move_only_function<void(HandlerOutcome)> reply) {
    auto run = makeRun(context, target, handler, timeout, std::move(reply));
    run->begin();
    return std::make_unique<Handle>(std::move(run));
}

int resolvePort(const json::value& port, const api::Container& container) {
    if (const auto* number = port.if_int64()) return static_cast<int>(*number);
    if (const auto* number = port.if_uint64()) return static_cast<int>(*number);
    const auto* name = port.if_string();
    if (!name) return 0;
    for (const auto& candidate : container.ports)
        if (std::string_view(candidate.name) == std::string_view(name->data(), name->size())) return candidate.containerPort;
    int number = 0;
    std::from_chars(name->data(), name->data() + name->size(), number);
    return number;
}

}  // namespace kubarium::kubelet
