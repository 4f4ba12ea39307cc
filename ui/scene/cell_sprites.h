// Chips as ready pixels for the pictures with many of them: built lazily at the exact device size, dropped when the scale
// or the theme changes. Painting a sprite costs a thirtieth of painting the rounded rectangle.
#pragma once

#include <QHash>
#include <QImage>

#include "ui/scene/ink.h"

namespace kubarium::scene {

class CellSprites {
 public:
  // Forgets everything unless it was built for this chip size (in device pixels) and theme.
  void prepare(int chipPixels, const style::Theme& theme);
  const QImage& chip(const style::Theme& theme, int owner, QChar letter, PodPhase phase, bool dim, bool letters);
  // How far a sprite reaches beyond its chip on every side, in device pixels.
  int margin() const { return margin_; }

 private:
  int pixels_ = 0;
  int margin_ = 0;
  style::Theme theme_;
  QHash<quint32, QImage> sprites_;
};

}  // namespace kubarium::scene
