#include "core/kubelet/runtime/pause.h"

#include "core/kubelet/runtime/descriptor.h"
#include "core/kubelet/runtime/process_table.h"

#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <cerrno>
#include <cstring>
#include <filesystem>

namespace kubarium::kubelet {

namespace fs = std::filesystem;

namespace {

constexpr unsigned nobody = 65535;  // as Kubernetes' pause image
constexpr int reportTo = 3;

// In the child of a process with threads: system calls only. Where users cannot be changed (a user namespace with one) it stays who it
// is, without its rights.
bool becomePause(const char* root) {
    if (::unshare(CLONE_NEWNS) != 0 || ::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0) return false;
    if (::mount(root, root, nullptr, MS_BIND, nullptr) != 0 || ::chdir(root) != 0) return false;
    if (::syscall(SYS_pivot_root, ".", ".") != 0 || ::umount2(".", MNT_DETACH) != 0 || ::chdir("/") != 0) return false;
    (void)!::syscall(SYS_setgroups, 0, nullptr);
    (void)!::syscall(SYS_setresgid, nobody, nobody, nobody);
    (void)!::syscall(SYS_setresuid, nobody, nobody, nobody);
    __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
    __user_cap_data_struct none[2]{};
    if (::syscall(SYS_capset, &header, none) != 0 || ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return false;
    char name[] = "/pause";
    char* arguments[] = {name, nullptr};
    char* environment[] = {nullptr};
    ::execve(name, arguments, environment);
    return false;
}

}  // namespace

Result<void> PauseProgram::install() {
    const std::lock_guard lock(mutex_);
    if (installed_) return {};
    std::error_code failure;
    fs::create_directories(directory_, failure);
    if (!failure) fs::copy_file(program_, directory_ + "/pause", fs::copy_options::overwrite_existing, failure);
    if (failure) return internalError("the program that Pods with a shared process namespace need: " + program_ + ": " + failure.message());
    if (::chmod(directory_.c_str(), 0755) != 0 || ::chmod((directory_ + "/pause").c_str(), 0555) != 0) return systemError("chmod " + directory_);
    installed_ = true;
    return {};
}

Result<pid_t> PauseProgram::start() {
    TRY(install());
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0) return systemError("pipe");
    const Descriptor reading(ends[0]);
    Descriptor writing(ends[1]);
    const char* root = directory_.c_str();
    const auto pid = static_cast<pid_t>(::syscall(SYS_clone, CLONE_NEWPID | SIGCHLD, nullptr, nullptr, nullptr, nullptr));
    if (pid < 0) return systemError("new process namespace");
    if (pid == 0) {
        // What is reported comes through descriptor 3, which the program itself does not get.
        ::syscall(SYS_dup3, writing.get(), reportTo, O_CLOEXEC);
        if (writing.get() == reportTo) ::fcntl(reportTo, F_SETFD, FD_CLOEXEC);
        ::syscall(SYS_close_range, 4U, ~0U, 0U);
        ::syscall(SYS_close_range, 0U, 2U, 0U);
        becomePause(root);
        const int why = errno;
        (void)!::write(reportTo, &why, sizeof why);
        ::_exit(127);
    }
    writing.reset();
    int why = 0;
    ssize_t got = 0;
    while ((got = ::read(reading.get(), &why, sizeof why)) < 0 && errno == EINTR) {
    }
    if (got == 0) return pid;
    ::kill(pid, SIGKILL);
    return internalError(std::string("start of the Pod's first process: ") + std::strerror(why));
}

}  // namespace kubarium::kubelet
