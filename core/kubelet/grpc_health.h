// One call of grpc.health.v1.Health/Check over HTTP/2, as bytes in and bytes out: enough of HTTP/2 (RFC 9113) and HPACK
// (RFC 7541) for a single unary call without TLS.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace kubarium::kubelet {

struct GrpcHealthAnswer {
    std::string status;  // SERVING, NOT_SERVING, UNKNOWN, SERVICE_UNKNOWN
    std::string error;   // "rpc error: code = NotFound desc = unknown service"; then status is empty
};

class GrpcHealthExchange {
public:
    GrpcHealthExchange(std::string service, std::string authority) : service_(std::move(service)), authority_(std::move(authority)) {}

    // What to send first.
    std::string request() const;
    // Takes what arrived; returns what to send (acknowledgements).
    std::string feed(std::string_view data);
    // Once the answer is complete.
    const std::optional<GrpcHealthAnswer>& answer() const { return answer_; }

private:
    void onHeaders(std::string_view block);
    void conclude();

    std::string service_, authority_, buffer_, message_, headerBlock_;
    int grpcStatus_ = -1;
    std::string grpcMessage_;
    std::optional<GrpcHealthAnswer> answer_;
};

}  // namespace kubarium::kubelet
