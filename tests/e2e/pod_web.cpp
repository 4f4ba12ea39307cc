// The web server of the recorded Pod scenarios (reg.local/web:1): / prints host, path and peer; /healthz[?delay=ms] is 500 after
// $FAIL_AFTER_S; /readyz is 503 before $READY_AFTER_S; /set?healthy=0|1&ready=0|1; /redirect?to=; /headers prints the request's
// headers to stdout; /crash?code=; /burn?seconds=; /leak?mb=. Listens on $PORT (8080), exits with $TERM_CODE (0) on TERM.
#include <algorithm>
#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <thread>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

namespace {

using Clock = std::chrono::steady_clock;
const auto begun = Clock::now();
std::atomic<int> healthy{1}, ready{1};
int termCode = 0;

int number(const char* name, int otherwise) {
    const char* text = std::getenv(name);
    return text != nullptr ? std::atoi(text) : otherwise;
}

// The value of a query parameter; "" if it is not there.
std::string parameter(const std::string& target, const std::string& name) {
    const auto query = target.find('?');
    const auto at = query == std::string::npos ? query : target.find(name + "=", query);
    if (at == std::string::npos) return "";
    const auto from = at + name.size() + 1;
    return target.substr(from, target.find('&', from) - from);
}

double age() { return std::chrono::duration<double>(Clock::now() - begun).count(); }

bool isLate(const char* name) { return number(name, 0) > 0 && age() > number(name, 0); }

std::string answer(const std::string& status, const std::string& body, const std::string& more = "") {
    return "HTTP/1.1 " + status + "\r\nContent-Type: text/plain; charset=utf-8\r\n" + more + "Content-Length: " + std::to_string(body.size()) + "\r\nConnection: close\r\n\r\n" + body;
}

// "hdr Name=[value]" for each, the host last.
void printHeaders(const std::string& head) {
    std::string host;
    for (auto at = head.find("\r\n") + 2; at < head.size();) {
        const auto end = std::min(head.find("\r\n", at), head.size());
        const auto line = head.substr(at, end - at);
        at = end + 2;
        const auto colon = line.find(": ");
        if (colon == std::string::npos) continue;
        const auto name = line.substr(0, colon), value = line.substr(colon + 2);
        if (name == "Host") host = value;
        else std::printf("hdr %s=[%s]\n", name.c_str(), value.c_str());
    }
    std::printf("host=%s\n", host.c_str());
    std::fflush(stdout);
}

std::string respond(const std::string& target, const std::string& head, const std::string& peer) {
    const auto path = target.substr(0, target.find('?'));
    if (path == "/healthz") {
        if (const auto delay = parameter(target, "delay"); !delay.empty()) std::this_thread::sleep_for(std::chrono::milliseconds(std::atoi(delay.c_str())));
        return healthy != 0 && !isLate("FAIL_AFTER_S") ? answer("200 OK", "ok\n") : answer("500 Internal Server Error", "unhealthy\n");
    }
    if (path == "/readyz") return ready != 0 && age() >= number("READY_AFTER_S", 0) ? answer("200 OK", "ok\n") : answer("503 Service Unavailable", "not ready\n");
    if (path == "/set") {
        if (const auto value = parameter(target, "healthy"); !value.empty()) healthy = std::atoi(value.c_str());
        if (const auto value = parameter(target, "ready"); !value.empty()) ready = std::atoi(value.c_str());
        return answer("200 OK", "set\n");
    }
    if (path == "/redirect") return answer("302 Found", "", "Location: " + parameter(target, "to") + "\r\n");
    if (path == "/headers") {
        printHeaders(head);
        return answer("200 OK", "ok\n");
    }
    if (path == "/crash") std::_Exit(std::atoi(parameter(target, "code").c_str()));
    if (path == "/burn") {
        const auto until = Clock::now() + std::chrono::seconds(std::atoi(parameter(target, "seconds").c_str()));
        while (Clock::now() < until) {
        }
    }
    if (path == "/leak") {
        const auto size = static_cast<std::size_t>(std::atoi(parameter(target, "mb").c_str())) << 20;
        if (auto* memory = static_cast<char*>(std::malloc(size))) std::memset(memory, 1, size);
    }
    char host[256] = {};
    ::gethostname(host, sizeof host - 1);
    return answer("200 OK", std::string("host=") + host + " path=" + path + " remote=" + peer + "\n");
}

void serve(int connection, const std::string& peer) {
    std::string head;
    char buffer[4096];
    while (head.find("\r\n\r\n") == std::string::npos && head.size() < 65536) {
        const auto count = ::recv(connection, buffer, sizeof buffer, 0);
        if (count <= 0) break;
        head.append(buffer, static_cast<std::size_t>(count));
    }
    const auto from = head.find(' ');
    const auto to = head.find(' ', from + 1);
    if (to != std::string::npos) {
        const auto text = respond(head.substr(from + 1, to - from - 1), head, peer);
        if (::send(connection, text.data(), text.size(), MSG_NOSIGNAL) < 0) std::perror("send");
    }
    ::close(connection);
}

}  // namespace

int main() {
    termCode = number("TERM_CODE", 0);
    std::signal(SIGTERM, [](int) { std::_Exit(termCode); });
    const int listener = ::socket(AF_INET, SOCK_STREAM, 0);
    const int yes = 1;
    ::setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<std::uint16_t>(number("PORT", 8080)));
    if (::bind(listener, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0 || ::listen(listener, 64) != 0) {
        std::perror("listen");
        return 1;
    }
    std::printf("listening %d\n", number("PORT", 8080));
    std::fflush(stdout);
    for (;;) {
        sockaddr_in other{};
        socklen_t size = sizeof other;
        const int connection = ::accept(listener, reinterpret_cast<sockaddr*>(&other), &size);
        if (connection < 0) continue;
        std::thread(serve, connection, std::string(inet_ntoa(other.sin_addr))).detach();
    }
}
