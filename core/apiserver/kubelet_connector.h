// How the API server reaches into a running Pod (logs, exec, attach, port-forward): a real API server opens a connection to
// the kubelet of the Pod's Node; ours asks this seam, which core/cluster implements with the kubelets of the same process.
// Engine thread only; handlers are called on it, never before the call returned.
#pragma once

#include "core/api/object.h"
#include "core/base/clock.h"
#include "core/base/result.h"

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace kubarium::apiserver {

struct PodLogOptions {
    std::string container;
    bool follow = false;
    bool previous = false;
    bool timestamps = false;
    std::optional<std::int64_t> tailLines;
    std::optional<std::int64_t> sinceSeconds;
    std::optional<WallTime> sinceTime;
    std::optional<std::int64_t> limitBytes;
};

// Destroying it cancels.
class PodStream {
public:
    virtual ~PodStream() = default;
    virtual void write(std::string) {}  // exec: stdin; port-forward: data
    virtual void closeWrite() {}
    virtual void resize(int /*columns*/, int /*rows*/) {}
};

struct PodExecOptions {
    std::string container;
    std::vector<std::string> command;  // empty: attach
    bool standardInput = false, standardOutput = false, standardError = false, terminal = false;
};

struct PodStreamHandlers {
    std::function<void(std::string)> onData;   // log bytes, stdout, data from the port
    std::function<void(std::string)> onError;  // stderr
    // Last call. exec: the exit code; logs and port-forward: 0 at the end.
    std::move_only_function<void(Result<int>)> onEnd;
};

class KubeletConnector {
public:
    virtual ~KubeletConnector() = default;
    virtual std::unique_ptr<PodStream> logs(const api::ObjectPtr& pod, const PodLogOptions&, PodStreamHandlers) = 0;
    virtual std::unique_ptr<PodStream> exec(const api::ObjectPtr& pod, const PodExecOptions&, PodStreamHandlers) = 0;
    virtual std::unique_ptr<PodStream> portForward(const api::ObjectPtr& pod, int port, PodStreamHandlers) = 0;
    // Kubelet and metrics summary of a Node as JSON ("/api/v1/nodes/NAME/proxy/stats/summary").
    virtual void nodeStats(const std::string& node, std::move_only_function<void(Result<std::string>)>) = 0;
};

}  // namespace kubarium::apiserver
