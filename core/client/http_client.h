// Client over HTTPS (or HTTP to loopback): any Kubernetes API server that a kubeconfig names.
//
// Threads: one IO thread of its own per HttpClient (the exception to "nobody starts threads") does sockets, TLS and JSON;
// replies and watch events are posted to the Executor, whose thread makes the calls. Requests share a pool of kept-alive
// connections; each watch has a connection of its own. Timeouts are real time.
// Lists of more than 500 objects are fetched in pages and arrive as one; items get the apiVersion and kind that servers leave
// out of lists.
#pragma once

#include "core/base/executor.h"
#include "core/client/client.h"
#include "core/client/kubeconfig.h"
#include "core/client/pod_exec.h"

#include <memory>
#include <string>

namespace kubarium::client {

struct HttpClientOptions {
    std::string userAgent = "kubarium";
    std::chrono::seconds connectTimeout{10};
    std::chrono::seconds requestTimeout{60};
    int maxConnections = 8;  // of the pool; watches and streams come on top
};

class HttpClient final : public Client, public PodExec {
public:
    // Refuses with a sentence what it cannot do (exec plugins, a URL that is none, certificates that are none). Does not connect.
    static Result<std::unique_ptr<HttpClient>> create(const ConnectionSettings& settings, Executor& executor, HttpClientOptions options = {});
    ~HttpClient() override;

    const std::string& server() const;

    void get(const GroupVersionResource&, const std::string& nameSpace, const std::string& name, Reply<ObjectPtr>) override;
    void list(const GroupVersionResource&, const std::string& nameSpace, const ListOptions&, Reply<ObjectList>) override;
    std::unique_ptr<Watch> watch(const GroupVersionResource&, const std::string& nameSpace, const WatchOptions&,
                                 std::move_only_function<void(WatchEvent)>) override;
    void create(const GroupVersionResource&, const std::string& nameSpace, json::object body, const WriteOptions&, Reply<ObjectPtr>,
                const std::string& name = {}, const std::string& subresource = {}) override;
    void update(const GroupVersionResource&, const std::string& nameSpace, const std::string& name, json::object body, const WriteOptions&,
                Reply<ObjectPtr>, const std::string& subresource = {}) override;
    void patch(const GroupVersionResource&, const std::string& nameSpace, const std::string& name, PatchType, json::value body,
               const WriteOptions&, Reply<ObjectPtr>, const std::string& subresource = {}) override;
    void remove(const GroupVersionResource&, const std::string& nameSpace, const std::string& name, const DeleteOptions&,
                Reply<json::value>) override;
    void getRaw(const std::string& pathAndQuery, Reply<std::string>) override;
    void exec(PodExecRequest request, Reply<PodExecAnswer> reply) override;

    // A GET whose body arrives piece by piece (logs with follow=true). `onEnd` is the last call; dropping the Watch cancels.
    std::unique_ptr<Watch> stream(const std::string& pathAndQuery, std::move_only_function<void(std::string)> onData,
                                  std::move_only_function<void(Result<void>)> onEnd);

private:
    struct State;
    struct Call;
    explicit HttpClient(std::shared_ptr<State> state);
    void send(Call call, std::move_only_function<void(Result<std::string>)> reply);
    void sendForObject(Call call, Reply<ObjectPtr> reply);
    void listPage(const GroupVersionResource& resource, const std::string& nameSpace, ListOptions options, ObjectList sofar, bool wholeList, Reply<ObjectList> reply);

    std::shared_ptr<State> state_;
};

}  // namespace kubarium::client
