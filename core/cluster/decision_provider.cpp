#include "core/cluster/decision_provider.h"

#include "core/scheduler/explanation/change_report.h"

#include <boost/json.hpp>

#include <algorithm>

namespace kubarium::cluster {

struct DecisionProvider::Handle final : client::Watch {
    explicit Handle(std::shared_ptr<Watcher> owned) : watcher(std::move(owned)) {}
    std::shared_ptr<Watcher> watcher;
};

namespace {

// Any thread: a record does not change any more.
api::ObjectPtr tell(const scheduler::DecisionRecord& record) {
    auto report = scheduler::reportDecision(record, scheduler::Detail::Full);
    auto& status = report.at("status").as_object();
    // With a nomination its room is being made: nothing has to change.
    if (record.result == "Unschedulable" && !status.contains("nominatedNode"))
        if (const auto* profile = record.configuration->find(record.schedulerName)) status["smallestChanges"] = scheduler::findChanges(*record.snapshot, record.pod, *profile);
    return api::Object::make(std::move(report));
}

}  // namespace

DecisionProvider::DecisionProvider(Executor& executor, scheduler::DecisionRing& ring) : executor_(executor), ring_(ring), background_(executor) {
    ring_.onChange = [this, alive = alive_](const auto& change) {
        if (*alive) onChange(change);
    };
}

api::ObjectPtr DecisionProvider::summary(const scheduler::DecisionRecord& record) {
    auto& known = summaries_[record.revision];
    if (!known) known = api::Object::make(scheduler::reportDecision(record, scheduler::Detail::Summary));
    const auto result = known;
    constexpr std::size_t kept = 2 * scheduler::DecisionRing::capacity;
    while (summaries_.size() > kept) summaries_.erase(summaries_.begin());
    return result;
}

void DecisionProvider::get(const std::string& nameSpace, const std::string& name, Reply reply) {
    auto record = ring_.find(nameSpace, name);
    if (!record) return reply(nullptr);
    const auto revision = record->revision;
    if (opened_ && opened_->revision() == revision) return reply(opened_);
    auto& waiting = asked_[revision];
    waiting.push_back(std::move(reply));
    if (waiting.size() > 1) return;
    background_.run([this, revision, record = std::move(record)]() -> Task {
        return [this, revision, told = tell(*record)] {
            opened_ = told;
            auto replies = std::move(asked_.extract(revision).mapped());
            for (auto& each : replies) each(told);
        };
    });
}

apiserver::ProvidedList DecisionProvider::list(const std::string& nameSpace) {
    apiserver::ProvidedList listed;
    listed.revision = ring_.revision();
    for (const auto& record : ring_.all())
        if (nameSpace.empty() || record->pod->nameSpace == nameSpace) listed.items.push_back(summary(*record));
    std::ranges::sort(listed.items, {}, [](const auto& object) { return object->key(); });
    return listed;
}

std::unique_ptr<client::Watch> DecisionProvider::watch(const std::string& nameSpace, std::uint64_t since, std::function<void(client::WatchEvent)> handler) {
    auto watcher = std::make_shared<Watcher>(Watcher{nameSpace, std::move(handler)});
    watchers_.push_back(watcher);
    for (const auto& record : ring_.all()) {
        if (record->revision <= since || (!nameSpace.empty() && record->pod->nameSpace != nameSpace)) continue;
        executor_.post([weak = std::weak_ptr(watcher), object = summary(*record)] {
            if (const auto alive = weak.lock()) alive->handler({client::WatchEventType::Added, object, {}});
        });
    }
    return std::make_unique<Handle>(std::move(watcher));
}

void DecisionProvider::onChange(const scheduler::DecisionRing::Change& change) {
    std::erase_if(watchers_, [](const auto& weak) { return weak.expired(); });
    api::ObjectPtr object;
    for (const auto& weak : watchers_) {
        const auto watcher = weak.lock();
        if (!watcher->nameSpace.empty() && watcher->nameSpace != change.record->pod->nameSpace) continue;
        if (!object) object = summary(*change.record);
        executor_.post([weak, type = change.type, object] {
            if (const auto alive = weak.lock()) alive->handler({type, object, {}});
        });
    }
}

}  // namespace kubarium::cluster
