#include "core/cluster/kubelet_hub.h"

#include <fmt/format.h>

namespace kubarium::cluster {
namespace {

class Stream final : public apiserver::PodStream {
public:
    explicit Stream(std::unique_ptr<kubelet::PodStream> inner) : inner_(std::move(inner)) {}
    void write(std::string data) override { inner_->write(std::move(data)); }
    void closeWrite() override { inner_->closeWrite(); }
    void resize(int columns, int rows) override { inner_->resize(columns, rows); }

private:
    std::unique_ptr<kubelet::PodStream> inner_;
};

kubelet::PodStreamHandlers translate(apiserver::PodStreamHandlers handlers) {
    return {std::move(handlers.onData), std::move(handlers.onError), std::move(handlers.onEnd)};
}

std::unique_ptr<apiserver::PodStream> wrap(std::unique_ptr<kubelet::PodStream> inner) {
    return inner ? std::make_unique<Stream>(std::move(inner)) : nullptr;
}

}  // namespace

void KubeletHub::add(kubelet::Kubelet& kubelet) { kubelets_[kubelet.options().name] = &kubelet; }

kubelet::Kubelet* KubeletHub::find(const std::string& node) const {
    const auto it = kubelets_.find(node);
    return it == kubelets_.end() ? nullptr : it->second;
}

Result<kubelet::Kubelet*> KubeletHub::kubeletOf(const api::Object& pod) const {
    const std::string node(pod.string({"spec", "nodeName"}));
    if (node.empty()) return badRequest(fmt::format("pod {} does not have a host assigned", pod.name()));
    auto* kubelet = find(node);
    if (!kubelet || !kubelet->powered() || !kubelet->reachable())
        return internalError(fmt::format("Get \"https://{}:10250/\": dial tcp: connect: no route to host (the Node is off or cut off)", node));
    return kubelet;
}

std::unique_ptr<apiserver::PodStream> KubeletHub::refuse(Error error, apiserver::PodStreamHandlers handlers) {
    executor_.post([error = std::move(error), onEnd = std::move(handlers.onEnd)]() mutable {
        if (onEnd) onEnd(std::move(error));
    });
    return nullptr;
}

std::unique_ptr<apiserver::PodStream> KubeletHub::logs(const api::ObjectPtr& pod, const apiserver::PodLogOptions& options,
                                                       apiserver::PodStreamHandlers handlers) {
    const auto kubelet = kubeletOf(*pod);
    if (!kubelet) return refuse(kubelet.error(), std::move(handlers));
    return wrap((*kubelet)->logs(pod, {options.container, options.follow, options.previous, options.timestamps, options.tailLines, options.sinceSeconds,
                                       options.sinceTime, options.limitBytes},
                                 translate(std::move(handlers))));
}

std::unique_ptr<apiserver::PodStream> KubeletHub::exec(const api::ObjectPtr& pod, const apiserver::PodExecOptions& options,
                                                       apiserver::PodStreamHandlers handlers) {
    const auto kubelet = kubeletOf(*pod);
    if (!kubelet) return refuse(kubelet.error(), std::move(handlers));
    return wrap((*kubelet)->exec(pod, {options.container, options.command, options.standardInput, options.standardOutput, options.standardError, options.terminal},
                                 translate(std::move(handlers))));
}

std::unique_ptr<apiserver::PodStream> KubeletHub::portForward(const api::ObjectPtr& pod, int port, apiserver::PodStreamHandlers handlers) {
    const auto kubelet = kubeletOf(*pod);
    if (!kubelet) return refuse(kubelet.error(), std::move(handlers));
    return wrap((*kubelet)->portForward(pod, port, translate(std::move(handlers))));
}

void KubeletHub::nodeStats(const std::string& node, std::move_only_function<void(Result<std::string>)> reply) {
    auto* kubelet = find(node);
    if (!kubelet || !kubelet->powered() || !kubelet->reachable()) {
        executor_.post([reply = std::move(reply), node]() mutable { reply(internalError(fmt::format("the Node {} does not answer", node))); });
        return;
    }
    kubelet->statsSummary(std::move(reply));
}

}  // namespace kubarium::cluster
