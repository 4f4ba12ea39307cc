#include "ui/scene/glyph_cache.h"

#include <QFontMetricsF>
#include <QHash>
#include <QTextLayout>

#include <cmath>
#include <memory>

namespace kubarium::scene {

namespace {

constexpr qsizetype kMaximumEntries = 6000;

struct TextKey {
  QString text;
  int face = 0;
  int width = 0;  // quarters of a pixel; 0: unlimited
  int lines = 1;

  bool operator==(const TextKey&) const = default;
};

std::size_t qHash(const TextKey& key, std::size_t seed) { return qHashMulti(seed, key.text, key.face, key.width, key.lines); }

struct Face {
  QFont font;
  QFontMetricsF metrics;
};

struct Store {
  QHash<int, std::shared_ptr<Face>> faces;
  QHash<TextKey, ShapedText> shaped;
  QHash<TextKey, QString> elided;
  QHash<TextKey, QStringList> wrapped;
};

Store& store() {
  // Never destroyed: fonts must not outlive the application's font database.
  static Store& instance = *new Store;
  return instance;
}

int number(const FaceKey& face) { return face.pixelSize * 16 + static_cast<int>(face.weight) * 4 + static_cast<int>(face.family); }

const Face& faceOf(const FaceKey& key) {
  std::shared_ptr<Face>& face = store().faces[number(key)];
  if (!face) {
    const QFont font = style::font(static_cast<double>(key.pixelSize), key.weight, key.family);
    face = std::make_shared<Face>(Face{font, QFontMetricsF(font)});
  }
  return *face;
}

template <typename Value>
void makeRoom(QHash<TextKey, Value>& entries) {
  if (entries.size() >= kMaximumEntries) {
    entries.clear();
  }
}

int quarters(double width) { return static_cast<int>(std::lround(width * 4)); }

}  // namespace

const QFontMetricsF& GlyphCache::metrics(const FaceKey& face) { return faceOf(face).metrics; }

const ShapedText& GlyphCache::shape(const QString& text, const FaceKey& face) {
  const TextKey key{text, number(face), 0, 1};
  auto& entries = store().shaped;
  if (const auto known = entries.constFind(key); known != entries.constEnd()) {
    return *known;
  }
  makeRoom(entries);
  QTextLayout layout(text, faceOf(face).font);
  layout.beginLayout();
  const QTextLine line = layout.createLine();
  layout.endLayout();
  ShapedText result;
  if (line.isValid()) {
    result = {layout.glyphRuns(), line.ascent(), line.naturalTextWidth()};
  }
  return *entries.insert(key, result);
}

const QString& GlyphCache::elided(const QString& text, const FaceKey& face, double width) {
  const TextKey key{text, number(face), quarters(width), 1};
  auto& entries = store().elided;
  if (const auto known = entries.constFind(key); known != entries.constEnd()) {
    return *known;
  }
  makeRoom(entries);
  return *entries.insert(key, faceOf(face).metrics.elidedText(text, Qt::ElideRight, width));
}

const QStringList& GlyphCache::wrapped(const QString& text, const FaceKey& face, double width, int lines) {
  const TextKey key{text, number(face), quarters(width), lines};
  auto& entries = store().wrapped;
  if (const auto known = entries.constFind(key); known != entries.constEnd()) {
    return *known;
  }
  makeRoom(entries);
  const Face& used = faceOf(face);
  QStringList result;
  QTextLayout layout(text, used.font);
  layout.beginLayout();
  for (QTextLine row = layout.createLine(); row.isValid() && result.size() < lines; row = layout.createLine()) {
    row.setLineWidth(width);
    const bool more = row.textStart() + row.textLength() < text.size();
    if (result.size() + 1 == lines && more) {
      result << used.metrics.elidedText(text.mid(row.textStart()), Qt::ElideRight, width);
    } else {
      result << text.mid(row.textStart(), row.textLength()).trimmed();
    }
  }
  layout.endLayout();
  return *entries.insert(key, result);
}

void GlyphCache::clear() { store() = {}; }

}  // namespace kubarium::scene
