// What a cluster has for volumes from the start: the StorageClass `standard`, the default, which waits for the first consumer, and
// the CSIDriver of its provisioner.
#pragma once

#include "core/client/client.h"

namespace kubarium::cluster {

// Writes what does not exist yet; what a user has changed stays. Engine thread.
void createDefaultStorage(client::Client& client);

}  // namespace kubarium::cluster
