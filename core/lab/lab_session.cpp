#include "core/lab/lab_session.h"

#include "core/api/selector.h"
#include "core/lab/lab_kinds.h"

#include <boost/json.hpp>
#include <fmt/format.h>

#include <algorithm>

namespace kubarium::lab {

namespace json = boost::json;
using namespace std::chrono_literals;

namespace {

constexpr auto fetchPeriod = 500ms;
constexpr const char* fieldManager = "kubarium-lab";

}  // namespace

// What the checks see: the caches of the informers.
class LabSession::View final : public ClusterView {
public:
    explicit View(const LabSession& session) : session_(session) {}
    Result<json::value> look(const LabTarget& target) const override { return session_.look(target); }

private:
    const LabSession& session_;
};

Result<json::value> LabSession::look(const LabTarget& target) const {
    const auto kind = TRY(findKind(target.apiVersion, target.kind));
    auto& informer = informers_.informer(kind.resource);  // all were made by watchTargets()
    const auto nameSpace = kind.namespaced && target.nameSpace.empty() && !target.list ? std::string("default") : target.nameSpace;
    if (!target.list) {
        const auto object = informer.get(kind.namespaced ? nameSpace : "", target.name);
        return object ? json::value(object->tree()) : json::value();
    }
    const auto selector = TRY(api::Selector::parse(target.labelSelector));
    json::array found;
    for (const auto& [key, object] : informer.all())
        if ((nameSpace.empty() || object->nameSpace() == nameSpace) && selector.matches(*object)) found.push_back(object->tree());
    return json::value(std::move(found));
}

int SessionState::checksPassed() const {
    int passed = 0;
    for (const auto& step : steps)
        passed += static_cast<int>(std::ranges::count(step.checks, CheckState::Passed, &CheckResult::state));
    return passed;
}

LabSession::LabSession(Executor& executor, Clock& clock, client::Client& client, Lab lab, SessionOptions options)
    : executor_(executor), clock_(clock), client_(client), informers_(client, clock), clockInformers_(client, clock), lab_(std::move(lab)), options_(options) {
    state_.steps.resize(lab_.steps.size());
    for (const auto& moment : lab_.ready) readiness_.push_back({moment.target, JqProgram::compile(moment.jq)});
    for (const auto& step : lab_.steps) state_.checksTotal += static_cast<int>(step.checks.size());
    if (options_.resumeAt >= lab_.steps.size()) options_.resumeAt = 0;
    CheckResult passed;
    passed.state = CheckState::Passed;
    for (std::size_t i = 0; i < options_.resumeAt; ++i) {
        state_.steps[i].state = StepState::Done;
        state_.steps[i].checks.resize(lab_.steps[i].checks.size(), passed);
    }
}

LabSession::~LabSession() { *alive_ = false; }

void LabSession::start() {
    state_.startedAt = clock_.now();
    watchTargets();
    const bool holds = std::ranges::any_of(lab_.steps, [](const LabStep& step) { return step.ask && step.ask->hold; });
    if (options_.followClock || holds) followClock();
    prepare();
}

void LabSession::followClock() {
    const auto follow = [this](const api::ObjectPtr& object) {
        if (object->name() != "cluster") return;
        const auto* rate = api::findPath(object->tree(), {"spec", "rate"});
        const auto* paused = api::findPath(object->tree(), {"spec", "paused"});
        if (options_.followClock && rate && rate->is_number()) clock_.setRate(std::max(rate->to_number<double>(), 0.001));
        if (options_.followClock) clock_.setPaused(paused && paused->is_bool() && paused->get_bool());
        onClock(*object);
    };
    clockInformers_.informer(api::resources::clocks).addHandler({follow, [follow](const auto&, const auto& now) { follow(now); }, [](const auto&) {}});
    clockInformers_.start();
}

void LabSession::notify() {
    executor_.post([this, alive = alive_] {
        if (*alive && observer_) observer_();
    });
}

void LabSession::note(const std::string& what, const std::string& detail) {
    const auto step = state_.currentStep < lab_.steps.size() ? lab_.steps[state_.currentStep].name : std::string();
    state_.events.push_back({clock_.now(), step, what, detail});
}

void LabSession::prepare() {
    started_ = false;
    state_.phase = SessionPhase::Preparing;
    state_.preparation = Preparation::ApplyingStart;
    state_.message = "applying the start of the lab";
    notify();
    const auto begin = [this, alive = alive_](Result<void> applied) {
        if (!*alive) return;
        if (!applied) {
            state_.phase = SessionPhase::Broken;
            state_.message = fmt::format("The lab could not be set up: {}", applied.error().message);
            return notify();
        }
        setRate();
        state_.preparation = Preparation::AwaitingReady;
        state_.message = "waiting until everything of the start is ready";
        started_ = true;
        notify();
        awaitReady();
    };
    if (options_.resumeAt > 0)
        removeGiven(options_.resumeAt, begin);
    else if (options_.applyStart)
        apply(lab_.start, begin);
    else
        begin({});
}

void LabSession::setRate() {
    if (!options_.setClock) return;
    // A cluster without a Clock (a real one) runs at its own pace.
    patchClock({{"rate", lab_.rate}, {"paused", false}}, {});
}

void LabSession::beginStep(std::size_t index) {
    state_.currentStep = index;
    ++question_;
    graders_.clear();
    faultTimers_.clear();
    paceTimer_.reset();
    heldCycle_.clear();
    revealReply_ = {};
    if (index == lab_.steps.size()) {
        state_.phase = SessionPhase::Done;
        state_.finishedAt = clock_.now();
        note("done", lab_.name);
        return notify();
    }
    const auto& step = lab_.steps[index];
    auto& progress = state_.steps[index];
    progress = {};
    progress.state = StepState::Current;
    progress.startedAt = clock_.now();
    for (const auto& check : step.checks) graders_.emplace_back(check, clock_.clusterNow());
    progress.checks.resize(step.checks.size());
    asked_.assign(step.checks.size(), false);
    note("step", step.name);
    injectFaults(step);
    if (step.ask && step.ask->hold) {
        progress.question.hold = HoldState::Awaiting;
        holdFor(*step.ask->hold, [this, index] { give(index); });
    } else {
        give(index);
    }
    onChange();
    fetchAnswers();
}

// What the lab itself brings into a step.
void LabSession::give(std::size_t index) {
    std::vector<Manifest> files;
    for (const auto& file : lab_.given)
        if (static_cast<std::size_t>(file.step()) == index) files.push_back(file);
    if (files.empty()) return;
    apply(files, [this, question = question_](Result<void> applied) {
        if (applied || question != question_) return;
        state_.phase = SessionPhase::Broken;
        state_.message = fmt::format("The step could not be set up: {}", applied.error().message);
        notify();
    });
}

void LabSession::injectFaults(const LabStep& step) {
    for (const auto& fault : step.faults)
        faultTimers_.push_back(clock_.after(fault.after, [this, fault] { injectFault(fault); }));
}

void LabSession::injectFault(const LabFault& fault) {
    json::object spec{{"type", fault.type}};
    if (!fault.node.empty()) spec["node"] = fault.node;
    if (!fault.pod.empty()) spec["pod"] = json::object{{"namespace", fault.nameSpace}, {"name", fault.pod}};
    if (!fault.container.empty()) spec["container"] = fault.container;
    if (!fault.duration.empty()) spec["duration"] = fault.duration;
    const auto name = fmt::format("lab-{}-{}", lab_.name, ++faultCount_);
    json::object object{{"apiVersion", "kubarium.dev/v1alpha1"}, {"kind", "Fault"}, {"metadata", {{"name", name}}}, {"spec", std::move(spec)}};
    client_.create(api::resources::faults, "", std::move(object), {.fieldManager = fieldManager}, [this, alive = alive_, fault](Result<api::ObjectPtr> made) {
        if (!*alive) return;
        note("fault", made ? fault.type : fmt::format("{} failed: {}", fault.type, made.error().message));
        notify();
    });
}

client::Informer* LabSession::informerOf(const LabTarget& target) {
    const auto kind = findKind(target.apiVersion, target.kind);
    return kind ? &informers_.informer(kind->resource) : nullptr;
}

void LabSession::watchTargets() {
    for (const auto& moment : lab_.ready) watched_.insert(informerOf(moment.target));
    for (const auto& step : lab_.steps) {
        for (const auto& check : step.checks) {
            watched_.insert(informerOf(check.moment.target));
            if (check.mode == CheckMode::Before) watched_.insert(informerOf(check.first.target));
        }
        if (step.ask) watched_.insert(informerOf(step.ask->answer.target));
    }
    watched_.erase(nullptr);
    for (auto* informer : watched_)
        informer->addHandler({[this](const auto&) { onEvent(); }, [this](const auto&, const auto&) { onEvent(); }, [this](const auto&) { onEvent(); }});
    informers_.start();
}

// What was true for a moment only must not be missed: history is graded at every event, the present once per batch.
void LabSession::onEvent() {
    if (state_.phase == SessionPhase::Running) {
        const View view(*this);
        for (auto& grader : graders_) {
            const auto mode = grader.check().mode;
            if (mode == CheckMode::Happened || mode == CheckMode::Never || mode == CheckMode::Before) grader.update(view, clock_.clusterNow());
        }
    }
    onChange();
}

void LabSession::onChange() {
    if (std::exchange(gradePosted_, true)) return;
    executor_.post([this, alive = alive_] {
        if (!*alive) return;
        gradePosted_ = false;
        grade();
    });
}

// Caches that fill with nothing report no change: look until they have.
void LabSession::awaitReady() {
    onChange();
    if (state_.phase == SessionPhase::Preparing && started_) waitTimer_ = clock_.afterReal(50ms, [this] { awaitReady(); });
}

void LabSession::expectInCaches(const api::GroupVersionResource& resource, const api::ObjectPtr& object) {
    const auto watching = std::ranges::find(watched_, resource, [](const client::Informer* each) { return each->resource(); });
    if (state_.phase == SessionPhase::Preparing && watching != watched_.end()) expected_[{*watching, object->key()}] = object;
}

bool LabSession::caughtUp() const {
    for (const auto* informer : watched_)
        if (std::ranges::any_of(informer->all(), [&](const auto& entry) { return removed_.contains(entry.second->uid()); })) return false;
    return std::ranges::all_of(expected_, [](const auto& entry) {
        const auto object = entry.first.first->get(entry.first.second);
        return object && object->uid() == entry.second->uid() && object->revision() >= entry.second->revision();
    });
}

bool LabSession::ready() const {
    if (options_.resumeAt > 0) return true;  // the student has changed what the start made
    const View view(*this);
    return std::ranges::all_of(readiness_, [&](const Readiness& each) {
        const auto object = view.look(each.target);
        return each.program && object && !object->is_null() && each.program->holds(*object).value_or(false);
    });
}

void LabSession::grade() {
    if (state_.phase == SessionPhase::Preparing && started_ && informers_.synced() && caughtUp() && ready()) {
        state_.phase = SessionPhase::Running;
        state_.message.clear();
        removed_.clear();
        expected_.clear();
        return beginStep(std::exchange(options_.resumeAt, 0));
    }
    if (state_.phase != SessionPhase::Running) return;
    lookForHeldCycle();
    const View view(*this);
    auto& progress = state_.steps[state_.currentStep];
    for (std::size_t i = 0; i < graders_.size(); ++i) {
        auto& grader = graders_[i];
        const auto mode = grader.check().mode;
        if (mode != CheckMode::Logs && mode != CheckMode::Exec && mode != CheckMode::Http) {
            const auto* informer = informerOf(grader.check().moment.target);
            if (informer && !informer->synced()) continue;
            grader.update(view, clock_.clusterNow());
        }
        const auto before = progress.checks[i].state;
        progress.checks[i] = grader.result();
        if (before != grader.result().state)
            note(grader.result().state == CheckState::Passed ? "passed" : grader.result().state == CheckState::Failed ? "failed" : "check", grader.check().name);
    }
    scheduleDeadline();
    notify();
    finishStepIfDone();
}

void LabSession::scheduleDeadline() {
    std::optional<ClusterTime> next;
    for (const auto& grader : graders_)
        if (const auto due = grader.nextDeadline(); due && (!next || *due < *next)) next = due;
    if (!next) return deadline_.reset();
    deadline_ = clock_.after(std::max<Duration>(*next - clock_.clusterNow(), 1ms), [this] { onChange(); });
}

void LabSession::finishStepIfDone() {
    const auto index = state_.currentStep;
    auto& progress = state_.steps[index];
    const bool hasRead = std::exchange(hasRead_, false);
    if (progress.state == StepState::Passed) return;
    if (lab_.steps[index].ask && (!progress.question.revealed || awaitsReader())) return;
    if (!std::ranges::all_of(progress.checks, [](const auto& result) { return result.state == CheckState::Passed; })) return;
    progress.finishedAt = clock_.now();
    if (options_.pauseAfterStep && !hasRead && index + 1 < lab_.steps.size()) {
        progress.state = StepState::Passed;
        graders_.clear();  // it has passed, whatever comes
        return notify();
    }
    progress.state = StepState::Done;
    beginStep(index + 1);
}

const LocalText* LabSession::nextHint() {
    if (state_.phase != SessionPhase::Running) return nullptr;
    auto& progress = state_.steps[state_.currentStep];
    const auto& hints = lab_.steps[state_.currentStep].hints;
    if (progress.hintsShown >= static_cast<int>(hints.size())) return nullptr;
    const auto& hint = hints[static_cast<std::size_t>(progress.hintsShown++)];
    note("hint", hint.in("en"));
    notify();
    return &hint;
}

// Logs, HTTP answers and commands cannot be watched: they are asked for while their step is open, one at a time for each check.
void LabSession::fetchAnswers() {
    fetchTimer_.reset();
    if (state_.phase != SessionPhase::Running) return;
    bool any = false;
    for (std::size_t i = 0; i < graders_.size(); ++i) {
        const auto mode = graders_[i].check().mode;
        if (mode != CheckMode::Logs && mode != CheckMode::Http && mode != CheckMode::Exec) continue;
        any = true;
        if (std::exchange(asked_[i], true)) continue;
        if (mode == CheckMode::Logs) fetchLogs(i);
        if (mode == CheckMode::Http) fetchHttp(i);
        if (mode == CheckMode::Exec) fetchExec(i);
    }
    if (any) fetchTimer_ = clock_.afterReal(fetchPeriod, [this] { fetchAnswers(); });
}

void LabSession::takeAnswer(std::uint64_t question, std::size_t index, Result<json::value> answer) {
    if (state_.phase != SessionPhase::Running || question != question_ || index >= graders_.size()) return;
    asked_[index] = false;
    graders_[index].update(answer, clock_.clusterNow());
    onChange();
}

// The Pod that a check names, or the first running one that its selector finds.
Result<LabTarget> LabSession::podOf(const LabTarget& target) const {
    if (!target.list) return target;
    const auto pods = TRY(look(target));
    const json::value* found = nullptr;
    for (const auto& pod : pods.as_array()) {
        const bool running = api::stringAt(pod, {"status", "phase"}) == "Running" && !api::findPath(pod, {"metadata", "deletionTimestamp"});
        if (!found || running) found = &pod;
        if (running) break;
    }
    if (!found) return makeError(Reason::NotFound, fmt::format("no Pod has the labels {}", target.labelSelector));
    auto named = target;
    named.name = api::stringAt(*found, {"metadata", "name"});
    return named;
}

void LabSession::fetchLogs(std::size_t index) {
    const auto& check = graders_[index].check();
    const auto target = podOf(check.moment.target);
    if (!target) return takeAnswer(question_, index, target.error());
    auto path = fmt::format("/api/v1/namespaces/{}/pods/{}/log?tailLines=1000", target->nameSpace, target->name);
    if (!check.container.empty()) path += "&container=" + check.container;
    client_.getRaw(path, [this, alive = alive_, question = question_, index](Result<std::string> text) {
        if (!*alive) return;
        if (!text) return takeAnswer(question, index, text.error());
        json::array lines;
        for (std::size_t at = 0; at < text->size();) {
            const auto end = std::min(text->find('\n', at), text->size());
            lines.emplace_back(text->substr(at, end - at));
            at = end + 1;
        }
        takeAnswer(question, index, json::value{{"lines", std::move(lines)}});
    });
}

void LabSession::fetchHttp(std::size_t index) {
    const auto& check = graders_[index].check();
    const auto target = podOf(check.moment.target);
    if (!target) return takeAnswer(question_, index, target.error());
    const auto path = fmt::format("/api/v1/namespaces/{}/{}/{}:{}/proxy{}", target->nameSpace, target->kind == "Service" ? "services" : "pods", target->name,
                                  check.port, check.path);
    client_.getRaw(path, [this, alive = alive_, question = question_, index](Result<std::string> body) {
        if (!*alive) return;
        if (body)
            takeAnswer(question, index, json::value{{"status", 200}, {"body", *body}});
        else
            takeAnswer(question, index, json::value{{"status", body.error().status()}, {"body", body.error().message}});
    });
}

void LabSession::fetchExec(std::size_t index) {
    const auto& check = graders_[index].check();
    if (!options_.exec) {
        graders_[index].breakWith("commands cannot be run in containers from here");
        return onChange();
    }
    const auto target = podOf(check.moment.target);
    if (!target) return takeAnswer(question_, index, target.error());
    client::PodExecRequest request{target->nameSpace, target->name, check.container, check.command};
    options_.exec->exec(std::move(request), [this, alive = alive_, question = question_, index](Result<client::PodExecAnswer> answer) {
        if (!*alive) return;
        if (!answer) return takeAnswer(question, index, answer.error());
        takeAnswer(question, index, json::value{{"exitCode", answer->exitCode}, {"stdout", answer->standardOutput}, {"stderr", answer->standardError}});
    });
}

}  // namespace kubarium::lab
