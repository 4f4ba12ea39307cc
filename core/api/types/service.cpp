#include "core/api/types/service.h"

#include "core/api/decode.h"

namespace kubarium::api {

KUBARIUM_TYPE(Service)
KUBARIUM_TYPE(ServiceSpec)
KUBARIUM_TYPE(ServiceStatus)
KUBARIUM_TYPE(EndpointSlice)
KUBARIUM_TYPE(EndpointPort)
KUBARIUM_TYPE(ObjectReference)
KUBARIUM_TYPE(Endpoint)

}  // namespace kubarium::api
