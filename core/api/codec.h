// Between bytes and JSON trees. Limits protect the server from hostile bodies: depth 512, size by the caller.
#pragma once

#include "core/api/object.h"
#include "core/base/result.h"

#include <string>
#include <string_view>
#include <vector>

namespace kubarium::api {

struct ParsedDocument {
    json::value value;
    // JSON: paths of keys given twice ("spec.replicas"); YAML: sentences (`line 7: key "k" already set in map`). The last one wins.
    std::vector<std::string> duplicates;
};

// RFC 8259. The message of a failure is Go's where that is cheap ("unexpected end of JSON input"); reason BadRequest.
Result<ParsedDocument> parseJson(std::string_view text);

// YAML 1.1 as sigs.k8s.io/yaml reads it: `yes`, `on`, `n`, octal and hexadecimal integers, keys turned into strings, merge keys.
// Exactly the first document. An empty one is null.
Result<ParsedDocument> parseYaml(std::string_view text);
// Every document that is not empty.
Result<std::vector<ParsedDocument>> parseYamlDocuments(std::string_view text);

std::string toJson(const json::value&);
std::string toPrettyJson(const json::value&);  // two blanks, keys as they stand
// Block style, keys sorted, strings quoted where YAML 1.1 would read something else: what kubectl prints.
std::string toYaml(const json::value&);

}  // namespace kubarium::api
