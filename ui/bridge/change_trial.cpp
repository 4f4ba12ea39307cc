#include "ui/bridge/change_trial.h"

#include "core/api/schema.h"
#include "ui/bridge/cluster_actions.h"

#include <QCoreApplication>

namespace kubarium::bridge {

namespace json = boost::json;
using namespace std::chrono_literals;

namespace {

constexpr int goneAttempts = 200;  // of goneInterval each: a Pod's grace and some more
constexpr auto goneInterval = 200ms;

client::WriteOptions options(bool dryRun) {
    client::WriteOptions result;
    result.fieldManager = "kubarium-desktop";
    result.dryRun = dryRun;
    return result;
}

// Whoever places it anew decides where.
json::object unplaced(json::object tree) {
    if (auto* spec = tree.if_contains("spec"); spec && spec->is_object()) spec->get_object().erase("nodeName");
    return tree;
}

bool isOwned(const api::Object& object) { return !model::controllerOf(object).name.isEmpty(); }

}  // namespace

bool ChangeTrial::isPossible(const json::array& operations) {
    if (operations.empty()) return false;
    for (const auto& operation : operations) {
        const auto verb = api::stringAt(operation, {"verb"});
        if (verb != "Patch" && verb != "Delete" && verb != "Create" && verb != "Recreate") return false;
    }
    return true;
}

void ChangeTrial::start(ClusterLink& link, const json::array& operations, Reply reply) {
    auto trial = std::shared_ptr<ChangeTrial>(new ChangeTrial(link, std::move(reply)));
    for (const auto& operation : operations) {
        const auto [group, version] = api::splitApiVersion(api::stringAt(operation, {"target", "apiVersion"}));
        const auto* resource = api::Schema::builtin().findKind({group, version, std::string(api::stringAt(operation, {"target", "kind"}))});
        if (!resource) return trial->finish(QCoreApplication::translate("ChangeTrial", "This change is about a kind that this window does not know."));
        Step step{model::at(operation, {"verb"}), resource->id, std::string(api::stringAt(operation, {"target", "namespace"})), std::string(api::stringAt(operation, {"target", "name"})), {}, {}, {}};
        if (const auto* patch = api::findPath(operation, {"patch"})) step.patch = *patch;
        if (const auto* manifest = api::findPath(operation, {"manifest"})) step.manifest = *manifest;
        trial->steps_.push_back(std::move(step));
    }
    trial->run(Pass::Read, 0);
}

void ChangeTrial::run(Pass pass, std::size_t at) {
    if (!*linkAlive_) return;
    if (at == steps_.size()) {
        if (pass == Pass::Write) return finish({});
        return run(pass == Pass::Read ? Pass::DryRun : Pass::Write, 0);
    }
    if (pass == Pass::Read) return read(at);
    write(steps_[at], pass == Pass::DryRun, [self = shared_from_this(), pass, at](Result<void> done) {
        if (!*self->linkAlive_) return;
        if (!done) return self->finish(model::text(done.error().message));
        self->steps_[at].written = pass == Pass::Write;
        self->run(pass, at + 1);
    });
}

void ChangeTrial::read(std::size_t at) {
    auto& step = steps_[at];
    if (step.verb == QLatin1String("Create")) return run(Pass::Read, at + 1);
    client_.get(step.resource, step.nameSpace, step.name, [self = shared_from_this(), at](Result<client::ObjectPtr> found) {
        if (!*self->linkAlive_) return;
        if (!found) return self->finish(model::text(found.error().message));
        self->steps_[at].before = *found;
        self->run(Pass::Read, at + 1);
    });
}

void ChangeTrial::write(const Step& step, bool dryRun, std::function<void(Result<void>)> then) {
    const auto reply = [then](Result<client::ObjectPtr> answer) { then(answer ? Result<void>() : Result<void>(answer.error())); };
    if (step.verb == QLatin1String("Patch")) return client_.patch(step.resource, step.nameSpace, step.name, client::PatchType::Json, step.patch, options(dryRun), reply);
    if (step.verb == QLatin1String("Delete")) {
        client::DeleteOptions deletion;
        deletion.dryRun = dryRun;
        return client_.remove(step.resource, step.nameSpace, step.name, deletion, [then](Result<json::value> answer) { then(answer ? Result<void>() : Result<void>(answer.error())); });
    }
    auto body = step.manifest.is_object() ? step.manifest.get_object() : json::object{};
    if (step.verb == QLatin1String("Create")) return client_.create(step.resource, step.nameSpace, std::move(body), options(dryRun), reply);
    if (!dryRun) return recreate(step, std::move(then));
    // The name is still taken: another one shows as well whether the server would have it.
    auto& metadata = body["metadata"].is_object() ? body["metadata"].get_object() : body["metadata"].emplace_object();
    metadata.erase("name");
    metadata["generateName"] = "try-";
    client_.create(step.resource, step.nameSpace, std::move(body), options(true), reply);
}

void ChangeTrial::recreate(const Step& step, std::function<void(Result<void>)> then) {
    client::DeleteOptions deletion;
    // What no Node has needs no grace.
    if (step.before && step.before->string({"spec", "nodeName"}).empty()) deletion.gracePeriodSeconds = 0;
    // What somebody else has deleted or replaced meanwhile is not brought back.
    if (step.before) deletion.uid = step.before->uid();
    client_.remove(step.resource, step.nameSpace, step.name, deletion, [self = shared_from_this(), step, then](Result<json::value> answer) {
        if (!*self->linkAlive_) return;
        if (!answer && (step.before || answer.error().reason != Reason::NotFound)) return then(answer.error());
        self->whenGone(step, goneAttempts, [self, step, then](Result<void> gone) {
            if (!gone) return then(gone);
            self->client_.create(step.resource, step.nameSpace, step.manifest.is_object() ? step.manifest.get_object() : json::object{}, options(false),
                                 [then](Result<client::ObjectPtr> made) { then(made ? Result<void>() : Result<void>(made.error())); });
        });
    });
}

void ChangeTrial::whenGone(const Step& step, int attempts, std::function<void(Result<void>)> then) {
    client_.get(step.resource, step.nameSpace, step.name, [self = shared_from_this(), step, attempts, then](Result<client::ObjectPtr> found) {
        if (!*self->linkAlive_) return;
        if (!found && found.error().reason == Reason::NotFound) return then({});
        if (attempts == 0) return then(makeError(Reason::Timeout, step.name + " is still being deleted"));
        self->timer_ = self->link_.executor().afterReal(goneInterval, [self, step, attempts, then] { self->whenGone(step, attempts - 1, then); });
    });
}

void ChangeTrial::finish(const QString& problem) {
    const bool any = std::any_of(steps_.begin(), steps_.end(), [](const auto& step) { return step.written; });
    auto reply = std::exchange(reply_, {});
    if (reply) reply(problem, any ? std::function<void()>([self = shared_from_this()] { self->takeBack(); }) : std::function<void()>());
}

void ChangeTrial::takeBack() {
    if (!*linkAlive_) return;
    for (auto step = steps_.rbegin(); step != steps_.rend(); ++step)
        if (std::exchange(step->written, false)) takeBack(*step);
}

void ChangeTrial::takeBack(const Step& step) {
    const auto ignore = [](auto) {};
    const bool isPod = step.resource == model::resourceOf(model::Kind::Pod);
    if (step.verb == QLatin1String("Create")) return client_.remove(step.resource, step.nameSpace, step.name, {}, ignore);
    if (step.verb == QLatin1String("Delete")) {
        // Its controller has replaced it already.
        if (!isOwned(*step.before)) client_.create(step.resource, step.nameSpace, unplaced(withoutServerFields(step.before->tree())), options(false), ignore);
        return;
    }
    if (step.verb == QLatin1String("Recreate") || isPod) {
        auto back = step;
        back.manifest = unplaced(withoutServerFields(step.before->tree()));
        back.before = nullptr;
        return recreate(back, [](Result<void>) {});
    }
    json::array patch;
    const auto* labels = step.before->find({"metadata", "labels"});
    patch.push_back({{"op", "add"}, {"path", "/metadata/labels"}, {"value", labels ? *labels : json::value(json::object{})}});
    if (const auto* spec = step.before->find({"spec"})) patch.push_back({{"op", "add"}, {"path", "/spec"}, {"value", *spec}});
    client_.patch(step.resource, step.nameSpace, step.name, client::PatchType::Json, std::move(patch), options(false), ignore);
}

}  // namespace kubarium::bridge
