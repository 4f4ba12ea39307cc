#include "core/api/types/pod.h"

#include "core/api/decode.h"

namespace kubarium::api {

KUBARIUM_TYPE(Pod)
KUBARIUM_TYPE(PodSpec)
KUBARIUM_TYPE(PodStatus)
KUBARIUM_TYPE(Container)
KUBARIUM_TYPE(ContainerStatus)
KUBARIUM_TYPE(Volume)
KUBARIUM_TYPE(Probe)
KUBARIUM_TYPE(Toleration)
KUBARIUM_TYPE(Affinity)
KUBARIUM_TYPE(TopologySpreadConstraint)

}  // namespace kubarium::api
