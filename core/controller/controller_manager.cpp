#include "core/controller/controller_manager.h"

#include "core/controller/controller.h"
#include "core/controller/deployment_controller.h"
#include "core/controller/disruption_controller.h"
#include "core/controller/endpoint_slice_controller.h"
#include "core/controller/endpoint_slice_mirroring_controller.h"
#include "core/controller/endpoints_controller.h"
#include "core/controller/garbage_collector.h"
#include "core/controller/hostpath_provisioner.h"
#include "core/controller/namespace_controller.h"
#include "core/controller/node_lifecycle_controller.h"
#include "core/controller/pod_gc_controller.h"
#include "core/controller/replica_set_controller.h"
#include "core/controller/service_account_controller.h"
#include "core/controller/taint_eviction_controller.h"
#include "core/controller/volume_binding_controller.h"
#include "core/controller/volume_protection_controller.h"

#include <algorithm>

namespace kubarium::controller {

using namespace std::chrono_literals;

ControllerManager::ControllerManager(Executor& executor, Clock& clock, Random& random, client::Client& client, ControllerManagerOptions options,
                                     client::InformerFactory* informers)
    : clock_(clock),
      activity_(clock),
      ownInformers_(informers ? nullptr : std::make_unique<client::InformerFactory>(client, clock)),
      informers_(informers ? *informers : *ownInformers_) {
    const ControllerContext context{executor, clock, random, client, informers_, activity_};
    const auto resources = options.resources.empty() ? collectableResources() : options.resources;
    const auto add = [this](auto controller) { controllers_.push_back(std::move(controller)); };
    add(std::make_unique<ServiceAccountController>(context));
    if (!options.rootCaPem.empty()) add(std::make_unique<RootCaPublisher>(context, options.rootCaPem));
    add(std::make_unique<DeploymentController>(context));
    add(std::make_unique<ReplicaSetController>(context));
    add(std::make_unique<EndpointSliceController>(context));
    add(std::make_unique<EndpointsController>(context));
    add(std::make_unique<EndpointSliceMirroringController>(context));
    add(std::make_unique<NodeLifecycleController>(context));
    add(std::make_unique<TaintEvictionController>(context));
    add(std::make_unique<PodGcController>(context));
    add(std::make_unique<DisruptionController>(context));
    add(std::make_unique<VolumeBindingController>(context));
    add(std::make_unique<ClaimProtectionController>(context));
    add(std::make_unique<VolumeProtectionController>(context));
    add(std::make_unique<HostpathProvisioner>(context, options.volumesDirectory));
    add(std::make_unique<GarbageCollector>(context, resources));
    add(std::make_unique<NamespaceController>(context, resources));
}

ControllerManager::~ControllerManager() = default;

void ControllerManager::start() {
    informers_.start();
    awaitCaches();
}

void ControllerManager::awaitCaches() {
    if (!informers_.synced()) {
        cacheTimer_ = clock_.afterReal(5ms, [this] { awaitCaches(); });
        return;
    }
    running_ = true;
    for (const auto& controller : controllers_) {
        controller->start();
        controller->setPaused(paused_);
    }
}

void ControllerManager::setPaused(bool paused) {
    paused_ = paused;
    if (running_)
        for (const auto& controller : controllers_) controller->setPaused(paused);
}

bool ControllerManager::step() {
    for (std::size_t i = 0; running_ && i < controllers_.size(); ++i) {
        auto& controller = *controllers_[nextToStep_];
        nextToStep_ = (nextToStep_ + 1) % controllers_.size();
        if (controller.step()) return true;
    }
    return false;
}

bool ControllerManager::idle() const {
    return running_ && std::ranges::all_of(controllers_, [](const auto& controller) { return controller->idle(); });
}

std::vector<std::string> ControllerManager::names() const {
    std::vector<std::string> names;
    for (const auto& controller : controllers_) names.push_back(controller->name());
    return names;
}

}  // namespace kubarium::controller
