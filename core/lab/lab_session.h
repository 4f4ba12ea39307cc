// One run of a lab against a cluster: applies the start, walks through the steps, injects their faults, grades on every change
// that a watch delivers, counts hints, and keeps what happened for the report. The command line and the desktop show the same
// session. It is an ordinary client of the API. Engine thread (the Executor's) only.
#pragma once

#include "core/base/clock.h"
#include "core/client/informer.h"
#include "core/client/pod_exec.h"
#include "core/lab/grader.h"
#include "core/lab/lab.h"

#include <boost/json/value.hpp>

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <set>

namespace kubarium::lab {

enum class SessionPhase { Preparing, Running, Done, Broken };
// What is under way while a session prepares.
enum class Preparation { ApplyingStart, AwaitingReady, Resetting };
enum class StepState {
    Todo,
    Current,
    Passed,  // nothing is left to do in it, and it is still the current one (SessionOptions::pauseAfterStep)
    Done,
};

// Of a question about a cycle that is held for it.
enum class HoldState {
    None,
    Awaiting,   // the scheduler has not taken up the Pod yet
    Held,       // the cycle stands still: predict
    Revealing,  // it goes on, phase by phase
    Over,
};

struct QuestionProgress {
    std::string chosen;  // the value of a choice, once `answered`
    std::string answer;  // the value of the right one, once `revealed`
    bool answered = false;
    bool revealed = false;
    bool readOn = false;  // the explanation has been read (with SessionOptions::pauseAfterReveal)
    HoldState hold = HoldState::None;
    boost::json::value decision;  // the held cycle, once it is over
    bool right() const { return revealed && chosen == answer; }
};

struct StepProgress {
    StepState state = StepState::Todo;
    WallTime startedAt{}, finishedAt{};
    int hintsShown = 0;
    QuestionProgress question;
    std::vector<CheckResult> checks;  // in the order of LabStep::checks; empty until the step begins
};

struct SessionEvent {  // the way taken, for the report
    WallTime at;
    std::string step, what, detail;
};

struct SessionState {
    SessionPhase phase = SessionPhase::Preparing;
    Preparation preparation = Preparation::ApplyingStart;
    std::string message;  // Broken: why; Preparing: `preparation` in English
    std::size_t currentStep = 0;
    std::vector<StepProgress> steps;
    std::vector<SessionEvent> events;
    WallTime startedAt{}, finishedAt{};
    int checksPassed() const;
    int checksTotal = 0;
};

struct SessionOptions {
    bool applyStart = true;
    bool setClock = true;     // set the Clock's rate as the lab asks
    bool allowUnsafe = false; // run a lab that asks for what could reach the host
    bool followClock = false;  // the session's own Clock follows the cluster's (one that follows already, as the window's, needs not)
    bool pauseAfterReveal = false;  // a question's step ends with proceed(), so that its explanation can be read
    bool pauseAfterStep = false;    // a step whose checks have passed is left with proceed(), so that it can be read; the last ends by itself
    Duration revealPace{};          // real time between the phases of a held cycle that goes on; 0: at once
    std::size_t resumeAt = 0;       // begin with this step, in a cluster that is as it was left
    client::PodExec* exec = nullptr;  // for `exec` checks; without one they cannot be evaluated. Outlives the session.
};

class LabSession {
public:
    LabSession(Executor& executor, Clock& clock, client::Client& client, Lab lab, SessionOptions options);
    ~LabSession();
    LabSession(const LabSession&) = delete;
    LabSession& operator=(const LabSession&) = delete;

    void start();
    const Lab& lab() const { return lab_; }
    const SessionState& state() const { return state_; }
    // Called after any change of state(); never from within a call of this interface.
    void setObserver(std::function<void()> observer) { observer_ = std::move(observer); }

    // The value of one of the current step's choices. May be changed until reveal().
    void answer(const std::string& choice);
    // Works out the right answer from the cluster; replies when it is known (a decision may not be made yet: then an Error). A cycle
    // that was held for the question goes on first. There is nothing to reveal before answer().
    void reveal(std::function<void(Result<void>)> reply);
    // After a revealed question: on to the rest of the step, or to the next. After a step that has passed: on to the next.
    void proceed();
    // Lets go what the session holds in the cluster (a scheduling cycle, faults); `done` once, also where there was nothing.
    void leave(std::function<void()> done);
    // Shows one hint more; "" when there is none left.
    const LocalText* nextHint();
    // Ends the lab's faults, deletes what lives in the namespaces that the lab uses, restores its Nodes and begins again.
    void reset();
    // Applies manifests as a student would (server-side apply, in order): for solutions in tests and "show me".
    void apply(const std::vector<Manifest>& manifests, std::function<void(Result<void>)> done);

private:
    class View;
    Result<boost::json::value> look(const LabTarget& target) const;
    void removeGiven(std::size_t step, std::function<void(Result<void>)> then);
    void prepare();
    void setRate();
    void followClock();
    void beginStep(std::size_t index);
    void give(std::size_t index);
    // lab_prediction.cpp: questions, and the cycles that are held for them.
    void holdFor(const LabHold& hold, std::function<void()> then);
    void onClock(const api::Object& clock);
    void lookForHeldCycle();
    void goOn();
    void letGo();
    void stepAtPace();
    void patchClock(boost::json::object spec, std::function<void(Result<void>)> then);
    void writeClock();
    void revealHeld();
    void revealFrom(boost::json::value input, const std::function<void(Result<void>)>& reply);
    bool awaitsReader() const;
    void injectFaults(const LabStep& step);
    void injectFault(const LabFault& fault);
    void watchTargets();
    client::Informer* informerOf(const LabTarget& target);
    void onEvent();
    void onChange();
    void awaitReady();
    bool ready() const;
    void grade();
    void finishStepIfDone();
    void fetchAnswers();
    void fetchLogs(std::size_t index);
    void fetchHttp(std::size_t index);
    void fetchExec(std::size_t index);
    Result<LabTarget> podOf(const LabTarget& target) const;
    void takeAnswer(std::uint64_t question, std::size_t index, Result<boost::json::value> answer);
    void scheduleDeadline();
    void note(const std::string& what, const std::string& detail);
    void notify();
    void applyNext(std::shared_ptr<std::vector<boost::json::object>> documents, std::size_t index, std::function<void(Result<void>)> done);
    void clearFaults(std::function<void()> then);
    void clearClusterWide(std::function<void()> then);
    void clearNamespaces(std::function<void()> then);
    void restoreNodes(std::function<void()> then);
    void awaitNodes(int attempts, std::function<void()> then);
    void expectInCaches(const api::GroupVersionResource& resource, const api::ObjectPtr& object);
    bool caughtUp() const;

    struct ClockWrite {
        boost::json::object spec;
        std::function<void(Result<void>)> then;
    };
    struct Readiness {
        LabTarget target;
        Result<JqProgram> program;
    };

    Executor& executor_;
    Clock& clock_;
    client::Client& client_;
    mutable client::InformerFactory informers_;
    client::InformerFactory clockInformers_;  // apart: a cluster without a Clock must not hold the others up
    Lab lab_;
    SessionOptions options_;
    SessionState state_;
    std::function<void()> observer_;
    std::vector<Readiness> readiness_;  // of lab_.ready
    std::vector<CheckGrader> graders_;
    std::uint64_t question_ = 0;           // counts begun steps: answers to what an earlier one asked are dropped
    std::vector<char> asked_;              // per grader: an answer is under way
    std::set<client::Informer*> watched_;
    std::vector<Timer> faultTimers_;
    std::function<void(Result<void>)> revealReply_;  // of the reveal() that is under way
    std::string heldPod_, heldPhase_;  // what the Clock says
    std::int64_t clockSteps_ = 0;      // its counter, at least
    std::string heldCycle_;            // key of the decision that is held for the question
    Timer paceTimer_;
    bool holding_ = false;             // a breakpoint of ours may have been set
    std::deque<ClockWrite> clockWrites_;  // the first is under way
    Timer deadline_, fetchTimer_, waitTimer_;
    int faultCount_ = 0;
    // What the caches must no longer, and must, show before the first step is graded: else the past would be.
    std::set<std::string, std::less<>> removed_;                             // uids
    std::map<std::pair<client::Informer*, std::string>, api::ObjectPtr> expected_;  // by informer and key: this or a later state
    bool gradePosted_ = false;
    bool hasRead_ = false;  // proceed() was called since the last grading: what ends the step now needs no second one
    bool started_ = false;  // the start has been applied
    std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace kubarium::lab
