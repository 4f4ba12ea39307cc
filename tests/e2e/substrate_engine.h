// A stand-in for the engine in a process of its own, for tests that kill it at any moment.
#pragma once

namespace kubarium::kubelet {

// Starts a substrate in `directory` with images from `images`, two Nodes, and Pods that come and go for ever. Writes a byte to
// standard output when the first container runs.
int runEngineForEver(const char* directory, const char* images);

}  // namespace kubarium::kubelet
