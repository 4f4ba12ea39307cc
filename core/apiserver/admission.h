// Admission: what the API server adds to an object or refuses although it is valid, because of the rest of the cluster.
// Followed: NamespaceLifecycle, ServiceAccount, Priority, DefaultTolerationSeconds, DefaultStorageClass, DefaultIngressClass, TaintNodesByCondition,
// StorageObjectInUseProtection, RuntimeClass, and the allocation of Service addresses and ports.
// Engine thread only.
#pragma once

#include "core/apiserver/observed_store.h"
#include "core/apiserver/registry.h"

#include <set>
#include <string>

namespace kubarium::apiserver {

enum class Operation : std::uint8_t { Create, Update, Delete };

struct AdmissionRequest {
    Operation operation;
    const WriteContext& context;
    const json::object* existing = nullptr;  // Update, Delete
};

// What the volume with the token of the service account is called, with some letters that are drawn.
constexpr std::string_view tokenVolumePrefix = "kube-api-access-";
std::string drawTokenVolume(Random& random);

class Admission {
public:
    Admission(store::Store& store, Clock& clock, Random& random) : store_(store), clock_(clock), random_(random) {}

    // Before the object is changed or looked at: may anything be written here?
    Result<void> admitNamespace(const AdmissionRequest& request) const;
    // May change the object.
    Result<void> mutate(const AdmissionRequest& request, json::object& object);
    // The object is final and valid.
    Result<void> validate(const AdmissionRequest& request, const json::object& object);
    // The resources that these have read since the last call.
    std::set<std::string> takeRead() { return store_.takeRead(); }

private:
    Result<void> mutatePod(const AdmissionRequest& request, json::object& pod);
    Result<void> addServiceAccount(const AdmissionRequest& request, json::object& pod);
    Result<void> setPriority(const AdmissionRequest& request, json::object& pod);
    void addTolerations(json::object& pod) const;
    Result<void> takeAddress(const AdmissionRequest& request, const std::string& address) const;
    Result<void> allocateService(const AdmissionRequest& request, json::object& service);
    Result<void> allocateNodePorts(const AdmissionRequest& request, json::object& service);
    std::set<std::int64_t> usedNodePorts(const AdmissionRequest& request) const;
    void allocateHealthCheckPort(const json::object* existing, json::object& spec, std::set<std::int64_t>& used);
    Result<ObjectPtr> runtimeClassOf(const AdmissionRequest& request, const json::object& pod) const;
    Result<void> refuseSecondDefault(const AdmissionRequest& request, const json::object& priorityClass) const;
    Result<void> applyRuntimeClass(const AdmissionRequest& request, json::object& pod) const;

    ObservedStore store_;
    [[maybe_unused]] Clock& clock_;
    Random& random_;
};

}  // namespace kubarium::apiserver
