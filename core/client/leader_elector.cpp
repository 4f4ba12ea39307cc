#include "core/client/leader_elector.h"

#include "core/base/log.h"

#include <boost/json.hpp>

#include <algorithm>

namespace kubarium::client {

namespace {

std::string holderOf(const ObjectPtr& lease) { return lease ? std::string(lease->string({"spec", "holderIdentity"})) : std::string(); }

std::int64_t numberAt(const ObjectPtr& lease, std::string_view field) {
    const auto* value = lease ? lease->find({"spec", field}) : nullptr;
    return value && value->is_int64() ? value->get_int64() : 0;
}

}  // namespace

LeaderElector::LeaderElector(Client& client, Clock& clock, Random& random, LeaseSettings settings, Callbacks callbacks)
    : client_(client), clock_(clock), random_(random), settings_(std::move(settings)), callbacks_(std::move(callbacks)) {}

LeaderElector::~LeaderElector() { *alive_ = false; }

void LeaderElector::attempt() {
    if (stopped_) return;
    client_.get(api::resources::leases, settings_.nameSpace, settings_.name, [this, alive = alive_](Result<ObjectPtr> found) {
        if (*alive && !stopped_) take(std::move(found));
    });
}

// A candidate comes back at uneven times, so that many do not come at once.
void LeaderElector::attemptLater() {
    if (leading_ && clock_.monotonic() - renewedAt_ >= settings_.renewDeadline) {
        leading_ = false;
        stopped_ = true;
        logError("leaderelection", "{} could not renew the lease {}/{} in time", settings_.identity, settings_.nameSpace, settings_.name);
        if (callbacks_.onLost) callbacks_.onLost();
        return;
    }
    auto wait = std::chrono::duration_cast<Duration>(settings_.retryPeriod);
    if (!leading_) wait += Duration(static_cast<Duration::rep>(static_cast<double>(wait.count()) * 1.2 * static_cast<double>(random_.below(1000)) / 1000));
    retry_ = clock_.afterReal(wait, [this] { attempt(); });
}

json::object LeaderElector::record(const ObjectPtr& before, const std::string& holder) const {
    const auto now = formatMicroTime(clock_.now());
    const bool kept = holderOf(before) == holder;
    json::object spec{{"holderIdentity", holder}, {"leaseDurationSeconds", std::max<std::int64_t>(1, holder.empty() ? 1 : settings_.leaseDuration.count() / 1000)}, {"renewTime", now}};
    spec["acquireTime"] = kept && before->find({"spec", "acquireTime"}) ? *before->find({"spec", "acquireTime"}) : json::value(now);
    spec["leaseTransitions"] = numberAt(before, "leaseTransitions") + (before && !kept && !holder.empty() ? 1 : 0);
    return spec;
}

void LeaderElector::observe(const ObjectPtr& lease) {
    const auto holderBefore = holderOf(observed_);
    const auto* spec = lease->find({"spec"});
    const auto text = spec ? json::serialize(*spec) : std::string();
    if (!observed_ || text != observedRecord_) {
        observedRecord_ = text;
        observedAt_ = clock_.monotonic();
    }
    const bool news = !observed_ || holderOf(lease) != holderBefore;
    observed_ = lease;
    if (news && callbacks_.onObserved) callbacks_.onObserved(holderOf(lease));
}

void LeaderElector::take(Result<ObjectPtr> found) {
    if (!found && found.error().reason != Reason::NotFound) {
        logWarn("leaderelection", "lease {}/{} not read: {}", settings_.nameSpace, settings_.name, found.error().message);
        return attemptLater();
    }
    const auto reply = [this, alive = alive_](Result<ObjectPtr> lease) {
        if (*alive && !stopped_) written(std::move(lease));
    };
    if (!found) {
        json::object lease{{"apiVersion", "coordination.k8s.io/v1"}, {"kind", "Lease"}, {"metadata", {{"name", settings_.name}, {"namespace", settings_.nameSpace}}}, {"spec", record(nullptr, settings_.identity)}};
        return client_.create(api::resources::leases, settings_.nameSpace, std::move(lease), {}, reply);
    }
    observe(*found);
    const auto holder = holderOf(*found);
    const auto held = std::chrono::seconds(numberAt(*found, "leaseDurationSeconds"));
    // Another's lease holds from when this one saw it renewed: clocks of machines need not agree.
    if (!holder.empty() && holder != settings_.identity && clock_.monotonic() - observedAt_ < held) {
        if (leading_) {
            leading_ = false;
            stopped_ = true;
            if (callbacks_.onLost) callbacks_.onLost();
            return;
        }
        return attemptLater();
    }
    auto lease = (*found)->tree();
    lease["spec"] = record(*found, settings_.identity);
    client_.update(api::resources::leases, settings_.nameSpace, settings_.name, std::move(lease), {}, reply);
}

void LeaderElector::written(Result<ObjectPtr> lease) {
    if (!lease) {
        logDebug("leaderelection", "lease {}/{} not written: {}", settings_.nameSpace, settings_.name, lease.error().message);
        return attemptLater();
    }
    observe(*lease);
    renewedAt_ = clock_.monotonic();
    if (!std::exchange(leading_, true) && callbacks_.onLeading) callbacks_.onLeading();
    attemptLater();
}

void LeaderElector::release(std::function<void()> done) {
    stopped_ = true;
    retry_.reset();
    if (!std::exchange(leading_, false)) return done();
    giveUp(std::move(done), 3);
}

// A renewal may still be under way and win: then it is read again.
void LeaderElector::giveUp(std::function<void()> done, int tries) {
    client_.get(api::resources::leases, settings_.nameSpace, settings_.name, [this, alive = alive_, done = std::move(done), tries](Result<ObjectPtr> found) {
        if (!*alive) return;
        if (!found || holderOf(*found) != settings_.identity) return done();
        auto lease = (*found)->tree();
        lease["spec"] = record(*found, "");
        client_.update(api::resources::leases, settings_.nameSpace, settings_.name, std::move(lease), {}, [this, alive, done, tries](Result<ObjectPtr> written) {
            if (*alive && !written && written.error().reason == Reason::Conflict && tries > 1) giveUp(done, tries - 1);
            else done();
        });
    });
}

}  // namespace kubarium::client
