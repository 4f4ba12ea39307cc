// What containers print, written as the CRI's log files: "<RFC3339Nano> stdout|stderr F|P <text>", P for a part of a line
// longer than 16 KiB. One thread reads the pipes of all containers. A file that outgrows its limit becomes <path>.1.
// Part of the supervisor process; any thread.
#pragma once

#include "core/kubelet/runtime/descriptor.h"

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <unordered_map>
#include <vector>

namespace kubarium::kubelet {

// The text of one read turned into lines of the format; what follows the last newline stays in `rest`. Pure.
std::string formatLogLines(std::string& rest, std::string_view text, std::string_view time, std::string_view stream);

class ContainerLog {
public:
    ContainerLog(std::string path, std::int64_t maxBytes);
    // Reads what the pipes hold now and writes it.
    void drain();

private:
    friend class LogPump;
    struct Stream {
        Descriptor pipe;
        std::string name, rest;
    };
    // False at end of file.
    bool drain(Stream& stream);
    void write(const std::string& lines);

    std::mutex mutex_;
    std::string path_;
    std::int64_t maxBytes_, written_ = 0;
    Descriptor file_;
    Stream output_, error_;
    // Somebody attached gets a copy of what is printed from then on.
    friend class ContainerTable;
    struct Listener {
        Descriptor output, error;
    };
    std::vector<Listener> listeners_;
    void copyToListeners(const Stream& stream, std::string_view text);
};

class LogPump {
public:
    LogPump();
    ~LogPump();
    LogPump(const LogPump&) = delete;
    // The reading ends of the pipes; `error` may be absent (a terminal has one stream).
    void add(const std::shared_ptr<ContainerLog>& log, Descriptor output, Descriptor error);
    void forget(const ContainerLog* log);

private:
    void run();
    struct Watched {
        std::shared_ptr<ContainerLog> log;
        ContainerLog::Stream* stream;
    };
    Descriptor epoll_;
    std::mutex mutex_;
    std::uint64_t lastId_ = 0;
    std::unordered_map<std::uint64_t, Watched> watched_;
    std::jthread thread_;
};

}  // namespace kubarium::kubelet
