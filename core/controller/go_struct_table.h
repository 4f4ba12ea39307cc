// Facts about Go's declaration of a Pod template, for template_hash.h.
#pragma once

#include <string_view>

namespace kubarium::controller {

extern const std::string_view goStructTable;

}  // namespace kubarium::controller
