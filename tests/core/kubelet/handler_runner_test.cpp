#include "core/kubelet/handler_runner.h"

#include "tests/core/kubelet/forwarding_runtime.h"
#include "tests/core/kubelet/kubelet_fixture.h"

namespace kubarium::kubelet {
namespace {

// Servers by port: what each answers, in pieces.
class Servers final : public ForwardingRuntime {
public:
    Servers(SimulatedRuntime& inner, Executor& executor) : ForwardingRuntime(inner), executor_(executor) {}

    std::map<int, std::vector<std::string>> answers;
    std::vector<std::string> requests;
    bool stall = false;  // the connection stays open after the last piece

    std::unique_ptr<Connection> connectFromNode(const std::string&, int port, Duration, ConnectionHandlers handlers) override {
        struct Open final : Connection {
            explicit Open(Servers& servers) : owner(servers) {}
            ~Open() override { *alive = false; }
            void write(std::string data) override { owner.requests.push_back(std::move(data)); }
            void shutdownWrite() override {}
            Servers& owner;
            std::shared_ptr<bool> alive = std::make_shared<bool>(true);
        };
        auto connection = std::make_unique<Open>(*this);
        executor_.post([alive = connection->alive, pieces = answers[port], stays = stall, handlers = std::move(handlers)]() mutable {
            if (*alive) handlers.onConnect();
            for (const auto& piece : pieces)
                if (*alive) handlers.onData(piece);
            if (*alive && !stays) handlers.onClose({});
        });
        return connection;
    }

private:
    Executor& executor_;
};

class HttpProbe : public KubeletFixture {
protected:
    HandlerOutcome outcome(std::vector<std::string> answer) {
        servers.answers[80] = std::move(answer);
        api::Probe probe;
        probe.httpGet.emplace();
        probe.httpGet->path = "/here";
        probe.httpGet->port = 80;
        const api::Container container;
        std::optional<HandlerOutcome> outcome;
        const auto run = runHandler(context, {"c", "10.0.0.1", &container}, handlerOf(probe), 1s, [&](HandlerOutcome came) { outcome = std::move(came); });
        loop.advance(100ms);
        if (servers.stall) loop.advance(1s);
        EXPECT_TRUE(outcome);
        return outcome.value_or(HandlerOutcome{});
    }
    static std::string answer(const std::string& status, const std::string& headers = {}, const std::string& body = {}) {
        return "HTTP/1.1 " + status + "\r\n" + headers + "\r\n" + body;
    }

    Servers servers{simulated, loop};
    EventSink sink = [](const api::Object&, std::string, std::string, std::string, std::string) {};
    NodeOptions options;
    KubeletContext context{loop, loop, loop.random(), client, sink, servers, source, options};
};

TEST_F(HttpProbe, FollowsRedirectsOnTheSameHost) {
    servers.answers[81] = {answer("200 OK")};
    EXPECT_EQ(outcome({answer("302 Found", "Location: http://10.0.0.1:81/there?a=b\r\n")}).verdict, HandlerVerdict::Success);
    EXPECT_TRUE(servers.requests.at(1).starts_with("GET /there?a=b HTTP/1.1\r\n")) << servers.requests.at(1);
    EXPECT_EQ(outcome({answer("301 Moved", "Location: /here\r\n")}).output, "Get \"http://10.0.0.1:80/here\": stopped after 10 redirects");
}

TEST_F(HttpProbe, WarnsOfEveryOtherAnswerInTheThreeHundreds) {
    for (const auto* text : {"305 Use Proxy", "300 Multiple Choices", "302 Found"}) {
        const auto warned = outcome({answer(text, "Content-Length: 4\r\n", "bo"), "dy"});
        EXPECT_EQ(warned.verdict, HandlerVerdict::Warning) << text;
        EXPECT_EQ(warned.output, "Probe terminated redirects, Response body: body") << text;
    }
    EXPECT_EQ(outcome({answer("304 Not Modified", "Content-Length: 4\r\n")}).output, "Probe terminated redirects, Response body: ") << "it never has one";
    const auto elsewhere = outcome({answer("302 Found", "Location: http://example.test/\r\n"), "comes ", "later"});
    EXPECT_EQ(elsewhere.verdict, HandlerVerdict::Warning);
    EXPECT_EQ(elsewhere.output, "Probe terminated redirects, Response body: comes later");
}

TEST_F(HttpProbe, FailsWithFourHundredAndMore) {
    const auto failed = outcome({answer("404 Not Found")});
    EXPECT_EQ(failed.verdict, HandlerVerdict::Failure);
    EXPECT_EQ(failed.output, "HTTP probe failed with statuscode: 404");
    EXPECT_EQ(outcome({answer("204 No Content")}).verdict, HandlerVerdict::Success);
}

TEST_F(HttpProbe, ReadsTheBodyToItsEnd) {
    servers.stall = true;
    EXPECT_EQ(outcome({answer("200 OK", "Content-Length: 4\r\n", "bo"), "dy"}).verdict, HandlerVerdict::Success);
    EXPECT_EQ(outcome({answer("200 OK", "Transfer-Encoding: chunked\r\n", "2\r\nok\r\n0\r"), "\n\r\n"}).verdict, HandlerVerdict::Success);
    EXPECT_EQ(outcome({answer("200 OK", "Content-Length: 21\r\n", "\r\nContent-Length: 99\r\n")}).verdict, HandlerVerdict::Success) << "text, not a header";
    EXPECT_EQ(outcome({answer("204 No Content")}).verdict, HandlerVerdict::Success);
    EXPECT_EQ(outcome({answer("200 OK", {}, std::string(10 * 1024, 'x'))}).verdict, HandlerVerdict::Success) << "ten KiB are enough";
    EXPECT_EQ(outcome({answer("300 Choices", "Transfer-Encoding: chunked\r\n", "2\r\nbo\r\n2\r\ndy\r\n0\r\n\r\n")}).output,
              "Probe terminated redirects, Response body: body");
}

TEST_F(HttpProbe, ABodyThatStallsIsAnErrorAtTheTimeout) {
    servers.stall = true;
    for (const auto* headers : {"Content-Length: 4\r\n", "Transfer-Encoding: chunked\r\n", ""}) {
        const auto stalled = outcome({answer("200 OK", headers, "2\r\n")});
        EXPECT_EQ(stalled.verdict, HandlerVerdict::Unread) << headers;
        EXPECT_EQ(stalled.output, "context deadline exceeded (Client.Timeout or context cancellation while reading body)");
    }
    servers.stall = false;
    const auto cut = outcome({answer("200 OK", "Content-Length: 4\r\n", "bo")});
    EXPECT_EQ(cut.verdict, HandlerVerdict::Unread);
    EXPECT_EQ(cut.output, "unexpected EOF");
}

}  // namespace
}  // namespace kubarium::kubelet
