// An answer compared with a recorded one, in which values that the recorded server chose are placeholders: ${uid:3} is the same
// value wherever it stands, ${time} any time. tests/golden/api/conversations holds such recordings.
#pragma once

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace kubarium::testing {

namespace json = boost::json;

using Bindings = std::map<std::string, std::string>;  // "${uid:3}" -> what it stands for

// Placeholders that are bound become their values.
std::string substituted(std::string_view text, const Bindings& bindings);
json::value substituted(const json::value& value, const Bindings& bindings);

class AnswerMatcher {
public:
    // `looseRevisions`: resourceVersions need not be equal or unequal where the recorded ones were.
    AnswerMatcher(Bindings& bindings, bool looseRevisions) : bindings_(bindings), loose_(looseRevisions) {}

    // `compare`: {"ignore": [pointers], "unordered": [pointers]} of the step.
    void match(const std::string& path, const json::value& recorded, const json::value& actual, const json::object& compare);
    // "/metadata/name: recorded X, here Y"
    const std::vector<std::string>& differences() const { return differences_; }
    void differ(const std::string& path, std::string_view recorded, std::string_view actual);

private:
    void text(const std::string& path, std::string_view recorded, const json::value& actual);
    void object(const std::string& path, const json::object& recorded, const json::value& actual, const json::object& compare);
    void list(const std::string& path, const json::array& recorded, const json::value& actual, const json::object& compare);
    void unordered(const std::string& path, const json::array& recorded, const json::array& actual, const json::object& compare);
    void bind(const std::string& path, const std::string& placeholder, std::string_view kind, const std::string& value);

    Bindings& bindings_;
    bool loose_;
    std::vector<std::string> differences_;
};

}  // namespace kubarium::testing
