// Runs one command in a container through the exec subresource of the API and waits for its end: what `kubectl exec` does
// without a terminal and without input. Kubernetes' remote command protocol v5.channel.k8s.io over WebSocket.
#pragma once

#include "core/client/client.h"

#include <chrono>
#include <string>
#include <vector>

namespace kubarium::client {

struct PodExecRequest {
    std::string nameSpace, pod;
    std::string container{};  // "": the Pod's default one
    std::vector<std::string> command;
    std::chrono::seconds timeout{10};          // of real time, from the call to the end of the command
    std::size_t mostOutput = std::size_t{1} << 20;  // bytes of both streams together
};

struct PodExecAnswer {
    int exitCode = 0;
    std::string standardOutput, standardError;
};

class PodExec {
public:
    virtual ~PodExec() = default;
    // Replies on the thread and under the conditions of Client. A command that ends with another code than 0 is an answer; an
    // Error means that none ran to its end: no such Pod or container, a program that is not there, the timeout, too much output.
    virtual void exec(PodExecRequest request, Reply<PodExecAnswer> reply) = 0;
};

}  // namespace kubarium::client
