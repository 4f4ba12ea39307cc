#include "core/scheduler/config/configuration_watch.h"

#include "core/base/log.h"

#include <fmt/format.h>

namespace kubarium::scheduler {

ConfigurationWatch::ConfigurationWatch(client::Client& client, Clock& clock, Configuration initial, std::function<void(Configuration)> apply)
    : informer_(client, clock, api::resources::configMaps, std::string(nameSpace), fmt::format("metadata.name={}", name)),
      events_(client, clock, "kube-scheduler"), initial_(std::move(initial)), apply_(std::move(apply)) {
    informer_.addHandler({[this](const ObjectPtr& added) { take(added); },
                          [this](const ObjectPtr& before, const ObjectPtr& after) {
                              if (before->string({"data", key}) != after->string({"data", key})) take(after);
                          },
                          [this](const ObjectPtr&) {
                              if (std::exchange(inForce_, {}).empty()) return;
                              logInfo("scheduler", "ConfigMap {}/{} is gone: the configuration of the start is in force again", nameSpace, name);
                              apply_(initial_);
                          }});
}

void ConfigurationWatch::take(const ObjectPtr& configMap) {
    // A server may not know the field selector.
    if (configMap->name() != name) return;
    const auto* text = configMap->find({"data", key});
    if (!text || !text->is_string()) return refuse(configMap, fmt::format("it has no key {}", key));
    auto parsed = parseConfigurationText(text->get_string());
    if (!parsed) return refuse(configMap, parsed.error().message);
    if (inForce_ == text->get_string()) return;
    inForce_ = text->get_string();
    for (const auto& warning : parsed->warnings) {
        logWarn("scheduler", "{}", warning);
        events_.record(*configMap, "Warning", "ConfigurationWarning", warning);
    }
    logInfo("scheduler", "configuration of ConfigMap {}/{} (resourceVersion {}) is in force", nameSpace, name, configMap->resourceVersion());
    events_.record(*configMap, "Normal", "ConfigurationApplied", "The scheduler works with this configuration from now on.");
    apply_(std::move(*parsed));
}

void ConfigurationWatch::refuse(const ObjectPtr& configMap, const std::string& why) {
    logError("scheduler", "configuration of ConfigMap {}/{} refused, the one before stays in force: {}", nameSpace, name, why);
    events_.record(*configMap, "Warning", "InvalidConfiguration", fmt::format("Not applied; the configuration before stays in force: {}", why).substr(0, 1024));
}

}  // namespace kubarium::scheduler
