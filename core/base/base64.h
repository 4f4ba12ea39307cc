// RFC 4648 base64, as in Secret.data and ConfigMap.binaryData.
#pragma once

#include <string>
#include <string_view>

namespace kubarium {

std::string encodeBase64(std::string_view bytes);
// Characters that are not base64 are skipped.
std::string decodeBase64(std::string_view text);

}  // namespace kubarium
