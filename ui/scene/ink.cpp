#include "ui/scene/ink.h"

#include <QFontMetricsF>
#include <QHash>
#include <QImage>
#include <QPainterPath>

#include <algorithm>
#include <cmath>

#include "ui/scene/glyph_cache.h"

namespace kubarium::scene {

using style::mix;
using style::TextFamily;
using style::TextWeight;

namespace {

FaceKey face(const TextStyle& style) { return {std::max(1, static_cast<int>(std::lround(style.size))), style.weight, style.family}; }

// Rounded corners as pixels: four copies and five fills instead of a path. One entry per look; a few dozen in practice.
struct CornerKey {
  int radius = 0;
  int border = 0;
  QRgb fill = 0;
  QRgb line = 0;

  bool operator==(const CornerKey&) const = default;
};

std::size_t qHash(const CornerKey& key, std::size_t seed) { return qHashMulti(seed, key.radius, key.border, key.fill, key.line); }

// The four corners side by side in one square image of twice the radius.
const QImage& corners(const CornerKey& key, double radius, double width) {
  static QHash<CornerKey, QImage>& cache = *new QHash<CornerKey, QImage>;
  if (const auto known = cache.constFind(key); known != cache.constEnd()) {
    return *known;
  }
  if (cache.size() > 400) {
    cache.clear();
  }
  QImage image(2 * key.radius, 2 * key.radius, QImage::Format_ARGB32_Premultiplied);
  image.fill(Qt::transparent);
  QPainter painter(&image);
  painter.setRenderHint(QPainter::Antialiasing);
  const QColor fill = QColor::fromRgba(key.fill);
  const QColor line = QColor::fromRgba(key.line);
  painter.setBrush(fill);
  const double half = width / 2;
  painter.setPen(width > 0 && line.alpha() > 0 ? QPen(line, width) : QPen(Qt::NoPen));
  const QRectF box(half, half, 2 * key.radius - width, 2 * key.radius - width);
  painter.drawRoundedRect(box, radius - half, radius - half);
  painter.end();
  return *cache.insert(key, image);
}

}  // namespace

double Ink::width(const QString& text, const TextStyle& style) { return GlyphCache::shape(text, face(style)).width; }
double Ink::lineHeight(const TextStyle& style) { return GlyphCache::metrics(face(style)).height(); }

double Ink::line(const QRectF& rect, const QString& text, const TextStyle& style) const {
  if (text.isEmpty() || rect.width() < 4) {
    return 0;
  }
  const FaceKey key = face(style);
  const ShapedText* shaped = &GlyphCache::shape(text, key);
  if (shaped->width > rect.width() + 0.5) {
    const QString& shown = GlyphCache::elided(text, key, rect.width());
    shaped = &GlyphCache::shape(shown, key);
  }
  double x = rect.left();
  if (style.align & Qt::AlignRight) {
    x = rect.right() - shaped->width;
  } else if (style.align & Qt::AlignHCenter) {
    x = rect.center().x() - shaped->width / 2;
  }
  // Vertical centring on capital letters looks steadier than on the line box, and is the same for every family.
  const double baseline = rect.center().y() + style.size * 0.36;
  painter_.setPen(style.color);
  const QPointF at(x, baseline - shaped->ascent);
  for (const QGlyphRun& run : shaped->runs) {
    painter_.drawGlyphRun(at, run);
  }
  return shaped->width;
}

double Ink::paragraph(const QRectF& rect, const QString& text, const TextStyle& style, int lines) const {
  if (text.isEmpty() || rect.width() < 8 || lines < 1) {
    return 0;
  }
  const double step = std::max(lineHeight(style), style.size * 1.35);
  double y = rect.top();
  const QStringList rows = GlyphCache::wrapped(text, face(style), rect.width(), lines);
  for (const QString& row : rows) {
    line(QRectF(rect.left(), y, rect.width(), step), row, style);
    y += step;
  }
  return y - rect.top();
}

// Edges are put on whole device pixels: hairlines stay crisp at every zoom and fractional scaling, and a panel can be
// assembled from corners and plain fills.
void Ink::panel(const QRectF& rect, double radius, const QColor& fill, const QColor& border, double borderWidth) const {
  const QTransform transform = painter_.deviceTransform();
  const bool outlined = border.isValid() && border.alpha() > 0 && borderWidth > 0;
  const QRectF exact = transform.mapRect(rect);
  const QRect box(QPoint(wholePixel(exact.left()), wholePixel(exact.top())),
                  QPoint(wholePixel(exact.right()) - 1, wholePixel(exact.bottom()) - 1));
  const int line = outlined ? std::max(1, static_cast<int>(std::floor(borderWidth * transform.m11() + 0.25))) : 0;
  const int corner = std::min({static_cast<int>(std::ceil(std::max(radius * transform.m11(), static_cast<double>(line)))), box.width() / 2, box.height() / 2});
  if (corner < 1) {
    painter_.fillRect(rect, outlined ? border : fill);
    return;
  }
  const QImage& image = corners({corner, line, fill.rgba(), outlined ? border.rgba() : 0}, std::min<double>(corner, radius * transform.m11()), line);
  painter_.save();
  painter_.setWorldTransform(painter_.worldTransform() * transform.inverted());
  const int left = box.left();
  const int top = box.top();
  const int right = box.right() + 1 - corner;
  const int bottom = box.bottom() + 1 - corner;
  painter_.drawImage(QPoint(left, top), image, QRect(0, 0, corner, corner));
  painter_.drawImage(QPoint(right, top), image, QRect(corner, 0, corner, corner));
  painter_.drawImage(QPoint(left, bottom), image, QRect(0, corner, corner, corner));
  painter_.drawImage(QPoint(right, bottom), image, QRect(corner, corner, corner, corner));
  const int width = right - left - corner;
  const int height = bottom - top - corner;
  if (fill.alpha() > 0) {
    painter_.fillRect(left + corner, top + line, width, corner - line, fill);
    painter_.fillRect(left + line, top + corner, box.width() - 2 * line, height, fill);
    painter_.fillRect(left + corner, bottom, width, corner - line, fill);
  }
  if (outlined) {
    painter_.fillRect(left + corner, top, width, line, border);
    painter_.fillRect(left + corner, box.bottom() + 1 - line, width, line, border);
    painter_.fillRect(left, top + corner, line, height, border);
    painter_.fillRect(box.right() + 1 - line, top + corner, line, height, border);
  }
  painter_.restore();
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

QString Ink::elided(const QString& text, const TextStyle& style, double width) { return GlyphCache::elided(text, face(style), width); }

QString Ink::badgeText(const QString& text, double size, double width) {
  return elided(text, {size, {}, TextWeight::Regular, TextFamily::Sans, {}}, width - size * 0.95);
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

namespace {

struct ChipKey {
  int pixels = 0;
  QRgb color = 0;
  QRgb ground = 0;
  int look = 0;  // letter, phase, restarts, dashed
  int restarts = 0;

  bool operator==(const ChipKey&) const = default;
};

std::size_t qHash(const ChipKey& key, std::size_t seed) {
  return qHashMulti(seed, key.pixels, key.color, key.ground, key.look, key.restarts);
}

QHash<ChipKey, QImage>& chipSprites() {
  static QHash<ChipKey, QImage>& sprites = *new QHash<ChipKey, QImage>;
  if (sprites.size() > 800) {
    sprites.clear();
  }
  return sprites;
}

}  // namespace

// A chip is drawn once per look and size and copied from then on, on whole device pixels.
void Ink::chip(const QRectF& rect, const ChipLook& look) const {
  const QTransform transform = painter_.deviceTransform();
  const QRectF exact = transform.mapRect(rect);
  const int pixels = std::max(3, wholePixel(exact.width()));
  const int margin = pixels / 3 + 2;
  const int token = (look.letter.unicode() << 8) | (static_cast<int>(look.phase) << 1) | (look.dashed ? 1 : 0);
  QImage& sprite = chipSprites()[{pixels, look.color.rgba(), theme_.card.rgba() ^ theme_.text.rgba(), token, std::min(look.restarts, 100)}];
  if (sprite.isNull()) {
    sprite = QImage(pixels + 2 * margin, pixels + 2 * margin, QImage::Format_ARGB32_Premultiplied);
    sprite.fill(Qt::transparent);
    QPainter painter(&sprite);
    painter.setRenderHints(QPainter::Antialiasing | QPainter::TextAntialiasing);
    Ink(painter, theme_).drawChip(QRectF(margin, margin, pixels, pixels), look);
  }
  const QImage image = sprite;  // the table may be cleared by a nested call
  painter_.save();
  painter_.setWorldTransform(painter_.worldTransform() * transform.inverted());
  if (look.opacity < 1 || look.dim) {
    painter_.setOpacity(painter_.opacity() * look.opacity * (look.dim ? 0.62 : 1.0));
  }
  painter_.drawImage(QPoint(wholePixel(exact.left()) - margin, wholePixel(exact.top()) - margin), image);
  painter_.restore();
}

void Ink::drawChip(const QRectF& rect, const ChipLook& look) const {
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
