// Serves the scheduler's ring of decisions as SchedulingDecision objects. The full story of a decision is told when somebody asks; it
// is worked out off the engine thread. Engine thread only.
#pragma once

#include "core/apiserver/resource_provider.h"
#include "core/cluster/background.h"
#include "core/scheduler/scheduler.h"

#include <set>

namespace kubarium::cluster {

class DecisionProvider final : public apiserver::ResourceProvider {
public:
    // The ring must live as long as this is asked anything.
    DecisionProvider(Executor& executor, scheduler::DecisionRing& ring);
    ~DecisionProvider() override { *alive_ = false; }
    using Reply = std::move_only_function<void(api::ObjectPtr)>;

    const api::GroupVersionResource& resource() const override { return api::resources::schedulingDecisions; }
    void get(const std::string& nameSpace, const std::string& name, Reply reply) override;
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
    std::map<std::uint64_t, std::vector<Reply>> asked_;  // by revision: being worked out
    Background background_;
    std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace kubarium::cluster
