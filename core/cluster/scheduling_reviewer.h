// Answers SchedulingReviews about the cluster as its scheduler sees it now. Engine thread only.
#pragma once

#include "core/client/informer.h"
#include "core/scheduler/explanation/scheduling_review.h"
#include "core/scheduler/scheduler.h"

namespace kubarium::cluster {

inline const api::GroupVersionResource schedulingReviews{"kubarium.dev", "v1alpha1", "schedulingreviews"};

class SchedulingReviewer {
public:
    // Before the informers start: PriorityClasses are followed too. Everything must live as long as this is asked.
    SchedulingReviewer(scheduler::Scheduler& scheduler, client::InformerFactory& informers);

    // The review with its status.
    Result<boost::json::object> answer(boost::json::object review);

private:
    scheduler::Scheduler& scheduler_;
    client::InformerFactory& informers_;
};

}  // namespace kubarium::cluster
