// Predict, then reveal: the questions of a session, and the scheduling cycles that are held for them. A breakpoint with a veil
// (Clock.spec.breakpoints) lets the cycle stand still and keeps what the phase finds untold, in the API and so for every client;
// revealing takes the veil away and lets the cycle go on, phase by phase where somebody watches.
#include "core/lab/lab_session.h"

#include <boost/json.hpp>
#include <fmt/format.h>

namespace kubarium::lab {

namespace json = boost::json;

namespace {

constexpr const char* fieldManager = "kubarium-lab";

std::string podOfDecision(const json::value& decision) {
    return fmt::format("{}/{}", api::stringAt(decision, {"metadata", "namespace"}), api::stringAt(decision, {"spec", "podName"}));
}

std::int64_t integerAt(const json::value& of, std::initializer_list<std::string_view> path) {
    const auto* value = api::findPath(of, path);
    return value && value->is_number() ? value->to_number<std::int64_t>() : 0;
}

api::ObjectPtr latestDecision(const client::Informer& decisions, const std::string& pod) {
    api::ObjectPtr latest;
    for (const auto& [key, decision] : decisions.all())
        if (podOfDecision(decision->tree()) == pod && (!latest || integerAt(decision->tree(), {"status", "cycle"}) > integerAt(latest->tree(), {"status", "cycle"}))) latest = decision;
    return latest;
}

bool isOver(const api::Object& decision) { return decision.string({"status", "phase"}) == "Done"; }

}  // namespace

// One at a time, in order: two writes on two connections could change places.
void LabSession::patchClock(json::object spec, std::function<void(Result<void>)> then) {
    clockWrites_.push_back({std::move(spec), std::move(then)});
    if (clockWrites_.size() == 1) writeClock();
}

void LabSession::writeClock() {
    json::value body{{"spec", clockWrites_.front().spec}};
    client_.patch(api::resources::clocks, "", "cluster", client::PatchType::Merge, std::move(body), {.fieldManager = fieldManager}, [this, alive = alive_](Result<api::ObjectPtr> written) {
        if (!*alive) return;
        const auto then = std::move(clockWrites_.front().then);
        clockWrites_.pop_front();
        if (!clockWrites_.empty()) writeClock();
        if (then) then(written ? Result<void>{} : Result<void>(written.error()));
    });
}

void LabSession::holdFor(const LabHold& hold, std::function<void()> then) {
    holding_ = true;
    json::array points{json::object{{"phase", hold.phase}, {"pod", hold.pod}, {"veil", true}}};
    patchClock({{"breakpoints", std::move(points)}, {"paused", false}}, [this, question = question_, then](Result<void> set) {
        if (question != question_) return;
        if (set) return then();
        state_.phase = SessionPhase::Broken;
        state_.message = fmt::format("The scheduler of this cluster cannot be held, and this lab needs that: {}", set.error().message);
        notify();
    });
}

void LabSession::onClock(const api::Object& clock) {
    heldPod_ = clock.string({"status", "heldPod"});
    heldPhase_ = clock.string({"status", "heldPhase"});
    clockSteps_ = std::max(clockSteps_, integerAt(clock.tree(), {"spec", "step"}));
    if (holding_) onChange();
}

// The Clock says which Pod is held and the decision tells the cycle; they arrive by two watches, in any order.
void LabSession::lookForHeldCycle() {
    const auto& step = lab_.steps[state_.currentStep];
    if (!step.ask || !step.ask->hold) return;
    const auto& hold = *step.ask->hold;
    auto& question = state_.steps[state_.currentStep].question;
    auto* decisions = informerOf(step.ask->answer.target);
    const auto cycle = heldCycle_.empty() ? nullptr : decisions->get(heldCycle_);
    const bool held = heldPod_ == hold.pod && heldPhase_ == hold.phase;
    if (question.hold == HoldState::Over) {
        if (heldPod_ != hold.pod) return;
        const bool deleted = api::stringAt(question.decision, {"status", "result"}) == "Error";
        if (question.answered || !deleted) return letGo();  // another attempt, of which nothing was asked
        // What was held went with its Pod, perhaps one that an earlier session had left: the next cycle of that name is the one to predict.
        heldCycle_.clear();
        question.decision = nullptr;
        question.hold = HoldState::Awaiting;
    } else if (cycle && isOver(*cycle)) {
        question.decision = cycle->tree();
        if (question.hold == HoldState::Revealing) return revealHeld();
        question.hold = HoldState::Over;  // somebody let it go: what was predicted still counts
        return note("went on", hold.pod);
    }
    if (question.hold == HoldState::Held && !held) question.hold = HoldState::Awaiting;  // its Pod was deleted
    if (question.hold != HoldState::Awaiting || !held) return;
    const auto latest = latestDecision(*decisions, hold.pod);
    if (!latest || latest->string({"status", "phase"}) != hold.phase) return;
    heldCycle_ = latest->key();
    question.hold = HoldState::Held;
    note("held", fmt::format("{} before {}", hold.pod, hold.phase));
}

void LabSession::goOn() {
    auto& question = state_.steps[state_.currentStep].question;
    question.hold = HoldState::Revealing;
    notify();
    if (options_.revealPace == Duration{}) return patchClock({{"breakpoints", nullptr}, {"paused", false}, {"step", ++clockSteps_}}, {});
    // First what the held phase found, then one phase after the other.
    patchClock({{"breakpoints", json::array{json::object{{"pod", lab_.steps[state_.currentStep].ask->hold->pod}}}}, {"paused", false}}, {});
    stepAtPace();
}

void LabSession::stepAtPace() {
    paceTimer_ = clock_.afterReal(options_.revealPace, [this, question = question_] {
        if (question != question_ || state_.steps[state_.currentStep].question.hold != HoldState::Revealing) return;
        patchClock({{"step", ++clockSteps_}}, {});
        stepAtPace();
    });
}

void LabSession::letGo() {
    paceTimer_.reset();
    if (!holding_) return;
    json::object spec{{"breakpoints", nullptr}, {"paused", false}};
    if (!heldPod_.empty()) spec["step"] = ++clockSteps_;
    heldPod_.clear();
    patchClock(std::move(spec), {});
}

void LabSession::leave(std::function<void()> done) {
    faultTimers_.clear();
    letGo();
    if (clockWrites_.empty()) return executor_.post(std::move(done));
    patchClock({}, [done = std::move(done)](Result<void>) { done(); });
}

void LabSession::answer(const std::string& choice) {
    if (state_.phase != SessionPhase::Running) return;
    auto& question = state_.steps[state_.currentStep].question;
    if (question.revealed || question.hold == HoldState::Revealing) return;
    question.chosen = choice;
    question.answered = true;
    note("answer", choice);
    notify();
}

void LabSession::reveal(std::function<void(Result<void>)> reply) {
    if (state_.phase != SessionPhase::Running || !lab_.steps[state_.currentStep].ask) return reply(badRequest("this step asks nothing"));
    const auto& ask = *lab_.steps[state_.currentStep].ask;
    auto& question = state_.steps[state_.currentStep].question;
    if (question.revealed) return reply({});
    if (!question.answered) return reply(badRequest("Predict first: choose an answer."));
    if (ask.hold) {
        if (question.hold == HoldState::Awaiting) return reply(makeError(Reason::NotFound, fmt::format("The scheduler has not taken up {} yet.", ask.hold->pod)));
        if (question.hold == HoldState::Revealing) return reply(badRequest("The cycle is going on already."));
        revealReply_ = std::move(reply);
        return question.hold == HoldState::Held ? goOn() : revealHeld();
    }
    auto* informer = informerOf(ask.answer.target);
    if (ask.decisionPod.empty()) {
        auto input = look(ask.answer.target);
        return input ? revealFrom(std::move(*input), reply) : reply(input.error());
    }
    const auto latest = latestDecision(*informer, ask.decisionPod);
    if (!latest) return reply(makeError(Reason::NotFound, fmt::format("The scheduler has not decided about {} yet.", ask.decisionPod)));
    revealFrom(latest->tree(), reply);
}

void LabSession::revealHeld() {
    auto& question = state_.steps[state_.currentStep].question;
    question.hold = HoldState::Over;
    letGo();
    const auto reply = std::exchange(revealReply_, {});
    revealFrom(question.decision, reply ? reply : [](Result<void>) {});
}

void LabSession::revealFrom(json::value input, const std::function<void(Result<void>)>& reply) {
    const auto program = JqProgram::compile(lab_.steps[state_.currentStep].ask->answer.jq);
    if (!program) return reply(program.error());
    const auto value = program->run(input);
    if (!value) return reply(value.error());
    auto& question = state_.steps[state_.currentStep].question;
    question.answer = value->is_string() ? std::string(value->get_string()) : json::serialize(*value);
    question.revealed = true;
    note(question.right() ? "right" : "wrong", question.chosen);
    notify();
    reply({});
    onChange();
}

bool LabSession::awaitsReader() const { return options_.pauseAfterReveal && !state_.steps[state_.currentStep].question.readOn; }

void LabSession::proceed() {
    if (state_.phase != SessionPhase::Running) return;
    auto& progress = state_.steps[state_.currentStep];
    if (progress.state == StepState::Passed) {
        progress.state = StepState::Done;
        return beginStep(state_.currentStep + 1);
    }
    auto& question = progress.question;
    if (!question.revealed) return;
    question.readOn = hasRead_ = true;
    onChange();
}

}  // namespace kubarium::lab
