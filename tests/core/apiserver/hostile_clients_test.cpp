// Clients that are broken, slow or malicious: each gets the answer it deserves, and everybody else is served on.
#include "tests/core/apiserver/http_server_fixture.h"
#include "tests/core/apiserver/tls_client.h"
#include "tests/support/memory_client.h"

#include <fmt/format.h>

#include <vector>

namespace kubarium::apiserver {
namespace {

using kubarium::testing::TlsClient;
using kubarium::testing::parseObject;

class HostileClients : public HttpServerTest {
protected:
    std::unique_ptr<TlsClient> connect() { return std::make_unique<TlsClient>(port, settings.user.clientCertificate, settings.user.clientKey); }
    // The status of the answer to one request on a connection of its own.
    int status(const std::string& request) {
        const auto peer = connect();
        EXPECT_TRUE(peer->connected());
        (void)peer->send(request);
        return peer->status();
    }
    static std::string post(const std::string& body, const std::string& type = "application/json", const std::string& path = "/api/v1/namespaces/default/configmaps") {
        return fmt::format("POST {} HTTP/1.1\r\nHost: x\r\nContent-Type: {}\r\nContent-Length: {}\r\n\r\n{}", path, type, body.size(), body);
    }
    // The last word on every attack.
    bool lives() {
        return await<std::string>([this](auto reply) { client->getRaw("/readyz", std::move(reply)); }).has_value();
    }
};

TEST_F(HostileClients, headersBeyondAllMeasureAreRefused) {
    EXPECT_EQ(status("GET /version HTTP/1.1\r\nHost: x\r\nX-Long: " + std::string(200'000, 'a') + "\r\n\r\n"), 431);
    std::string many = "GET /version HTTP/1.1\r\nHost: x\r\n";
    for (int i = 0; i < 20'000; ++i) many += fmt::format("X-{}: y\r\n", i);
    EXPECT_EQ(status(many + "\r\n"), 431);
    EXPECT_EQ(status("GET /api/v1/pods?labelSelector=" + std::string(200'000, 'a') + " HTTP/1.1\r\nHost: x\r\n\r\n"), 431);
    EXPECT_TRUE(lives());
}

TEST_F(HostileClients, aBodyIsMeasuredWhetherItsLengthWasAnnouncedOrNot) {
    EXPECT_EQ(status(fmt::format("POST /api/v1/namespaces/default/configmaps HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n", 1ull << 40)), 413);
    const auto peer = connect();
    ASSERT_TRUE(peer->send("POST /api/v1/namespaces/default/configmaps HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"));
    const std::string piece(65536, 'x');
    for (int i = 0; i < 49; ++i) ASSERT_TRUE(peer->send(fmt::format("{:x}\r\n{}\r\n", piece.size(), piece)));
    ASSERT_TRUE(peer->send("0\r\n\r\n"));
    EXPECT_EQ(peer->status(), 413);
    EXPECT_TRUE(lives());
}

TEST_F(HostileClients, bodiesThatAreNoObjectsAreBadRequests) {
    const std::string nested = R"({"kind":"ConfigMap","apiVersion":"v1","metadata":{"name":"deep"},"data":)";
    for (const auto& body : {std::string("{"), std::string("nonsense"), std::string("[1,2]"), std::string("\"text\""), std::string("{\"metadata\":5}"), std::string("\xff\xfe\x00\x01", 4),
                             nested + std::string(200'000, '[') + std::string(200'000, ']') + "}", nested + std::string(1'000'000, '{')})
        EXPECT_EQ(status(post(body)), 400) << body.substr(0, 100);
    for (const auto& body : {std::string("a: b: c"), std::string("\t- x"), "a: " + std::string(100'000, '['), std::string("a: &a [*a]"),
                             std::string("a: &a [x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b]\nd: &d [*c,*c,*c,*c,*c,*c,*c,*c,*c]\n"
                                         "e: &e [*d,*d,*d,*d,*d,*d,*d,*d,*d]\nf: &f [*e,*e,*e,*e,*e,*e,*e,*e,*e]\ng: &g [*f,*f,*f,*f,*f,*f,*f,*f,*f]\nh: [*g,*g,*g,*g,*g,*g,*g,*g,*g]")})
        EXPECT_EQ(status(post(body, "application/yaml")), 400) << body.substr(0, 100);
    EXPECT_EQ(status(post("{}", "text/html")), 415);
    EXPECT_TRUE(lives());
}

TEST_F(HostileClients, protobufThatIsNoneIsABadRequest) {
    const std::string magic("k8s\0", 4);
    std::string claimsTooMuch = magic + "\x0a\xff\xff\xff\xff\x0f";
    std::string nested = magic;
    for (int i = 0; i < 5000; ++i) nested += "\x12\x7f";
    for (const auto& body : {magic, magic + std::string(1000, '\xff'), claimsTooMuch, nested, std::string("k8s"), std::string(100'000, '\x0a'), magic + std::string("\x0a\x02\x0a\x00", 4)})
        EXPECT_EQ(status(post(body, "application/vnd.kubernetes.protobuf")), 400) << body.size();
    EXPECT_TRUE(lives());
}

TEST_F(HostileClients, framesThatContradictThemselvesAreRefused) {
    for (const auto* request : {"POST /api/v1/namespaces/default/configmaps HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello",
                                "POST /api/v1/namespaces/default/configmaps HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
                                "POST /api/v1/namespaces/default/configmaps HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999999999999999\r\n\r\n",
                                "GET / HTTP/9.9\r\n\r\n", "G\x01T / HTTP/1.1\r\n\r\n", "GET  HTTP/1.1\r\n\r\n", "\r\n\r\n\r\n\r\n", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"}) {
        const int answered = status(request);
        EXPECT_TRUE(answered == 0 || answered == 400 || answered == 413) << answered << " to " << request;
    }
    EXPECT_TRUE(lives());
}

TEST_F(HostileClients, pathsLeadNowhereButIntoTheApi) {
    for (const auto* path : {"/../../etc/passwd", "/api/v1/namespaces/..%2f..%2fkube-system/secrets", "/api/v1/namespaces/default/configmaps/%00", "/api/v1/namespaces/default/configmaps/%zz",
                             "//api//v1//pods", "/%2e%2e/%2e%2e/etc/shadow", "/api/v1/namespaces/default/pods/../../../nodes"}) {
        const int answered = status(fmt::format("GET {} HTTP/1.1\r\nHost: x\r\n\r\n", path));
        EXPECT_TRUE(answered == 400 || answered == 404 || answered == 200 || answered == 301) << answered << " to " << path;
        if (answered == 200) {
            EXPECT_EQ(std::string_view(path).find("etc"), std::string_view::npos) << path;
        }
    }
    EXPECT_TRUE(lives());
}

TEST_F(HostileClients, requestsInOneGoAreAnsweredInTheirOrder) {
    const auto peer = connect();
    std::string requests;
    constexpr int count = 50;
    for (int i = 0; i < count; ++i) requests += fmt::format("GET /api/v1/namespaces/default/configmaps/missing-{} HTTP/1.1\r\nHost: x\r\n\r\n", i);
    ASSERT_TRUE(peer->send(requests));
    const auto answers = peer->readUntil("\"code\":404}", count);
    std::size_t at = 0;
    for (int i = 0; i < count; ++i) {
        at = answers.find(fmt::format("\\\"missing-{}\\\"", i), at);
        ASSERT_NE(at, std::string::npos) << i;
    }
}

TEST_F(HostileClients, clientsThatNeverFinishAskingDoNotKeepOthersWaiting) {
    std::vector<int> silent;
    for (int i = 0; i < 200; ++i) {
        silent.push_back(kubarium::testing::connectTo(port));
        ASSERT_GE(silent.back(), 0);
        // A record of a TLS handshake that promises more than ever comes.
        if (i % 2 == 0) {
            EXPECT_GT(::send(silent.back(), "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 11, MSG_NOSIGNAL), 0);
        }
    }
    std::vector<std::unique_ptr<TlsClient>> halfway;
    for (int i = 0; i < 20; ++i) {
        halfway.push_back(connect());
        (void)halfway.back()->send(i % 2 == 0 ? "GET /version HTTP/1.1\r\nHost" : "POST /api/v1/namespaces/default/configmaps HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n{\"meta");
    }
    EXPECT_TRUE(lives());
    for (const int handle : silent) ::close(handle);
}

TEST_F(HostileClients, watchesThatNobodyReadsCostTheOthersNothing) {
    std::vector<std::unique_ptr<TlsClient>> watchers;
    for (int i = 0; i < 30; ++i) {
        watchers.push_back(connect());
        ASSERT_TRUE(watchers.back()->send("GET /api/v1/configmaps?watch=true HTTP/1.1\r\nHost: x\r\n\r\n"));
    }
    const std::string data(100'000, 'x');
    for (int i = 0; i < 60; ++i) {
        const auto created = await<api::ObjectPtr>([&](auto reply) {
            client->create(api::resources::configMaps, "default", parseObject(fmt::format(R"({{"metadata":{{"name":"c-{}"}},"data":{{"a":"{}"}}}})", i, data)), {}, std::move(reply));
        });
        ASSERT_TRUE(created.has_value()) << created.error().message;
    }
    // One that reads gets everything, although the others have stopped up their ears.
    const auto reader = connect();
    ASSERT_TRUE(reader->send("GET /api/v1/configmaps?watch=true HTTP/1.1\r\nHost: x\r\n\r\n"));
    const auto seen = reader->readUntil("\"type\":\"ADDED\"", 60);
    EXPECT_NE(seen.find("\"name\":\"c-59\""), std::string::npos);
    watchers.clear();
    EXPECT_TRUE(lives());
}

}  // namespace
}  // namespace kubarium::apiserver
