// A KubeSchedulerConfiguration at run time: the ConfigMap kube-system/kube-scheduler, key config.yaml, is applied without restart. One
// that is not valid keeps what was in force and is said so: an Event on the ConfigMap and a line in the log. Without the ConfigMap,
// what the scheduler was started with is in force. Ours: kube-scheduler reads its file once. Engine thread only.
#pragma once

#include "core/client/event_recorder.h"
#include "core/client/informer.h"
#include "core/scheduler/profile.h"

#include <functional>

namespace kubarium::scheduler {

class ConfigurationWatch {
public:
    static constexpr std::string_view nameSpace = "kube-system", name = "kube-scheduler", key = "config.yaml";

    // `initial`: in force without the ConfigMap. `apply` is called with each configuration that comes into force.
    ConfigurationWatch(client::Client& client, Clock& clock, Configuration initial, std::function<void(Configuration)> apply);
    void start() { informer_.start(); }

private:
    void take(const ObjectPtr& configMap);
    void refuse(const ObjectPtr& configMap, const std::string& why);

    client::Informer informer_;
    client::EventRecorder events_;
    Configuration initial_;
    std::function<void(Configuration)> apply_;
    std::string inForce_;  // text; "" is the initial one
};

}  // namespace kubarium::scheduler
