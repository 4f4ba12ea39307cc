// How an OCI runtime hands over the master side of a container's terminal: it connects to a Unix socket and sends the
// descriptor. Part of the supervisor process.
#pragma once

#include "core/base/result.h"
#include "core/kubelet/runtime/descriptor.h"

#include <string>

namespace kubarium::kubelet {

class TerminalSocket {
public:
    // Listens at `path`, which must be shorter than a Unix socket's address allows.
    static Result<TerminalSocket> listen(const std::string& path);
    TerminalSocket(TerminalSocket&&) noexcept = default;
    ~TerminalSocket();

    const std::string& path() const { return path_; }
    // The descriptor that was sent; call it when the runtime has ended with success.
    Result<Descriptor> receive();

private:
    TerminalSocket(Descriptor socket, std::string path) : socket_(std::move(socket)), path_(std::move(path)) {}
    Descriptor socket_;
    std::string path_;
};

}  // namespace kubarium::kubelet
