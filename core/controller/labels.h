// Label selectors as controllers use them: decoded, against decoded labels.
#pragma once

#include "core/api/types/meta.h"

#include <map>
#include <string>

namespace kubarium::controller {

using Labels = std::map<std::string, std::string>;

// All requirements hold; an empty selector selects everything.
bool selects(const api::LabelSelector& selector, const Labels& labels);
// Every wanted label is there with its value; empty wants everything.
bool selects(const Labels& wanted, const Labels& labels);
bool isEmpty(const api::LabelSelector& selector);

}  // namespace kubarium::controller
