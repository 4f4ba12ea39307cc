// JSON and YAML from outside: whatever the bytes, parsing ends with a value or an error, and what was parsed can be written and read
// again as the same.
#include "core/api/codec.h"
#include "core/api/quantity.h"
#include "tests/fuzz/mutator.h"

#include <boost/json.hpp>
#include <fmt/format.h>

#include <cstdlib>

using namespace kubarium;

namespace {

const std::vector<std::string> corpus{
    R"({"apiVersion":"v1","kind":"Pod","metadata":{"name":"a","labels":{"x":"\u00e9\n"}},"spec":{"containers":[{"name":"c","resources":{"requests":{"cpu":"1500m"}}}],"n":-1.5e3}})",
    "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\ndata:\n  text: |\n    one\n    two\n  folded: >-\n    three\n    four\n  octal: 0o17\n  yes: on\n---\nsecond: {a: [1, 2, ~], b: \"q\"}\n",
    "base: &base {a: 1}\nmore:\n  <<: *base\n  b: 0x1f\nlist:\n- - nested\n  - .inf\n- ? complex\n  : value\n- !!str 5\n- 2001-01-01\n",
    "[1,2,[3,[4,[5,{\"a\":{\"b\":{}}}]]],\"\\ud83d\\ude00\",1e400,-0]",
};
const std::vector<std::string> words{"{", "}", "[", "]", ":", "\n  ", "- ", "&a ", "*a", "<<: *a", "|\n", "\"", "'", "\\u0000", "\\ud800", "---\n", "...\n", "!!binary ", "\t", "# ", "0x", "1e999", "null", "~", "? "};

void mustHold(bool condition, const char* what) {
    if (condition) return;
    fmt::print(stderr, "{}\n", what);
    std::abort();
}

void target(const std::string& text) {
    if (const auto parsed = api::parseJson(text)) {
        const auto again = api::parseJson(api::toJson(parsed->value));
        mustHold(again && api::toJson(again->value) == api::toJson(parsed->value), "JSON that was written is not read as the same");
        static_cast<void>(api::toYaml(parsed->value));
    }
    static_cast<void>(api::parseYaml(text));
    if (const auto documents = api::parseYamlDocuments(text))
        for (const auto& document : *documents) {
            const auto again = api::parseYaml(api::toYaml(document.value));
            mustHold(again.has_value(), "YAML that was written cannot be read");
        }
    static_cast<void>(api::Quantity::parse(text.substr(0, 40)));
}

}  // namespace

int main(int argc, char** argv) {
    return fuzz::run("codec", argc, argv, [](SeededRandom& random) { return fuzz::spoilText(random, corpus, words); }, target);
}
