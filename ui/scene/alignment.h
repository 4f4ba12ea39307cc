// Which item of the list before is which item of the list now. Two models differ in few places, mostly by insertion and
// removal, so both lists are walked side by side with a little foresight; only what is left over meets a hash table.
#pragma once

#include <QHash>
#include <QString>

#include <cstddef>
#include <vector>

namespace kubarium::scene {

// Models share most of their strings with the model before: the same address is the same text.
inline bool sameText(const QString& a, const QString& b) {
  return a.size() == b.size() && (a.constData() == b.constData() || a == b);
}

// For each item of `now` its index in `before`, or -1. `keyOf(list, index)` gives the key; keys are unique per list.
template <typename Before, typename Now>
std::vector<int> align(std::size_t beforeCount, const Before& beforeKey, std::size_t nowCount, const Now& nowKey) {
  constexpr std::size_t foresight = 6;
  std::vector<int> result(nowCount, -1);
  std::vector<std::size_t> leftBefore;
  std::vector<std::size_t> leftNow;
  std::size_t b = 0;
  std::size_t n = 0;
  while (b < beforeCount && n < nowCount) {
    if (sameText(beforeKey(b), nowKey(n))) {
      result[n++] = static_cast<int>(b++);
      continue;
    }
    std::size_t removed = 0;
    std::size_t added = 0;
    for (std::size_t ahead = 1; ahead <= foresight && removed == 0 && added == 0; ++ahead) {
      if (b + ahead < beforeCount && sameText(beforeKey(b + ahead), nowKey(n))) {
        removed = ahead;
      } else if (n + ahead < nowCount && sameText(beforeKey(b), nowKey(n + ahead))) {
        added = ahead;
      }
    }
    if (removed == 0 && added == 0) {
      removed = added = 1;
    }
    for (; removed > 0; --removed) {
      leftBefore.push_back(b++);
    }
    for (; added > 0; --added) {
      leftNow.push_back(n++);
    }
  }
  for (; b < beforeCount; ++b) {
    leftBefore.push_back(b);
  }
  for (; n < nowCount; ++n) {
    leftNow.push_back(n);
  }
  if (leftBefore.empty() || leftNow.empty()) {
    return result;
  }
  QHash<QString, int> index;
  index.reserve(static_cast<qsizetype>(leftBefore.size()));
  for (const std::size_t at : leftBefore) {
    index.insert(beforeKey(at), static_cast<int>(at));
  }
  for (const std::size_t at : leftNow) {
    result[at] = index.value(nowKey(at), -1);
  }
  return result;
}

}  // namespace kubarium::scene
