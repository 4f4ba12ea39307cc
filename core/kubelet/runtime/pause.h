// The process that holds a process namespace which the containers of a Pod share. They may look at it from all sides (/proc/1/root,
// its memory), so it has nothing of ours: a program of its own (resources/images/pause.cpp), alone in an empty file system, without
// rights, groups or environment. Part of the supervisor process; any thread.
#pragma once

#include "core/base/result.h"

#include <mutex>
#include <string>

#include <sys/types.h>

namespace kubarium::kubelet {

class PauseProgram {
public:
    // `program`: the static program; `directory`: where it is copied to, on a file system that containers may run from.
    PauseProgram(std::string program, std::string directory) : program_(std::move(program)), directory_(std::move(directory)) {}

    // PID 1 of a new process namespace, running.
    Result<pid_t> start();

private:
    Result<void> install();

    std::string program_, directory_;
    std::mutex mutex_;
    bool installed_ = false;
};

}  // namespace kubarium::kubelet
