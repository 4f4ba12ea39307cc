// Text that is shaped once. Shaping costs far more than copying glyphs, and the Stage draws the same words again and again:
// names, units, counts. Entries are forgotten all at once when there are too many. GUI thread only.
#pragma once

#include <QGlyphRun>
#include <QList>
#include <QPainter>
#include <QString>

#include "ui/style/theme.h"

namespace kubarium::scene {

struct FaceKey {
  int pixelSize = 12;
  style::TextWeight weight = style::TextWeight::Regular;
  style::TextFamily family = style::TextFamily::Sans;

  bool operator==(const FaceKey&) const = default;
};

struct ShapedText {
  QList<QGlyphRun> runs;
  double ascent = 0;  // from the top of the runs' coordinates to the baseline
  double width = 0;
};

class GlyphCache {
 public:
  static const ShapedText& shape(const QString& text, const FaceKey& face);
  static const QString& elided(const QString& text, const FaceKey& face, double width);
  // Lines of a paragraph, the last one elided when there were more.
  static const QStringList& wrapped(const QString& text, const FaceKey& face, double width, int lines);
  static const QFontMetricsF& metrics(const FaceKey& face);
  // After the application's fonts changed.
  static void clear();
};

}  // namespace kubarium::scene
