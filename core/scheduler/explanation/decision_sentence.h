// A decision in one sentence for people, English and Chinese, that reads well for one Node, for three and for thousands. Pure.
#pragma once

#include "core/scheduler/decision.h"
#include "core/scheduler/explanation/edit.h"

namespace kubarium::scheduler {

// `selected`: the Node that was chosen; "" while none is. `drawn`: by lot, where several are equally good; else it is the first of them.
Sentence sentenceOf(const Decision& decision, const std::string& pod, const std::string& selected, bool drawn);

// Which of `all` Nodes, to stand behind a preposition: "the only Node", "both Nodes", "all 5 Nodes", "Node a", "3 Nodes".
Sentence nodesText(const std::vector<std::string>& some, std::size_t all);
// "Pod default/a of lower priority gives way", "3 Pods of lower priority give way".
Sentence giveWayText(const std::vector<PodInfoPtr>& victims);

}  // namespace kubarium::scheduler
