// One thread that waits for descriptors (epoll): the supervisor's socket, streams of exec and port-forward, forwarders, DNS.
// The engine thread never waits for a descriptor; what arrives here is posted to it. This thread is one of the few outside
// core/base; it touches no engine state.
#pragma once

#include "core/kubelet/runtime/descriptor.h"

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <unordered_map>
#include <vector>

namespace kubarium::kubelet {

class IoThread {
public:
    IoThread();
    // Ends the thread; watches are dropped, tasks that did not run are destroyed.
    ~IoThread();
    IoThread(const IoThread&) = delete;
    IoThread& operator=(const IoThread&) = delete;

    // Any thread: runs the task on the I/O thread, in order.
    void run(std::function<void()> task);

    // The rest on the I/O thread only. `events` are EPOLLIN, EPOLLOUT; the handler gets what happened.
    using Handler = std::function<void(std::uint32_t events)>;
    std::uint64_t watch(int descriptor, std::uint32_t events, Handler handler);
    void change(std::uint64_t id, std::uint32_t events);
    void forget(std::uint64_t id);

private:
    void loop();
    struct Watched {
        int descriptor;
        std::shared_ptr<Handler> handler;
    };
    Descriptor epoll_, wake_;
    std::mutex mutex_;
    std::vector<std::function<void()>> tasks_;
    bool stopping_ = false;
    std::uint64_t lastId_ = 0;
    std::unordered_map<std::uint64_t, Watched> watched_;
    std::jthread thread_;
};

// Bytes through a descriptor (or two: one to read, one to write), without blocking. Shared: lives until closed.
// make() and every call on the I/O thread; handlers are called there.
class IoStream : public std::enable_shared_from_this<IoStream> {
public:
    struct Handlers {
        std::function<void()> onConnect;              // of a socket under connection
        std::function<void(std::string data)> onData;
        std::function<void(std::string error)> onEnd;  // once: "" at end of file, else what failed
    };
    enum class Begin { Open, Connecting };

    static std::shared_ptr<IoStream> make(IoThread& io, Descriptor descriptor, Handlers handlers, Begin begin = Begin::Open);
    void write(std::string data);
    // After what was written is sent.
    void shutdownWrite();
    void setReading(bool reading);
    // Reads what is there now.
    void drain();
    void close();
    int descriptor() const { return descriptor_.get(); }
    std::size_t unsent() const { return unsent_.size() - sent_; }
    // Called when everything that was written is sent.
    void setOnSent(std::function<void()> onSent) { onSent_ = std::move(onSent); }

private:
    IoStream(IoThread& io, Descriptor descriptor, Handlers handlers) : io_(io), descriptor_(std::move(descriptor)), handlers_(std::move(handlers)) {}
    void on(std::uint32_t events);
    void read(int most);
    void flush();
    void update();
    void end(std::string error);

    IoThread& io_;
    Descriptor descriptor_;
    Handlers handlers_;
    std::function<void()> onSent_;
    std::uint64_t watch_ = 0;
    std::string unsent_;
    std::size_t sent_ = 0;
    bool connecting_ = false, reading_ = true, shutdown_ = false, readEnded_ = false;
};

// "connection refused", "i/o timeout", ...: the words of Go's net package for an errno.
std::string connectionError(int error);

}  // namespace kubarium::kubelet
