#include "core/api/types/node.h"

#include "core/api/decode.h"

namespace kubarium::api {

KUBARIUM_TYPE(Node)
KUBARIUM_TYPE(NodeSpec)
KUBARIUM_TYPE(NodeStatus)
KUBARIUM_TYPE(Taint)

}  // namespace kubarium::api
