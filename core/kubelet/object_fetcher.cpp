#include "core/kubelet/object_fetcher.h"

namespace kubarium::kubelet {

void fetchObjects(const KubeletContext& context, const std::set<ObjectId>& ids, std::move_only_function<void(FetchedObjects)> reply) {
    struct Pending {
        FetchedObjects found;
        std::size_t missing = 0;
        std::move_only_function<void(FetchedObjects)> reply;
    };
    auto pending = std::make_shared<Pending>();
    std::vector<ObjectId> unknown;
    for (const auto& id : ids) {
        auto object = context.source.find(id.resource, id.key());
        // The binding that let the scheduler place the Pod may be younger than what is cached.
        const bool maybeOld = object && id.resource == api::resources::persistentVolumeClaims && object->string({"status", "phase"}) != "Bound";
        if (!object || maybeOld) unknown.push_back(id);
        pending->found[id] = std::move(object);
    }
    if (unknown.empty()) return reply(std::move(pending->found));
    pending->missing = unknown.size();
    pending->reply = std::move(reply);
    for (const auto& id : unknown)
        context.client.get(id.resource, id.nameSpace, id.name, [pending, id](Result<api::ObjectPtr> result) {
            if (result) pending->found[id] = *result;
            if (--pending->missing == 0) pending->reply(std::move(pending->found));
        });
}

}  // namespace kubarium::kubelet
