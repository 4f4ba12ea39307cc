// Carries TCP connections between the computer and the cluster's network, without touching the computer's network: a listener
// on one side, and for each connection that it accepts another one on the other side. Engine thread only.
#pragma once

#include "core/kubelet/runtime/substrate.h"

#include <functional>
#include <memory>
#include <string>

namespace kubarium::kubelet {

// Where in the cluster a connection is made: from the switch (both ""), a Node or a sandbox.
struct ClusterPlace {
    std::string node, sandbox;
};

class TcpForwarder {
public:
    // From 127.0.0.1:hostPort (0 takes a free one) of the computer to ip:port, as seen at `place`.
    static Result<std::unique_ptr<TcpForwarder>> intoCluster(Substrate& substrate, int hostPort, ClusterPlace place, const std::string& ip, int port);
    // From ip:port at `place` to 127.0.0.1:hostPort of the computer.
    static std::unique_ptr<TcpForwarder> intoHost(Substrate& substrate, ClusterPlace place, const std::string& ip, int port, int hostPort);
    ~TcpForwarder();
    TcpForwarder(const TcpForwarder&) = delete;

    int hostPort() const { return hostPort_; }

private:
    struct State;
    explicit TcpForwarder(std::shared_ptr<State> state) : state_(std::move(state)) {}
    std::shared_ptr<State> state_;
    int hostPort_ = 0;
};

}  // namespace kubarium::kubelet
