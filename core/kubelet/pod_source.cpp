#include "core/kubelet/pod_source.h"

namespace kubarium::kubelet {

using namespace api::resources;

PodSource::PodSource(client::InformerFactory& factory)
    : pods_(factory.informer(api::resources::pods)),
      nodes_(factory.informer(api::resources::nodes)),
      services_(factory.informer(api::resources::services)) {
    pods_.addIndex("kubelet.nodeName", [](const api::Object& pod) -> std::vector<std::string> {
        const auto node = pod.string({"spec", "nodeName"});
        if (node.empty()) return {};
        return {std::string(node)};
    });
    pods_.addHandler({[this](const api::ObjectPtr& pod) { changed(pod); },
                      [this](const api::ObjectPtr&, const api::ObjectPtr& after) { changed(after); },
                      [this](const api::ObjectPtr& last) {
                          const auto it = subscribers_.find(std::string(last->string({"spec", "nodeName"})));
                          if (it != subscribers_.end()) it->second->podRemoved(last);
                      }});
    const auto nodeChanged = [this](const std::string& name, const api::ObjectPtr& node) {
        const auto it = subscribers_.find(name);
        if (it != subscribers_.end()) it->second->nodeChanged(node);
    };
    nodes_.addHandler({[=](const api::ObjectPtr& node) { nodeChanged(std::string(node->name()), node); },
                       [=](const api::ObjectPtr&, const api::ObjectPtr& after) { nodeChanged(std::string(after->name()), after); },
                       [=](const api::ObjectPtr& last) { nodeChanged(std::string(last->name()), nullptr); }});
    for (const auto& resource : {configMaps, secrets, persistentVolumeClaims, persistentVolumes}) {
        auto& informer = factory.informer(resource);
        others_[resource] = &informer;
        const auto notify = [this, resource](const api::ObjectPtr& object) {
            for (const auto& [node, subscriber] : subscribers_) subscriber->configurationChanged(resource, object->key());
        };
        if (resource == configMaps || resource == secrets)
            informer.addHandler({notify, [notify](const api::ObjectPtr&, const api::ObjectPtr& after) { notify(after); }, notify});
    }
}

void PodSource::subscribe(const std::string& nodeName, PodSubscriber& subscriber) { subscribers_[nodeName] = &subscriber; }
void PodSource::unsubscribe(const std::string& nodeName) { subscribers_.erase(nodeName); }

bool PodSource::synced() const {
    for (const auto& [resource, informer] : others_)
        if (!informer->synced()) return false;
    return pods_.synced() && nodes_.synced() && services_.synced();
}

api::ObjectPtr PodSource::find(const api::GroupVersionResource& resource, const std::string& key) const {
    const auto it = others_.find(resource);
    return it == others_.end() ? nullptr : it->second->get(key);
}

void PodSource::changed(const api::ObjectPtr& pod) {
    const auto node = pod->string({"spec", "nodeName"});
    if (node.empty()) return;
    const auto it = subscribers_.find(std::string(node));
    if (it != subscribers_.end()) it->second->podChanged(pod);
}

}  // namespace kubarium::kubelet
