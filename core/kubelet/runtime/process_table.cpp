#include "core/kubelet/runtime/process_table.h"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <condition_variable>
#include <cstring>

extern char** environ;

namespace kubarium::kubelet {
namespace {

constexpr auto unclaimedLifetime = std::chrono::seconds(10);

}  // namespace

Descriptor openProcess(pid_t pid) { return Descriptor(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0))); }

bool sendSignal(const Descriptor& process, int signal) {
    return process && ::syscall(SYS_pidfd_send_signal, process.get(), signal, nullptr, 0) == 0;
}

Error systemError(const std::string& what) { return internalError(what + ": " + std::strerror(errno)); }

Result<pid_t> ProcessTable::spawn(const ProcessStart& start, ExitHandler onExit) {
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    const int streams[] = {start.standardInput, start.standardOutput, start.standardError};
    for (int target = 0; target < 3; ++target) {
        if (streams[target] >= 0)
            posix_spawn_file_actions_adddup2(&actions, streams[target], target);
        else
            posix_spawn_file_actions_addopen(&actions, target, "/dev/null", target == 0 ? O_RDONLY : O_WRONLY, 0);
    }
    posix_spawnattr_t attributes;
    posix_spawnattr_init(&attributes);
    sigset_t none, all;
    sigemptyset(&none);
    sigfillset(&all);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setsigdefault(&attributes, &all);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    std::vector<char*> arguments;
    for (const auto& word : start.command) arguments.push_back(const_cast<char*>(word.c_str()));
    arguments.push_back(nullptr);
    pid_t pid = 0;
    const int failure = ::posix_spawnp(&pid, arguments[0], &actions, &attributes, arguments.data(), environ);
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&actions);
    if (failure != 0) return internalError(start.command[0] + ": " + std::strerror(failure));
    adopt(pid, std::move(onExit));
    return pid;
}

void ProcessTable::adopt(pid_t pid, ExitHandler onExit) {
    ProcessExit ended;
    {
        const std::lock_guard lock(mutex_);
        const auto it = unclaimed_.find(pid);
        if (it == unclaimed_.end()) {
            handlers_[pid] = std::move(onExit);
            return;
        }
        ended = it->second;
        unclaimed_.erase(it);
    }
    onExit(ended);
}

Result<ProcessExit> ProcessTable::run(const ProcessStart& start) {
    struct Waiter {
        std::mutex mutex;
        std::condition_variable ended;
        std::optional<ProcessExit> exit;
    };
    const auto waiter = std::make_shared<Waiter>();
    TRY(spawn(start, [waiter](const ProcessExit& exit) {
        const std::lock_guard lock(waiter->mutex);
        waiter->exit = exit;
        waiter->ended.notify_all();
    }));
    std::unique_lock lock(waiter->mutex);
    waiter->ended.wait(lock, [&] { return waiter->exit.has_value(); });
    return *waiter->exit;
}

void ProcessTable::reap() {
    for (;;) {
        siginfo_t info{};
        if (::waitid(P_ALL, 0, &info, WEXITED | WNOHANG) != 0 || info.si_pid == 0) return;
        const ProcessExit ended{info.si_status, info.si_code != CLD_EXITED, std::chrono::system_clock::now()};
        ExitHandler handler;
        {
            const std::lock_guard lock(mutex_);
            std::erase_if(unclaimed_, [&](const auto& entry) { return ended.at - entry.second.at > unclaimedLifetime; });
            const auto it = handlers_.find(info.si_pid);
            if (it == handlers_.end()) {
                unclaimed_[info.si_pid] = ended;
                continue;
            }
            handler = std::move(it->second);
            handlers_.erase(it);
        }
        handler(ended);
    }
}

}  // namespace kubarium::kubelet
