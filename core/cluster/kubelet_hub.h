// Joins the API server to the kubelets of this process: finds the kubelet of a Pod's Node and hands the stream over. A Node that is
// off or cut off answers as an unreachable machine would. Engine thread only.
#pragma once

#include "core/apiserver/kubelet_connector.h"
#include "core/base/executor.h"
#include "core/kubelet/kubelet.h"

#include <map>

namespace kubarium::cluster {

class KubeletHub final : public apiserver::KubeletConnector {
public:
    explicit KubeletHub(Executor& executor) : executor_(executor) {}

    // Kubelets must outlive their entry.
    void add(kubelet::Kubelet& kubelet);
    void remove(const std::string& node) { kubelets_.erase(node); }
    kubelet::Kubelet* find(const std::string& node) const;

    std::unique_ptr<apiserver::PodStream> logs(const api::ObjectPtr& pod, const apiserver::PodLogOptions&, apiserver::PodStreamHandlers) override;
    std::unique_ptr<apiserver::PodStream> exec(const api::ObjectPtr& pod, const apiserver::PodExecOptions&, apiserver::PodStreamHandlers) override;
    std::unique_ptr<apiserver::PodStream> portForward(const api::ObjectPtr& pod, int port, apiserver::PodStreamHandlers) override;
    void nodeStats(const std::string& node, std::move_only_function<void(Result<std::string>)> reply) override;

private:
    Result<kubelet::Kubelet*> kubeletOf(const api::Object& pod) const;
    std::unique_ptr<apiserver::PodStream> refuse(Error error, apiserver::PodStreamHandlers handlers);

    Executor& executor_;
    std::map<std::string, kubelet::Kubelet*> kubelets_;
};

}  // namespace kubarium::cluster
