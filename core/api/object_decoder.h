// From a request body to the tree that the server works on. A Go server decodes JSON into structs, so that a tree that went
// through it is normalised: unknown fields are gone, null is absent, quantities are canonical, zero values with omitempty are
// left out, structs by value are present. The same is done here from the table, and what a strict decoder would refuse is reported.
#pragma once

#include "core/api/codec.h"
#include "core/api/schema.h"
#include "core/base/result.h"

#include <string>
#include <vector>

namespace kubarium::api {

enum class MediaType { Json, Yaml };

struct DecodedObject {
    json::object object;                    // normalised; has apiVersion and kind
    GroupVersionKind kind;
    std::vector<std::string> strictErrors;  // `unknown field "spec.foo"`, `duplicate field "spec.bar"`
};

// Decodes a body that should hold `expected`. apiVersion and kind default to it; another kind, a value of a wrong type or broken
// syntax is a BadRequest worded as the API server does. `normalized`, which may be null: something of the kind that went through this
// before; members that are as there are not looked at.
Result<DecodedObject> decodeObject(const Schema&, const GroupVersionKind& expected, std::string_view body, MediaType, const json::object* normalized = nullptr);

// The same for a tree (after a patch). `duplicates`: from parseJson.
Result<DecodedObject> decodeObject(const Schema&, const GroupVersionKind& expected, json::value tree,
                                   const std::vector<std::string>& duplicates = {}, const json::object* normalized = nullptr);

// Normalises `object` in place as `type`. Errors are those of Go's decoder ("json: cannot unmarshal ..."), without prefix.
Result<void> normalize(const Type& type, json::object& object, std::vector<std::string>* strictErrors = nullptr);

// What a new Go object of the type looks like: an empty one, normalised. The reference stays valid on this thread.
const json::object& emptyObject(const Type& type);

// fieldValidation=Strict: `Pod in version "v1" cannot be handled as a Pod: strict decoding error: unknown field "spec.foo"`.
Error strictDecodingError(const GroupVersionKind&, const std::vector<std::string>& strictErrors);
// A PATCH whose result does not decode: 422 ` "" is invalid: patch: Invalid value: "<patch>": <why>`. `patch` is the resulting
// document as JSON for JSON patch and merge patch, goFormat(patch) for strategic merge patch. `why` is Go's sentence, or
// "strict decoding error: ..." (strictDecodingReason) with fieldValidation=Strict.
Error patchDecodingError(std::string_view patch, std::string_view why);
std::string strictDecodingReason(const std::vector<std::string>& strictErrors);

}  // namespace kubarium::api
