// The server inside the images kubarium/web:1.0 and kubarium/web:2.0: small, static, and made to be broken in lessons.
//
//   /                 name, version, Pod and Node as text; /?json as JSON
//   /healthz          200 while healthy
//   /readyz           200 while ready; /ready?off=1 makes it 503, /ready?off=0 again 200
//   /crash?code=N     answers, then ends with that exit code
//   /burn?seconds=N   keeps one CPU busy
//   /leak?mb=N        takes that much memory and keeps it
//   /sleep?ms=N       answers late
//
// It listens on 8080 and, where it may, on 80, so that a Service finds it whichever of them is thought of; or on PORT alone.
// PORT, VERSION, POD_NAME, NODE_NAME, POD_NAMESPACE and MESSAGE come from the environment. TERM ends it at once.
#include <arpa/inet.h>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <netinet/in.h>
#include <string>
#include <sys/socket.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>
#include <vector>
#include <atomic>

namespace {

std::atomic<bool> ready{true};
std::atomic<unsigned> served{0};
std::vector<char*> leaked;

std::string environment(const char* name, const char* otherwise) {
    const char* value = std::getenv(name);
    return value != nullptr && *value != '\0' ? value : otherwise;
}

int parameter(const std::string& query, const char* name, int otherwise) {
    const auto at = query.find(std::string(name) + "=");
    return at == std::string::npos ? otherwise : std::atoi(query.c_str() + at + std::strlen(name) + 1);
}

void say(const std::string& line) {
    std::printf("%s\n", line.c_str());
    std::fflush(stdout);
}

void burn(int seconds) {
    const auto end = std::time(nullptr) + seconds;
    volatile unsigned long work = 0;
    while (std::time(nullptr) < end)
        for (int i = 0; i < 100000; ++i) work = work + 1;
}

void leak(int megabytes) {
    for (int i = 0; i < megabytes; ++i) {
        auto* block = static_cast<char*>(std::malloc(1 << 20));
        if (block == nullptr) return;
        std::memset(block, 1, 1 << 20);
        leaked.push_back(block);
    }
}

std::string describe(bool json) {
    const auto pod = environment("POD_NAME", environment("HOSTNAME", "").c_str());
    char host[256] = "";
    ::gethostname(host, sizeof host - 1);
    const auto name = pod.empty() ? std::string(host) : pod;
    const auto version = environment("VERSION", "1.0"), node = environment("NODE_NAME", ""), message = environment("MESSAGE", "");
    if (json)
        return "{\"name\":\"web\",\"version\":\"" + version + "\",\"pod\":\"" + name + "\",\"node\":\"" + node + "\",\"requests\":" +
               std::to_string(served.load()) + "}\n";
    std::string text = "web " + version + " on " + name;
    if (!node.empty()) text += " (" + node + ")";
    if (!message.empty()) text += ": " + message;
    return text + "\n";
}

struct Response {
    int status = 200;
    std::string body;
    int exitCode = -1;
};

Response answer(const std::string& path, const std::string& query) {
    if (path == "/healthz") return {200, "ok\n"};
    if (path == "/readyz") return ready ? Response{200, "ready\n"} : Response{503, "not ready\n"};
    if (path == "/ready") {
        ready = parameter(query, "off", 0) == 0;
        return {200, ready ? "ready\n" : "not ready\n"};
    }
    if (path == "/crash") {
        const int code = parameter(query, "code", 1);
        return {200, "ending with exit code " + std::to_string(code) + "\n", code & 255};
    }
    if (path == "/burn") {
        const int seconds = parameter(query, "seconds", 10);
        std::thread(burn, seconds).detach();
        return {200, "burning for " + std::to_string(seconds) + " s\n"};
    }
    if (path == "/leak") {
        const int megabytes = parameter(query, "mb", 10);
        leak(megabytes);
        return {200, "holding " + std::to_string(leaked.size()) + " MiB\n"};
    }
    if (path == "/sleep") {
        ::usleep(static_cast<useconds_t>(parameter(query, "ms", 1000)) * 1000);
        return {200, "slept\n"};
    }
    if (path == "/") return {200, describe(query.find("json") != std::string::npos)};
    return {404, "there is nothing at " + path + "\n"};
}

void serve(int client) {
    std::string request;
    char bytes[4096];
    timeval patience{10, 0};
    ::setsockopt(client, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    while (request.find("\r\n\r\n") == std::string::npos && request.size() < 65536) {
        const auto got = ::read(client, bytes, sizeof bytes);
        if (got <= 0) break;
        request.append(bytes, static_cast<size_t>(got));
    }
    const auto begin = request.find(' '), end = begin == std::string::npos ? begin : request.find(' ', begin + 1);
    if (end == std::string::npos) {
        ::close(client);
        return;
    }
    const auto target = request.substr(begin + 1, end - begin - 1);
    const auto mark = target.find('?');
    const auto response = answer(target.substr(0, mark), mark == std::string::npos ? "" : target.substr(mark + 1));
    ++served;
    const auto* reason = response.status == 200 ? "OK" : response.status == 404 ? "Not Found" : "Service Unavailable";
    const auto text = "HTTP/1.1 " + std::to_string(response.status) + " " + reason + "\r\nContent-Type: text/plain\r\nContent-Length: " +
                      std::to_string(response.body.size()) + "\r\nConnection: close\r\n\r\n" + response.body;
    for (size_t sent = 0; sent < text.size();) {
        const auto done = ::write(client, text.data() + sent, text.size() - sent);
        if (done <= 0) break;
        sent += static_cast<size_t>(done);
    }
    ::shutdown(client, SHUT_WR);
    ::close(client);
    if (target.compare(0, 8, "/healthz") != 0 && target.compare(0, 7, "/readyz") != 0)
        say(request.substr(0, begin) + " " + target + " " + std::to_string(response.status));
    if (response.exitCode >= 0) {
        say("ending with exit code " + std::to_string(response.exitCode));
        std::_Exit(response.exitCode);
    }
}

// -1 with errno if that cannot be.
int listenOn(int port) {
    const int listener = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), yes = 1;
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<uint16_t>(port));
    ::setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    if (::bind(listener, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0 && ::listen(listener, 128) == 0) return listener;
    const int error = errno;
    ::close(listener);
    errno = error;
    return -1;
}

[[noreturn]] void serveAll(int listener) {
    for (;;) {
        const int client = ::accept4(listener, nullptr, nullptr, SOCK_CLOEXEC);
        if (client >= 0) std::thread(serve, client).detach();
    }
}

}  // namespace

int main() {
    std::signal(SIGPIPE, SIG_IGN);
    // Process 1 of a container has no default action for TERM: without a handler it would be ignored.
    for (const int signal : {SIGTERM, SIGINT})
        std::signal(signal, [](int) {
            (void)!::write(1, "stopping\n", 9);
            ::_exit(0);
        });
    const auto chosen = environment("PORT", "");
    const int port = std::atoi(chosen.empty() ? "8080" : chosen.c_str());
    const int listener = listenOn(port);
    if (listener < 0) {
        std::perror("listen");
        return 1;
    }
    const int second = chosen.empty() ? listenOn(80) : -1;
    say("web " + environment("VERSION", "1.0") + " listening on port " + std::to_string(port) + (second >= 0 ? " and 80" : ""));
    if (second >= 0) std::thread(serveAll, second).detach();
    serveAll(listener);
}
