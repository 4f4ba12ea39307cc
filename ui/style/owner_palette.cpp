#include "ui/style/owner_palette.h"

namespace kubarium::style {

int OwnerPalette::indexOf(const QString& owner) {
  if (const auto known = index_.constFind(owner); known != index_.constEnd()) {
    return *known;
  }
  // The least used colour, the earliest of them: the first workloads get the colours that are easiest to tell apart.
  int best = 0;
  for (int candidate = 1; candidate < ownerColorCount; ++candidate) {
    if (used_[static_cast<std::size_t>(candidate)] < used_[static_cast<std::size_t>(best)]) {
      best = candidate;
    }
  }
  ++used_[static_cast<std::size_t>(best)];
  index_.insert(owner, best);
  return best;
}

void OwnerPalette::clear() {
  index_.clear();
  used_.fill(0);
}

QChar ownerLetter(const QString& owner) {
  for (const QChar letter : owner) {
    if (letter.isLetterOrNumber()) {
      return letter.toUpper();
    }
  }
  return QLatin1Char('?');
}

}  // namespace kubarium::style
