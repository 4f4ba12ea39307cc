#include "core/api/types/config.h"

#include "core/api/decode.h"

namespace kubarium::api {

KUBARIUM_TYPE(ConfigMap)
KUBARIUM_TYPE(Secret)
KUBARIUM_TYPE(Namespace)
KUBARIUM_TYPE(ServiceAccount)
KUBARIUM_TYPE(Lease)
KUBARIUM_TYPE(LeaseSpec)
KUBARIUM_TYPE(PriorityClass)
KUBARIUM_TYPE(Event)

}  // namespace kubarium::api
