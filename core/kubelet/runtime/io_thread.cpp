#include "core/kubelet/runtime/io_thread.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <cstring>

namespace kubarium::kubelet {

IoThread::IoThread() : epoll_(::epoll_create1(EPOLL_CLOEXEC)), wake_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.u64 = 0;
    ::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, wake_.get(), &event);
    thread_ = std::jthread([this] { loop(); });
}

IoThread::~IoThread() {
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
    }
    ::eventfd_write(wake_.get(), 1);
    thread_.join();
}

void IoThread::run(std::function<void()> task) {
    {
        const std::lock_guard lock(mutex_);
        tasks_.push_back(std::move(task));
    }
    ::eventfd_write(wake_.get(), 1);
}

std::uint64_t IoThread::watch(int descriptor, std::uint32_t events, Handler handler) {
    const auto id = ++lastId_;
    watched_[id] = {descriptor, std::make_shared<Handler>(std::move(handler))};
    epoll_event event{};
    event.events = events;
    event.data.u64 = id;
    ::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, descriptor, &event);
    return id;
}

void IoThread::change(std::uint64_t id, std::uint32_t events) {
    const auto it = watched_.find(id);
    if (it == watched_.end()) return;
    epoll_event event{};
    event.events = events;
    event.data.u64 = id;
    ::epoll_ctl(epoll_.get(), EPOLL_CTL_MOD, it->second.descriptor, &event);
}

void IoThread::forget(std::uint64_t id) {
    const auto it = watched_.find(id);
    if (it == watched_.end()) return;
    ::epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, it->second.descriptor, nullptr);
    watched_.erase(it);
}

void IoThread::loop() {
    // A write to a pipe whose reader is gone is an error here, not the end of the program.
    sigset_t pipes;
    sigemptyset(&pipes);
    sigaddset(&pipes, SIGPIPE);
    ::pthread_sigmask(SIG_BLOCK, &pipes, nullptr);
    std::array<epoll_event, 64> events;
    for (;;) {
        const int count = ::epoll_wait(epoll_.get(), events.data(), static_cast<int>(events.size()), -1);
        // Before the tasks are taken: a task that is added afterwards must wake this thread again.
        eventfd_t ignored = 0;
        ::eventfd_read(wake_.get(), &ignored);
        std::vector<std::function<void()>> tasks;
        {
            const std::lock_guard lock(mutex_);
            if (stopping_) return;
            tasks.swap(tasks_);
        }
        for (auto& task : tasks) task();
        for (int i = 0; i < count; ++i) {
            const auto& event = events[static_cast<std::size_t>(i)];
            if (event.data.u64 == 0) continue;
            const auto it = watched_.find(event.data.u64);
            if (it == watched_.end()) continue;
            const auto handler = it->second.handler;  // the handler may forget itself
            (*handler)(event.events);
        }
    }
}

std::string connectionError(int error) {
    switch (error) {
    case ECONNREFUSED: return "connection refused";
    case ETIMEDOUT: return "i/o timeout";
    case EHOSTUNREACH: return "no route to host";
    case ENETUNREACH: return "network is unreachable";
    case ECONNRESET: return "connection reset by peer";
    case EPIPE: return "broken pipe";
    default: return std::strerror(error);
    }
}

std::shared_ptr<IoStream> IoStream::make(IoThread& io, Descriptor descriptor, Handlers handlers, Begin begin) {
    ::fcntl(descriptor.get(), F_SETFL, ::fcntl(descriptor.get(), F_GETFL) | O_NONBLOCK);
    std::shared_ptr<IoStream> stream(new IoStream(io, std::move(descriptor), std::move(handlers)));
    stream->connecting_ = begin == Begin::Connecting;
    stream->reading_ = static_cast<bool>(stream->handlers_.onData);
    const std::uint32_t events = stream->connecting_ ? EPOLLOUT : stream->reading_ ? EPOLLIN : 0U;
    stream->watch_ = io.watch(stream->descriptor_.get(), events, [stream](std::uint32_t happened) { stream->on(happened); });
    return stream;
}

void IoStream::update() {
    if (watch_ == 0) return;
    std::uint32_t events = 0;
    if (connecting_ || sent_ < unsent_.size()) events |= EPOLLOUT;
    if (!connecting_ && reading_ && !readEnded_) events |= EPOLLIN;
    io_.change(watch_, events);
}

void IoStream::on(std::uint32_t events) {
    const auto self = shared_from_this();
    if (connecting_) {
        int failure = 0;
        socklen_t size = sizeof failure;
        ::getsockopt(descriptor_.get(), SOL_SOCKET, SO_ERROR, &failure, &size);
        if (failure != 0) {
            end(connectionError(failure));
            return;
        }
        connecting_ = false;
        if (const auto onConnect = std::exchange(handlers_.onConnect, nullptr)) onConnect();
        if (!descriptor_) return;
        flush();
        update();
        return;
    }
    if ((events & EPOLLOUT) != 0) flush();
    if ((events & EPOLLIN) != 0 && reading_) read(16);
    // A hang-up is always reported: read what is left, or, with nobody reading, give up.
    else if ((events & (EPOLLHUP | EPOLLERR)) != 0) {
        if (reading_ && !readEnded_) read(16);
        else if (!handlers_.onData || readEnded_) end((events & EPOLLERR) != 0 ? "broken pipe" : "");
    }
}

void IoStream::read(int most) {
    const auto self = shared_from_this();
    const auto onData = handlers_.onData;  // a handler may close the stream, which drops the handlers
    std::array<char, 65536> bytes;
    for (int i = 0; i < most && descriptor_ && !readEnded_; ++i) {
        const auto got = ::read(descriptor_.get(), bytes.data(), bytes.size());
        if (got > 0) {
            onData(std::string(bytes.data(), static_cast<std::size_t>(got)));
            if (!reading_) return;
            continue;
        }
        if (got < 0 && (errno == EAGAIN || errno == EINTR)) return;
        // A terminal whose other side is closed says EIO: its end of file.
        const auto error = got == 0 || errno == EIO ? std::string() : connectionError(errno);
        readEnded_ = true;
        if (error.empty() && (sent_ < unsent_.size() || handlers_.onEnd == nullptr)) {
            update();
            return;
        }
        end(error);
        return;
    }
}

void IoStream::drain() {
    if (descriptor_ && !readEnded_ && handlers_.onData) {
        reading_ = true;
        read(1 << 20);
    }
}

void IoStream::write(std::string data) {
    if (!descriptor_ || shutdown_) return;
    if (sent_ == unsent_.size()) {
        unsent_ = std::move(data);
        sent_ = 0;
    } else {
        unsent_ += data;
    }
    if (!connecting_) flush();
    update();
}

void IoStream::flush() {
    const auto self = shared_from_this();
    while (descriptor_ && sent_ < unsent_.size()) {
        const auto done = ::write(descriptor_.get(), unsent_.data() + sent_, unsent_.size() - sent_);
        if (done < 0 && errno == EINTR) continue;
        if (done < 0 && errno == EAGAIN) break;
        if (done < 0) {
            end(connectionError(errno));
            return;
        }
        sent_ += static_cast<std::size_t>(done);
    }
    if (!descriptor_) return;
    if (sent_ == unsent_.size()) {
        unsent_.clear();
        sent_ = 0;
        if (shutdown_) ::shutdown(descriptor_.get(), SHUT_WR);
        if (readEnded_ && handlers_.onEnd) {
            end("");
            return;
        }
        if (const auto onSent = onSent_) onSent();
        if (!descriptor_) return;
    }
    update();
}

void IoStream::shutdownWrite() {
    if (shutdown_) return;
    shutdown_ = true;
    if (descriptor_ && !connecting_ && sent_ == unsent_.size()) ::shutdown(descriptor_.get(), SHUT_WR);
}

void IoStream::setReading(bool reading) {
    reading_ = reading;
    update();
}

void IoStream::end(std::string error) {
    const auto self = shared_from_this();
    auto onEnd = std::exchange(handlers_.onEnd, nullptr);
    close();
    if (onEnd) onEnd(std::move(error));
}

void IoStream::close() {
    const auto self = shared_from_this();
    if (watch_ != 0) io_.forget(std::exchange(watch_, 0));
    descriptor_.reset();
    handlers_ = {};
    onSent_ = nullptr;
}

}  // namespace kubarium::kubelet
