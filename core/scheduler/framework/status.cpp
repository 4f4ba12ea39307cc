#include "core/scheduler/framework/status.h"

#include <fmt/format.h>

namespace kubarium::scheduler {

std::string_view toString(Code code) {
    switch (code) {
        case Code::Success: return "Success";
        case Code::Error: return "Error";
        case Code::Unschedulable: return "Unschedulable";
        case Code::UnschedulableAndUnresolvable: return "UnschedulableAndUnresolvable";
        case Code::Skip: return "Skip";
        case Code::Pending: return "Pending";
    }
    return "";
}

std::string Status::message() const { return fmt::format("{}", fmt::join(reasons, ", ")); }

}  // namespace kubarium::scheduler
