// The objects that a cluster has before anybody asks for them: four namespaces, the Service "kubernetes" and the two
// PriorityClasses of the system.
#pragma once

#include "core/apiserver/registry.h"

namespace kubarium::apiserver {

// Makes what is missing. Engine thread, or before the engine runs.
void createInitialObjects(Registry& registry);

}  // namespace kubarium::apiserver
