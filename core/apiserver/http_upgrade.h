// From an HTTP connection to one of the Pod protocols. Private to the HTTPS front end (includes Beast).
#pragma once

#include "core/apiserver/http_session.h"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/http/string_body.hpp>

namespace kubarium::apiserver {

using TlsStream = boost::asio::ssl::stream<boost::beast::tcp_stream>;
using HttpRequest = boost::beast::http::request<boost::beast::http::string_body>;

// Whether the request asks for an upgrade that this server knows, for this kind of connection.
bool wantsUpgrade(const HttpRequest& request, PodConnection::Kind kind);
// Upgrades and serves until either side ends; the stream is not usable for HTTP afterwards. `buffer`: what was read already.
boost::asio::awaitable<void> serveUpgrade(std::shared_ptr<HttpShared> shared, TlsStream& stream, boost::beast::flat_buffer& buffer, const HttpRequest& request,
                                          PodConnection connection);

}  // namespace kubarium::apiserver
