#include "ui/scene/ink.h"

#include <QFontMetricsF>
#include <QHash>
#include <QPainterPath>
#include <QTextLayout>

#include <algorithm>
#include <cmath>

namespace kubarium::scene {

using style::mix;
using style::TextFamily;
using style::TextWeight;

namespace {

struct Face {
  QFont font;
  QFontMetricsF metrics;
};

const Face& face(const TextStyle& style) {
  static QHash<int, Face*> faces;  // a few dozen for the life of the program
  const int key = static_cast<int>(std::lround(style.size)) * 16 + static_cast<int>(style.weight) * 4 + static_cast<int>(style.family);
  Face*& found = faces[key];
  if (found == nullptr) {
    const QFont font = style::font(style.size, style.weight, style.family);
    found = new Face{font, QFontMetricsF(font)};
  }
  return *found;
}

}  // namespace

double Ink::width(const QString& text, const TextStyle& style) { return face(style).metrics.horizontalAdvance(text); }
double Ink::lineHeight(const TextStyle& style) { return face(style).metrics.height(); }

QString Ink::elided(const QString& text, const TextStyle& style, double width) {
  return face(style).metrics.elidedText(text, Qt::ElideRight, width + 0.5);
}

double Ink::line(const QRectF& rect, const QString& text, const TextStyle& style) const {
  if (text.isEmpty() || rect.width() < 4) {
    return 0;
  }
  const Face& used = face(style);
  double advance = used.metrics.horizontalAdvance(text);
  QString shown = text;
  if (advance > rect.width() + 0.5) {
    shown = used.metrics.elidedText(text, Qt::ElideRight, rect.width());
    advance = used.metrics.horizontalAdvance(shown);
  }
  double x = rect.left();
  if (style.align & Qt::AlignRight) {
    x = rect.right() - advance;
  } else if (style.align & Qt::AlignHCenter) {
    x = rect.center().x() - advance / 2;
  }
  // Vertical centring on capital letters looks steadier than on the line box, and is the same for every family.
  double baseline = rect.center().y() + style.size * 0.36;
  if (style.align & Qt::AlignTop) {
    baseline = rect.top() + used.metrics.ascent();
  } else if (style.align & Qt::AlignBottom) {
    baseline = rect.bottom() - used.metrics.descent();
  }
  painter_.setFont(used.font);
  painter_.setPen(style.color);
  painter_.drawText(QPointF(x, baseline), shown);
  return advance;
}

double Ink::paragraph(const QRectF& rect, const QString& text, const TextStyle& style, int lines) const {
  if (text.isEmpty() || rect.width() < 8 || lines < 1) {
    return 0;
  }
  const Face& used = face(style);
  const double step = std::max(used.metrics.height(), style.size * 1.35);
  QTextLayout layout(text, used.font);
  layout.beginLayout();
  int count = 0;
  double y = rect.top();
  for (;;) {
    QTextLine row = layout.createLine();
    if (!row.isValid()) {
      break;
    }
    row.setLineWidth(rect.width());
    ++count;
    const int from = row.textStart();
    const bool rest = from + row.textLength() < text.size();
    QString shown = text.mid(from, row.textLength()).trimmed();
    if (count == lines && rest) {
      shown = used.metrics.elidedText(text.mid(from), Qt::ElideRight, rect.width());
    }
    line(QRectF(rect.left(), y, rect.width(), step), shown, style);
    y += step;
    if (count == lines) {
      break;
    }
  }
  layout.endLayout();
  return y - rect.top();
}

void Ink::panel(const QRectF& rect, double radius, const QColor& fill, const QColor& border, double borderWidth) const {
  painter_.setBrush(fill);
  if (border.isValid() && borderWidth > 0) {
    painter_.setPen(QPen(border, borderWidth));
    const double half = borderWidth / 2;
    painter_.drawRoundedRect(rect.adjusted(half, half, -half, -half), radius, radius);
  } else {
    painter_.setPen(Qt::NoPen);
    painter_.drawRoundedRect(rect, radius, radius);
  }
}

void Ink::shadow(const QRectF& rect, double radius) const {
  painter_.setPen(Qt::NoPen);
  QColor color = theme_.shadow;
  color.setAlpha(std::max(4, color.alpha() / 8));
  painter_.setBrush(color);
  for (int i = 8; i >= 1; --i) {
    painter_.drawRoundedRect(rect.adjusted(-i, -i + 3, i, i + 3), radius + i, radius + i);
  }
}

double Ink::badgeWidth(const QString& text, double size) {
  return std::ceil(width(text, {size, {}, TextWeight::Regular, TextFamily::Sans, {}}) + size * 0.95);
}

QRectF Ink::badge(const QPointF& leftMiddle, const QString& text, double size, const QColor& color, const QColor& border) const {
  const double height = std::round(size * 1.62);
  const QRectF rect(leftMiddle.x(), std::round(leftMiddle.y() - height / 2), badgeWidth(text, size), height);
  panel(rect, size * 0.36, Qt::transparent, border);
  line(rect, text, {size, color, TextWeight::Regular, TextFamily::Sans, Qt::AlignHCenter | Qt::AlignVCenter});
  return rect;
}

void Ink::bar(const QRectF& rect, double share, const QColor& fill, const QColor& track) const {
  const double radius = rect.height() / 2;
  painter_.setPen(Qt::NoPen);
  if (track.alpha() > 0) {
    painter_.setBrush(track);
    painter_.drawRoundedRect(rect, radius, radius);
  }
  const double width = rect.width() * std::clamp(share, 0.0, 1.0);
  if (width > 0.5) {
    painter_.setBrush(fill);
    painter_.drawRoundedRect(QRectF(rect.left(), rect.top(), std::max(width, std::min(rect.height(), rect.width())), rect.height()),
                             radius, radius);
  }
}

void Ink::dot(const QPointF& center, double radius, const QColor& color) const {
  painter_.setPen(Qt::NoPen);
  painter_.setBrush(color);
  painter_.drawEllipse(center, radius, radius);
}

void Ink::check(const QRectF& box, const QColor& color) const {
  QPen pen(color, std::max(1.2, box.width() * 0.16), Qt::SolidLine, Qt::RoundCap, Qt::RoundJoin);
  painter_.setPen(pen);
  painter_.setBrush(Qt::NoBrush);
  const QPointF points[] = {box.topLeft() + QPointF(box.width() * 0.14, box.height() * 0.54),
                            box.topLeft() + QPointF(box.width() * 0.40, box.height() * 0.80),
                            box.topLeft() + QPointF(box.width() * 0.88, box.height() * 0.22)};
  painter_.drawPolyline(points, 3);
}

void Ink::cross(const QRectF& box, const QColor& color) const {
  painter_.setPen(QPen(color, std::max(1.2, box.width() * 0.15), Qt::SolidLine, Qt::RoundCap));
  const QRectF inner = box.adjusted(box.width() * 0.18, box.height() * 0.18, -box.width() * 0.18, -box.height() * 0.18);
  painter_.drawLine(inner.topLeft(), inner.bottomRight());
  painter_.drawLine(inner.topRight(), inner.bottomLeft());
}

void Ink::clock(const QRectF& box, const QColor& color) const {
  painter_.setPen(QPen(color, std::max(1.0, box.width() * 0.11), Qt::SolidLine, Qt::RoundCap));
  painter_.setBrush(Qt::NoBrush);
  painter_.drawEllipse(box.adjusted(0.5, 0.5, -0.5, -0.5));
  const QPointF center = box.center();
  painter_.drawLine(center, center + QPointF(0, -box.height() * 0.28));
  painter_.drawLine(center, center + QPointF(box.width() * 0.2, 0));
}

void Ink::chevron(const QPointF& center, double size, const QColor& color) const {
  painter_.setPen(QPen(color, std::max(1.2, size * 0.16), Qt::SolidLine, Qt::RoundCap, Qt::RoundJoin));
  painter_.setBrush(Qt::NoBrush);
  const QPointF points[] = {center + QPointF(-size * 0.18, -size * 0.36), center + QPointF(size * 0.18, 0),
                            center + QPointF(-size * 0.18, size * 0.36)};
  painter_.drawPolyline(points, 3);
}

void Ink::hatch(const QRectF& rect, double radius, const QColor& color, double step, double thickness) const {
  painter_.save();
  QPainterPath outline;
  outline.addRoundedRect(rect, radius, radius);
  painter_.setClipPath(outline, Qt::IntersectClip);
  painter_.setPen(QPen(color, thickness, Qt::SolidLine, Qt::FlatCap));
  for (double x = rect.left() - rect.height(); x < rect.right() + step; x += step) {
    painter_.drawLine(QPointF(x, rect.bottom() + 4), QPointF(x + rect.height() + 8, rect.top() - 4));
  }
  painter_.restore();
}

void Ink::chip(const QRectF& rect, const ChipLook& look) const {
  const QColor ground = theme_.card;
  const double radius = rect.width() * 0.25;
  const double ring = std::max(1.0, rect.width() / 15.0);
  QColor fill = look.color;
  QColor border = theme_.isDark() ? mix(look.color, Qt::white, 0.42) : mix(look.color, Qt::white, 0.38);
  QColor letter = theme_.onOwner;
  Qt::PenStyle line = Qt::SolidLine;
  switch (look.phase) {
    case PodPhase::Pending:
      fill = Qt::transparent;
      border = theme_.textMuted;
      letter = theme_.text;
      line = Qt::DashLine;
      break;
    case PodPhase::Starting:
      fill = mix(ground, look.color, 0.22);
      border = look.color;
      letter = theme_.text;
      break;
    case PodPhase::Running:
      fill = mix(ground, look.color, 0.55);
      border = look.color;
      letter = theme_.text;
      break;
    case PodPhase::Ready: break;
    case PodPhase::NotReady:
    case PodPhase::CrashLoop:
    case PodPhase::Failed:
      fill = mix(ground, theme_.broken, 0.08);
      border = theme_.broken;
      letter = theme_.broken;
      break;
    case PodPhase::Terminating:
      fill = mix(ground, look.color, 0.16);
      border = mix(ground, look.color, 0.6);
      letter = theme_.textMuted;
      line = Qt::DotLine;
      break;
    case PodPhase::Succeeded:
      fill = mix(ground, theme_.textFaint, 0.18);
      border = theme_.textFaint;
      letter = theme_.textMuted;
      break;
  }
  if (look.dashed) {
    line = Qt::DashLine;
  }
  const double before = painter_.opacity();
  if (look.opacity < 1 || look.dim) {
    painter_.setOpacity(before * look.opacity * (look.dim ? 0.62 : 1.0));
  }
  QPen pen(border, ring, line);
  if (line == Qt::DashLine) {
    pen.setDashPattern({2.6, 1.9});
  }
  painter_.setPen(pen);
  painter_.setBrush(fill);
  const double half = ring / 2;
  painter_.drawRoundedRect(rect.adjusted(half, half, -half, -half), radius, radius);
  this->line(rect, QString(look.letter),
             {std::max(5.0, std::round(rect.width() * 0.42)), letter, TextWeight::Bold, TextFamily::Sans, Qt::AlignCenter});
  chipGlyph(rect, look);
  painter_.setOpacity(before);
}

// A shape for each state beside its colour: a small token at the lower right corner, the restart count at the upper right.
void Ink::chipGlyph(const QRectF& rect, const ChipLook& look) const {
  const double size = rect.width() * 0.42;
  const QRectF token(rect.right() - size * 0.68, rect.bottom() - size * 0.68, size, size);
  const QRectF mark = token.adjusted(size * 0.2, size * 0.2, -size * 0.2, -size * 0.2);
  const auto disc = [&](const QColor& color) {
    painter_.setPen(QPen(theme_.card, size * 0.14));
    painter_.setBrush(color);
    painter_.drawEllipse(token);
  };
  const QColor ink = theme_.isDark() ? theme_.onOwner : QColor(Qt::white);
  switch (look.phase) {
    case PodPhase::Running:
      painter_.setPen(QPen(look.color, size * 0.2));
      painter_.setBrush(theme_.card);
      painter_.drawEllipse(mark.adjusted(-1, -1, 1, 1));
      break;
    case PodPhase::NotReady:
      disc(theme_.broken);
      painter_.setPen(QPen(ink, size * 0.16, Qt::SolidLine, Qt::RoundCap));
      painter_.drawLine(QPointF(mark.left(), mark.center().y()), QPointF(mark.right(), mark.center().y()));
      break;
    case PodPhase::CrashLoop: {
      disc(theme_.broken);
      painter_.setPen(QPen(ink, size * 0.14, Qt::SolidLine, Qt::RoundCap));
      painter_.setBrush(Qt::NoBrush);
      painter_.drawArc(mark, 60 * 16, 270 * 16);
      break;
    }
    case PodPhase::Failed:
    case PodPhase::Terminating:
      disc(look.phase == PodPhase::Failed ? theme_.broken : theme_.textMuted);
      cross(mark.adjusted(-0.5, -0.5, 0.5, 0.5), ink);
      break;
    case PodPhase::Succeeded:
      disc(theme_.textMuted);
      check(mark.adjusted(-0.5, -0.5, 0.5, 0.5), ink);
      break;
    case PodPhase::Pending:
    case PodPhase::Starting:
    case PodPhase::Ready: break;
  }
  if (look.restarts > 0 && rect.width() >= 18) {
    const QString count = look.restarts > 99 ? QStringLiteral("99+") : QString::number(look.restarts);
    const double font = std::max(8.0, std::round(rect.width() * 0.36));
    const TextStyle text{font, theme_.isDark() ? theme_.onOwner : QColor(Qt::white), TextWeight::Bold, TextFamily::Mono, Qt::AlignCenter};
    const double height = font * 1.25;
    const double width_ = std::max(height, width(count, text) + font * 0.55);
    const QRectF pill(rect.right() - width_ * 0.72, rect.top() - height * 0.36, width_, height);
    painter_.setPen(QPen(theme_.card, 1));
    painter_.setBrush(theme_.waiting);
    painter_.drawRoundedRect(pill, height / 2, height / 2);
    line(pill, count, text);
  }
}

}  // namespace kubarium::scene
