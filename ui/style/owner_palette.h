// Which workload has which colour. A workload keeps its colour for the life of the palette; two workloads share one only
// when there are more than eight. The Stage, the timeline and the charts share one palette so that colours agree.
#pragma once

#include <QChar>
#include <QHash>
#include <QString>

#include <array>

#include "ui/style/theme.h"

namespace kubarium::style {

class OwnerPalette {
 public:
  // Index into Theme::owners. The first question for an owner decides; the same order of questions gives the same answers.
  int indexOf(const QString& owner);
  void clear();

 private:
  QHash<QString, int> index_;
  std::array<int, ownerColorCount> used_{};
};

// The letter that stands for a workload on its Pods' chips.
QChar ownerLetter(const QString& owner);

}  // namespace kubarium::style
