// One connection of the HTTPS front end. Private to http_server.cpp and the session's own sources (includes Asio).
#pragma once

#include "core/apiserver/http_server.h"

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>

#include <atomic>
#include <list>
#include <memory>
#include <string>
#include <unordered_map>

namespace kubarium::apiserver {

// Rendered watch frames of the latest objects: a thousand watchers of one change need one rendering. IO thread only.
class FrameCache {
public:
    const std::string& render(const Presentation& presentation, const WatchFrame& frame);

private:
    struct Entry {
        ObjectPtr object;  // keeps the address from being used again
        client::WatchEventType type;
        std::string text;
    };
    std::list<Entry> entries_;  // latest first
    std::string single_;
};

struct HttpShared {
    Executor& executor;
    const Clock& clock;
    const Authenticator& authenticator;
    HttpServer::Dispatch dispatch;
    Duration headerTimeout, idleTimeout;
    std::string serverAddress{};
    int connections = 0;  // IO thread only
    std::shared_ptr<bool> stopped = std::make_shared<bool>(false);  // engine thread only
    FrameCache frames{};
};

void startHttpSession(std::shared_ptr<HttpShared> shared, boost::asio::ip::tcp::socket socket, boost::asio::ssl::context& tls);

}  // namespace kubarium::apiserver
