// Grading of one step: which of its checks hold, from what a watch of the cluster delivers. Pure: objects and times go in,
// verdicts come out; LabSession does the watching and the timers.
#pragma once

#include "core/api/object.h"
#include "core/lab/jq.h"
#include "core/lab/lab.h"

#include <vector>

namespace kubarium::lab {

enum class CheckState {
    Waiting,  // not true yet
    Passed,
    Failed,   // the deadline passed, or what must never happen happened
    Broken,   // cannot be evaluated: the lab's fault, never counted against the student
};

struct CheckResult {
    CheckState state = CheckState::Waiting;
    std::string expected;  // the jq expression
    std::string found;     // the values of the paths it mentions, or why it is broken
    bool late = false;     // passed after its deadline
};

// What a check may look at, in the present.
class ClusterView {
public:
    virtual ~ClusterView() = default;
    // Of a single target: the object, or null if there is none. Of a list: an array, in key order.
    virtual Result<boost::json::value> look(const LabTarget&) const = 0;
};

// "`.status.phase` is "Pending", `.spec.nodeName` is null": the values behind an expression, at most a few. The paths that it
// mentions are compiled once.
class FoundValues {
public:
    explicit FoundValues(const std::string& jq);
    std::string describe(const boost::json::value& input) const;

private:
    struct Path {
        std::string text;
        JqProgram ofOne, ofEach;
        bool ofElements;  // said of elements of what is looked at: of a single object it has no value
    };
    std::vector<Path> paths_;
};

class CheckGrader {
public:
    explicit CheckGrader(const LabCheck& check, ClusterTime stepStart);

    const LabCheck& check() const { return check_; }
    const CheckResult& result() const { return result_; }
    // For Now, Happened, Never and Before: looks again. Call on every change of a target and when nextDeadline() has come.
    void update(const ClusterView& view, ClusterTime now);
    // For Logs, Exec and Http: what was fetched, or why it could not be.
    void update(const Result<boost::json::value>& answer, ClusterTime now);
    // For a check that cannot be evaluated where the session runs.
    void breakWith(std::string why);
    // When time alone may change the verdict.
    std::optional<ClusterTime> nextDeadline() const;

private:
    std::optional<bool> evaluate(const LabMoment& moment, const std::optional<JqProgram>& program, const ClusterView& view);
    void judge(std::optional<bool> holds, ClusterTime now);
    void describe(const boost::json::value& input);

    LabCheck check_;
    std::optional<JqProgram> program_, firstProgram_;
    ClusterTime stepStart_;
    std::optional<ClusterTime> trueSince_;
    bool firstSeen_ = false;
    CheckResult result_;
    std::optional<FoundValues> found_;  // of `moment`, once it is asked for
};

}  // namespace kubarium::lab
