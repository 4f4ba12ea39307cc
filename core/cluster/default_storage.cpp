#include "core/cluster/default_storage.h"

#include "core/api/resource.h"
#include "core/base/log.h"
#include "core/controller/hostpath_provisioner.h"

#include <boost/json.hpp>

namespace kubarium::cluster {

namespace json = boost::json;
namespace resources = api::resources;

namespace {

json::object standardClass() {
    json::object annotations{{"storageclass.kubernetes.io/is-default-class", "true"}};
    return {{"apiVersion", "storage.k8s.io/v1"},
            {"kind", "StorageClass"},
            {"metadata", json::object{{"name", "standard"}, {"annotations", std::move(annotations)}}},
            {"provisioner", controller::hostpathProvisioner},
            {"reclaimPolicy", "Delete"},
            {"volumeBindingMode", "WaitForFirstConsumer"}};
}

// Nothing has to be attached to a Node: the directories are on this machine already.
json::object hostpathDriver() {
    return {{"apiVersion", "storage.k8s.io/v1"},
            {"kind", "CSIDriver"},
            {"metadata", json::object{{"name", controller::hostpathDriver}}},
            {"spec", json::object{{"attachRequired", false}, {"podInfoOnMount", false}, {"fsGroupPolicy", "File"}, {"volumeLifecycleModes", json::array{"Persistent"}}}}};
}

}  // namespace

void createDefaultStorage(client::Client& client) {
    const auto create = [&](const api::GroupVersionResource& resource, json::object body) {
        client.create(resource, "", std::move(body), {}, [](Result<api::ObjectPtr> created) {
            if (!created && created.error().reason != Reason::AlreadyExists) logWarn("cluster", "default storage: {}", created.error().message);
        });
    };
    create(resources::storageClasses, standardClass());
    create({"storage.k8s.io", "v1", "csidrivers"}, hostpathDriver());
}

}  // namespace kubarium::cluster
