// Frames are 9 bytes of header (24 bits length, type, flags, 31 bits stream) and a payload. A gRPC message in DATA frames is
// one byte "compressed?", four bytes length, and protobuf: here only field 1, a string going out and an enum coming back.
// The verdict of the call is in the trailers: grpc-status and grpc-message.
#include "core/kubelet/grpc_health.h"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <cstdint>
#include <utility>
#include <vector>

namespace kubarium::kubelet {
namespace {

constexpr std::uint8_t dataFrame = 0, headersFrame = 1, resetFrame = 3, settingsFrame = 4, pingFrame = 6, goAwayFrame = 7, continuationFrame = 9;
constexpr std::uint8_t endStream = 1, acknowledge = 1, endHeaders = 4, padded = 8, priority = 32;

std::string frame(std::uint8_t type, std::uint8_t flags, std::uint32_t stream, std::string_view payload) {
    std::string bytes;
    const auto size = payload.size();
    for (const auto byte : {size >> 16, size >> 8, size}) bytes += static_cast<char>(byte & 0xff);
    bytes += static_cast<char>(type);
    bytes += static_cast<char>(flags);
    for (const auto byte : {stream >> 24, stream >> 16, stream >> 8, stream}) bytes += static_cast<char>(byte & 0xff);
    return bytes.append(payload);
}

// A literal header field without indexing, new name, no Huffman coding. Lengths here stay below 127.
std::string literal(std::string_view name, std::string_view value) {
    std::string bytes(1, '\0');
    bytes += static_cast<char>(name.size());
    bytes.append(name);
    bytes += static_cast<char>(value.size());
    return bytes.append(value);
}

// HPACK's Huffman code is canonical, so that lengths give the codes; symbols of more than 13 bits do not occur in the headers
// that matter here.
std::string huffmanDecoded(std::string_view bytes) {
    static const auto table = [] {
        const std::array<std::pair<int, std::string_view>, 8> byLength{{{5, "012aceiost"},
                                                                         {6, " %-./3456789=A_bdfghlmnpru"},
                                                                         {7, ":BCDEFGHIJKLMNOPQRSTUVWYjkqvwxyz"},
                                                                         {8, "&*,;XZ"},
                                                                         {10, "!\"()?"},
                                                                         {11, "'+|"},
                                                                         {12, "#>"},
                                                                         {13, std::string_view("\0$@[]~", 6)}}};
        std::vector<std::pair<std::pair<int, std::uint32_t>, char>> codes;
        std::uint32_t code = 0;
        int length = 5;
        for (const auto& [bits, symbols] : byLength)
            for (const char symbol : symbols) {
                code <<= bits - length;
                length = bits;
                codes.push_back({{bits, code++}, symbol});
            }
        return codes;
    }();
    std::string text;
    std::uint32_t code = 0;
    int length = 0;
    for (const char byte : bytes)
        for (int bit = 7; bit >= 0; --bit) {
            code = code << 1 | ((static_cast<unsigned char>(byte) >> bit) & 1u);
            ++length;
            for (const auto& [key, symbol] : table)
                if (key.first == length && key.second == code) {
                    text += symbol;
                    code = 0;
                    length = 0;
                    break;
                }
        }
    return text;
}

class HeaderReader {
public:
    explicit HeaderReader(std::string_view block) : rest_(block) {}
    bool done() const { return rest_.empty(); }

    // The next field; indexed ones (only :status matters among them, and does not here) have empty names.
    std::pair<std::string, std::string> next() {
        const auto first = static_cast<unsigned char>(rest_.front());
        if (first & 0x80) return integer(7), std::pair<std::string, std::string>{};
        if ((first & 0xe0) == 0x20) return integer(5), std::pair<std::string, std::string>{};
        const auto index = integer((first & 0x40) ? 6 : 4);
        auto name = index == 0 ? text() : std::string();
        auto value = text();
        return {std::move(name), std::move(value)};
    }

private:
    std::size_t integer(int prefix) {
        if (rest_.empty()) return 0;
        const auto mask = (1u << prefix) - 1;
        std::size_t value = static_cast<unsigned char>(rest_.front()) & mask;
        rest_.remove_prefix(1);
        if (value < mask) return value;
        for (int shift = 0; !rest_.empty() && shift < 28; shift += 7) {
            const auto byte = static_cast<unsigned char>(rest_.front());
            rest_.remove_prefix(1);
            value += static_cast<std::size_t>(byte & 0x7f) << shift;
            if (!(byte & 0x80)) break;
        }
        return value;
    }
    std::string text() {
        if (rest_.empty()) return {};
        const bool huffman = static_cast<unsigned char>(rest_.front()) & 0x80;
        const auto size = std::min(integer(7), rest_.size());
        const auto bytes = rest_.substr(0, size);
        rest_.remove_prefix(size);
        return huffman ? huffmanDecoded(bytes) : std::string(bytes);
    }

    std::string_view rest_;
};

std::string_view codeName(int code) {
    constexpr std::array<std::string_view, 17> names{"OK", "Canceled", "Unknown", "InvalidArgument", "DeadlineExceeded", "NotFound",
                                                     "AlreadyExists", "PermissionDenied", "ResourceExhausted", "FailedPrecondition",
                                                     "Aborted", "OutOfRange", "Unimplemented", "Internal", "Unavailable", "DataLoss",
                                                     "Unauthenticated"};
    return code >= 0 && code < 17 ? names[static_cast<std::size_t>(code)] : "Unknown";
}

}  // namespace

std::string GrpcHealthExchange::request() const {
    std::string message;
    if (!service_.empty()) message = std::string("\x0a") + static_cast<char>(service_.size()) + service_;
    const auto headers = literal(":method", "POST") + literal(":scheme", "http") + literal(":path", "/grpc.health.v1.Health/Check") +
                         literal(":authority", authority_) + literal("content-type", "application/grpc") +
                         literal("user-agent", "kube-probe/1.34") + literal("te", "trailers");
    std::string body(1, '\0');
    const auto size = message.size();
    for (const auto byte : {size >> 24, size >> 16, size >> 8, size}) body += static_cast<char>(byte & 0xff);
    body += message;
    return "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + frame(settingsFrame, 0, 0, "") + frame(headersFrame, endHeaders, 1, headers) +
           frame(dataFrame, endStream, 1, body);
}

std::string GrpcHealthExchange::feed(std::string_view data) {
    buffer_.append(data);
    std::string send;
    while (buffer_.size() >= 9 && !answer_) {
        const auto byte = [&](std::size_t i) { return static_cast<std::size_t>(static_cast<unsigned char>(buffer_[i])); };
        const auto size = byte(0) << 16 | byte(1) << 8 | byte(2);
        if (buffer_.size() < 9 + size) break;
        const auto type = static_cast<std::uint8_t>(byte(3)), flags = static_cast<std::uint8_t>(byte(4));
        auto payload = buffer_.substr(9, size);
        buffer_.erase(0, 9 + size);
        if (type == settingsFrame && !(flags & acknowledge)) send += frame(settingsFrame, acknowledge, 0, "");
        if (type == pingFrame && !(flags & acknowledge)) send += frame(pingFrame, acknowledge, 0, payload);
        if ((type == dataFrame || type == headersFrame) && (flags & padded) && !payload.empty()) {
            const auto padding = static_cast<std::size_t>(static_cast<unsigned char>(payload[0]));
            payload = payload.substr(1, payload.size() > padding + 1 ? payload.size() - padding - 1 : 0);
        }
        if (type == headersFrame && (flags & priority)) payload.erase(0, 5);
        if (type == dataFrame) message_ += payload;
        if (type == headersFrame || type == continuationFrame) {
            headerBlock_ += payload;
            if (flags & endHeaders) onHeaders(std::exchange(headerBlock_, {}));
        }
        if (((type == dataFrame || type == headersFrame) && (flags & endStream)) || type == resetFrame || type == goAwayFrame) conclude();
    }
    return send;
}

void GrpcHealthExchange::onHeaders(std::string_view block) {
    for (HeaderReader reader(block); !reader.done();) {
        const auto [name, value] = reader.next();
        if (name == "grpc-status") std::from_chars(value.data(), value.data() + value.size(), grpcStatus_);
        if (name == "grpc-message") grpcMessage_ = value;
    }
}

void GrpcHealthExchange::conclude() {
    GrpcHealthAnswer answer;
    if (grpcStatus_ > 0 || message_.size() < 5) {
        answer.error = fmt::format("rpc error: code = {} desc = {}", codeName(grpcStatus_ > 0 ? grpcStatus_ : 2), grpcMessage_);
    } else {
        // Protobuf leaves a zero out: an empty message is UNKNOWN.
        const auto value = message_.size() >= 7 && message_[5] == '\x08' ? static_cast<int>(message_[6]) : 0;
        constexpr std::array<std::string_view, 4> names{"UNKNOWN", "SERVING", "NOT_SERVING", "SERVICE_UNKNOWN"};
        answer.status = value >= 0 && value < 4 ? names[static_cast<std::size_t>(value)] : "UNKNOWN";
    }
    answer_ = std::move(answer);
}

}  // namespace kubarium::kubelet
