// Collects the causes of a 422 in the words of apimachinery's field errors. Internal to core/api.
#pragma once

#include "core/api/go_text.h"
#include "core/api/json_read.h"
#include "core/api/object.h"
#include "core/base/result.h"

#include <fmt/format.h>

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace kubarium::api {

class Report {
public:
    std::vector<Cause> causes;

    void required(std::string field, std::string_view detail = {}) { add("FieldValueRequired", std::move(field), with("Required value", detail)); }
    void forbidden(std::string field, std::string_view detail = {}) { add("FieldValueForbidden", std::move(field), with("Forbidden", detail)); }
    void invalid(std::string field, std::string_view value, std::string_view detail) { invalidText(std::move(field), goQuote(value), detail); }
    void invalid(std::string field, std::int64_t value, std::string_view detail) { invalidText(std::move(field), std::to_string(value), detail); }
    // `shown`: the value as the message shows it.
    void invalidText(std::string field, std::string_view shown, std::string_view detail) {
        add("FieldValueInvalid", std::move(field), with(fmt::format("Invalid value: {}", shown), detail));
    }
    void unsupported(std::string field, std::string_view value, std::span<const std::string_view> supported);
    void unsupported(std::string field, std::string_view value, std::initializer_list<std::string_view> supported) {
        unsupported(std::move(field), value, std::span(supported.begin(), supported.size()));
    }
    void notFound(std::string field, std::string_view value) { add("FieldValueNotFound", std::move(field), "Not found: " + goQuote(value)); }
    void duplicate(std::string field, std::string_view value) { add("FieldValueDuplicate", std::move(field), "Duplicate value: " + goQuote(value)); }
    void duplicateText(std::string field, std::string_view shown) { add("FieldValueDuplicate", std::move(field), "Duplicate value: " + std::string(shown)); }
    void tooLong(std::string field, std::size_t bytes) { add("FieldValueTooLong", std::move(field), fmt::format("Too long: may not be more than {} bytes", bytes)); }
    void tooMany(std::string field, std::size_t count, std::size_t limit) {
        add("FieldValueTooMany", std::move(field), fmt::format("Too many: {}: must have at most {} items", count, limit));
    }
    void add(std::string reason, std::string field, std::string message) { causes.push_back({std::move(reason), std::move(message), std::move(field)}); }
    // One Invalid per sentence.
    void invalidEach(const std::string& field, std::string_view value, const std::vector<std::string>& sentences) {
        for (const auto& sentence : sentences) invalid(field, value, sentence);
    }

private:
    static std::string with(std::string what, std::string_view detail) { return detail.empty() ? what : fmt::format("{}: {}", what, detail); }
};

std::string indexed(std::string_view path, std::size_t index);        // path[3]
std::string keyed(std::string_view path, std::string_view key);       // path[key]

}  // namespace kubarium::api
