#include "ui/bridge/node_leases.h"

#include "ui/model/pod_state.h"

#include <algorithm>

namespace kubarium::bridge {

using model::Kind;
using model::ObjectPtr;
using namespace std::chrono_literals;

namespace {

constexpr const char* nameSpace = "kube-node-lease";

}  // namespace

NodeLeases::NodeLeases(client::Client& client, Clock& clock, const model::ClusterObjects& cluster, const model::ClusterTimes& times, Changed changed)
    : client_(client), clock_(clock), cluster_(cluster), times_(times), changed_(std::move(changed)) {}

NodeLeases::~NodeLeases() {
    if (alive_) *alive_ = false;
}

std::unique_ptr<client::Informer> NodeLeases::informer(const std::string& fieldSelector) {
    return std::make_unique<client::Informer>(client_, clock_, model::resourceOf(Kind::Lease), nameSpace, fieldSelector);
}

void NodeLeases::onNodes() {
    const bool few = cluster_.all(Kind::Node).size() <= watchedNodes;
    if (few && !watch_) watchAll();
    if (!few && !alive_) listSometimes();
}

void NodeLeases::watchAll() {
    if (alive_) *std::exchange(alive_, nullptr) = false;
    timer_.reset();
    shownWatch_.reset();
    for (const auto& [key, lease] : std::exchange(kept_, {})) changed_(lease, nullptr);
    watch_ = informer({});
    watch_->addHandler({[this](const ObjectPtr& added) { changed_(nullptr, added); }, changed_, [this](const ObjectPtr& last) { changed_(last, nullptr); }});
    watch_->start();
}

void NodeLeases::listSometimes() {
    alive_ = std::make_shared<bool>(true);
    if (const auto watch = std::exchange(watch_, nullptr))
        for (const auto& [key, lease] : watch->all()) changed_(lease, nullptr);
    listed_ = anyLate_ = false;
    watchShown();
    list();
}

void NodeLeases::setShown(const std::string& node) {
    if (std::exchange(shown_, node) == node || !alive_) return;
    watchShown();
}

void NodeLeases::watchShown() {
    if (const auto watch = std::exchange(shownWatch_, nullptr))
        for (const auto& [key, lease] : watch->all())
            if (kept_.erase(key) > 0) changed_(lease, nullptr);
    if (shown_.empty()) return;
    shownWatch_ = informer("metadata.name=" + shown_);
    const auto keep = [this](const ObjectPtr& lease) {
        auto& slot = kept_[lease->key()];
        changed_(std::exchange(slot, lease), lease);
    };
    shownWatch_->addHandler({keep, [keep](const ObjectPtr&, const ObjectPtr& renewed) { keep(renewed); },
                             [this](const ObjectPtr& last) {
                                 if (kept_.erase(last->key()) > 0) changed_(last, nullptr);
                             }});
    shownWatch_->start();
}

void NodeLeases::list() {
    client_.list(model::resourceOf(Kind::Lease), nameSpace, {}, [this, alive = alive_](Result<client::ObjectList> leases) {
        if (!*alive) return;
        if (leases) take(leases->items);
        timer_ = clock_.afterReal(period(), [this] { list(); });
    });
}

// Whether a Lease is late can be said of this moment only: by the next it may have been renewed unseen.
void NodeLeases::take(const std::vector<ObjectPtr>& leases) {
    model::Objects late;
    for (const auto& lease : leases) {
        const auto renewed = lease->string({"spec", "renewTime"});
        if (renewed.empty() || times_.now() - times_.at(renewed) <= model::leaseLateSeconds) continue;
        const auto node = cluster_.get(Kind::Node, std::string(lease->name()));
        if (node && model::conditionIsTrue(*node, "Ready")) late.emplace(lease->key(), lease);
    }
    anyLate_ = !late.empty();
    listed_ = true;
    const auto shown = std::string(nameSpace) + "/" + shown_;
    for (auto it = kept_.begin(); it != kept_.end();) {
        const auto last = it->second;
        if (it->first == shown || late.contains(it->first)) {
            ++it;
            continue;
        }
        it = kept_.erase(it);
        changed_(last, nullptr);
    }
    for (auto& [key, lease] : late) {
        if (shownWatch_ && key == shown) continue;
        auto& slot = kept_[key];
        if (const auto before = std::exchange(slot, lease); !before || before->resourceVersion() != lease->resourceVersion()) changed_(before, lease);
    }
}

// Soon enough to see most of a fuse: the kubelets renew every ten seconds of the cluster.
Duration NodeLeases::period() const {
    if (anyLate_) return 2s;
    return std::clamp(std::chrono::duration_cast<Duration>(5s / clock_.rate()), Duration(2s), Duration(5s));
}

}  // namespace kubarium::bridge
