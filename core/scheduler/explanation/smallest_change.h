// What would have to be different for a Pod to be schedulable: the mildest edits of the Pod, of Nodes or of other Pods.
//
// A search, cheapest first, over (Node, edits): what a Node's filter plugins object to gives the edits to try, and every set of
// edits is tried by running the real PreFilter and Filter plugins on the edited snapshot and Pod. What is offered has passed them
// and has no edit too many; moves of other Pods have been tried as well. When half of the time is over and nothing is found yet, what
// is nearest to an answer comes first; when all of it is over, what has been found is the answer (if that is nothing at all, it goes on
// for as long again at most). Pure but for the caller's clock.
#pragma once

#include "core/scheduler/explanation/edit.h"

namespace kubarium::scheduler {

struct SearchLimits {
    std::function<double()> spent;  // the share of the time that is over, 1: all of it; none: no limit of time
    std::size_t mostAlternatives = 6;
    std::size_t mostTrials = 5000;  // runs of the filters
    std::size_t mostEdits = 5;      // in one alternative
};

// Edits that, together, make the Pod fit on `node`.
struct Alternative {
    std::string node;
    Edits edits;
};

struct SmallestChanges {
    std::vector<std::string> fits;          // Nodes where it fits as things are; then there are no alternatives
    std::vector<Alternative> alternatives;  // the mildest first; a Node to be added last
    bool stoppedEarly = false;              // there may be more, or milder ones
    std::size_t trials = 0;
    Status preFilter;                       // where no Node was looked at: why
};

// `targetNode`: only that one; "" for any. A Pod that is placed is looked at as if it still waited.
SmallestChanges smallestChanges(const Snapshot& snapshot, const PodInfoPtr& pod, const Profile& profile, const std::string& targetNode, const SearchLimits& limits);

// limits.spent for so many seconds from now on the machine's clock.
std::function<double()> spentOf(double seconds);

}  // namespace kubarium::scheduler
