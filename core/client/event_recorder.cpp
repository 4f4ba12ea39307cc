#include "core/client/event_recorder.h"

#include "core/api/json_read.h"
#include "core/base/log.h"

#include <boost/json.hpp>
#include <fmt/format.h>

#include <algorithm>

namespace kubarium::client {

using namespace std::chrono_literals;

namespace {

// client-go/tools/record/events_cache.go
constexpr std::size_t mostRemembered = 4096;
constexpr std::size_t similarBeforeAggregation = 10;
constexpr Duration similarWithin = 10min;
constexpr int mostUnderWay = 64;
constexpr double burst = 25;
constexpr double perSecond = 1.0 / 300;

std::string keyOfObject(const json::object& regarding) {
    std::string key;
    for (const auto* field : {"kind", "namespace", "name", "uid", "apiVersion", "fieldPath"}) {
        if (const auto* value = regarding.if_contains(field); value && value->is_string()) key.append(std::string_view(value->get_string()));
        key += '/';
    }
    return key;
}

}  // namespace

EventRecorder::EventRecorder(Client& client, Clock& clock, std::string component, std::string host)
    : client_(client), clock_(clock), component_(std::move(component)), host_(std::move(host)) {}

EventRecorder::~EventRecorder() { *alive_ = false; }

void EventRecorder::record(const api::Object& regarding, std::string type, std::string reason, std::string message, std::string fieldPath) {
    json::object reference{{"kind", regarding.kind()}, {"apiVersion", regarding.apiVersion()}, {"name", regarding.name()}, {"uid", regarding.uid()}};
    if (!regarding.nameSpace().empty()) reference["namespace"] = regarding.nameSpace();
    if (!regarding.resourceVersion().empty()) reference["resourceVersion"] = regarding.resourceVersion();
    if (!fieldPath.empty()) reference["fieldPath"] = fieldPath;
    record(std::move(reference), std::move(type), std::move(reason), std::move(message));
}

bool EventRecorder::allowed(const std::string& sourceKey) {
    const auto now = clock_.now();
    auto [it, fresh] = budgets_.try_emplace(sourceKey, Budget{burst, now});
    auto& budget = it->second;
    const auto passed = std::chrono::duration<double>(now - budget.refilled).count();
    budget.tokens = std::min(burst, budget.tokens + passed * perSecond);
    budget.refilled = now;
    if (budgets_.size() > mostRemembered) budgets_.clear();
    else if (budget.tokens < 1) return false;
    else budget.tokens -= 1;
    return true;
}

void EventRecorder::record(json::object regarding, std::string type, std::string reason, std::string message) {
    const auto now = clock_.now();
    const auto object = keyOfObject(regarding);
    const auto similar = object + "|" + type + "|" + reason;
    auto& aggregate = aggregates_[similar];
    if (now - aggregate.last > similarWithin) aggregate.messages.clear();
    aggregate.last = now;
    aggregate.messages.insert(message);
    std::string identity = similar + "|" + message;
    if (aggregate.messages.size() >= similarBeforeAggregation) {
        message = "(combined from similar events): " + message;
        identity = similar;
        // The set only has to know that there are too many.
        while (aggregate.messages.size() > similarBeforeAggregation) aggregate.messages.erase(aggregate.messages.begin());
    }
    if (aggregates_.size() > mostRemembered) aggregates_.clear();
    if (!allowed(object)) return;

    const auto stamp = formatTime(now);
    if (const auto it = written_.find(identity); it != written_.end()) {
        auto& known = it->second;
        ++known.count;
        known.last = stamp;
        known.message = message;
        if (known.busy)
            known.behind = true;
        else
            enqueue(identity);
        return;
    }
    auto nameSpace = api::textCopyAt(regarding, "namespace");
    if (nameSpace.empty()) nameSpace = "default";
    Written fresh;
    fresh.name = fmt::format("{}.{:x}", api::textCopyAt(regarding, "name"), now.time_since_epoch().count());
    fresh.nameSpace = std::move(nameSpace);
    fresh.regarding = std::move(regarding);
    fresh.type = std::move(type);
    fresh.reason = std::move(reason);
    fresh.message = std::move(message);
    fresh.first = fresh.last = stamp;
    fresh.count = 1;
    written_.emplace(identity, std::move(fresh));
    writtenOrder_.push_back(identity);
    forgetOldest();
    enqueue(identity);
}

json::object EventRecorder::eventOf(const Written& written) const {
    json::object source{{"component", component_}};
    if (!host_.empty()) source["host"] = host_;
    return {{"apiVersion", "v1"},
            {"kind", "Event"},
            {"metadata", json::object{{"name", written.name}, {"namespace", written.nameSpace}}},
            {"involvedObject", written.regarding},
            {"reason", written.reason},
            {"message", written.message},
            {"source", std::move(source)},
            {"firstTimestamp", written.first},
            {"lastTimestamp", written.last},
            {"count", written.count},
            {"type", written.type},
            {"eventTime", nullptr},
            {"reportingComponent", component_},
            {"reportingInstance", host_}};
}

// Not those that wait: what was recorded is written.
void EventRecorder::forgetOldest() {
    while (written_.size() > mostRemembered && !written_.at(writtenOrder_.front()).busy) {
        written_.erase(writtenOrder_.front());
        writtenOrder_.pop_front();
    }
}

void EventRecorder::enqueue(const std::string& key) {
    written_.at(key).busy = true;
    waiting_.push_back(key);
    sendNext();
}

void EventRecorder::sendNext() {
    while (underWay_ < limit_ && !waiting_.empty()) {
        const auto key = std::move(waiting_.front());
        waiting_.pop_front();
        ++underWay_;
        if (written_.at(key).exists)
            sendCount(key);
        else
            create(key);
    }
}

// It is written as far as it was known when it was sent.
void EventRecorder::settle(const std::string& key) {
    auto& known = written_.at(key);
    --underWay_;
    known.busy = false;
    if (std::exchange(known.behind, false)) enqueue(key);
    else sendNext();
}

// The revisions tell whether others have written since the last Event. More go at once only after all that were under way,
// and as many again, were alone.
void EventRecorder::pace(const api::Object& written) {
    if (written.revision() > lastRevision_ + 1) {
        limit_ = std::max(1, limit_ / 2);
        alone_ = 0;
    } else if (++alone_ >= 2 * limit_) {
        limit_ = std::min(mostUnderWay, 2 * limit_);
        alone_ = 0;
    }
    lastRevision_ = std::max(lastRevision_, written.revision());
}

void EventRecorder::create(const std::string& key) {
    auto& known = written_.at(key);
    known.behind = false;
    client_.create(api::resources::events, known.nameSpace, eventOf(known), {}, [this, alive = alive_, key](Result<ObjectPtr> created) {
        if (!*alive) return;
        auto& fresh = written_.at(key);
        if (!created && created.error().reason == Reason::AlreadyExists) {
            // Two Events about one object within a clock's tick: the next instant is free.
            const auto dot = fresh.name.rfind('.') + 1;
            fresh.name = fmt::format("{}{:x}", fresh.name.substr(0, dot), std::stoull(fresh.name.substr(dot), nullptr, 16) + 1);
            return create(key);
        }
        fresh.exists = created.has_value();
        if (created) {
            pace(**created);
            return settle(key);
        }
        logDebug("events", "{}: {}", component_, created.error().message);
        // Forgotten, so that the next one tries again under a new name.
        --underWay_;
        writtenOrder_.remove(key);
        written_.erase(key);
        sendNext();
    });
}

void EventRecorder::sendCount(const std::string& key) {
    auto& known = written_.at(key);
    known.behind = false;
    json::object changes{{"count", known.count}, {"lastTimestamp", known.last}, {"message", known.message}};
    client_.patch(api::resources::events, known.nameSpace, known.name, PatchType::Merge, json::value(std::move(changes)), {}, [this, alive = alive_, key](Result<ObjectPtr> patched) {
        if (!*alive) return;
        if (!patched && patched.error().reason == Reason::NotFound) {
            // It has expired or was deleted: write it anew.
            written_.at(key).exists = false;
            return create(key);
        }
        if (patched) pace(**patched);
        else logDebug("events", "{}: {}", component_, patched.error().message);
        settle(key);
    });
}

}  // namespace kubarium::client
