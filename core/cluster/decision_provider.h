// Serves the scheduler's ring of decisions as SchedulingDecision objects. The full story of a decision is told when somebody asks.
// Engine thread only.
#pragma once

#include "core/apiserver/resource_provider.h"
#include "core/scheduler/scheduler.h"

#include <set>

namespace kubarium::cluster {

class DecisionProvider final : public apiserver::ResourceProvider {
public:
    // The ring must live as long as this is asked anything.
    DecisionProvider(Executor& executor, scheduler::DecisionRing& ring);
    ~DecisionProvider() override { *alive_ = false; }

    const api::GroupVersionResource& resource() const override { return api::resources::schedulingDecisions; }
    api::ObjectPtr get(const std::string& nameSpace, const std::string& name) override;
    apiserver::ProvidedList list(const std::string& nameSpace) override;
    std::unique_ptr<client::Watch> watch(const std::string& nameSpace, std::uint64_t since, std::function<void(client::WatchEvent)> handler) override;

private:
    struct Watcher {
        std::string nameSpace;
        std::function<void(client::WatchEvent)> handler;
    };
    struct Handle;
    api::ObjectPtr summary(const scheduler::DecisionRecord& record);
    void onChange(const scheduler::DecisionRing::Change& change);

    Executor& executor_;
    scheduler::DecisionRing& ring_;
    std::vector<std::weak_ptr<Watcher>> watchers_;
    std::map<std::uint64_t, api::ObjectPtr> summaries_;  // by revision
    api::ObjectPtr opened_;                              // the one that was told in full last: it is asked for again and again
    std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace kubarium::cluster
