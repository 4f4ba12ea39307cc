// Where kubelets learn what they need: the Pods bound to each Node, and the ConfigMaps, Secrets, Services and volumes that
// Pods use. One set of informers serves all Nodes of the process (a kubelet of a real cluster has its own), so that a
// thousand simulated Nodes cost one watch. Engine thread only.
#pragma once

#include "core/client/informer.h"

#include <functional>
#include <string>
#include <unordered_map>
#include <vector>

namespace kubarium::kubelet {

// Of one kubelet. Told of every change of Pods bound to its Node, of its Node, and of ConfigMaps and Secrets (by resource and key).
class PodSubscriber {
public:
    virtual ~PodSubscriber() = default;
    virtual void podChanged(const api::ObjectPtr& pod) = 0;
    virtual void podRemoved(const api::ObjectPtr& last) = 0;
    virtual void nodeChanged(const api::ObjectPtr& node) = 0;  // null when deleted
    virtual void configurationChanged(const api::GroupVersionResource&, const std::string& key) = 0;
};

class PodSource {
public:
    // Before the factory's informers start. The factory must outlive this, and its informers deliver until then.
    explicit PodSource(client::InformerFactory& factory);
    PodSource(const PodSource&) = delete;
    PodSource& operator=(const PodSource&) = delete;

    void subscribe(const std::string& nodeName, PodSubscriber& subscriber);
    void unsubscribe(const std::string& nodeName);

    bool synced() const;
    std::vector<api::ObjectPtr> podsOf(const std::string& nodeName) const { return pods_.byIndex("kubelet.nodeName", nodeName); }
    api::ObjectPtr pod(const std::string& key) const { return pods_.get(key); }
    api::ObjectPtr node(const std::string& name) const { return nodes_.get(name); }
    // nullptr if it is not known here (yet). `resource`: ConfigMaps, Secrets, Services, PersistentVolumeClaims, PersistentVolumes.
    api::ObjectPtr find(const api::GroupVersionResource& resource, const std::string& key) const;
    const std::map<std::string, api::ObjectPtr>& services() const { return services_.all(); }

private:
    void changed(const api::ObjectPtr& pod);

    client::Informer& pods_;
    client::Informer& nodes_;
    client::Informer& services_;
    std::map<api::GroupVersionResource, client::Informer*> others_;
    std::unordered_map<std::string, PodSubscriber*> subscribers_;
};

}  // namespace kubarium::kubelet
