// The verdict of a plugin (framework.Status): not an error of ours, but what the scheduler says about a Pod and a Node.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace kubarium::scheduler {

enum class Code : std::uint8_t { Success, Error, Unschedulable, UnschedulableAndUnresolvable, Skip, Pending };

std::string_view toString(Code);

struct Status {
    Code code = Code::Success;
    std::vector<std::string> reasons;
    std::string plugin;

    bool success() const { return code == Code::Success; }
    bool rejected() const { return code == Code::Unschedulable || code == Code::UnschedulableAndUnresolvable; }
    std::string message() const;

    static Status unschedulable(std::string reason) { return {Code::Unschedulable, {std::move(reason)}, {}}; }
    static Status unresolvable(std::string reason) { return {Code::UnschedulableAndUnresolvable, {std::move(reason)}, {}}; }
    static Status error(std::string reason) { return {Code::Error, {std::move(reason)}, {}}; }
    static Status skip() { return {Code::Skip, {}, {}}; }
};

}  // namespace kubarium::scheduler
