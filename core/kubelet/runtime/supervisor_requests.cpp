#include "core/kubelet/runtime/supervisor_requests.h"

#include "core/kubelet/runtime/wire.h"

#include <boost/json.hpp>
#include <fmt/format.h>

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/mman.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>

namespace kubarium::kubelet {
namespace {

using wire::text;

// Four containers start at a time: more gains little on two cores and starves the rest.
constexpr int startsAtOnce = 4;
constexpr int quickThreads = 4;


Result<sockaddr_in> addressOf(const json::object& request) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = TRY(parseIp(text(request, "ip")));
    address.sin_port = htons(static_cast<std::uint16_t>(wire::number(request, "port")));
    return address;
}

Descriptor makeSocket(int type) { return Descriptor(::socket(AF_INET, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)); }

std::string readAll(int file) {
    std::string all;
    char bytes[16384];
    ::lseek(file, 0, SEEK_SET);
    for (ssize_t got = 0; (got = ::read(file, bytes, sizeof bytes)) > 0;) all.append(bytes, static_cast<std::size_t>(got));
    return all;
}

}  // namespace

SupervisorRequests::SupervisorRequests(const SupervisorConfig& config, Cgroups cgroups, std::unique_ptr<ClusterNetwork> network, int socket)
    : config_(config),
      socket_(socket),
      cgroups_(std::move(cgroups)),
      network_(std::move(network)),
      containers_({config.run + "/live", config.run + "/uppers", config.pause, config.runtime, config.crun, config.user, config.maxLogBytes}, cgroups_, *network_,
                  processes_, [this](const json::object& event, const std::vector<Descriptor>& descriptors) { send(event, descriptors); }),
      jobs_(*new KeyedJobs(startsAtOnce, quickThreads)) {
    addOperations();
}

void SupervisorRequests::addOperations() {
    using enum KeyedJobs::Lane;
    const auto add = [this](const char* name, KeyedJobs::Lane lane, const char* key, auto handler) {
        operations_[name] = {lane, key, [this, handler](const json::object& request, std::vector<Descriptor>& descriptors) {
                                 return handler(*this, request, descriptors);
                             }};
    };
    using Self = SupervisorRequests;
    using Streams = std::vector<Descriptor>;
    add("addNode", Quick, "node", [](Self& self, const json::object& request, Streams&) { return self.addNode(request); });
    add("removeNode", Quick, "node", [](Self& self, const json::object& request, Streams&) { return self.removeNode(request); });
    // Answered when what was asked for the Node before is done.
    add("nodeExists", Quick, "node", [](Self& self, const json::object& request, Streams&) -> Result<Answer> {
        TRY(self.network_->namespaceOf(text(request, "node")));
        return Answer{};
    });
    add("setLink", Quick, "node", [](Self& self, const json::object& request, Streams&) -> Result<Answer> {
        TRY(self.network_->setLink(text(request, "node"), wire::flag(request, "up")));
        return Answer{};
    });
    add("killNode", Quick, "node", [](Self& self, const json::object& request, Streams&) { return self.containers_.killNode(request); });
    add("createSandbox", Slow, "id", [](Self& self, const json::object& request, Streams&) { return self.containers_.createSandbox(request); });
    add("removeSandbox", Quick, "id", [](Self& self, const json::object& request, Streams&) { return self.containers_.removeSandbox(request); });
    add("start", Slow, "id", [](Self& self, const json::object& request, Streams&) { return self.containers_.start(request); });
    add("signal", Quick, "id", [](Self& self, const json::object& request, Streams&) { return self.containers_.signal(request); });
    add("limit", Quick, "id", [](Self& self, const json::object& request, Streams&) { return self.containers_.limit(request); });
    add("limitSandbox", Quick, "id", [](Self& self, const json::object& request, Streams&) { return self.containers_.limitSandbox(request); });
    add("remove", Quick, "id", [](Self& self, const json::object& request, Streams&) { return self.containers_.remove(request); });
    add("sample", Quick, "", [](Self& self, const json::object& request, Streams&) { return self.containers_.sample(request); });
    add("diskUsage", Slow, "", [](Self& self, const json::object& request, Streams&) { return self.containers_.diskUsage(request); });
    add("exec", Quick, "session", [](Self& self, const json::object& request, Streams& streams) { return self.containers_.exec(request, streams); });
    add("killExec", Quick, "session", [](Self& self, const json::object& request, Streams&) { return self.containers_.killExec(request); });
    add("attach", Quick, "session", [](Self& self, const json::object& request, Streams& streams) { return self.containers_.attach(request, streams); });
    add("setUpVolumes", Quick, "podUid", [](Self& self, const json::object& request, Streams&) { return self.volumes_.setUp(request); });
    add("prepareSubPaths", Quick, "podUid", [](Self& self, const json::object& request, Streams&) { return self.volumes_.prepareSubPaths(request); });
    add("removeFiles", Quick, "podUid", [](Self& self, const json::object& request, Streams&) { return self.volumes_.removeFiles(request); });
    add("loseMemory", Quick, "node", [](Self& self, const json::object& request, Streams&) { return self.volumes_.loseMemory(request); });
    add("connect", Quick, "", [](Self& self, const json::object& request, Streams&) { return self.connect(request); });
    add("listen", Quick, "", [](Self& self, const json::object& request, Streams&) { return self.listen(request); });
    add("filter", Quick, "filterNode", [](Self& self, const json::object& request, Streams&) { return self.filter(request); });
}

void SupervisorRequests::send(const json::object& message, const std::vector<Descriptor>& descriptors) {
    std::vector<int> numbers;
    for (const auto& descriptor : descriptors) numbers.push_back(descriptor.get());
    const auto payload = json::serialize(message);
    const std::lock_guard lock(sendMutex_);
    sendFrame(socket_, payload, numbers);
}

void SupervisorRequests::announce() {
    const auto version = cgroups_.version();
    send({{"event", "ready"},
          {"cgroup", version == CgroupVersion::V2 ? "v2" : version == CgroupVersion::V1 ? "v1" : "none"},
          {"base", cgroups_.base()},
          {"swap", cgroups_.swapLimit()}},
         {});
}

void SupervisorRequests::handle(Frame frame) {
    boost::system::error_code failure;
    auto value = json::parse(frame.payload, failure);
    if (failure || !value.is_object()) return;
    auto request = std::make_shared<json::object>(std::move(value.get_object()));
    auto descriptors = std::make_shared<std::vector<Descriptor>>(std::move(frame.descriptors));
    const auto it = operations_.find(text(*request, "op"));
    const auto number = wire::number(*request, "request");
    if (it == operations_.end()) {
        send({{"request", number}, {"error", "the supervisor does not know this request"}, {"reason", "InternalError"}}, {});
        return;
    }
    const auto& operation = it->second;
    auto key = *operation.key != '\0' ? text(*request, operation.key) : std::string();
    jobs_.add(operation.lane, std::move(key), [this, &operation, request, descriptors, number] {
        auto answer = operation.handler(*request, *descriptors);
        descriptors->clear();
        if (!answer) {
            send({{"request", number}, {"error", answer.error().message}, {"reason", toString(answer.error().reason)}}, {});
            return;
        }
        send({{"request", number}, {"ok", std::move(answer->body)}}, answer->descriptors);
        if (answer->afterwards) answer->afterwards();
    });
}

Result<Answer> SupervisorRequests::addNode(const json::object& request) {
    const auto node = text(request, "node");
    TRY(network_->addNode({node, text(request, "ip"), text(request, "podCidr"), text(request, "dnsIp")}));
    TRY(cgroups_.create(node));
    if (auto limited = cgroups_.limit(node, wire::decodeLimits(request, "limits")); !limited) return std::move(limited.error());
    return Answer{};
}

Result<Answer> SupervisorRequests::removeNode(const json::object& request) {
    const auto node = text(request, "node");
    TRY(containers_.killNode(request));
    (void)cgroups_.kill(node);
    cgroups_.remove(node);
    containers_.forgetNode(node);
    network_->removeNode(node);
    return Answer{};
}

// Where a request wants to act: in a sandbox, on a Node, or at the switch.
Result<int> SupervisorRequests::networkFor(const json::object& request) {
    if (const auto sandbox = text(request, "sandbox"); !sandbox.empty()) return containers_.networkOf(sandbox);
    const auto node = text(request, "filterNode");
    return network_->namespaceOf(node.empty() ? text(request, "node") : node);
}

// A socket keeps the namespace that it was made in, wherever it is used afterwards.
Result<Answer> SupervisorRequests::connect(const json::object& request) {
    const auto address = TRY(addressOf(request));
    Answer answer;
    const int network = TRY(networkFor(request));
    const auto work = [&]() -> Result<void> {
        auto socket = makeSocket(SOCK_STREAM);
        if (!socket) return systemError("socket");
        const int yes = 1;
        ::setsockopt(socket.get(), IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
        if (::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 && errno != EINPROGRESS) {
            if (errno == ECONNREFUSED) return makeError(Reason::ServiceUnavailable, "connection refused");
            if (errno == EHOSTUNREACH) return makeError(Reason::ServiceUnavailable, "no route to host");
            if (errno == ENETUNREACH) return makeError(Reason::ServiceUnavailable, "network is unreachable");
            return systemError("connect");
        }
        answer.descriptors.push_back(std::move(socket));
        return {};
    };
    TRY(inNetwork(network, work));
    return answer;
}

Result<Answer> SupervisorRequests::listen(const json::object& request) {
    const auto address = TRY(addressOf(request));
    const bool datagram = text(request, "protocol") == "UDP";
    Answer answer;
    const int network = TRY(networkFor(request));
    const auto work = [&]() -> Result<void> {
        auto socket = makeSocket(datagram ? SOCK_DGRAM : SOCK_STREAM);
        const int yes = 1;
        if (!socket) return systemError("socket");
        ::setsockopt(socket.get(), SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
        if (::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) return systemError("bind");
        if (!datagram && ::listen(socket.get(), 128) != 0) return systemError("listen");
        answer.descriptors.push_back(std::move(socket));
        return {};
    };
    TRY(inNetwork(network, work));
    return answer;
}

// Runs nft in a Node's network: loads rules, or (with "arguments") asks for something.
Result<Answer> SupervisorRequests::filter(const json::object& request) {
    const auto rules = text(request, "rules");
    const Descriptor input(::memfd_create("rules", MFD_CLOEXEC)), output(::memfd_create("output", MFD_CLOEXEC)),
        error(::memfd_create("error", MFD_CLOEXEC));
    if (!input || ::write(input.get(), rules.data(), rules.size()) < 0) return systemError("memfd");
    ::lseek(input.get(), 0, SEEK_SET);
    ProcessStart start{{"nft"}, input.get(), output.get(), error.get()};
    auto arguments = wire::texts(request, "arguments");
    if (arguments.empty()) arguments = {"-f", "-"};
    start.command.insert(start.command.end(), arguments.begin(), arguments.end());
    Answer answer;
    const int network = TRY(networkFor(request));
    const auto work = [&]() -> Result<void> {
        const auto ended = TRY(processes_.run(start));
        if (ended.shellCode() != 0) return internalError("nft: " + readAll(error.get()));
        answer.body["output"] = readAll(output.get());
        return {};
    };
    TRY(inNetwork(network, work));
    return answer;
}

}  // namespace kubarium::kubelet
