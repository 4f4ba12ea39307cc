#include "ui/style/owner_palette.h"

namespace kubarium::style {

int OwnerPalette::indexOf(const QString& owner) {
  if (const auto known = index_.constFind(owner); known != index_.constEnd()) {
    return *known;
  }
  // FNV-1a instead of qHash: qHash is salted per process, and colours should survive a restart where they can.
  quint32 hash = 2166136261U;
  for (const QChar letter : owner) {
    hash = (hash ^ letter.unicode()) * 16777619U;
  }
  int best = static_cast<int>(hash % ownerColorCount);
  for (int step = 1; step < ownerColorCount; ++step) {
    const int candidate = static_cast<int>((hash + static_cast<quint32>(step)) % ownerColorCount);
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
