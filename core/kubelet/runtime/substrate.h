// The engine's side of the supervisor: starts it, asks it, hears its events. One per cluster, shared by the runtimes of all
// real Nodes. Engine thread only, except io(). When the supervisor is gone every request fails with ServiceUnavailable.
#pragma once

#include "core/base/clock.h"
#include "core/base/executor.h"
#include "core/base/result.h"
#include "core/kubelet/runtime/descriptor.h"
#include "core/kubelet/runtime/io_thread.h"
#include "core/kubelet/runtime/substrate_probe.h"

#include <boost/json/object.hpp>

#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace kubarium::kubelet {

namespace json = boost::json;

struct SubstrateOptions {
    std::filesystem::path program;  // with a `supervisor` subcommand: normally /proc/self/exe
    std::filesystem::path run;      // directory of this cluster's run; made, and emptied of what an earlier run left
    SubstrateCapabilities capabilities;  // level Full or Unlimited
    std::filesystem::path pause;    // the program of Pods that share a process namespace (share/images/pause)
    std::string switchAddress = "172.30.0.1";
};

struct SupervisorReply {
    json::object body;
    std::vector<Descriptor> descriptors;
};

class Substrate {
public:
    // Blocks until the supervisor stands: some 20 ms, at most 10 s.
    static Result<std::unique_ptr<Substrate>> start(Executor& executor, Clock& clock, SubstrateOptions options);
    // Ends everything that the supervisor runs and waits until it has cleaned up (at most some seconds).
    ~Substrate();
    Substrate(const Substrate&) = delete;
    Substrate& operator=(const Substrate&) = delete;

    using ReplyHandler = std::move_only_function<void(Result<SupervisorReply>)>;
    // The descriptors are sent with the request and closed here.
    void request(json::object request, std::vector<Descriptor> descriptors, ReplyHandler reply);
    void request(json::object request, ReplyHandler reply) { this->request(std::move(request), {}, std::move(reply)); }

    // Events that concern a Node go to its handler; an empty one removes it.
    void setNodeHandler(const std::string& node, std::function<void(const json::object& event)> handler);
    // Called once if the supervisor ends by itself.
    void setLostHandler(std::function<void(const std::string& why)> handler) { onLost_ = std::move(handler); }

    IoThread& io() { return *io_; }
    Executor& executor() { return executor_; }
    Clock& clock() { return clock_; }
    const SubstrateOptions& options() const { return options_; }
    bool limitsEnforced() const { return cgroups_ != "none"; }
    bool cgroupsV2() const { return cgroups_ == "v2"; }
    bool swapLimit() const { return swapLimit_; }
    const std::string& cgroupBase() const { return cgroupBase_; }
    // Of the first stage of the supervisor, which ends last.
    int supervisorProcess() const { return process_; }

private:
    Substrate(Executor& executor, Clock& clock, SubstrateOptions options);
    Result<void> spawn();
    Result<void> handshake();
    void listen();
    void onFrame(json::object message, std::vector<Descriptor> descriptors);
    void onClosed();

    Executor& executor_;
    Clock& clock_;
    SubstrateOptions options_;
    Descriptor socket_;
    int process_ = 0;
    std::string cgroups_ = "none", cgroupBase_;
    bool swapLimit_ = false, lost_ = false;
    std::uint64_t lastRequest_ = 0;
    std::map<std::uint64_t, ReplyHandler> waiting_;
    std::map<std::string, std::function<void(const json::object&)>> nodes_;
    std::function<void(const std::string&)> onLost_;
    std::shared_ptr<Substrate*> self_ = std::make_shared<Substrate*>(this);  // tells posted tasks whether this lives
    std::unique_ptr<IoThread> io_;
};

}  // namespace kubarium::kubelet
