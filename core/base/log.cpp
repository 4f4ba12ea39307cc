#include "core/base/log.h"

#include <spdlog/sinks/rotating_file_sink.h>
#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>

namespace kubarium {

void logMessage(LogLevel level, std::string_view component, std::string_view message) {
    static constexpr spdlog::level::level_enum levels[] = {spdlog::level::debug, spdlog::level::info, spdlog::level::warn, spdlog::level::err};
    spdlog::log(levels[static_cast<int>(level)], "{}: {}", component, message);
}

void setUpLogging(std::string_view level, std::string_view file) {
    constexpr std::size_t maxBytes = 8 << 20;
    spdlog::drop("kubarium");  // a second call replaces what the first set up
    if (file.empty())
        spdlog::set_default_logger(spdlog::stderr_color_mt("kubarium"));
    else
        spdlog::set_default_logger(spdlog::rotating_logger_mt("kubarium", std::string(file), maxBytes, 2));
    spdlog::set_pattern("%Y-%m-%dT%H:%M:%S.%e %^%L%$ %v");
    spdlog::set_level(spdlog::level::from_str(std::string(level)));
    spdlog::flush_on(spdlog::level::warn);
}

}  // namespace kubarium
