#include "core/lab/lab_progress.h"

#include "core/base/state_directory.h"

#include <boost/json.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <sstream>

#include <unistd.h>

namespace kubarium::lab {
namespace {

namespace fs = std::filesystem;
namespace json = boost::json;

int integerAt(const json::object& object, const char* key) {
    const auto* value = object.if_contains(key);
    boost::system::error_code error;
    const auto number = value && value->is_number() ? value->to_number<std::int64_t>(error) : 0;
    return error ? 0 : static_cast<int>(std::clamp<std::int64_t>(number, 0, 1'000'000));
}

LabRecord recordFrom(const json::object& object) {
    LabRecord record;
    const auto* done = object.if_contains("done");
    record.done = done && done->is_bool() && done->get_bool();
    record.stepsDone = integerAt(object, "stepsDone");
    record.steps = integerAt(object, "steps");
    record.hints = integerAt(object, "hints");
    const auto* seconds = object.if_contains("seconds");
    if (seconds && seconds->is_number()) record.seconds = seconds->to_number<double>();
    const auto* updated = object.if_contains("updatedAt");
    if (updated && updated->is_string()) record.updatedAt = updated->get_string();
    return record;
}

}  // namespace

fs::path LabProgress::fileIn(const fs::path& state) { return stateDirectory(state) / "lab-progress.json"; }

LabProgress LabProgress::load(const fs::path& file) {
    LabProgress progress;
    std::ifstream in(file, std::ios::binary);
    std::ostringstream text;
    text << in.rdbuf();
    boost::system::error_code error;
    const auto value = json::parse(text.str(), error);
    const auto* labs = !error && value.is_object() ? value.get_object().if_contains("labs") : nullptr;
    if (!labs || !labs->is_object()) return progress;
    for (const auto& [name, entry] : labs->get_object())
        if (entry.is_object()) progress.labs_[std::string(name)] = recordFrom(entry.get_object());
    return progress;
}

std::size_t LabProgress::resumeAt(const Lab& lab) const {
    const auto found = labs_.find(lab.name);
    if (found == labs_.end() || found->second.steps != static_cast<int>(lab.steps.size())) return 0;
    return found->second.stepsDone < found->second.steps ? static_cast<std::size_t>(std::max(0, found->second.stepsDone)) : 0;
}

void LabProgress::record(const Lab& lab, const SessionState& state, WallTime now) {
    auto& record = labs_[lab.name];
    record.steps = static_cast<int>(lab.steps.size());
    record.stepsDone = static_cast<int>(std::ranges::count_if(state.steps, [](const StepProgress& step) { return step.state == StepState::Passed || step.state == StepState::Done; }));
    record.done = record.done || state.phase == SessionPhase::Done;
    record.hints = 0;
    for (const auto& step : state.steps) record.hints += step.hintsShown;
    const auto end = state.phase == SessionPhase::Done ? state.finishedAt : now;
    record.seconds = std::max(0.0, std::chrono::duration<double>(end - state.startedAt).count());
    record.updatedAt = formatTime(now);
}

Result<void> LabProgress::save(const fs::path& file) const {
    json::object labs;
    for (const auto& [name, record] : labs_)
        labs[name] = json::object{{"done", record.done},   {"stepsDone", record.stepsDone}, {"steps", record.steps},
                                  {"hints", record.hints}, {"seconds", record.seconds},     {"updatedAt", record.updatedAt}};
    std::error_code error;
    fs::create_directories(file.parent_path(), error);
    const auto temporary = fmt::format("{}.{}", file.string(), getpid());
    {
        std::ofstream out(temporary, std::ios::trunc);
        out << json::serialize(json::object{{"labs", std::move(labs)}}) << '\n';
        if (!out.flush()) return internalError(fmt::format("the progress could not be kept: cannot write {}", temporary));
    }
    fs::rename(temporary, file, error);
    if (error) return internalError(fmt::format("the progress could not be kept: cannot write {}: {}", file.string(), error.message()));
    return {};
}

Result<void> keepProgress(const fs::path& file, const LabSession& session, WallTime now) {
    auto progress = LabProgress::load(file);
    progress.record(session.lab(), session.state(), now);
    return progress.save(file);
}

}  // namespace kubarium::lab
