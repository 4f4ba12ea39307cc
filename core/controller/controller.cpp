#include "core/controller/controller.h"

#include <algorithm>

namespace kubarium::controller {

Controller::Controller(ControllerContext context, std::string name, const std::string& component)
    : context_(context), calls_(context.client), events_(context.client, context.clock, component), name_(std::move(name)) {}

Controller::~Controller() { *alive_ = false; }

client::WorkQueue& Controller::addQueue(Reconcile reconcile, int workers) {
    auto handler = [this, reconcile = std::move(reconcile)](const std::string& key, client::WorkQueue::Done done) {
        spawn<Result<void>>(alive_, reconcile(key), std::move(done));
    };
    queues_.push_back(std::make_unique<client::WorkQueue>(context_.executor, context_.clock, std::move(handler), workers));
    queues_.back()->setPaused(true);
    return *queues_.back();
}

void Controller::setPaused(bool paused) {
    for (const auto& queue : queues_) queue->setPaused(paused);
}

bool Controller::step() {
    for (const auto& queue : queues_)
        if (queue->size() > 0) {
            queue->step();
            return true;
        }
    return false;
}

bool Controller::idle() const {
    return std::ranges::all_of(queues_, [](const auto& queue) { return queue->idle(); });
}

}  // namespace kubarium::controller
