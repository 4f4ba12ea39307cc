#include "core/api/types/workloads.h"

#include "core/api/decode.h"

namespace kubarium::api {

KUBARIUM_TYPE(ReplicaSet)
KUBARIUM_TYPE(ReplicaSetSpec)
KUBARIUM_TYPE(ReplicaSetStatus)
KUBARIUM_TYPE(Deployment)
KUBARIUM_TYPE(DeploymentSpec)
KUBARIUM_TYPE(DeploymentStatus)

}  // namespace kubarium::api
