#include "core/api/validation_report.h"

#include <boost/json.hpp>

#include <optional>

namespace kubarium::api {

void Report::unsupported(std::string field, std::string_view value, std::span<const std::string_view> supported) {
    std::vector<std::string> quoted;
    for (const auto one : supported) quoted.push_back(goQuote(one));
    const auto list = fmt::format("{}", fmt::join(quoted, ", "));
    add("FieldValueNotSupported", std::move(field), fmt::format("Unsupported value: {}: supported values: {}", goQuote(value), list));
}

std::string indexed(std::string_view path, std::size_t index) { return fmt::format("{}[{}]", path, index); }
std::string keyed(std::string_view path, std::string_view key) { return fmt::format("{}[{}]", path, key); }

}  // namespace kubarium::api
