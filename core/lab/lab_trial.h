// Plays a lab the way its author means it: start, then step by step a solution, and watches what the grader says. Every lab of ours
// is tested so: the start alone must not pass, start + solution must, and each wrong solution must fail at the check it names.
#pragma once

#include "core/lab/lab_session.h"

namespace kubarium::lab {

struct TrialEnvironment {
    std::filesystem::path kubeconfig;
    std::string path;  // PATH for scripts, with kubectl and kubarium in it
    std::string name;  // KUBARIUM_NAME
    std::string state; // KUBARIUM_STATE
};

struct TrialResult {
    bool ok = false;
    std::string message;  // what went otherwise than it should; of a wrong solution that fails as it should: what the student reads
};

class LabTrial {
public:
    // `exec` as in SessionOptions.
    LabTrial(Executor& executor, Clock& clock, client::Client& client, client::PodExec* exec, Lab lab, TrialEnvironment environment);

    enum class Expect { StartAloneFails, SolutionPasses, WrongFails };
    // Runs one trial on a session that is reset first; `wrong` is an index into Lab::wrong. Calls back once. A step has
    // `patience` of real time. Play the solution first: then the start alone is watched in each step for at least twice as long
    // as the solution took there, and a wrong solution four times, so that what would pass by itself has had the time to.
    void run(Expect expect, std::size_t wrong, Duration patience, std::function<void(TrialResult)> done);
    const LabSession& session() const { return session_; }

private:
    void onChange();
    void beginStep();
    void runFiles(std::vector<Manifest> files, std::size_t index);
    void finish(bool ok, std::string message);
    std::string openChecks() const;
    void timedOut();
    std::optional<TrialResult> wrongVerdict(bool timeIsUp) const;
    Duration patienceFor(std::size_t step) const;

    Executor& executor_;
    Clock& clock_;
    LabSession session_;
    TrialEnvironment environment_;
    Expect expect_ = Expect::SolutionPasses;
    std::size_t wrong_ = 0;
    Duration patience_{};
    std::function<void(TrialResult)> done_;
    std::size_t step_ = 0;
    bool stepBegun_ = false, revealing_ = false, started_ = false;
    Timer timeout_, retry_;
    Duration stepStart_{};  // monotonic
    std::string foundBefore_;  // by the check that a wrong solution should fail, before its files were applied
    std::vector<Duration> solutionTook_;  // by step, of the solution
    std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);

public:
    ~LabTrial() { *alive_ = false; }
};

}  // namespace kubarium::lab
