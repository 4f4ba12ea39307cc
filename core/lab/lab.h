// A lab is data: one lab.yaml with steps, checks and hints, a brief in Markdown, manifests to start from and a solution. No lab contains
// code of ours, and one taken from a stranger cannot harm the machine: loadLab reports what it asks for that could.
//
// The format is described in labs/README.md. Everything here is plain data; grading is in grader.h, the run in lab_session.h.
#pragma once

#include "core/base/clock.h"
#include "core/base/result.h"

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace kubarium::lab {

// Text by language tag ("en", "zh_CN"). English is always there in a valid lab.
class LocalText {
public:
    std::map<std::string, std::string> byLanguage;
    // The text in `language`, else in its base language, else in English.
    const std::string& in(const std::string& language) const;
    bool empty() const { return byLanguage.empty(); }
};

struct LabTaint {
    std::string key, value, effect;
};

struct LabNode {
    int count = 1;
    std::string name;        // of a single Node
    std::string namePrefix;  // of several: prefix + 1..count
    std::string cpu = "1", memory = "512Mi";
    std::map<std::string, std::string> labels;
    std::vector<LabTaint> taints;
    bool simulated = false;
};

// What a check looks at: one object by name, or all that a selector finds (jq then sees an array).
struct LabTarget {
    std::string apiVersion;  // "" finds the kind by its name alone
    std::string kind;
    std::string name;  // "" with `list`
    std::string nameSpace;
    std::string labelSelector;
    bool list = false;
};

// A moment in the history of a target: the first revision for which `jq` is true.
struct LabMoment {
    LabTarget target;
    std::string jq;
};

enum class CheckMode {
    Now,       // true at present (and for `holdFor`)
    Happened,  // was true at some time since the step began
    Never,     // was not true at any time since the step began
    Before,    // `first` became true before `moment` did
    Logs,      // jq over {lines: [...]} of a container's output
    Exec,      // jq over {exitCode, stdout, stderr} of a command in a container
    Http,      // jq over {status, body} of an answer from inside the cluster
};

struct LabCheck {
    std::string name;
    CheckMode mode = CheckMode::Now;
    LabMoment moment;
    LabMoment first;                   // Before
    std::string container;             // Logs, Exec
    std::vector<std::string> command;  // Exec
    int port = 80;                     // Http: of the Service or Pod in moment.target
    std::string path = "/";
    std::optional<Duration> within;   // real time from the start of the step, divided by the rate like any wait
    std::optional<Duration> holdFor;  // must stay true that long
    LocalText title, message;
    int line = 0;
};

struct LabChoice {
    std::string value;
    LocalText text;  // empty: the value itself
};

// A scheduling cycle that stands still, with what the phase finds untold, until its outcome has been predicted.
struct LabHold {
    std::string pod;  // "namespace/name"
    std::string phase = "Filter";  // Filter | Score | Select | Bind: held before it
};

// Predict, then reveal.
struct LabQuestion {
    std::optional<LabHold> hold;
    LocalText question;
    std::vector<LabChoice> choices;
    LabMoment answer;  // jq gives the value of the right choice
    std::string decisionPod;  // "namespace/name": the answer's target is that Pod's latest SchedulingDecision
    LocalText explanation;
};

struct LabFault {
    std::string type;  // ContainerKill | NodePowerOff | NodePartition
    std::string node, nameSpace, pod, container;
    Duration after{};
    std::string duration;  // "60s"
};

struct LabStep {
    std::string name;
    LocalText title;
    std::optional<LabQuestion> ask;
    std::vector<LabFault> faults;
    std::vector<LocalText> hints;
    std::vector<LabCheck> checks;
    std::map<std::string, std::string> brief;  // by language: the section of brief.md with this step's number
};

// A file of start/, given/, solution/ or wrong/: YAML to apply, or (of an answer) a shell script to run with KUBECONFIG set.
// Of a solution, "2-fix.yaml" belongs to the second step.
struct Manifest {
    std::string fileName;  // relative to the lab's folder
    std::string text;
    bool script = false;
    int step() const;  // 0-based; 0 if the name does not begin with a number
};

struct WrongSolution {
    std::string name;                  // of the folder or file below wrong/
    std::vector<Manifest> manifests;
    std::string expectedCheck;         // the check that must not pass, from a line "# fails: CHECK"
};

struct Lab {
    std::filesystem::path folder;
    std::string name;
    LocalText title;
    int minutes = 15;
    std::string level = "beginner";
    std::vector<LocalText> topics;
    std::vector<LabNode> nodes;
    double rate = 1;
    std::vector<LabMoment> ready;  // the first step begins when all of these hold
    std::vector<LabStep> steps;
    std::map<std::string, std::string> intro;  // the text of the brief before the first step, by language
    std::vector<Manifest> start, solution;
    std::vector<Manifest> given;  // "2-batch.yaml" is applied when the second step begins, after its hold is set
    std::vector<WrongSolution> wrong;
};

struct LabProblem {
    std::string file;
    int line = 0;  // 1-based; 0: the whole file
    std::string message;
    std::string fix;
    bool unsafe = false;  // asks for something that could reach the host; refused unless the user allows it for this lab
};

struct LoadedLab {
    Lab lab;
    std::vector<LabProblem> problems;  // empty: valid
};

// Reads a lab's folder; every mistake is reported, not only the first. Files over 1 MiB are refused.
LoadedLab loadLab(const std::filesystem::path& folder);

// A YAML list of Nodes, as in a lab's spec.cluster.nodes; mistakes go to `problems` under the name `file`.
std::vector<LabNode> parseNodes(const std::string& text, const std::string& file, std::vector<LabProblem>& problems);

// Where labs are found: $KUBARIUM_LABS, beside the program (../../../labs of a build, ../share/kubarium/labs when installed).
std::filesystem::path labsFolder(const std::filesystem::path& program);
// Folders with a lab.yaml, by folder name ("010-first-pod").
std::vector<std::filesystem::path> findLabs(const std::filesystem::path& labs);
// By lab name ("first-pod"), folder name or path.
Result<LoadedLab> findLab(const std::filesystem::path& labs, const std::string& nameOrPath);

// "90s", "2m", "500ms", "1h30m": Go's duration; nullopt if it is not one.
std::optional<Duration> parseDuration(std::string_view);

}  // namespace kubarium::lab
