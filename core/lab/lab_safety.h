// What a lab's manifests ask for that could reach the machine they run on: host paths, privileged containers, host network,
// PIDs and IPC, added capabilities. Such a lab runs only when the user allows it by name.
#pragma once

#include "core/lab/lab.h"

namespace kubarium::lab {

// Appends a problem with `unsafe` for each find, and one for YAML that cannot be read.
void findUnsafe(const Manifest& manifest, std::vector<LabProblem>& problems);

}  // namespace kubarium::lab
