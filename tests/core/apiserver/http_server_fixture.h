// The HTTPS front end with a store in memory, on an engine thread of its own.
#pragma once

#include "core/apiserver/api_server.h"
#include "core/base/engine_loop.h"
#include "core/client/http_client.h"

#include <gtest/gtest.h>

#include <chrono>
#include <functional>
#include <future>
#include <memory>
#include <thread>

namespace kubarium::apiserver {

using namespace std::chrono_literals;

// A server on an engine thread of its own; calls from the test's thread are posted to it.
class HttpServerTest : public ::testing::Test {
protected:
    void SetUp() override {
        auto pki = pki::ClusterPki::ensure({}, loop.now());
        ASSERT_TRUE(pki.has_value());
        ApiServerOptions options;
        options.port = 0;
        auto made = ApiServer::create(loop, loop, random, std::make_unique<store::MemoryStore>(loop, loop), *pki, options);
        ASSERT_TRUE(made.has_value());
        server = std::move(*made);
        ASSERT_TRUE(server->start().has_value());
        port = server->port();
        const auto admin = pki->authority.issue(pki::adminRequest(), loop.now());
        settings.cluster.server = server->url();
        settings.cluster.certificateAuthority = pki->authority.pem().certificate;
        settings.user.clientCertificate = admin->certificate;
        settings.user.clientKey = admin->key;
        auto http = client::HttpClient::create(settings, loop);
        ASSERT_TRUE(http.has_value()) << http.error().message;
        client = std::move(*http);
        engine = std::jthread([this] { loop.run(); });
    }
    void TearDown() override {
        onEngine([this] {
            client.reset();
            server.reset();
        });
        loop.stop();
        engine.join();
    }
    void onEngine(std::function<void()> work) {
        std::promise<void> done;
        loop.post([&] {
            work();
            done.set_value();
        });
        done.get_future().get();
    }
    template <class T, class Start>
    Result<T> await(Start start) {
        auto promise = std::make_shared<std::promise<Result<T>>>();
        auto future = promise->get_future();
        loop.post([start, promise]() mutable { start([promise](Result<T> reply) { promise->set_value(std::move(reply)); }); });
        if (future.wait_for(20s) != std::future_status::ready) return internalError("no reply within 20 s");
        return future.get();
    }

    EngineLoop loop;
    SystemRandom random;
    std::unique_ptr<ApiServer> server;
    std::unique_ptr<client::HttpClient> client;
    client::ConnectionSettings settings;
    int port = 0;
    std::jthread engine;
};

}  // namespace kubarium::apiserver
