// What every part of one kubelet works with. All of it outlives the parts.
#pragma once

#include "core/base/clock.h"
#include "core/base/executor.h"
#include "core/base/random.h"
#include "core/client/client.h"
#include "core/kubelet/node_options.h"
#include "core/kubelet/pod_source.h"
#include "core/kubelet/runtime/container_runtime.h"

namespace kubarium::kubelet {

namespace json = boost::json;

// Writes an Event about a Pod or the Node ("Normal" or "Warning"); fieldPath names a container, "spec.containers{web}".
using EventSink = std::function<void(const api::Object& regarding, std::string type, std::string reason, std::string message, std::string fieldPath)>;

struct KubeletContext {
    Executor& executor;
    Clock& clock;
    Random& random;
    client::Client& client;
    const EventSink& events;
    ContainerRuntime& runtime;
    PodSource& source;
    const NodeOptions& options;
    std::int64_t nodeMemoryBytes = 0;
};

}  // namespace kubarium::kubelet
