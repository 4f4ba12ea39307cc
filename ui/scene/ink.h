// A thin hand over QPainter for what every part of the Stage draws: one line of text that never overflows, a badge, a
// bar, a Pod's chip. It keeps fonts and their metrics, which are expensive to look up.
#pragma once

#include <QPainter>
#include <QRectF>
#include <QString>

#include <cmath>

#include "ui/scene/stage_model.h"
#include "ui/style/theme.h"

namespace kubarium::scene {

struct TextStyle {
  double size = 12;
  QColor color;
  style::TextWeight weight = style::TextWeight::Regular;
  style::TextFamily family = style::TextFamily::Sans;
  Qt::Alignment align = Qt::AlignLeft | Qt::AlignVCenter;
};

struct ChipLook {
  QColor color;
  QChar letter;
  PodPhase phase = PodPhase::Ready;
  int restarts = 0;
  bool dim = false;      // on a card that steps back
  bool dashed = false;   // waits in the lane
  double opacity = 1;
};

// To the nearest whole device pixel. The bias makes halves go the same way whatever the last bits of a sum say, so that a
// scrolled picture and a fresh one agree.
inline int wholePixel(double device) { return static_cast<int>(std::floor(device + 0.5 + 1e-4)); }

class Ink {
 public:
  Ink(QPainter& painter, const style::Theme& theme) : painter_(painter), theme_(theme) {}

  QPainter& painter() const { return painter_; }
  const style::Theme& theme() const { return theme_; }

  static double width(const QString& text, const TextStyle& style);
  static double lineHeight(const TextStyle& style);

  // One line, elided to the rectangle. Returns the width it took.
  double line(const QRectF& rect, const QString& text, const TextStyle& style) const;
  // Wrapped at words into at most `lines` lines, the last one elided. Returns the height it took.
  double paragraph(const QRectF& rect, const QString& text, const TextStyle& style, int lines) const;

  void panel(const QRectF& rect, double radius, const QColor& fill, const QColor& border, double borderWidth = 1) const;
  // A soft shadow below a floating panel.
  void shadow(const QRectF& rect, double radius) const;
  // Text in a rounded outline; returns its rectangle.
  static double badgeWidth(const QString& text, double size);
  static QString elided(const QString& text, const TextStyle& style, double width);
  // As much of the text as makes a badge of that width.
  static QString badgeText(const QString& text, double size, double width);
  QRectF badge(const QPointF& leftMiddle, const QString& text, double size, const QColor& color, const QColor& border) const;

  void bar(const QRectF& rect, double share, const QColor& fill, const QColor& track) const;
  void dot(const QPointF& center, double radius, const QColor& color) const;
  void check(const QRectF& box, const QColor& color) const;
  void cross(const QRectF& box, const QColor& color) const;
  void clock(const QRectF& box, const QColor& color) const;
  void chevron(const QPointF& center, double size, const QColor& color) const;
  // Wide diagonal stripes inside a rounded rectangle.
  void hatch(const QRectF& rect, double radius, const QColor& color, double step, double thickness) const;

  void chip(const QRectF& rect, const ChipLook& look) const;
  // What chip() draws at its corners, alone: state and restarts.
  void chipGlyph(const QRectF& rect, const ChipLook& look) const;

 private:
  void drawChip(const QRectF& rect, const ChipLook& look) const;

  QPainter& painter_;
  const style::Theme& theme_;
};

}  // namespace kubarium::scene
