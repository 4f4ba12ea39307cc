// What a screen reader sees of the Stage: each Node and each Pod as a virtual child with a name and a sentence. Children
// are made on demand; the widget owns nothing for them.
#pragma once

namespace kubarium::scene {

// Registers the factory once per process.
void installStageAccessibility();

}  // namespace kubarium::scene
