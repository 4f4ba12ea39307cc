#include "core/cluster/scheduling_reviewer.h"

#include <boost/json.hpp>

namespace kubarium::cluster {

namespace resources = api::resources;

SchedulingReviewer::SchedulingReviewer(Executor& executor, scheduler::Scheduler& scheduler, client::InformerFactory& informers)
    : scheduler_(scheduler), informers_(informers), background_(executor) {
    informers_.informer(resources::priorityClasses);
}

void SchedulingReviewer::answer(boost::json::object review, apiserver::ReviewReply reply) {
    const auto* given = review.if_contains("spec");
    auto spec = given && given->is_object() ? given->get_object() : boost::json::object();
    // What the other thread needs of the informers' caches, which are this thread's.
    const auto [nameSpace, name] = scheduler::reviewedPod(spec);
    scheduler::ReviewedCluster cluster{scheduler_.snapshot(), scheduler_.configuration(), informers_.informer(resources::pods).get(nameSpace + "/" + name),
                                       informers_.informer(resources::priorityClasses).all(), {}};
    background_.run([review = std::move(review), spec = std::move(spec), cluster = std::move(cluster), stopped = stopped_, reply = std::move(reply)]() mutable -> Task {
        cluster.givesUp = [stopped, until = std::chrono::steady_clock::now() + mostSeconds] { return *stopped || std::chrono::steady_clock::now() > until; };
        auto status = scheduler::answerSchedulingReview(spec, cluster);
        if (status) review["status"] = std::move(*status);
        return [reply = std::move(reply), answered = status ? Result<boost::json::object>(std::move(review)) : Result<boost::json::object>(std::move(status.error()))]() mutable {
            reply(std::move(answered));
        };
    });
}

}  // namespace kubarium::cluster
