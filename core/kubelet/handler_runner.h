// Runs what probes and lifecycle hooks consist of: a command in the container, an HTTP GET, a TCP connection, a gRPC health
// check, a sleep. Limits are real time, as they limit what real processes do.
#pragma once

#include "core/api/types/pod.h"
#include "core/kubelet/kubelet_context.h"

#include <functional>
#include <memory>

namespace kubarium::kubelet {

// Unknown and Unread are errors of the asking: Unknown could not be asked at all, of Unread the answer did not come to its end.
enum class HandlerVerdict { Success, Warning, Failure, Unknown, Unread };

struct HandlerOutcome {
    HandlerVerdict verdict = HandlerVerdict::Success;
    std::string output;  // of a failure: what the Event says
    int exitCode = 0;    // of a command
};

struct HandlerTarget {
    std::string containerId;
    std::string podIP;
    const api::Container* container = nullptr;  // for named ports; valid during the call only
};

struct Handler {
    std::optional<api::ExecAction> exec;
    std::optional<api::HTTPGetAction> httpGet;
    std::optional<api::TCPSocketAction> tcpSocket;
    std::optional<api::GRPCAction> grpc;
    std::optional<api::SleepAction> sleep;
    bool hook = false;  // of the lifecycle: any HTTP answer will do, and there is no TCP
};
Handler handlerOf(const api::Probe&);
Handler handlerOf(const api::LifecycleHandler&);

// Destroying it cancels: the reply is not called any more.
class HandlerRun {
public:
    virtual ~HandlerRun() = default;
};

std::unique_ptr<HandlerRun> runHandler(const KubeletContext&, const HandlerTarget&, const Handler&, Duration timeout,
                                       std::move_only_function<void(HandlerOutcome)> reply);

// A container's port by number or name; 0 if there is none.
int resolvePort(const json::value& port, const api::Container&);

}  // namespace kubarium::kubelet
