// Answers SchedulingReviews about the cluster as its scheduler sees it now; the answer is worked out off the engine thread, and given
// up after mostSeconds. Engine thread only.
#pragma once

#include "core/apiserver/resource_provider.h"
#include "core/client/informer.h"
#include "core/cluster/background.h"
#include "core/scheduler/explanation/scheduling_review.h"
#include "core/scheduler/scheduler.h"

#include <atomic>

namespace kubarium::cluster {

inline const api::GroupVersionResource schedulingReviews{"kubarium.dev", "v1alpha1", "schedulingreviews"};

class SchedulingReviewer {
public:
    // Before the informers start: PriorityClasses are followed too. Everything must live as long as this is asked.
    SchedulingReviewer(Executor& executor, scheduler::Scheduler& scheduler, client::InformerFactory& informers);
    ~SchedulingReviewer() { *stopped_ = true; }

    static constexpr std::chrono::seconds mostSeconds{30};

    // The review with its status.
    void answer(boost::json::object review, apiserver::ReviewReply reply);

private:
    scheduler::Scheduler& scheduler_;
    client::InformerFactory& informers_;
    Background background_;
    std::shared_ptr<std::atomic<bool>> stopped_ = std::make_shared<std::atomic<bool>>(false);
};

}  // namespace kubarium::cluster
