// Request bodies in application/vnd.kubernetes.protobuf: what `kubectl create` and other typed Go clients send. Four magic bytes,
// then a runtime.Unknown with apiVersion, kind and the object, whose field numbers are data (resources/api/protobuf.txt: per
// type the number, the JSON name and the form of each field). Answers are never in protobuf: such clients accept JSON too.
// Pure; any thread. The input is untrusted.
#pragma once

#include "core/base/result.h"

#include <boost/json/value.hpp>

#include <string_view>

namespace kubarium::apiserver {

inline constexpr std::string_view protobufType = "application/vnd.kubernetes.protobuf";

// The object as JSON with apiVersion and kind. The error's message is that of the decoder alone; unknown fields are skipped.
Result<boost::json::value> decodeProtobuf(std::string_view body);

}  // namespace kubarium::apiserver
