// The HTTPS front end against our own HttpClient and against clients that misbehave.
#include "tests/core/apiserver/http_server_fixture.h"
#include "tests/core/apiserver/tls_client.h"
#include "tests/support/memory_client.h"

#include <arpa/inet.h>
#include <boost/json.hpp>
#include <fmt/format.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

namespace kubarium::apiserver {
namespace {

using testing::parseObject;

TEST_F(HttpServerTest, ObjectsGoThroughTheSocketAndBack) {
    const auto created = await<api::ObjectPtr>([this](auto reply) {
        client->create(api::resources::configMaps, "default", parseObject(R"({"metadata":{"name":"c"},"data":{"a":"1"}})"), {}, std::move(reply));
    });
    ASSERT_TRUE(created.has_value()) << created.error().message;
    const auto listed = await<client::ObjectList>([this](auto reply) { client->list(api::resources::configMaps, "default", {}, std::move(reply)); });
    ASSERT_TRUE(listed.has_value());
    ASSERT_EQ(listed->items.size(), 1u);
    EXPECT_EQ(listed->items[0]->kind(), "ConfigMap");
    EXPECT_EQ(listed->items[0]->resourceVersion(), (*created)->resourceVersion());
    const auto absent = await<api::ObjectPtr>([this](auto reply) { client->get(api::resources::configMaps, "default", "absent", std::move(reply)); });
    EXPECT_EQ(absent.error().reason, Reason::NotFound);
    EXPECT_EQ(absent.error().name, "absent");
    const auto version = await<std::string>([this](auto reply) { client->getRaw("/version", std::move(reply)); });
    ASSERT_TRUE(version.has_value());
    EXPECT_NE(version->find("v1.34"), std::string::npos);
}

TEST_F(HttpServerTest, AWatchTellsOfChangesUntilItIsDropped) {
    std::promise<std::string> seen;
    std::unique_ptr<client::Watch> watch;
    onEngine([&] {
        watch = client->watch(api::resources::configMaps, "default", {}, [&, told = false](client::WatchEvent event) mutable {
            if (!std::exchange(told, true)) seen.set_value(event.object ? std::string(event.object->name()) : event.error.message);
        });
    });
    const auto created = await<api::ObjectPtr>([this](auto reply) {
        client->create(api::resources::configMaps, "default", parseObject(R"({"metadata":{"name":"c"}})"), {}, std::move(reply));
    });
    ASSERT_TRUE(created.has_value());
    auto future = seen.get_future();
    ASSERT_EQ(future.wait_for(20s), std::future_status::ready);
    EXPECT_EQ(future.get(), "c");
    onEngine([&] { watch.reset(); });
}

// A client that sent its next request on such a connection would lose it.
TEST_F(HttpServerTest, AStreamSaysThatItsConnectionEndsWithIt) {
    testing::TlsClient raw(port, settings.user.clientCertificate, settings.user.clientKey);
    ASSERT_TRUE(raw.connected());
    ASSERT_TRUE(raw.send("GET /api/v1/namespaces?watch=true&timeoutSeconds=1 HTTP/1.1\r\nHost: x\r\n\r\n"));
    const auto head = raw.readUntil("\r\n\r\n");
    EXPECT_NE(head.find("Connection: close"), std::string::npos) << head;
}

TEST_F(HttpServerTest, WhoeverHasNoCredentialsIsForbiddenAndAWrongTokenIsUnauthorized) {
    auto anonymous = settings;
    anonymous.user = {};
    auto wrong = anonymous;
    wrong.user.token = "nonsense";
    for (const auto& [given, reason] : {std::pair{anonymous, Reason::Forbidden}, std::pair{wrong, Reason::Unauthorized}}) {
        std::unique_ptr<client::HttpClient> other;
        onEngine([&] { other = std::move(*client::HttpClient::create(given, loop)); });
        const auto listed = await<client::ObjectList>([&](auto reply) { other->list(api::resources::pods, "", {}, std::move(reply)); });
        ASSERT_FALSE(listed.has_value());
        EXPECT_EQ(listed.error().reason, reason) << listed.error().message;
        onEngine([&] { other.reset(); });
    }
}

TEST_F(HttpServerTest, AServerWithAnotherCertificateIsNotTrusted) {
    const auto stranger = pki::CertificateAuthority::create("stranger", loop.now());
    auto other = settings;
    other.cluster.certificateAuthority = stranger->pem().certificate;
    std::unique_ptr<client::HttpClient> suspicious;
    onEngine([&] { suspicious = std::move(*client::HttpClient::create(other, loop)); });
    const auto listed = await<client::ObjectList>([&](auto reply) { suspicious->list(api::resources::pods, "", {}, std::move(reply)); });
    ASSERT_FALSE(listed.has_value());
    EXPECT_EQ(listed.error().reason, Reason::ServiceUnavailable);
    onEngine([&] { suspicious.reset(); });
}

TEST_F(HttpServerTest, AnOversizedBodyIsRefusedWith413AndTheServerGoesOn) {
    const auto body = parseObject(fmt::format(R"({{"metadata":{{"name":"big"}},"data":{{"a":"{}"}}}})", std::string(3'300'000, 'x')));
    const auto created = await<api::ObjectPtr>([&](auto reply) { client->create(api::resources::configMaps, "default", body, {}, std::move(reply)); });
    ASSERT_FALSE(created.has_value());
    EXPECT_EQ(created.error().status(), 413) << created.error().message;
    EXPECT_TRUE(await<std::string>([this](auto reply) { client->getRaw("/healthz", std::move(reply)); }).has_value());
}

TEST_F(HttpServerTest, AnExpiredPageComesWithATokenForTheRest) {
    const auto get = [&](const std::string& query) {
        kubarium::testing::TlsClient peer(port, settings.user.clientCertificate, settings.user.clientKey);
        EXPECT_TRUE(peer.send("GET /api/v1/namespaces/default/configmaps?" + query + " HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"));
        const auto text = peer.readAll();
        return text.substr(std::min(text.size(), text.find("\r\n\r\n") + 4));
    };
    const auto continueOf = [](const std::string& body) {
        const auto tree = boost::json::parse(body);
        return std::string(api::stringAt(tree, {"metadata", "continue"}));
    };
    const auto put = [&](const std::string& name) {
        return await<api::ObjectPtr>([this, name](auto reply) {
            client->create(api::resources::configMaps, "default", parseObject(fmt::format(R"({{"metadata":{{"name":"{}"}}}})", name)), {}, std::move(reply));
        }).has_value();
    };
    for (const auto* name : {"a", "b", "c"}) ASSERT_TRUE(put(name));
    const auto old = continueOf(get("limit=1"));
    ASSERT_FALSE(old.empty());
    ASSERT_TRUE(put("d"));
    onEngine([this] { server->store().compact(server->store().revision()); });
    const auto gone = get("limit=1&continue=" + old);
    EXPECT_NE(gone.find("\"code\":410"), std::string::npos) << gone;
    const auto rest = continueOf(gone);
    ASSERT_FALSE(rest.empty());
    const auto items = boost::json::parse(get("continue=" + rest)).at("items").as_array();
    ASSERT_EQ(items.size(), 3u);
    EXPECT_EQ(api::stringAt(items.back(), {"metadata", "name"}), "d");
}

TEST_F(HttpServerTest, ClientsThatSendNonsenseOrNothingDoNoHarm) {
    std::vector<int> sockets;
    for (int i = 0; i < 50; ++i) {
        const int handle = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        ASSERT_GE(handle, 0);
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_port = htons(static_cast<std::uint16_t>(port));
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        ASSERT_EQ(::connect(handle, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
        const std::string nonsense = i % 3 == 0 ? "GET / HTTP/1.1\r\n\r\n" : i % 3 == 1 ? std::string("\x16\x03\x01\x00\x05xxxxx", 10) : "";
        if (!nonsense.empty()) {
            EXPECT_GT(::send(handle, nonsense.data(), nonsense.size(), MSG_NOSIGNAL), 0);
        }
        sockets.push_back(handle);
    }
    EXPECT_TRUE(await<std::string>([this](auto reply) { client->getRaw("/readyz", std::move(reply)); }).has_value());
    for (const int handle : sockets) ::close(handle);
    EXPECT_TRUE(await<std::string>([this](auto reply) { client->getRaw("/readyz", std::move(reply)); }).has_value());
}

}  // namespace
}  // namespace kubarium::apiserver
