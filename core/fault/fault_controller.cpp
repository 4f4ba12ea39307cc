#include "core/fault/fault_controller.h"

#include "core/api/types/meta.h"
#include "core/base/log.h"
#include "core/fault/fault_duration.h"

#include <boost/json.hpp>
#include <fmt/format.h>

#include <algorithm>

namespace kubarium::fault {

namespace json = boost::json;
namespace resources = api::resources;
using api::ObjectPtr;

namespace {

client::WriteOptions writeOptions() {
    client::WriteOptions options;
    options.fieldManager = "kubarium-faults";
    return options;
}

bool hasFinalizer(const api::Object& object) {
    const auto& finalizers = api::metaOf(object).finalizers;
    return std::ranges::find(finalizers, undoFinalizer) != finalizers.end();
}

json::object nodeReference(const std::string& node) { return {{"apiVersion", "v1"}, {"kind", "Node"}, {"name", node}, {"uid", node}}; }

}  // namespace

FaultController::FaultController(Executor& executor, Clock& clock, client::Client& client, FaultTarget& target)
    : executor_(executor),
      clock_(clock),
      client_(client),
      target_(target),
      faults_(client, clock, resources::faults),
      events_(client, clock, "fault-controller"),
      queue_(executor, clock, [this](const std::string& name, client::WorkQueue::Done done) { reconcile(name, std::move(done)); }, 1) {
    const auto enqueue = [this](const ObjectPtr& fault) { queue_.add(fault->key()); };
    faults_.addHandler({enqueue, [enqueue](const ObjectPtr&, const ObjectPtr& after) { enqueue(after); },
                        [this](const ObjectPtr& fault) {
                            // Whoever took the finalizer away: the fault must not outlive its object.
                            const std::string uid(fault->uid());
                            if (const auto it = injected_.find(uid); it != injected_.end()) {
                                undo(it->second, uid, "the Fault was deleted");
                                injected_.erase(it);
                            }
                        }});
}

FaultController::~FaultController() {
    *alive_ = false;
    for (auto& [uid, injected] : injected_) undo(injected, uid, "the engine stops");
}

void FaultController::start() { faults_.start(); }

std::size_t FaultController::activeCount() const {
    return static_cast<std::size_t>(std::ranges::count_if(injected_, [](const auto& entry) { return entry.second.inPlace; }));
}

std::set<std::string>& FaultController::holders(Kind kind, const std::string& node) { return holders_[{kind, node}]; }

void FaultController::reconcile(const std::string& name, client::WorkQueue::Done done) {
    const auto object = faults_.get(name);
    if (!object) return done({});
    const std::string uid(object->uid());
    if (object->deleting()) {
        if (const auto it = injected_.find(uid); it != injected_.end()) undo(it->second, uid, "the Fault was deleted");
        return removeFinalizer(object, std::move(done));
    }
    if (!injected_.contains(uid)) {
        const auto phase = object->string({"status", "phase"});
        if (phase == "Active") {
            undoLeftover(object);
        } else if (phase == "Reverted" || phase == "Failed" || stopped_) {
            return done({});
        } else if (!hasFinalizer(*object)) {
            json::array finalizers;
            for (const auto& finalizer : api::metaOf(*object).finalizers) finalizers.push_back(json::value(finalizer));
            finalizers.push_back(json::value(undoFinalizer));
            json::value patch = json::object{
                {"metadata", json::object{{"resourceVersion", object->resourceVersion()}, {"finalizers", std::move(finalizers)}}}};
            client_.patch(resources::faults, "", name, client::PatchType::Merge, std::move(patch), writeOptions(),
                          [done = std::move(done)](Result<ObjectPtr> written) mutable {
                              const bool gone = !written && written.error().reason == Reason::NotFound;
                              if (written || gone) return done({});
                              done(written.error());
                          });
            return;  // and injected when the change is seen
        } else {
            begin(object);
        }
    }
    writeStatus(object, injected_.at(uid), std::move(done));
}

void FaultController::removeFinalizer(const ObjectPtr& object, client::WorkQueue::Done done) {
    if (!hasFinalizer(*object)) return done({});
    json::array kept;
    for (const auto& finalizer : api::metaOf(*object).finalizers)
        if (finalizer != undoFinalizer) kept.push_back(json::value(finalizer));
    json::value list(std::move(kept));
    if (list.as_array().empty()) list = nullptr;
    json::value patch = json::object{{"metadata", json::object{{"resourceVersion", object->resourceVersion()}, {"finalizers", std::move(list)}}}};
    client_.patch(resources::faults, "", std::string(object->name()), client::PatchType::Merge, std::move(patch), writeOptions(),
                  [done = std::move(done)](Result<ObjectPtr> written) mutable {
                      if (written || written.error().reason == Reason::NotFound) return done({});
                      done(written.error());
                  });
}

void FaultController::begin(const ObjectPtr& object) {
    auto& injected = injected_[std::string(object->uid())];
    injected.name = object->name();
    injected.startedAt = formatTime(clock_.now());
    injected.phase = "Active";
    const auto type = object->string({"spec", "type"});
    injected.node = object->string({"spec", "node"});
    if (type == "ContainerKill") return beginKill(object, injected);
    if (type == "NodePowerOff" || type == "NodePartition") {
        injected.kind = type == "NodePowerOff" ? Kind::NodePowerOff : Kind::NodePartition;
        return beginOnNode(object, injected);
    }
    fail(injected, fmt::format("unknown type \"{}\": one of ContainerKill, NodePowerOff, NodePartition is needed", type));
}

void FaultController::fail(Injected& injected, std::string message) {
    injected.phase = "Failed";
    injected.message = std::move(message);
    injected.endsAt = formatTime(clock_.now());
}

void FaultController::beginKill(const ObjectPtr& object, Injected& injected) {
    std::string nameSpace(object->string({"spec", "pod", "namespace"}));
    if (nameSpace.empty()) nameSpace = "default";
    const std::string pod(object->string({"spec", "pod", "name"})), container(object->string({"spec", "container"}));
    if (pod.empty()) return fail(injected, "spec.pod.name says which Pod; it is empty");
    injected.message = fmt::format("killing container {} of Pod {}/{}", container, nameSpace, pod);
    target_.killContainer(nameSpace, pod, container, [this, alive = alive_, uid = std::string(object->uid()), nameSpace, pod, container](Result<void> killed) {
        if (!*alive) return;
        const auto it = injected_.find(uid);
        if (it == injected_.end()) return;
        if (killed) {
            // A kill needs no undo: the kubelet starts the container again.
            it->second.phase = "Reverted";
            it->second.endsAt = formatTime(clock_.now());
            it->second.message = fmt::format("container {}of Pod {}/{} was killed; the kubelet restarts it as its restartPolicy says",
                                             container.empty() ? "" : container + " ", nameSpace, pod);
            events_.record({{"apiVersion", "v1"}, {"kind", "Pod"}, {"namespace", nameSpace}, {"name", pod}}, "Warning", "FaultInjected",
                           fmt::format("Killed a container (Fault {})", it->second.name));
        } else {
            fail(it->second, killed.error().message);
        }
        queue_.add(it->second.name);
    });
}

void FaultController::beginOnNode(const ObjectPtr& object, Injected& injected) {
    const std::string uid(object->uid()), duration(object->string({"spec", "duration"}));
    if (injected.node.empty()) return fail(injected, "spec.node says which Node; it is empty");
    const auto wait = parseDuration(duration);
    if (!wait) return fail(injected, fmt::format("spec.duration \"{}\" is not a duration such as 60s or 1m30s", duration));
    const bool powerOff = injected.kind == Kind::NodePowerOff;
    auto done = powerOff ? target_.powerOff(injected.node) : target_.partition(injected.node);
    if (!done) return fail(injected, done.error().message);
    injected.inPlace = true;
    holders(injected.kind, injected.node).insert(uid);
    const auto what = fmt::format("Node {} is {}", injected.node, powerOff ? "powered off" : "cut off from the network");
    injected.message = *wait == Duration{} ? what + " until the Fault is deleted" : fmt::format("{} for {} of cluster time", what, duration);
    events_.record(nodeReference(injected.node), "Warning", "FaultInjected", fmt::format("{} (Fault {})", injected.message, injected.name));
    if (*wait == Duration{}) return;
    // While the Clock runs at another rate the end comes earlier or later in the time of day: this is what holds now.
    injected.endsAt = formatTime(clock_.now() + std::chrono::duration_cast<Duration>(*wait / clock_.rate()));
    injected.expiry = clock_.after(*wait, [this, uid] { expire(uid); });
}

void FaultController::expire(const std::string& uid) {
    auto& injected = injected_.at(uid);
    undo(injected, uid, "its time is up");
    queue_.add(injected.name);
}

void FaultController::undo(Injected& injected, const std::string& uid, std::string why) {
    injected.expiry.reset();
    if (!std::exchange(injected.inPlace, false)) return;
    auto& others = holders(injected.kind, injected.node);
    others.erase(uid);
    if (others.empty()) {
        if (injected.kind == Kind::NodePowerOff)
            target_.powerOn(injected.node);
        else
            target_.heal(injected.node);
    }
    injected.phase = "Reverted";
    injected.endsAt = formatTime(clock_.now());
    injected.message = fmt::format("Node {} is {} again: {}", injected.node, injected.kind == Kind::NodePowerOff ? "powered on" : "connected", why);
    if (!others.empty()) injected.message = fmt::format("ended ({}); another Fault still holds Node {}", why, injected.node);
    if (*alive_) events_.record(nodeReference(injected.node), "Normal", "FaultReverted", fmt::format("{} (Fault {})", injected.message, injected.name));
}

// Left by an engine that died. Its Nodes died with it, so that this only makes sure and says so.
void FaultController::undoLeftover(const ObjectPtr& object) {
    auto& injected = injected_[std::string(object->uid())];
    injected.name = object->name();
    injected.node = object->string({"spec", "node"});
    injected.startedAt = object->string({"status", "startedAt"});
    injected.endsAt = formatTime(clock_.now());
    injected.phase = "Reverted";
    injected.message = "reverted when the engine started: it had stopped while the fault was active";
    const auto type = object->string({"spec", "type"});
    if (type == "NodePowerOff" && holders(Kind::NodePowerOff, injected.node).empty()) target_.powerOn(injected.node);
    if (type == "NodePartition" && holders(Kind::NodePartition, injected.node).empty()) target_.heal(injected.node);
}

void FaultController::revertAll() {
    stopped_ = true;
    for (auto& [uid, injected] : injected_) {
        if (!injected.inPlace) continue;
        undo(injected, uid, "the engine stops");
        queue_.add(injected.name);
    }
}

void FaultController::writeStatus(const ObjectPtr& object, const Injected& injected, client::WorkQueue::Done done) {
    json::object status{{"phase", injected.phase}, {"startedAt", injected.startedAt}, {"message", injected.message}};
    if (!injected.endsAt.empty()) status["endsAt"] = injected.endsAt;
    const auto* present = object->find({"status"});
    if (present && present->is_object() && present->get_object() == status) return done({});
    json::value patch = json::object{{"status", std::move(status)}};
    client_.patch(resources::faults, "", injected.name, client::PatchType::Merge, std::move(patch), writeOptions(),
                  [done = std::move(done)](Result<ObjectPtr> written) mutable {
                      if (written || written.error().reason == Reason::NotFound) return done({});
                      done(written.error());
                  },
                  "status");
}

}  // namespace kubarium::fault
