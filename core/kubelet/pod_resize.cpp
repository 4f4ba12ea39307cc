// In-place resize: what a running Pod asks for anew is granted, put off or refused by its Node, then written into the control
// groups of the Pod and its containers, or reached through a restart where the resizePolicy says so.
// Kubernetes: pkg/kubelet/allocation/allocation_manager.go, doPodResizeAction in pkg/kubelet/kuberuntime.
#include "core/kubelet/pod_resources.h"
#include "core/kubelet/pod_worker.h"

#include <boost/json/serialize.hpp>
#include <fmt/format.h>

#include <algorithm>

namespace kubarium::kubelet {

using namespace std::chrono_literals;

namespace {

constexpr Duration retryPeriod = 3min;

bool sameAmounts(const api::ResourceRequirements& a, const api::ResourceRequirements& b) { return a.limits == b.limits && a.requests == b.requests; }

// Both lists of containers that can be resized.
template <class Spec>
auto listsOf(Spec& spec) {
    return std::array{&spec.initContainers, &spec.containers};
}

const api::Container* named(const api::PodSpec& spec, const std::string& name) {
    for (const auto* list : listsOf(spec))
        for (const auto& container : *list)
            if (container.name == name) return &container;
    return nullptr;
}

// The containers of `wanted` whose resources are not those of `granted`.
std::vector<std::string> resized(const api::PodSpec& granted, const api::PodSpec& wanted) {
    std::vector<std::string> names;
    for (const auto* list : listsOf(wanted))
        for (const auto& container : *list)
            if (const auto* before = named(granted, container.name); before && !sameAmounts(resourcesOf(*before), resourcesOf(container)))
                names.push_back(container.name);
    return names;
}

json::array summary(const std::vector<api::Container>& containers) {
    json::array list;
    for (const auto& container : containers) {
        json::object resources;
        const auto add = [&](const char* key, const std::map<std::string, std::string>& amounts) {
            if (amounts.empty()) return;
            auto& object = resources[key].emplace_object();
            for (const auto& [name, amount] : amounts) object[name] = amount;
        };
        add("limits", resourcesOf(container).limits);
        add("requests", resourcesOf(container).requests);
        list.push_back({{"name", container.name}, {"resources", std::move(resources)}});
    }
    return list;
}

std::string completed(const api::PodSpec& spec) {
    json::object all;
    if (!spec.initContainers.empty()) all["initContainers"] = summary(spec.initContainers);
    all["containers"] = summary(spec.containers);
    return "Pod resize completed: " + json::serialize(all);
}

std::optional<std::int64_t> larger(const std::optional<std::int64_t>& a, const std::optional<std::int64_t>& b) {
    return a && b ? std::optional(std::max(*a, *b)) : std::nullopt;  // nothing is no limit
}

}  // namespace

// The Pod is new; `before` is how it had been granted. What it has changed besides resources holds at once.
void PodWorker::allocate(const api::Pod& before) {
    const auto& wanted = pod_->as<api::Pod>();
    const auto names = resized(before.spec, wanted.spec);
    if (names.empty()) {
        resize_.pending.reset();
        return;
    }
    const bool open = stage_ == Stage::Running && !pod_->deleting();
    const auto refusal = open ? hooks_.resizeRefusal(*this, wanted) : resize_.pending;
    if (refusal) {
        resize_.pending = refusal;
        resize_.pendingGeneration = wanted.metadata.generation.value_or(1);
        resize_.allocated = std::make_unique<api::Pod>(wanted);
        for (auto* list : listsOf(resize_.allocated->spec))
            for (auto& container : *list)
                if (const auto* granted = named(before.spec, container.name)) container.resources = granted->resources;
        if (refusal->reason == "Deferred" && open) resizeTimer_ = context_.clock.after(retryPeriod, [this] { retryResize(); });
        return;
    }
    resize_.pending.reset();
    resizeTimer_.reset();
    resize_.error.clear();
    resize_.generation = wanted.metadata.generation.value_or(1);
    for (const auto& name : names) {
        auto& actual = actual_.containers[name];
        if (actual.running() && !actual.current->actuated)
            actual.current->actuated = std::make_shared<const api::ResourceRequirements>(resourcesOf(*named(before.spec, name)));
    }
}

void PodWorker::retryResize() {
    if (stage_ != Stage::Running || !resize_.pending || resize_.pending->reason != "Deferred") return;
    const auto granted = std::exchange(resize_.allocated, {});
    if (!granted) return;
    allocate(*granted);
    if (!resize_.pending) requestSync();
}

std::vector<ResizeCondition> PodWorker::resizeConditions() const {
    std::vector<ResizeCondition> conditions;
    if (resize_.pending) conditions.push_back({"PodResizePending", resize_.pending->reason, resize_.pending->message, resize_.pendingGeneration});
    if (resize_.generation != 0) conditions.push_back({"PodResizeInProgress", resize_.error.empty() ? "" : "Error", resize_.error, resize_.generation});
    return conditions;
}

// First the Pod's group gets the more of both, then its containers what they are to have, then the Pod's group what it is to have.
void PodWorker::actuateResize() {
    if (resize_.generation == 0 || resize_.busy) return;
    std::vector<std::string> names;
    bool waiting = false;
    auto old = spec().spec;
    for (auto* list : listsOf(old))
        for (auto& container : *list) {
            const auto* actual = actual_.find(container.name);
            if (!actual || !actual->running() || !actual->current->actuated) continue;
            waiting = true;
            container.resources = *actual->current->actuated;
            if (!actual->killing) names.push_back(container.name);
        }
    if (!waiting) return endResize({});
    if (names.empty()) return;
    resize_.busy = true;
    auto most = podLimits(spec().spec);
    const auto before = podLimits(old);
    most.cpuQuotaMicroseconds = larger(most.cpuQuotaMicroseconds, before.cpuQuotaMicroseconds);
    most.memoryBytes = larger(most.memoryBytes, before.memoryBytes);
    context_.runtime.updateSandbox(actual_.sandboxId, most, [weak = weak_from_this(), names = std::move(names)](Result<void> result) mutable {
        const auto self = weak.lock();
        if (!self) return;
        if (!result) return self->endResize(result);
        self->updateContainers(std::move(names));
    });
}

void PodWorker::updateContainers(std::vector<std::string> names) {
    if (names.empty()) {
        context_.runtime.updateSandbox(actual_.sandboxId, podLimits(spec().spec), [weak = weak_from_this()](Result<void> result) {
            if (const auto self = weak.lock()) self->endResize(result);
        });
        return;
    }
    const auto name = std::move(names.back());
    names.pop_back();
    const auto* container = findContainer(name);
    const auto* actual = actual_.find(name);
    if (!container || !actual || !actual->running()) return updateContainers(std::move(names));
    context_.runtime.updateContainer(actual->current->id, containerLimits(spec().spec, *container, context_.nodeMemoryBytes),
                                     [weak = weak_from_this(), name, id = actual->current->id, given = resourcesOf(*container),
                                      names = std::move(names)](Result<void> result) mutable {
                                         const auto self = weak.lock();
                                         if (!self) return;
                                         self->onResized(name, id, given, result);
                                         if (!result) return self->endResize(result);
                                         self->updateContainers(std::move(names));
                                     });
}

void PodWorker::onResized(const std::string& name, const std::string& id, const api::ResourceRequirements& given, const Result<void>& result) {
    auto& actual = actual_.containers[name];
    const auto* container = findContainer(name);
    if (!result || !container || !actual.running() || actual.current->id != id) return;
    // It may be wanted otherwise again by now.
    actual.current->actuated = sameAmounts(given, resourcesOf(*container)) ? nullptr : std::make_shared<const api::ResourceRequirements>(given);
}

void PodWorker::endResize(const Result<void>& result) {
    resize_.busy = false;
    if (stage_ != Stage::Running) return;
    if (!result) {
        resize_.error = result.error().message;
        writeStatus();
        return retryLater(std::chrono::milliseconds{10'000 + context_.random.below(5'000)});
    }
    const bool more = std::ranges::any_of(actual_.containers, [](const auto& entry) { return entry.second.running() && entry.second.current->actuated; });
    if (more) return requestSync();
    resize_.generation = 0;
    event("Normal", "ResizeCompleted", completed(spec().spec));
    writeStatus();
}

}  // namespace kubarium::kubelet
