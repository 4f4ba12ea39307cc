#include "core/kubelet/runtime/container_logs.h"

#include "core/base/clock.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/stat.h>

#include <array>
#include <cerrno>

namespace kubarium::kubelet {
namespace {

constexpr std::size_t longestLine = 16 * 1024;

void setNonBlocking(int descriptor) { ::fcntl(descriptor, F_SETFL, ::fcntl(descriptor, F_GETFL) | O_NONBLOCK); }

void appendLine(std::string& lines, std::string_view time, std::string_view stream, char tag, std::string_view text) {
    lines.append(time).append(1, ' ').append(stream).append(1, ' ').append(1, tag).append(1, ' ').append(text).append(1, '\n');
}

}  // namespace

std::string formatLogLines(std::string& rest, std::string_view text, std::string_view time, std::string_view stream) {
    std::string lines;
    rest.append(text);
    std::size_t begin = 0;
    for (;;) {
        const auto end = rest.find('\n', begin);
        const auto length = (end == std::string::npos ? rest.size() : end) - begin;
        if (length > longestLine) {
            appendLine(lines, time, stream, 'P', std::string_view(rest).substr(begin, longestLine));
            begin += longestLine;
            continue;
        }
        if (end == std::string::npos) break;
        appendLine(lines, time, stream, 'F', std::string_view(rest).substr(begin, length));
        begin = end + 1;
    }
    rest.erase(0, begin);
    return lines;
}

ContainerLog::ContainerLog(std::string path, std::int64_t maxBytes) : path_(std::move(path)), maxBytes_(maxBytes) {
    if (path_.empty()) return;
    file_ = Descriptor(::open(path_.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0640));
    struct stat status{};
    if (file_ && ::fstat(file_.get(), &status) == 0) written_ = status.st_size;
}

void ContainerLog::write(const std::string& lines) {
    if (!file_ || lines.empty()) return;
    if (written_ > 0 && written_ + static_cast<std::int64_t>(lines.size()) > maxBytes_) {
        ::rename(path_.c_str(), (path_ + ".1").c_str());
        file_ = Descriptor(::open(path_.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0640));
        written_ = 0;
    }
    const auto done = ::write(file_.get(), lines.data(), lines.size());
    if (done > 0) written_ += done;
}

void ContainerLog::copyToListeners(const Stream& stream, std::string_view text) {
    // A listener that does not keep up loses text rather than holding the container up; one that is gone is forgotten.
    std::erase_if(listeners_, [&](const Listener& listener) {
        const int target = &stream == &error_ && listener.error ? listener.error.get() : listener.output.get();
        return ::write(target, text.data(), text.size()) < 0 && errno != EAGAIN;
    });
}

bool ContainerLog::drain(Stream& stream) {
    std::array<char, 65536> bytes;
    while (stream.pipe) {
        const auto got = ::read(stream.pipe.get(), bytes.data(), bytes.size());
        if (got < 0 && errno == EINTR) continue;
        if (got < 0 && errno == EAGAIN) return true;
        const auto now = formatNanoTime(std::chrono::time_point_cast<Duration>(std::chrono::system_clock::now()));
        if (got <= 0) {  // a terminal ends with EIO
            if (!stream.rest.empty()) {
                std::string last;
                appendLine(last, now, stream.name, 'P', stream.rest);
                write(last);
                stream.rest.clear();
            }
            stream.pipe.reset();
            return false;
        }
        const std::string_view text(bytes.data(), static_cast<std::size_t>(got));
        if (!listeners_.empty()) copyToListeners(stream, text);
        write(formatLogLines(stream.rest, text, now, stream.name));
    }
    return false;
}

void ContainerLog::drain() {
    const std::lock_guard lock(mutex_);
    drain(output_);
    drain(error_);
}

LogPump::LogPump() : epoll_(::epoll_create1(EPOLL_CLOEXEC)), thread_([this] { run(); }) {}

LogPump::~LogPump() {
    // The supervisor ends with _exit; this serves tests.
    epoll_event event{};
    Descriptor ends[2];
    int pipe[2];
    if (::pipe2(pipe, O_CLOEXEC) == 0) {
        ends[0] = Descriptor(pipe[0]);
        ends[1] = Descriptor(pipe[1]);
        event.events = EPOLLOUT;
        event.data.u64 = 0;
        ::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, ends[1].get(), &event);
        thread_.join();
    }
}

void LogPump::add(const std::shared_ptr<ContainerLog>& log, Descriptor output, Descriptor error) {
    const std::lock_guard lock(mutex_);
    const auto watch = [&](ContainerLog::Stream& stream, Descriptor pipe, const char* name) {
        if (!pipe) return;
        setNonBlocking(pipe.get());
        stream.name = name;
        stream.pipe = std::move(pipe);
        const auto id = ++lastId_;
        watched_[id] = {log, &stream};
        epoll_event event{};
        event.events = EPOLLIN;
        event.data.u64 = id;
        ::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, stream.pipe.get(), &event);
    };
    watch(log->output_, std::move(output), "stdout");
    watch(log->error_, std::move(error), "stderr");
}

void LogPump::forget(const ContainerLog* log) {
    const std::lock_guard lock(mutex_);
    std::erase_if(watched_, [log](const auto& entry) { return entry.second.log.get() == log; });
}

void LogPump::run() {
    std::array<epoll_event, 64> events;
    for (;;) {
        const int count = ::epoll_wait(epoll_.get(), events.data(), static_cast<int>(events.size()), -1);
        for (int i = 0; i < count; ++i) {
            const auto id = events[static_cast<std::size_t>(i)].data.u64;
            if (id == 0) return;
            Watched watched;
            {
                const std::lock_guard lock(mutex_);
                const auto it = watched_.find(id);
                if (it == watched_.end()) continue;
                watched = it->second;
            }
            bool open = false;
            {
                const std::lock_guard lock(watched.log->mutex_);
                open = watched.log->drain(*watched.stream);  // closing the pipe takes it out of the epoll set
            }
            if (!open) {
                const std::lock_guard lock(mutex_);
                watched_.erase(id);
            }
        }
    }
}

}  // namespace kubarium::kubelet
