// SPDY framing, protobuf bodies and tokens: formats that arrive from outside.
#include "core/apiserver/pod_protocol.h"
#include "core/apiserver/protobuf.h"
#include "core/apiserver/request_info.h"
#include "core/apiserver/service_account_token.h"
#include "core/apiserver/spdy.h"
#include "core/base/random.h"

#include <boost/json.hpp>
#include <gtest/gtest.h>

namespace kubarium::apiserver {
namespace {

using namespace std::chrono_literals;

std::string field(int number, const std::string& bytes) {
    std::string out(1, static_cast<char>(number << 3 | 2));
    out += static_cast<char>(bytes.size());
    return out + bytes;
}

std::string envelope(const std::string& apiVersion, const std::string& kind, const std::string& raw) {
    return std::string("k8s\0", 4) + field(1, field(1, apiVersion) + field(2, kind)) + field(2, raw);
}

TEST(ProtobufTest, AnObjectIsReadByItsFieldNumbers) {
    const auto metadata = field(1, "c") + field(3, "default") + field(11, field(1, "app") + field(2, "web"));
    const auto body = envelope("v1", "ConfigMap", field(1, metadata) + field(2, field(1, "key") + field(2, "value")) + field(3, field(1, "bin") + field(2, "hi")));
    const auto decoded = decodeProtobuf(body);
    ASSERT_TRUE(decoded.has_value()) << decoded.error().message;
    EXPECT_EQ(boost::json::serialize(decoded->at("data")), R"({"key":"value"})");
    EXPECT_EQ(boost::json::serialize(decoded->at("binaryData")), R"({"bin":"aGk="})");
    EXPECT_EQ(decoded->at("metadata").at("labels").at("app").as_string(), "web");
    EXPECT_EQ(decoded->at("kind").as_string(), "ConfigMap");
}

TEST(ProtobufTest, InlineStructsBelongToTheirParent) {
    // Volume{name: v, VolumeSource{emptyDir: {medium: Memory}}}
    const auto volume = field(1, "v") + field(2, field(2, field(1, "Memory")));
    const auto decoded = decodeProtobuf(envelope("v1", "Pod", field(2, field(1, volume))));
    ASSERT_TRUE(decoded.has_value());
    EXPECT_EQ(boost::json::serialize(decoded->at("spec").at("volumes")), R"([{"name":"v","emptyDir":{"medium":"Memory"}}])");
}

TEST(ProtobufTest, TheOptionsOfARequestExistInEveryGroup) {
    const auto options = decodeProtobuf(envelope("node.k8s.io/v1", "DeleteOptions", field(4, "Orphan")));
    ASSERT_TRUE(options.has_value()) << options.error().message;
    EXPECT_EQ(options->at("propagationPolicy").as_string(), "Orphan");
    EXPECT_FALSE(decodeProtobuf(envelope("node.k8s.io/v1", "Pod", "")).has_value());
}

TEST(ProtobufTest, DamagedBodiesAreRefusedAndNeverMore) {
    const auto good = envelope("v1", "Pod", field(1, field(1, "p")) + field(2, field(2, field(1, "c") + field(2, "nginx"))));
    SeededRandom random(7);
    for (int round = 0; round < 20000; ++round) {
        auto body = good;
        for (int change = 0; change < 3; ++change) body[4 + random.below(body.size() - 4)] = static_cast<char>(random.below(256));
        if (random.below(2) == 0) body.resize(random.below(body.size()));
        (void)decodeProtobuf(body);
    }
    EXPECT_FALSE(decodeProtobuf("{}").has_value());
    EXPECT_FALSE(decodeProtobuf(envelope("v1", "Nonsense", "")).has_value());
}

struct NoExecutor final : Executor {
    void post(Task) override {}
    void offloadTask(std::move_only_function<Task()>) override {}
    bool isEngineThread() const override { return true; }
};

// What older clients speak over WebSocket: no status at the end, and text for those that cannot send bytes.
TEST(ChannelProtocolTest, Version1SaysNothingOfSuccessAndBase64IsText) {
    NoExecutor executor;
    const auto spoken = [&](int version, MessageEncoding encoding, int exitCode) {
        PodConnection connection{};
        connection.kind = PodConnection::Kind::Exec;
        connection.standardOutput = true;
        auto protocol = makeChannelProtocol({executor, connection, [](PodEvent) {}}, version, encoding);
        protocol->start();
        protocol->event({PodEvent::Kind::Output, 0, "hi", {}, 0});
        protocol->event({PodEvent::Kind::End, 0, {}, {}, exitCode});
        EXPECT_TRUE(protocol->finished());
        return protocol->takeOutput();
    };
    using Messages = std::vector<std::string>;
    EXPECT_EQ(spoken(1, MessageEncoding::Binary, 0), (Messages{"\1", "\1hi"}));
    EXPECT_EQ(spoken(1, MessageEncoding::Binary, 3), (Messages{"\1", "\1hi", "\3command terminated with non-zero exit code: exit status 3"}));
    EXPECT_EQ(spoken(1, MessageEncoding::Base64, 0), (Messages{"1", "1aGk="}));
    EXPECT_EQ(spoken(4, MessageEncoding::Binary, 0).back(), "\3{\"metadata\":{},\"status\":\"Success\"}");
}

TEST(ChannelProtocolTest, LogsAreMessagesWithoutChannels) {
    NoExecutor executor;
    PodConnection connection{};
    connection.kind = PodConnection::Kind::Logs;
    auto protocol = makeLogProtocol({executor, connection, [](PodEvent) {}}, MessageEncoding::Binary);
    protocol->start();
    protocol->event({PodEvent::Kind::Output, 0, "line\n", {}, 0});
    protocol->event({PodEvent::Kind::End, 0, {}, {}, 0});
    EXPECT_EQ(protocol->takeOutput(), (std::vector<std::string>{"", "line\n"}));
    EXPECT_TRUE(protocol->finished());
}

class SpdyPair : public ::testing::Test {
protected:
    std::vector<SpdySession::Headers> opened;
    std::string data;
    bool fin = false;
    SpdySession session{{[this](std::uint32_t, const SpdySession::Headers& headers) { opened.push_back(headers); },
                         [this](std::uint32_t, std::string_view piece, bool end) {
                             data += piece;
                             fin = end;
                         },
                         [](std::uint32_t) {}, [] {}}};
};

TEST_F(SpdyPair, DataArrivesInAnyFragmentation) {
    const std::string frame("\x00\x00\x00\x01\x01\x00\x00\x05hello", 13);
    for (const char c : frame) ASSERT_TRUE(session.feed({&c, 1}).has_value());
    EXPECT_EQ(data, "hello");
    EXPECT_TRUE(fin);
}

TEST_F(SpdyPair, APingComesBack) {
    const std::string ping("\x80\x03\x00\x06\x00\x00\x00\x04\x00\x00\x00\x01", 12);
    ASSERT_TRUE(session.feed(ping).has_value());
    EXPECT_EQ(session.takeOutput(), ping);
}

TEST_F(SpdyPair, NonsenseIsRefusedAndNeverMore) {
    SeededRandom random(11);
    for (int round = 0; round < 5000; ++round) {
        SpdySession fresh{{[](std::uint32_t, const SpdySession::Headers&) {}, [](std::uint32_t, std::string_view, bool) {}, [](std::uint32_t) {}, [] {}}};
        std::string bytes("\x80\x03\x00", 3);
        bytes += static_cast<char>(random.below(12));
        for (auto count = random.below(64); count > 0; --count) bytes += static_cast<char>(random.below(256));
        bytes[5] = 0;
        if (bytes.size() > 6) bytes[6] = 0;
        (void)fresh.feed(bytes);
    }
}

TEST(TokenTest, ATokenIsOursUntilItExpiresOrIsTouched) {
    const auto keys = pki::createKeyPair();
    const auto others = pki::createKeyPair();
    ASSERT_TRUE(keys && others);
    const auto issuer = TokenIssuer::create(*keys);
    const auto stranger = TokenIssuer::create(*others);
    ASSERT_TRUE(issuer && stranger);
    const WallTime now{std::chrono::seconds{1767225600}};
    TokenRequest request;
    request.nameSpace = "default";
    request.name = "robot";
    request.uid = "u";
    request.lifetime = 600s;
    const auto token = issuer->issue(request, now);
    ASSERT_TRUE(token.has_value());
    const auto claims = issuer->verify(*token, now + 599s);
    ASSERT_TRUE(claims.has_value()) << claims.error().message;
    EXPECT_EQ(claims->name, "robot");
    EXPECT_EQ(claims->audiences, std::vector<std::string>{issuer->issuer()});
    EXPECT_FALSE(issuer->verify(*token, now + 600s).has_value());
    EXPECT_FALSE(stranger->verify(*token, now).has_value());
    for (std::size_t at = 0; at < token->size(); at += 7) {
        auto touched = *token;
        touched[at] = touched[at] == 'A' ? 'B' : 'A';
        EXPECT_FALSE(issuer->verify(touched, now).has_value()) << at;
    }
}

TEST(ServiceAccountTokenTest, ATokenOfAPodNamesItsNodeAndIsBoundToThePod) {
    const auto keys = pki::createKeyPair();
    ASSERT_TRUE(keys.has_value());
    const auto issuer = TokenIssuer::create(*keys);
    ASSERT_TRUE(issuer.has_value());
    const WallTime now{std::chrono::seconds{1767225600}};
    TokenRequest request;
    request.nameSpace = "default";
    request.name = "robot";
    request.uid = "u";
    request.boundKind = "Pod", request.boundName = "web", request.boundUid = "p";
    request.nodeName = "node-1", request.nodeUid = "n";
    const auto claims = issuer->verify(issuer->issue(request, now).value_or(""), now);
    ASSERT_TRUE(claims.has_value()) << claims.error().message;
    EXPECT_EQ(claims->boundKind, "Pod");
    EXPECT_EQ(claims->boundName, "web");
    EXPECT_EQ(claims->nodeName, "node-1");
    EXPECT_EQ(claims->nodeUid, "n");
    request.boundKind = "Node", request.boundName = "node-2", request.boundUid = "m", request.nodeName.clear();
    const auto ofNode = issuer->verify(issuer->issue(request, now).value_or(""), now);
    ASSERT_TRUE(ofNode.has_value());
    EXPECT_EQ(ofNode->boundKind, "Node");
    EXPECT_EQ(ofNode->nodeName, "node-2");
}

TEST(RequestInfoTest, PathsAreReadAsTheApiServerReadsThem) {
    const auto parse = [](std::string_view method, std::string_view path, std::string_view query = "") { return parseRequest(method, path, Query::parse(query)); };
    const auto scale = parse("GET", "/apis/apps/v1/namespaces/default/deployments/web/scale");
    EXPECT_EQ(scale.resource, (api::GroupVersionResource{"apps", "v1", "deployments"}));
    EXPECT_EQ(scale.subresource, "scale");
    EXPECT_EQ(scale.verb, "get");
    EXPECT_EQ(scale.nameSpace, "default");
    EXPECT_EQ(parse("GET", "/api/v1/namespaces//pods").verb, "list");
    EXPECT_EQ(parse("GET", "/api/v1/pods", "watch=true").verb, "watch");
    EXPECT_EQ(parse("GET", "/api/v1/pods", "watch=0").verb, "list");
    EXPECT_EQ(parse("DELETE", "/api/v1/namespaces/a/pods").verb, "deletecollection");
    const auto finalize = parse("PUT", "/api/v1/namespaces/a/finalize");
    EXPECT_EQ(finalize.resource.resource, "namespaces");
    EXPECT_EQ(finalize.subresource, "finalize");
    EXPECT_FALSE(parse("GET", "/healthz").isResource);
}

}  // namespace
}  // namespace kubarium::apiserver
