#include "core/lab/lab.h"

#include "core/lab/lab_kinds.h"
#include "core/lab/lab_reader.h"
#include "core/lab/lab_safety.h"

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

std::optional<std::string> readFile(const fs::path& path) {
    std::error_code error;
    if (fs::file_size(path, error) > maxFileBytes || error) return std::nullopt;
    std::ifstream in(path, std::ios::binary);
    std::ostringstream text;
    text << in.rdbuf();
    return std::move(text).str();
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

enum class Folder { Start, Answers };

// Every document is an object of a kind that there is, with a name to apply it by.
void expectObjects(const Manifest& manifest, std::vector<LabProblem>& problems) {
    std::vector<YAML::Node> documents;
    try {
        documents = YAML::LoadAll(manifest.text);
    } catch (const YAML::Exception&) {
        return;  // findUnsafe has reported it
    }
    Reader reader(manifest.fileName, problems);
    for (const auto& document : documents) {
        if (document.IsNull()) continue;
        if (!document.IsMap()) {
            reader.problem(document, "the document is no object", "begin with apiVersion: and kind:");
            continue;
        }
        const auto version = reader.text(document, "apiVersion", true), kind = reader.text(document, "kind", true);
        if (!version.empty() && !kind.empty())
            if (const auto found = findKind(version, kind); !found) reader.problem(document["kind"], found.error().message, "as `kubectl api-resources` lists them");
        const auto metadata = document["metadata"];
        if (!metadata || !metadata.IsMap() || !metadata["name"]) reader.problem(document, "metadata.name is missing", "metadata: {name: web}");
    }
}

std::vector<Manifest> readManifests(const fs::path& folder, const fs::path& top, Folder role, std::vector<LabProblem>& problems) {
    std::vector<fs::path> files;
    std::error_code error;
    for (const auto& entry : fs::directory_iterator(folder, error)) {
        const auto name = fs::relative(entry.path(), top).string();
        const auto extension = entry.path().extension();
        if (entry.is_symlink())
            problems.push_back({name, 0, "the file is a symbolic link", "put the file itself here"});
        else if (entry.is_directory())
            problems.push_back({name, 0, "folders are not read here", "put the files one level higher"});
        else if (extension == ".yaml" || (extension == ".sh" && role == Folder::Answers))
            files.push_back(entry.path());
        else if (extension == ".sh")
            problems.push_back({name, 0, "a lab starts from YAML only: a script could do anything", "write what it makes as YAML"});
        else
            problems.push_back({name, 0, "the file is not used", role == Folder::Start ? "name it .yaml, or remove it" : "name it .yaml or .sh, or remove it"});
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
        if (manifests.back().script) continue;
        findUnsafe(manifests.back(), problems);
        expectObjects(manifests.back(), problems);
    }
    return manifests;
}

// Files of a solution say by their number which step they are for.
void expectSteps(const std::vector<Manifest>& manifests, std::size_t steps, std::vector<LabProblem>& problems) {
    for (const auto& manifest : manifests) {
        const auto name = fs::path(manifest.fileName).filename().string();
        const bool numbered = !name.empty() && name.front() >= '1' && name.front() <= '9';
        if (!numbered || static_cast<std::size_t>(manifest.step()) >= steps)
            problems.push_back({manifest.fileName, 0, fmt::format("the name does not begin with the number of a step (1 to {})", steps), fmt::format("call it 1-{}", name)});
    }
}

int lineOf(const std::string& text, std::size_t at) { return 1 + static_cast<int>(std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(at), '\n')); }

void readWrong(Lab& lab, std::vector<LabProblem>& problems) {
    constexpr std::string_view mark = "# fails: ";
    std::vector<fs::path> folders;
    std::error_code error;
    for (const auto& entry : fs::directory_iterator(lab.folder / "wrong", error)) {
        if (entry.is_directory()) folders.push_back(entry.path());
        else problems.push_back({fs::relative(entry.path(), lab.folder).string(), 0, "the file is not used", "a wrong solution is a folder: wrong/NAME/1-step.yaml"});
    }
    std::ranges::sort(folders);
    std::set<std::string> checks;
    for (const auto& step : lab.steps)
        for (const auto& check : step.checks) checks.insert(check.name);
    for (const auto& folder : folders) {
        WrongSolution wrong{folder.filename().string(), readManifests(folder, lab.folder, Folder::Answers, problems), {}};
        for (const auto& manifest : wrong.manifests) {
            const auto at = manifest.text.find(mark);
            if (at == std::string::npos) continue;
            wrong.expectedCheck = manifest.text.substr(at + mark.size(), manifest.text.find('\n', at) - at - mark.size());
            if (!checks.contains(wrong.expectedCheck))
                problems.push_back({manifest.fileName, lineOf(manifest.text, at), fmt::format("no step has a check \"{}\"", wrong.expectedCheck),
                                    fmt::format("one of: {}", fmt::join(checks, ", "))});
        }
        if (wrong.expectedCheck.empty())
            problems.push_back({"wrong/" + wrong.name, 0, "no file says which check must fail", "write a line '# fails: NAME-OF-CHECK' into one"});
        expectSteps(wrong.manifests, lab.steps.size(), problems);
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
    reader.list(spec, "topics", [&](const YAML::Node& topic) { lab.topics.push_back(reader.textOf(topic, "topics")); });
    if (const auto cluster = spec["cluster"]; cluster && reader.expectMap(cluster, "cluster", {"nodes"}) && cluster["nodes"]) {
        if (cluster["nodes"].IsSequence()) lab.nodes = readNodes(reader, cluster["nodes"]);
        else reader.problem(cluster["nodes"], "\"nodes\" must be a list", "nodes: and one line that begins with '- {name: ...}' for each");
    }
    if (const auto clock = spec["clock"]; clock && reader.expectMap(clock, "clock", {"rate"})) lab.rate = reader.integer(clock, "rate", 1, 1, 1000);
    reader.list(spec, "ready", [&](const YAML::Node& moment) { lab.ready.push_back(readMoment(reader, moment, "ready")); });
    std::set<std::string> names;
    reader.list(spec, "steps", [&](const YAML::Node& step) {
        lab.steps.push_back(readStep(reader, step, lab.nodes));
        if (!names.insert(lab.steps.back().name).second)
            reader.problem(step, fmt::format("a step named \"{}\" is already there", lab.steps.back().name), "give it another name");
    });
    if (lab.steps.empty()) reader.problem(spec, "the lab has no steps", "steps: and one line that begins with '- name: ...' for each");
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
        else reader.problem(root, "\"metadata\" is missing", "metadata: {name: my-lab}");
        if (root["spec"]) readSpec(reader, root["spec"], lab);
        else reader.problem(root, "\"spec\" is missing", "spec: with title and steps");
    } catch (const YAML::Exception& error) {
        loaded.problems.push_back({"lab.yaml", error.mark.is_null() ? 0 : error.mark.line + 1, "not valid YAML: " + error.msg, "check the indentation and the quotes"});
        return loaded;
    }
    readBriefs(lab, loaded.problems);
    lab.start = readManifests(folder / "start", folder, Folder::Start, loaded.problems);
    lab.given = readManifests(folder / "given", folder, Folder::Start, loaded.problems);
    expectSteps(lab.given, lab.steps.size(), loaded.problems);
    lab.solution = readManifests(folder / "solution", folder, Folder::Answers, loaded.problems);
    expectSteps(lab.solution, lab.steps.size(), loaded.problems);
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

namespace {

// The name alone, without reading what the lab is made of; "" if there is none.
std::string nameOf(const fs::path& folder) {
    const auto text = readFile(folder / "lab.yaml");
    if (!text) return {};
    try {
        return YAML::Load(*text)["metadata"]["name"].as<std::string>("");
    } catch (const YAML::Exception&) {
        return {};
    }
}

}  // namespace

Result<LoadedLab> findLab(const fs::path& labs, const std::string& nameOrPath) {
    std::error_code error;
    if (fs::exists(fs::path(nameOrPath) / "lab.yaml", error)) return loadLab(nameOrPath);
    std::vector<std::string> names;
    for (const auto& folder : findLabs(labs)) {
        auto name = nameOf(folder);
        if (name == nameOrPath || folder.filename() == nameOrPath) return loadLab(folder);
        names.push_back(std::move(name));
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
