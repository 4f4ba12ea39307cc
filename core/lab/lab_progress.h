// What a student has done so far, kept between sessions: one small JSON file beside the clusters. The command line and the desktop
// share it.
#pragma once

#include "core/lab/lab_session.h"

#include <filesystem>
#include <map>
#include <string>

namespace kubarium::lab {

struct LabRecord {
    bool done = false;   // at least once; a later attempt that ends early does not take it away
    int stepsDone = 0;   // of the latest attempt
    int steps = 0;
    int hints = 0;       // used in the latest attempt
    double seconds = 0;  // the latest attempt so far
    std::string updatedAt{};  // RFC 3339
};

class LabProgress {
public:
    // `state` as for every command (--state); "" is the default folder.
    static std::filesystem::path fileIn(const std::filesystem::path& state);
    // A file that is missing or damaged is an empty progress: it is never in the way of learning.
    static LabProgress load(const std::filesystem::path& file);

    const std::map<std::string, LabRecord>& labs() const { return labs_; }
    // The step to go on with (0-based) where the latest attempt at the lab ended in between; 0 otherwise, and when the lab has changed.
    std::size_t resumeAt(const Lab& lab) const;
    // Takes over how far the session is.
    void record(const Lab& lab, const SessionState& state, WallTime now);
    // Replaces the file in one step; its folder is made if need be.
    Result<void> save(const std::filesystem::path& file) const;

private:
    std::map<std::string, LabRecord> labs_;
};

// Notes a session's progress in the file: load, record, save.
Result<void> keepProgress(const std::filesystem::path& file, const LabSession& session, WallTime now);

}  // namespace kubarium::lab
