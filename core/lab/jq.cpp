#include "core/lab/jq.h"

#include <boost/json.hpp>

extern "C" {
#include <jq.h>
#include <jv.h>
}

namespace kubarium::lab {
namespace {

namespace json = boost::json;

std::string errorText(jv message) {
    const auto text = jv_dump_string(message, 0);
    std::string result = jv_string_value(text);
    jv_free(text);
    if (result.size() >= 2 && result.front() == '"') result = json::parse(result).as_string().c_str();
    return result;
}

}  // namespace

struct JqProgram::State {
    jq_state* jq = jq_init();
    std::string errors;
    ~State() { jq_teardown(&jq); }
};

JqProgram::JqProgram(std::unique_ptr<State> state, std::string text) : state_(std::move(state)), text_(std::move(text)) {}
JqProgram::JqProgram(JqProgram&&) noexcept = default;
JqProgram& JqProgram::operator=(JqProgram&&) noexcept = default;
JqProgram::~JqProgram() = default;

Result<JqProgram> JqProgram::compile(const std::string& program) {
    auto state = std::make_unique<State>();
    if (!state->jq) return internalError("libjq could not start");
    jq_set_error_cb(
        state->jq,
        [](void* data, jv message) {
            auto& errors = *static_cast<std::string*>(data);
            // The first line names the mistake; the others repeat the program.
            if (errors.empty()) errors = errorText(jv_copy(message));
            jv_free(message);
        },
        &state->errors);
    if (!jq_compile(state->jq, program.c_str())) {
        auto message = state->errors.substr(0, state->errors.find('\n'));
        if (message.starts_with("jq: error: ")) message.erase(0, 11);
        if (const auto at = message.find(" at <top-level>"); at != std::string::npos) message.erase(at);
        return badRequest(message.empty() ? "not a jq expression" : message);
    }
    return JqProgram(std::move(state), program);
}

Result<json::value> JqProgram::run(const json::value& input) const {
    const auto text = json::serialize(input);
    jq_start(state_->jq, jv_parse_sized(text.data(), static_cast<int>(text.size())), 0);
    const auto output = jq_next(state_->jq);
    if (jv_is_valid(output)) {
        const auto dumped = jv_dump_string(output, 0);
        boost::system::error_code error;
        auto value = json::parse(json::string_view(jv_string_value(dumped), static_cast<std::size_t>(jv_string_length_bytes(jv_copy(dumped)))), error);
        jv_free(dumped);
        if (error) return internalError("jq gave a value that is no JSON");
        return value;
    }
    if (jv_invalid_has_msg(jv_copy(output))) return badRequest(errorText(jv_invalid_get_msg(output)));
    jv_free(output);
    return json::value();
}

Result<bool> JqProgram::holds(const json::value& input) const {
    const auto value = TRY(run(input));
    return !(value.is_null() || (value.is_bool() && !value.get_bool()));
}

}  // namespace kubarium::lab
