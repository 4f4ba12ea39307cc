// The requests of a PodSpec, lowered until their sum (as the scheduler counts it) is not above a target.
#pragma once

#include "core/scheduler/pod_info.h"

namespace kubarium::scheduler {

struct RequestChange {
    std::string container;  // "" is the Pod as a whole (spec.resources)
    std::string from, to;   // quantities
};

// Edits `podSpec` and says what it changed. Nothing if it cannot be done with requests above zero. `target` is in millicores for
// cpu, in bytes or pieces for everything else. Where a request must equal its limit (extended resources), the limit follows.
std::vector<RequestChange> lowerRequests(json::object& podSpec, const std::string& resource, std::int64_t target);

// "500m", "256Mi", "2": rounded down to what people write.
std::string amountOf(const std::string& resource, std::int64_t amount);

}  // namespace kubarium::scheduler
