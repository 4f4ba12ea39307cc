// Which Pods are one to the scheduler: those of one template, as a rule.
#pragma once

#include "core/scheduler/pod_info.h"

#include <string>

namespace kubarium::scheduler {

// Everything that filters and scores read of a pending Pod, as one text: two Pods with the same key get the same verdicts from the
// same snapshot. "" where what is read cannot be told from the Pod alone (claims, disks that one Pod at a time may use, a resize).
// Names, uids and volumes such as the projected token of a service account, which differ from Pod to Pod, are not part of it.
std::string equivalenceKey(const PodInfo& pod);

// equivalenceKey(), which does not write the same key again for one Pod of a template after the other.
class EquivalenceKeys {
public:
    // Valid until the next call.
    const std::string& of(const PodInfo& pod);

private:
    std::shared_ptr<const void> likeness_;  // of the Pod that the key is of
    std::string key_;
};

}  // namespace kubarium::scheduler
