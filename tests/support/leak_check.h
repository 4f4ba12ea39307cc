// Whether anything real is left over after a cluster ended: processes, mounts, control groups, network links of the computer
// and files. Take one before, ask it after. Other clusters that run meanwhile are not looked at.
#pragma once

#include <filesystem>
#include <set>
#include <string>
#include <vector>

namespace kubarium::testing {

class LeakCheck {
public:
    // `run` is the directory that the supervisor was given (a cluster's <state>/<name>/run); it need not exist yet.
    explicit LeakCheck(std::filesystem::path run);

    // What is there now and was not before, one line each; waits up to three seconds for it to go away.
    std::vector<std::string> leaks() const;

private:
    std::set<std::string> look() const;

    std::filesystem::path run_;
    std::set<std::string> before_;
};

// A directory for one test, removed with it.
class TestDirectory {
public:
    TestDirectory();
    ~TestDirectory();
    TestDirectory(const TestDirectory&) = delete;
    const std::filesystem::path& path() const { return path_; }

private:
    std::filesystem::path path_;
};

}  // namespace kubarium::testing
