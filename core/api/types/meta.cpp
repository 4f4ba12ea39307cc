#include "core/api/types/meta.h"

#include "core/api/decode.h"

namespace kubarium::api {

const OwnerReference* ObjectMeta::controllerOwner() const {
    for (const auto& owner : ownerReferences)
        if (owner.controller.value_or(false)) return &owner;
    return nullptr;
}

const ObjectMeta& metaOf(const Object& object) { return object.as<Metadata>().metadata; }

KUBARIUM_TYPE(OwnerReference)
KUBARIUM_TYPE(ObjectMeta)
KUBARIUM_TYPE(Metadata)
KUBARIUM_TYPE(LabelSelector)
KUBARIUM_TYPE(Condition)

}  // namespace kubarium::api
