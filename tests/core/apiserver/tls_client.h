// A client that says on a TLS connection whatever a test wants, well-formed or not. Blocking, with a deadline for every read.
#pragma once

#include <arpa/inet.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <csignal>
#include <memory>
#include <string>
#include <string_view>

namespace kubarium::testing {

inline int connectTo(int port) {
    const int handle = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<std::uint16_t>(port));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (handle >= 0 && ::connect(handle, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) {
        ::close(handle);
        return -1;
    }
    const timeval patience{20, 0};
    ::setsockopt(handle, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    ::setsockopt(handle, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
    return handle;
}

class TlsClient {
public:
    // `certificate` and `key` are PEM; "" connects without.
    TlsClient(int port, const std::string& certificate, const std::string& key) : context_(SSL_CTX_new(TLS_client_method()), SSL_CTX_free), socket_(connectTo(port)) {
        if (!certificate.empty()) {
            const std::unique_ptr<BIO, decltype(&BIO_free)> certificateText(BIO_new_mem_buf(certificate.data(), static_cast<int>(certificate.size())), BIO_free);
            const std::unique_ptr<BIO, decltype(&BIO_free)> keyText(BIO_new_mem_buf(key.data(), static_cast<int>(key.size())), BIO_free);
            const std::unique_ptr<X509, decltype(&X509_free)> made(PEM_read_bio_X509(certificateText.get(), nullptr, nullptr, nullptr), X509_free);
            const std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> secret(PEM_read_bio_PrivateKey(keyText.get(), nullptr, nullptr, nullptr), EVP_PKEY_free);
            SSL_CTX_use_certificate(context_.get(), made.get());
            SSL_CTX_use_PrivateKey(context_.get(), secret.get());
        }
        std::signal(SIGPIPE, SIG_IGN);  // as in the programs: that the server has hung up is an answer
        ssl_.reset(SSL_new(context_.get()));
        SSL_set_fd(ssl_.get(), socket_);
        connected_ = SSL_connect(ssl_.get()) == 1;
    }
    ~TlsClient() {
        ssl_.reset();
        if (socket_ >= 0) ::close(socket_);
    }
    TlsClient(const TlsClient&) = delete;
    TlsClient& operator=(const TlsClient&) = delete;

    bool connected() const { return connected_; }
    // False once the server has hung up.
    bool send(std::string_view text) {
        while (!text.empty()) {
            const int count = SSL_write(ssl_.get(), text.data(), static_cast<int>(std::min<std::size_t>(text.size(), 16384)));
            if (count <= 0) return false;
            text.remove_prefix(static_cast<std::size_t>(count));
        }
        return true;
    }
    // Up to and with the n-th occurrence of `mark`, or all there was until the server hung up.
    std::string readUntil(std::string_view mark, int times = 1) {
        std::string text;
        char buffer[16384];
        for (;;) {
            int found = 0;
            for (auto at = text.find(mark); at != std::string::npos; at = text.find(mark, at + mark.size())) ++found;
            if (found >= times) return text;
            const int count = SSL_read(ssl_.get(), buffer, sizeof buffer);
            if (count <= 0) return text;
            text.append(buffer, static_cast<std::size_t>(count));
        }
    }
    std::string readAll() { return readUntil("\x01\x02 never sent \x02\x01"); }
    // The status of the next answer; 0 if the server hung up instead. What follows the head may have been read too.
    int status() {
        const auto text = readUntil("\r\n\r\n");
        const auto at = text.find("HTTP/1.1 ");
        return at == std::string::npos ? 0 : std::atoi(text.c_str() + at + 9);
    }

private:
    std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)> context_;
    struct Free {
        void operator()(SSL* ssl) const { SSL_free(ssl); }
    };
    int socket_;
    std::unique_ptr<SSL, Free> ssl_;
    bool connected_ = false;
};

}  // namespace kubarium::testing
