// jq expressions (libjq) over JSON trees: the language of checks. A compiled program may be run any number of times.
#pragma once

#include "core/base/result.h"

#include <boost/json/value.hpp>

#include <memory>
#include <string>

namespace kubarium::lab {

class JqProgram {
public:
    // The error says what jq says, without its file names.
    static Result<JqProgram> compile(const std::string& program);
    JqProgram(JqProgram&&) noexcept;
    JqProgram& operator=(JqProgram&&) noexcept;
    ~JqProgram();

    // The first output; null if there is none. A jq runtime error ("Cannot index number with ...") is an Error.
    Result<boost::json::value> run(const boost::json::value& input) const;
    // Whether the first output is neither null nor false.
    Result<bool> holds(const boost::json::value& input) const;
    const std::string& text() const { return text_; }

private:
    struct State;
    JqProgram(std::unique_ptr<State> state, std::string text);
    std::unique_ptr<State> state_;
    std::string text_;
};

}  // namespace kubarium::lab
