// Logging of the engine: spdlog's default logger behind one include, so that its headers stay out of ours.
// The level is chosen by --verbose or KUBARIUM_LOG (trace, debug, info, warn, error).
#pragma once

#include <fmt/format.h>

#include <string_view>

namespace kubarium {

enum class LogLevel { Debug, Info, Warn, Error };

void logMessage(LogLevel, std::string_view component, std::string_view message);
// `file` empty: standard error.
void setUpLogging(std::string_view level, std::string_view file);

template <class... Args>
void logDebug(std::string_view component, fmt::format_string<Args...> format, Args&&... args) {
    logMessage(LogLevel::Debug, component, fmt::format(format, std::forward<Args>(args)...));
}
template <class... Args>
void logInfo(std::string_view component, fmt::format_string<Args...> format, Args&&... args) {
    logMessage(LogLevel::Info, component, fmt::format(format, std::forward<Args>(args)...));
}
template <class... Args>
void logWarn(std::string_view component, fmt::format_string<Args...> format, Args&&... args) {
    logMessage(LogLevel::Warn, component, fmt::format(format, std::forward<Args>(args)...));
}
template <class... Args>
void logError(std::string_view component, fmt::format_string<Args...> format, Args&&... args) {
    logMessage(LogLevel::Error, component, fmt::format(format, std::forward<Args>(args)...));
}

}  // namespace kubarium
