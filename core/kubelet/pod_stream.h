// Streams into a running Pod: logs, exec and attach, port-forward. The shapes are those of the API server's KubeletConnector,
// repeated here because neither side may know the other; core/cluster joins them.
#pragma once

#include "core/base/clock.h"
#include "core/base/result.h"

#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace kubarium::kubelet {

struct PodLogOptions {
    std::string container{};
    bool follow = false;
    bool previous = false;
    bool timestamps = false;
    std::optional<std::int64_t> tailLines{};
    std::optional<std::int64_t> sinceSeconds{};
    std::optional<WallTime> sinceTime{};
    std::optional<std::int64_t> limitBytes{};
};

struct PodExecOptions {
    std::string container{};
    std::vector<std::string> command{};  // empty: attach
    bool standardInput = false, standardOutput = false, standardError = false, terminal = false;
};

// Destroying it cancels.
class PodStream {
public:
    virtual ~PodStream() = default;
    virtual void write(std::string) {}
    virtual void closeWrite() {}
    virtual void resize(int /*columns*/, int /*rows*/) {}
};

// Called on the engine thread, never before the call returned.
struct PodStreamHandlers {
    std::function<void(std::string)> onData;
    std::function<void(std::string)> onError;  // stderr
    // Last call. exec: the exit code; logs and port-forward: 0 at the end.
    std::move_only_function<void(Result<int>)> onEnd;
};

}  // namespace kubarium::kubelet
