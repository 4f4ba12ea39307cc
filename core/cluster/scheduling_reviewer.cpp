#include "core/cluster/scheduling_reviewer.h"

#include <boost/json.hpp>

namespace kubarium::cluster {

namespace resources = api::resources;

SchedulingReviewer::SchedulingReviewer(scheduler::Scheduler& scheduler, client::InformerFactory& informers) : scheduler_(scheduler), informers_(informers) {
    informers_.informer(resources::priorityClasses);
}

Result<boost::json::object> SchedulingReviewer::answer(boost::json::object review) {
    const scheduler::ReviewedCluster cluster{scheduler_.snapshot(), scheduler_.configuration(),
                                             [this](std::string_view nameSpace, std::string_view name) { return informers_.informer(resources::pods).get(std::string(nameSpace) + "/" + std::string(name)); },
                                             informers_.informer(resources::priorityClasses).all()};
    const auto* spec = review.if_contains("spec");
    review["status"] = TRY(scheduler::answerSchedulingReview(spec && spec->is_object() ? spec->get_object() : boost::json::object(), cluster));
    return review;
}

}  // namespace kubarium::cluster
