// The first process of a Pod whose containers share their process namespace, which ends with it: it waits, and takes what dies
// without a parent. Alone in its root file system, as an unprivileged user (core/kubelet/runtime/pause.h).
#include <csignal>
#include <sys/wait.h>
#include <unistd.h>

namespace {

void end(int) { _exit(0); }

void reap(int) {
    while (waitpid(-1, nullptr, WNOHANG) > 0) {
    }
}

void on(int signal, void (*handler)(int)) {
    struct sigaction action {};
    action.sa_handler = handler;
    sigaction(signal, &action, nullptr);
}

}  // namespace

int main() {
    on(SIGINT, end);
    on(SIGTERM, end);
    on(SIGCHLD, reap);
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, nullptr);
    reap(0);
    for (;;) pause();
}
