#include "core/lab/lab.h"

#include "core/lab/jq.h"
#include "core/lab/lab_safety.h"

#include <fmt/format.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <fstream>
#include <set>
#include <sstream>

namespace kubarium::lab {
namespace {

namespace fs = std::filesystem;

constexpr std::uintmax_t maxFileBytes = 1 << 20;
constexpr int maxRealNodes = 10;
constexpr int maxSimulatedNodes = 5000;

std::optional<std::string> readFile(const fs::path& path) {
    std::error_code error;
    if (fs::file_size(path, error) > maxFileBytes || error) return std::nullopt;
    std::ifstream in(path, std::ios::binary);
    std::ostringstream text;
    text << in.rdbuf();
    return std::move(text).str();
}

// Walks the YAML tree and notes every mistake with its line.
class Reader {
public:
    Reader(std::string file, std::vector<LabProblem>& problems) : file_(std::move(file)), problems_(problems) {}

    void problem(const YAML::Node& at, std::string message, std::string fix = {}) {
        problems_.push_back({file_, at.Mark().is_null() ? 0 : at.Mark().line + 1, std::move(message), std::move(fix)});
    }

    // Reports keys that are not among `known`.
    bool expectMap(const YAML::Node& node, std::string_view what, std::initializer_list<std::string_view> known) {
        if (!node.IsMap()) {
            problem(node, fmt::format("{} must be a map", what));
            return false;
        }
        for (const auto& entry : node) {
            const auto key = entry.first.Scalar();
            if (std::ranges::find(known, key) == known.end())
                problem(entry.first, fmt::format("{} has no field \"{}\"", what, key), fmt::format("one of: {}", fmt::join(known, ", ")));
        }
        return true;
    }

    std::string text(const YAML::Node& map, const char* key, bool required = false) {
        const auto node = map[key];
        if (!node) {
            if (required) problem(map, fmt::format("\"{}\" is missing", key));
            return {};
        }
        if (!node.IsScalar()) {
            problem(node, fmt::format("\"{}\" must be a text", key));
            return {};
        }
        return node.Scalar();
    }

    int integer(const YAML::Node& map, const char* key, int fallback, int least, int most) {
        const auto node = map[key];
        if (!node) return fallback;
        int value = 0;
        const auto scalar = node.IsScalar() ? node.Scalar() : std::string();
        const auto [end, error] = std::from_chars(scalar.data(), scalar.data() + scalar.size(), value);
        if (error != std::errc{} || end != scalar.data() + scalar.size() || value < least || value > most) {
            problem(node, fmt::format("\"{}\" must be a whole number from {} to {}", key, least, most));
            return fallback;
        }
        return value;
    }

    std::optional<Duration> duration(const YAML::Node& map, const char* key) {
        const auto value = text(map, key);
        if (value.empty()) return std::nullopt;
        const auto parsed = parseDuration(value);
        if (!parsed) problem(map[key], fmt::format("\"{}\" is not a duration", value), "write it as 30s, 2m or 500ms");
        return parsed;
    }

    LocalText localText(const YAML::Node& map, const char* key, bool required = false) {
        LocalText text;
        const auto node = map[key];
        if (!node) {
            if (required) problem(map, fmt::format("\"{}\" is missing", key), fmt::format("{}: {{en: ..., zh_CN: ...}}", key));
            return text;
        }
        return textOf(node, key);
    }

    LocalText textOf(const YAML::Node& node, const char* what) {
        LocalText text;
        if (node.IsScalar()) {
            text.byLanguage["en"] = node.Scalar();
        } else if (node.IsMap()) {
            for (const auto& entry : node) text.byLanguage[entry.first.Scalar()] = entry.second.Scalar();
            if (!text.byLanguage.contains("en")) problem(node, fmt::format("\"{}\" has no English text", what), "add en: ...");
        } else {
            problem(node, fmt::format("\"{}\" must be a text or a map of language to text", what));
        }
        return text;
    }

    std::string jq(const YAML::Node& map, bool required = true) {
        const auto program = text(map, "jq", required);
        if (!program.empty())
            if (const auto compiled = JqProgram::compile(program); !compiled)
                problem(map["jq"], fmt::format("the jq expression does not compile: {}", compiled.error().message));
        return program;
    }

private:
    std::string file_;
    std::vector<LabProblem>& problems_;
};

std::map<std::string, std::string> stringMap(const YAML::Node& node) {
    std::map<std::string, std::string> map;
    if (node && node.IsMap())
        for (const auto& entry : node) map[entry.first.Scalar()] = entry.second.Scalar();
    return map;
}

LabTarget readTarget(Reader& reader, const YAML::Node& node, bool list) {
    LabTarget target;
    target.apiVersion = reader.text(node, "apiVersion");
    target.kind = reader.text(node, "kind", true);
    target.nameSpace = reader.text(node, "namespace");
    target.list = list;
    if (list)
        target.labelSelector = reader.text(node, "labels");
    else
        target.name = reader.text(node, "name", true);
    return target;
}

LabMoment readMoment(Reader& reader, const YAML::Node& node, std::string_view what) {
    LabMoment moment;
    if (!reader.expectMap(node, what, {"apiVersion", "kind", "name", "namespace", "labels", "jq"})) return moment;
    moment.target = readTarget(reader, node, !node["name"]);
    moment.jq = reader.jq(node);
    return moment;
}

// The target of logs, exec and http: a Pod or Service by name, or Pods by labels.
LabTarget readEndpoint(Reader& reader, const YAML::Node& node) {
    LabTarget target;
    target.kind = node["service"] ? "Service" : "Pod";
    target.name = reader.text(node, node["service"] ? "service" : "pod");
    target.labelSelector = reader.text(node, "labels");
    target.list = target.name.empty();
    target.nameSpace = node["namespace"] ? reader.text(node, "namespace") : "default";
    if (target.name.empty() && target.labelSelector.empty()) reader.problem(node, "which Pod is missing", "pod: NAME, service: NAME or labels: app=web");
    return target;
}

LabCheck readCheck(Reader& reader, const YAML::Node& node) {
    LabCheck check;
    check.line = node.Mark().line + 1;
    if (!reader.expectMap(node, "a check", {"name", "title", "object", "select", "jq", "within", "for", "message", "happened", "never", "before", "logs", "exec", "http"}))
        return check;
    check.name = reader.text(node, "name", true);
    check.title = reader.localText(node, "title");
    check.message = reader.localText(node, "message", true);
    check.within = reader.duration(node, "within");
    check.holdFor = reader.duration(node, "for");
    if (const auto object = node["object"]) {
        reader.expectMap(object, "object", {"apiVersion", "kind", "name", "namespace"});
        check.moment = {readTarget(reader, object, false), reader.jq(node)};
    } else if (const auto select = node["select"]) {
        reader.expectMap(select, "select", {"apiVersion", "kind", "namespace", "labels"});
        check.moment = {readTarget(reader, select, true), reader.jq(node)};
    } else if (const auto happened = node["happened"]) {
        check.mode = CheckMode::Happened;
        check.moment = readMoment(reader, happened, "happened");
    } else if (const auto never = node["never"]) {
        check.mode = CheckMode::Never;
        check.moment = readMoment(reader, never, "never");
    } else if (const auto before = node["before"]) {
        check.mode = CheckMode::Before;
        if (reader.expectMap(before, "before", {"first", "then"}) && before["first"] && before["then"]) {
            check.first = readMoment(reader, before["first"], "first");
            check.moment = readMoment(reader, before["then"], "then");
        } else {
            reader.problem(before, "\"before\" needs \"first\" and \"then\"");
        }
    } else if (const auto logs = node["logs"]) {
        check.mode = CheckMode::Logs;
        reader.expectMap(logs, "logs", {"pod", "labels", "namespace", "container"});
        check.container = reader.text(logs, "container");
        check.moment = {readEndpoint(reader, logs), reader.jq(node)};
    } else if (const auto exec = node["exec"]) {
        check.mode = CheckMode::Exec;
        reader.expectMap(exec, "exec", {"pod", "labels", "namespace", "container", "command"});
        check.container = reader.text(exec, "container");
        for (const auto& word : exec["command"]) check.command.push_back(word.Scalar());
        if (check.command.empty()) reader.problem(exec, "the command is missing", "command: [cat, /etc/hostname]");
        check.moment = {readEndpoint(reader, exec), reader.jq(node)};
    } else if (const auto http = node["http"]) {
        check.mode = CheckMode::Http;
        reader.expectMap(http, "http", {"service", "pod", "namespace", "port", "path"});
        check.port = reader.integer(http, "port", 80, 1, 65535);
        if (http["path"]) check.path = reader.text(http, "path");
        check.moment = {readEndpoint(reader, http), reader.jq(node)};
    } else {
        reader.problem(node, "the check looks at nothing", "give one of object, select, happened, never, before, logs, exec, http");
    }
    return check;
}

LabQuestion readQuestion(Reader& reader, const YAML::Node& node) {
    LabQuestion question;
    if (!reader.expectMap(node, "ask", {"question", "choices", "answer", "explanation"})) return question;
    question.question = reader.localText(node, "question", true);
    question.explanation = reader.localText(node, "explanation");
    for (const auto& choice : node["choices"]) {
        if (choice.IsMap())
            question.choices.push_back({reader.text(choice, "value", true), reader.localText(choice, "text")});
        else
            question.choices.push_back({choice.Scalar(), {}});
    }
    if (question.choices.size() < 2) reader.problem(node, "a question needs two choices at least", "choices: [worker-a, worker-b, none]");
    const auto answer = node["answer"];
    if (!answer || !answer.IsMap()) {
        reader.problem(node, "the answer is missing", "answer: {decision: {pod: default/web, select: .status.selectedNode}}");
    } else if (const auto decision = answer["decision"]) {
        question.decisionPod = reader.text(decision, "pod", true);
        question.answer.target = {"kubarium.dev/v1alpha1", "SchedulingDecision", "", "", "", true};
        question.answer.jq = reader.text(decision, "select", true);
    } else {
        question.answer = readMoment(reader, answer, "answer");
    }
    return question;
}

LabFault readFault(Reader& reader, const YAML::Node& node) {
    LabFault fault;
    if (!reader.expectMap(node, "a fault", {"type", "node", "pod", "namespace", "container", "after", "for"})) return fault;
    fault.type = reader.text(node, "type", true);
    static const std::set<std::string> types{"ContainerKill", "NodePowerOff", "NodePartition"};
    if (!types.contains(fault.type)) reader.problem(node, fmt::format("there is no fault \"{}\"", fault.type), "ContainerKill, NodePowerOff or NodePartition");
    fault.node = reader.text(node, "node", fault.type != "ContainerKill");
    fault.pod = reader.text(node, "pod", fault.type == "ContainerKill");
    fault.nameSpace = node["namespace"] ? reader.text(node, "namespace") : "default";
    fault.container = reader.text(node, "container");
    fault.after = reader.duration(node, "after").value_or(Duration{});
    reader.duration(node, "for");
    fault.duration = reader.text(node, "for");
    return fault;
}

LabStep readStep(Reader& reader, const YAML::Node& node) {
    LabStep step;
    if (!reader.expectMap(node, "a step", {"name", "title", "ask", "faults", "hints", "checks"})) return step;
    step.name = reader.text(node, "name", true);
    step.title = reader.localText(node, "title", true);
    if (const auto ask = node["ask"]) step.ask = readQuestion(reader, ask);
    for (const auto& fault : node["faults"]) step.faults.push_back(readFault(reader, fault));
    for (const auto& hint : node["hints"]) step.hints.push_back(reader.textOf(hint, "hint"));
    std::set<std::string> names;
    for (const auto& check : node["checks"]) {
        step.checks.push_back(readCheck(reader, check));
        if (!names.insert(step.checks.back().name).second)
            reader.problem(check, fmt::format("a check named \"{}\" is already in this step", step.checks.back().name), "give it another name");
    }
    if (step.checks.empty() && !step.ask) reader.problem(node, "the step asks nothing and checks nothing", "add checks or ask");
    return step;
}

std::vector<LabNode> readNodes(Reader& reader, const YAML::Node& list) {
    std::vector<LabNode> nodes;
    int real = 0, simulated = 0;
    for (const auto& entry : list) {
        LabNode node;
        if (!reader.expectMap(entry, "a node", {"name", "namePrefix", "count", "cpu", "memory", "labels", "taints", "simulated"})) continue;
        node.name = reader.text(entry, "name");
        node.namePrefix = reader.text(entry, "namePrefix");
        if (node.name.empty() == node.namePrefix.empty()) reader.problem(entry, "a node has either a name or a namePrefix");
        node.count = reader.integer(entry, "count", 1, 1, maxSimulatedNodes);
        if (entry["cpu"]) node.cpu = reader.text(entry, "cpu");
        if (entry["memory"]) node.memory = reader.text(entry, "memory");
        node.labels = stringMap(entry["labels"]);
        node.simulated = entry["simulated"] && entry["simulated"].as<bool>(false);
        for (const auto& taint : entry["taints"])
            node.taints.push_back({reader.text(taint, "key", true), reader.text(taint, "value"), reader.text(taint, "effect", true)});
        (node.simulated ? simulated : real) += node.count;
        nodes.push_back(std::move(node));
    }
    if (real > maxRealNodes) reader.problem(list, fmt::format("{} real Nodes are too many (at most {})", real, maxRealNodes), "mark the others simulated: true");
    if (simulated > maxSimulatedNodes) reader.problem(list, fmt::format("{} simulated Nodes are too many (at most {})", simulated, maxSimulatedNodes));
    return nodes;
}

// Splits a brief at its second-level headings: what stands before the first is the introduction.
std::vector<std::string> sectionsOf(const std::string& markdown) {
    std::vector<std::string> sections(1);
    std::istringstream in(markdown);
    for (std::string line; std::getline(in, line);) {
        if (line.starts_with("## ")) {
            sections.emplace_back();
            continue;  // the step's title is in lab.yaml
        }
        sections.back() += line + "\n";
    }
    return sections;
}

void readBriefs(Lab& lab, std::vector<LabProblem>& problems) {
    const auto addBrief = [&](const std::string& file, const std::string& language) {
        const auto text = readFile(lab.folder / file);
        if (!text) {
            problems.push_back({file, 0, "the file is missing or larger than 1 MiB", "write the lab's text: one '## ' heading per step"});
            return;
        }
        const auto sections = sectionsOf(*text);
        if (sections.size() != lab.steps.size() + 1)
            problems.push_back({file, 0, fmt::format("{} '## ' headings for {} steps", sections.size() - 1, lab.steps.size()), "one '## ' heading per step, in order"});
        lab.intro[language] = sections.front();
        for (std::size_t i = 0; i < lab.steps.size() && i + 1 < sections.size(); ++i) lab.steps[i].brief[language] = sections[i + 1];
    };
    addBrief("brief.md", "en");
    std::error_code error;
    for (const auto& entry : fs::directory_iterator(lab.folder, error)) {
        const auto file = entry.path().filename().string();
        if (file.starts_with("brief.") && file.ends_with(".md") && file != "brief.md") addBrief(file, file.substr(6, file.size() - 9));
    }
}

enum class Scripts { Refused, Allowed };

std::vector<Manifest> readManifests(const fs::path& folder, const fs::path& top, Scripts scripts, std::vector<LabProblem>& problems) {
    std::vector<fs::path> files;
    std::error_code error;
    for (const auto& entry : fs::directory_iterator(folder, error)) {
        const auto extension = entry.path().extension();
        if (entry.is_symlink()) continue;
        if (extension == ".yaml" || (extension == ".sh" && scripts == Scripts::Allowed)) files.push_back(entry.path());
    }
    std::ranges::sort(files);
    std::vector<Manifest> manifests;
    for (const auto& file : files) {
        const auto name = fs::relative(file, top).string();
        const auto text = readFile(file);
        if (!text) {
            problems.push_back({name, 0, "the file is larger than 1 MiB", "labs are small"});
            continue;
        }
        manifests.push_back({name, *text, file.extension() == ".sh"});
        if (!manifests.back().script) findUnsafe(manifests.back(), problems);
    }
    return manifests;
}

void readWrong(Lab& lab, std::vector<LabProblem>& problems) {
    constexpr std::string_view mark = "# fails: ";
    std::vector<fs::path> folders;
    std::error_code error;
    for (const auto& entry : fs::directory_iterator(lab.folder / "wrong", error))
        if (entry.is_directory()) folders.push_back(entry.path());
    std::ranges::sort(folders);
    for (const auto& folder : folders) {
        WrongSolution wrong{folder.filename().string(), readManifests(folder, lab.folder, Scripts::Allowed, problems), {}};
        for (const auto& manifest : wrong.manifests)
            if (const auto at = manifest.text.find(mark); at != std::string::npos)
                wrong.expectedCheck = manifest.text.substr(at + mark.size(), manifest.text.find('\n', at) - at - mark.size());
        if (wrong.expectedCheck.empty())
            problems.push_back({"wrong/" + wrong.name, 0, "no file says which check must fail", "write a line '# fails: NAME-OF-CHECK' into one"});
        lab.wrong.push_back(std::move(wrong));
    }
}

void readSpec(Reader& reader, const YAML::Node& spec, Lab& lab) {
    if (!reader.expectMap(spec, "spec", {"title", "minutes", "level", "topics", "cluster", "clock", "ready", "steps"})) return;
    lab.title = reader.localText(spec, "title", true);
    lab.minutes = reader.integer(spec, "minutes", 15, 1, 600);
    if (spec["level"]) lab.level = reader.text(spec, "level");
    if (lab.level != "beginner" && lab.level != "intermediate" && lab.level != "advanced")
        reader.problem(spec["level"], fmt::format("there is no level \"{}\"", lab.level), "beginner, intermediate or advanced");
    for (const auto& topic : spec["topics"]) lab.topics.push_back(topic.Scalar());
    if (const auto cluster = spec["cluster"]; cluster && reader.expectMap(cluster, "cluster", {"nodes"})) lab.nodes = readNodes(reader, cluster["nodes"]);
    if (const auto clock = spec["clock"]; clock && reader.expectMap(clock, "clock", {"rate"})) lab.rate = reader.integer(clock, "rate", 1, 1, 1000);
    for (const auto& moment : spec["ready"]) lab.ready.push_back(readMoment(reader, moment, "ready"));
    std::set<std::string> names;
    for (const auto& step : spec["steps"]) {
        lab.steps.push_back(readStep(reader, step));
        if (!names.insert(lab.steps.back().name).second) reader.problem(step, fmt::format("a step named \"{}\" is already there", lab.steps.back().name));
    }
    if (lab.steps.empty()) reader.problem(spec, "the lab has no steps");
}

}  // namespace

const std::string& LocalText::in(const std::string& language) const {
    static const std::string none;
    if (const auto it = byLanguage.find(language); it != byLanguage.end()) return it->second;
    const auto base = language.substr(0, language.find('_'));
    for (const auto& [tag, text] : byLanguage)
        if (tag.substr(0, tag.find('_')) == base) return text;
    const auto english = byLanguage.find("en");
    return english == byLanguage.end() ? none : english->second;
}

int Manifest::step() const {
    int number = 0;
    const auto name = fs::path(fileName).filename().string();
    std::from_chars(name.data(), name.data() + name.size(), number);
    return std::max(0, number - 1);
}

LoadedLab loadLab(const fs::path& folder) {
    LoadedLab loaded;
    auto& lab = loaded.lab;
    lab.folder = folder;
    const auto text = readFile(folder / "lab.yaml");
    if (!text) {
        loaded.problems.push_back({"lab.yaml", 0, "the file is missing or larger than 1 MiB", "a lab is a folder with a lab.yaml in it"});
        return loaded;
    }
    Reader reader("lab.yaml", loaded.problems);
    try {
        const auto root = YAML::Load(*text);
        if (!reader.expectMap(root, "the lab", {"apiVersion", "kind", "metadata", "spec"})) return loaded;
        if (reader.text(root, "apiVersion") != "kubarium.dev/v1alpha1" || reader.text(root, "kind") != "Lab")
            reader.problem(root, "this is not a lab", "apiVersion: kubarium.dev/v1alpha1 and kind: Lab");
        if (root["metadata"] && root["metadata"].IsMap()) lab.name = reader.text(root["metadata"], "name", true);
        if (root["spec"]) readSpec(reader, root["spec"], lab);
    } catch (const YAML::Exception& error) {
        loaded.problems.push_back({"lab.yaml", error.mark.is_null() ? 0 : error.mark.line + 1, "not valid YAML: " + error.msg, "check the indentation and the quotes"});
        return loaded;
    }
    readBriefs(lab, loaded.problems);
    lab.start = readManifests(folder / "start", folder, Scripts::Refused, loaded.problems);
    lab.solution = readManifests(folder / "solution", folder, Scripts::Allowed, loaded.problems);
    readWrong(lab, loaded.problems);
    return loaded;
}

std::vector<LabNode> parseNodes(const std::string& text, const std::string& file, std::vector<LabProblem>& problems) {
    Reader reader(file, problems);
    try {
        const auto root = YAML::Load(text);
        if (root.IsSequence()) return readNodes(reader, root);
        reader.problem(root, "a list of Nodes is expected", "- {name: worker-a, cpu: \"1\", memory: 512Mi}");
    } catch (const YAML::Exception& error) {
        problems.push_back({file, error.mark.is_null() ? 0 : error.mark.line + 1, "not valid YAML: " + error.msg, "check the indentation and the quotes"});
    }
    return {};
}

fs::path labsFolder(const fs::path& program) {
    if (const char* chosen = std::getenv("KUBARIUM_LABS")) return chosen;
    std::error_code error;
    const auto bin = fs::canonical(program, error).parent_path();
    for (const auto& candidate : {bin / "../share/kubarium/labs", bin / "../../../labs"})
        if (fs::is_directory(candidate, error)) return fs::canonical(candidate, error);
    return "labs";
}

std::vector<fs::path> findLabs(const fs::path& labs) {
    std::vector<fs::path> found;
    std::error_code error;
    for (const auto& entry : fs::directory_iterator(labs, error))
        if (fs::exists(entry.path() / "lab.yaml", error)) found.push_back(entry.path());
    std::ranges::sort(found);
    return found;
}

Result<LoadedLab> findLab(const fs::path& labs, const std::string& nameOrPath) {
    std::error_code error;
    if (fs::exists(fs::path(nameOrPath) / "lab.yaml", error)) return loadLab(nameOrPath);
    std::vector<std::string> names;
    for (const auto& folder : findLabs(labs)) {
        auto loaded = loadLab(folder);
        if (loaded.lab.name == nameOrPath || folder.filename() == nameOrPath) return loaded;
        names.push_back(loaded.lab.name);
    }
    return makeError(Reason::NotFound, fmt::format("there is no lab \"{}\" in {}; there are: {}", nameOrPath, labs.string(), fmt::join(names, ", ")));
}

std::optional<Duration> parseDuration(std::string_view text) {
    Duration total{};
    if (text.empty()) return std::nullopt;
    while (!text.empty()) {
        double value = 0;
        const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, std::chars_format::fixed);
        if (error != std::errc{} || value < 0) return std::nullopt;
        text.remove_prefix(static_cast<std::size_t>(end - text.data()));
        double unit = 0;
        std::size_t length = 1;
        if (text.starts_with("ms")) unit = 1e6, length = 2;
        else if (text.starts_with("us")) unit = 1e3, length = 2;
        else if (text.starts_with("ns")) unit = 1, length = 2;
        else if (text.starts_with("s")) unit = 1e9;
        else if (text.starts_with("m")) unit = 60e9;
        else if (text.starts_with("h")) unit = 3600e9;
        else return std::nullopt;
        text.remove_prefix(length);
        if (value * unit > 1e18) return std::nullopt;
        total += Duration{static_cast<std::int64_t>(value * unit)};
    }
    return total;
}

}  // namespace kubarium::lab
