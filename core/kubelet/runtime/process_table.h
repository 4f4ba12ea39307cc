// Every child of the supervisor: those it spawns (crun, nft) and those that the kernel hands to it because it is PID 1 (the
// containers' own first processes, and orphans). One place waits for all of them, so no exit is lost and no zombie stays.
// Part of the supervisor process. Any thread, except reap(): the main thread.
#pragma once

#include "core/base/result.h"
#include "core/kubelet/runtime/descriptor.h"

#include <sys/types.h>

#include <chrono>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <vector>

namespace kubarium::kubelet {

struct ProcessExit {
    int code = 0;    // the exit status, or the signal
    bool signaled = false;
    std::chrono::system_clock::time_point at;
    int shellCode() const { return signaled ? 128 + code : code; }
};

struct ProcessStart {
    std::vector<std::string> command;  // searched in PATH
    int standardInput = -1;            // -1: /dev/null
    int standardOutput = -1;
    int standardError = -1;
};

// A handle (pidfd) of a running process, which no other process can take over; absent if there is none.
Descriptor openProcess(pid_t pid);
// False if it has ended.
bool sendSignal(const Descriptor& process, int signal);
// `errno` after a failed system call, as an InternalError: "<what>: <strerror>".
Error systemError(const std::string& what);

class ProcessTable {
public:
    using ExitHandler = std::function<void(const ProcessExit&)>;

    // The handler runs on the main thread, or here if the process has ended already.
    Result<pid_t> spawn(const ProcessStart& start, ExitHandler onExit);
    // For a child that somebody else started. Its end is kept for some seconds until adopted.
    void adopt(pid_t pid, ExitHandler onExit);
    // Spawns and waits. Not on the main thread.
    Result<ProcessExit> run(const ProcessStart& start);

    void reap();

private:
    std::mutex mutex_;
    std::map<pid_t, ExitHandler> handlers_;
    std::map<pid_t, ProcessExit> unclaimed_;
};

}  // namespace kubarium::kubelet
