// /api/v1/namespaces/NS/pods/NAME[:PORT]/proxy/PATH and the same of services: an HTTP request to a container, made by the API server. As
// kube-apiserver, a Service stands for one of its ready endpoints (pkg/registry/core/service/storage: ResourceLocation), and a Pod without
// a port for its first container port (pkg/registry/core/pod: ResourceLocation). Unlike there the connection is the kubelet's
// port-forward, since Pod addresses are inside the Nodes; https to a Pod and upgrades are not served, HTML is not rewritten.
#pragma once

#include "core/apiserver/registry.h"
#include "core/apiserver/request.h"
#include "core/apiserver/request_info.h"
#include "core/base/executor.h"

#include <functional>

namespace kubarium::apiserver {

// Asks the container once it is called, and answers with what comes back, or with 503 and why nothing does. An error at once where there
// is no such object, port or ready endpoint, and where there are no `kubelets` (null). `kubelets` and `executor` outlive it. Engine thread only.
using ProxiedRequest = std::move_only_function<void(std::move_only_function<void(Result<Response>)>)>;
Result<ProxiedRequest> proxyToPod(Registry& registry, KubeletConnector* kubelets, Executor& executor, const Request& request, const RequestInfo& info);

}  // namespace kubarium::apiserver
