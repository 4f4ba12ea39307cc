#include "core/apiserver/api_server.h"
#include "core/base/engine_loop.h"
#include "core/scheduler/scheduler.h"
#include "core/store/sqlite_store.h"
#include "tests/benchmark/scheduler/measure.h"

#include <fmt/format.h>

#include <ctime>
#include <filesystem>
#include <set>

namespace kubarium::benchmark {

namespace resources = api::resources;
using namespace std::chrono_literals;

namespace {

double processorSeconds() {
    timespec time{};
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) / 1e9;
}

// Removed with everything in it.
class TemporaryDirectory {
public:
    TemporaryDirectory() {
        auto pattern = (std::filesystem::temp_directory_path() / "kubarium-bench-XXXXXX").string();
        if (mkdtemp(pattern.data())) path_ = pattern;
    }
    ~TemporaryDirectory() {
        std::error_code ignored;
        if (!path_.empty()) std::filesystem::remove_all(path_, ignored);
    }
    const std::filesystem::path& path() const { return path_; }

private:
    std::filesystem::path path_;
};

// The control plane that counts: API server on SQLite, scheduler, and a client that posts Pods and watches them.
class World {
public:
    explicit World(const Case& given) : given_(given) {}
    ~World() {
        scheduler_.reset();
        informers_.reset();
        client_.reset();
        components_.reset();
        server_.reset();
    }

    std::optional<EndToEndFigures> run() {
        if (auto made = create(); !made) {
            fmt::print(stderr, "scheduler_bench: {}\n", made.error().message);
            return std::nullopt;
        }
        const auto& workload = given_.workload;
        for (const auto* name : {"sched-0", "sched-1"}) post(resources::namespaces, "", {{"apiVersion", "v1"}, {"kind", "Namespace"}, {"metadata", {{"name", name}}}});
        // What a controller would make.
        for (const auto* name : {"default", "sched-0", "sched-1"})
            post({"", "v1", "serviceaccounts"}, name, {{"apiVersion", "v1"}, {"kind", "ServiceAccount"}, {"metadata", {{"name", "default"}, {"namespace", name}}}});
        post({"scheduling.k8s.io", "v1", "priorityclasses"}, "", {{"apiVersion", "scheduling.k8s.io/v1"}, {"kind", "PriorityClass"}, {"metadata", {{"name", "high"}}}, {"value", 1000000}});
        for (int i = 0; i < given_.nodes; ++i) makeNode(workload.node(i));
        if (!runUntil([this] { return pending_ == 0; })) return std::nullopt;
        if (!schedule(made(workload.initialPod, workload.initialPods(given_.nodes)), false)) return std::nullopt;
        auto pods = made(workload.pod, given_.pods);
        if (given_.unique)
            for (int i = 0; i < given_.pods; ++i) makeUnique(pods[static_cast<std::size_t>(i)], i);
        const auto before = allocatedBytes();
        const auto started = loop_.monotonic();
        const auto spent = processorSeconds();
        if (!schedule(std::move(pods), true)) return std::nullopt;
        const auto seconds = std::chrono::duration<double>(loop_.monotonic() - started).count();
        return EndToEndFigures{given_.pods / seconds, given_.pods, 1e6 * (processorSeconds() - spent) / given_.pods, static_cast<double>(allocatedBytes() - before) / given_.pods};
    }

private:
    static constexpr auto limit = 120s;
    static constexpr int inFlight = 2000; // Pods that were posted and are not bound yet

    Result<void> create() {
        const auto pki = TRY(pki::ClusterPki::ensure({}, loop_.now()));
        auto store = TRY(store::SqliteStore::open(directory_.path() / "cluster.db", loop_, loop_));
        server_ = TRY(apiserver::ApiServer::create(loop_, loop_, random_, std::move(store), pki, {}));
        client_ = server_->localClient("bench");
        components_ = server_->localClient("kube-scheduler");
        informers_ = std::make_unique<client::InformerFactory>(*components_, loop_);
        scheduler::Configuration configuration;
        if (!given_.sampling) configuration.percentageOfNodesToScore = 100;
        scheduler_ = std::make_unique<scheduler::Scheduler>(loop_, loop_, random_, *components_, *informers_, std::move(configuration));
        scheduler_->start();
        auto& pods = informers_->informer(resources::pods);
        pods.addHandler({nullptr, [this](const api::ObjectPtr& before, const api::ObjectPtr& after) {
                             if (!before->string({"spec", "nodeName"}).empty() || after->string({"spec", "nodeName"}).empty()) return;
                             if (Workload::isBetween(after->name())) return;
                             ++bound_;
                             if (postMore_) postMore_();
                         },
                         nullptr});
        informers_->start();
        return {};
    }

    // Runs the engine until then.
    bool runUntil(std::function<bool()> condition) {
        done_ = std::move(condition);
        check();
        timeout_ = loop_.afterReal(limit, [this] {
            timedOut_ = true;
            loop_.stop();
        });
        loop_.run();
        if (timedOut_) fmt::print(stderr, "scheduler_bench: {} with {} Nodes: {} Pods were bound when {} s had passed\n", given_.workload.name, given_.nodes, bound_, limit.count());
        return !timedOut_ && failures_ == 0;
    }
    void check() {
        if (done_() || failures_ > 0) return loop_.stop();
        checkTimer_ = loop_.afterReal(1ms, [this] { check(); });
    }

    void post(const api::GroupVersionResource& resource, const std::string& nameSpace, json::object body, std::move_only_function<void(bool)> then = {}) {
        ++pending_;
        client_->create(resource, nameSpace, std::move(body), {}, [this, then = std::move(then)](Result<api::ObjectPtr> created) mutable {
            if (!created) fail(created.error());
            if (then) then(created.has_value());
            --pending_;
        });
    }

    // With its status, as a kubelet writes it, and without the taint that admission gives a Node until it is ready.
    void makeNode(json::object node) {
        const std::string name(node["metadata"].as_object()["name"].as_string());
        const auto* spec = node.if_contains("spec");
        json::value ready{{"spec", {{"taints", spec ? spec->as_object().at("taints") : json::value()}}}};
        auto status = node;
        node.erase("status");
        post(resources::nodes, "", std::move(node), [this, name, status = std::move(status), ready = std::move(ready)](bool) mutable {
            ++pending_;
            client_->update(resources::nodes, "", name, std::move(status), {}, [this, name, ready = std::move(ready)](auto) mutable {
                client_->patch(resources::nodes, "", name, client::PatchType::Merge, std::move(ready), {}, [this, name](Result<api::ObjectPtr> patched) {
                    --pending_;
                    if (!patched) fail(patched.error());
                    made_.insert(name);
                    if (unwanted_.contains(name)) removeNode(name);
                });
            }, "status");
        });
    }

    // At once, or when it is made.
    void removeNode(const std::string& name) {
        unwanted_.insert(name);
        if (!made_.contains(name)) return;
        client_->remove(resources::nodes, "", name, {}, [this](Result<boost::json::value> removed) {
            if (!removed) fail(removed.error());
        });
    }

    void fail(const Error& error) {
        if (failures_++ < 3) fmt::print(stderr, "scheduler_bench: {}\n", error.message);
    }

    void postPod(json::object pod) {
        const std::string nameSpace(pod["metadata"].as_object()["namespace"].as_string());
        post(resources::pods, nameSpace, std::move(pod));
    }

    // What the client has ready before it begins.
    static std::vector<json::object> made(const std::function<json::object(int)>& make, int count) {
        std::vector<json::object> pods;
        for (int i = 0; i < count; ++i) pods.push_back(make(i));
        return pods;
    }

    bool schedule(std::vector<json::object> pods, bool measured) {
        const auto count = static_cast<int>(pods.size());
        bound_ = posted_ = 0;
        postMore_ = [this, pods = std::make_shared<std::vector<json::object>>(std::move(pods)), count, measured] {
            while (posted_ < count && posted_ - bound_ < inFlight) {
                if (measured && given_.workload.between && posted_ % given_.workload.tickEvery == 0) tick(posted_ / given_.workload.tickEvery);
                postPod(std::move((*pods)[static_cast<std::size_t>(posted_++)]));
            }
        };
        loop_.post([this] { postMore_(); });
        const bool ended = runUntil([this, count] { return bound_ >= count; });
        postMore_ = nullptr;
        return ended;
    }

    // What comes between the measured Pods.
    void tick(int number) {
        const auto& workload = given_.workload;
        if (!workload.recreates) return postPod(workload.between(number));
        auto node = workload.node(given_.nodes + number / 2);
        const std::string name(node["metadata"].as_object()["name"].as_string());
        if (number % 2 == 0) {
            makeNode(std::move(node));
            postPod(workload.between(number));
            post(resources::services, "default", churnService(number));
            return;
        }
        removeNode(name);
        for (const auto& [resource, object] : {std::pair(resources::pods, workload.between(number - 1)), std::pair(resources::services, churnService(number - 1))}) {
            const std::string gone(object.at("metadata").as_object().at("name").as_string());
            client_->remove(resource, "default", gone, {}, [this](Result<boost::json::value> removed) {
                if (!removed) fail(removed.error());
            });
        }
    }

    const Case& given_;
    TemporaryDirectory directory_;
    EngineLoop loop_;
    SystemRandom random_;
    std::unique_ptr<apiserver::ApiServer> server_;
    std::unique_ptr<client::Client> client_, components_;
    std::unique_ptr<client::InformerFactory> informers_;
    std::unique_ptr<scheduler::Scheduler> scheduler_;
    std::function<bool()> done_;
    std::function<void()> postMore_;
    Timer checkTimer_, timeout_;
    std::set<std::string> made_, unwanted_;  // Nodes
    int bound_ = 0, posted_ = 0, pending_ = 0, failures_ = 0;
    bool timedOut_ = false;
};

}  // namespace

std::optional<EndToEndFigures> measureEndToEnd(const Case& given) { return World(given).run(); }

}  // namespace kubarium::benchmark
