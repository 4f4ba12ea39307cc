// Design tokens of the whole application: colours, type, spacing and motion as plain values, so that the Stage, the
// docks and the charts speak one visual language and a test can look at it without a window.
//
// Palette: one accent, three status colours (ok teal, waiting amber, broken vermilion) that are always accompanied by a
// shape or a word, and eight owner colours after Okabe and Ito that stay apart under the common colour-vision deficiencies.
#pragma once

#include <QColor>
#include <QFont>
#include <QPalette>
#include <QString>

#include <array>
#include <chrono>

namespace kubarium::style {

enum class Brightness { Light, Dark };
// Presentation: fewer words, larger type and higher contrast, for the last row of a lecture room.
enum class Contrast { Normal, Presentation };
enum class Motion { Full, Reduced };

// Sizes of the type scale, in logical pixels (Contrast::Normal). font() enlarges them for presentations.
enum class TextSize { Tiny = 11, Small = 12, Body = 13, Label = 14, Heading = 16, Title = 20 };
enum class TextWeight { Regular, Medium, Bold };
enum class TextFamily { Sans, Mono };

// Spacing on a 4 px grid.
namespace space {
inline constexpr int hair = 1;
inline constexpr int tight = 4;
inline constexpr int small = 8;
inline constexpr int medium = 12;
inline constexpr int large = 16;
inline constexpr int huge = 24;
inline constexpr int radiusSmall = 4;
inline constexpr int radius = 8;
inline constexpr int radiusCard = 10;
}  // namespace space

// Durations of motion. All of them are zero under Motion::Reduced (see Theme::duration).
namespace motion {
using std::chrono::milliseconds;
inline constexpr milliseconds quick{150};
inline constexpr milliseconds normal{300};
inline constexpr milliseconds slow{600};
}  // namespace motion

inline constexpr int ownerColorCount = 8;

struct Theme {
  Brightness brightness = Brightness::Dark;
  Contrast contrast = Contrast::Normal;
  Motion motion = Motion::Full;

  QColor stage;        // the ground the cards lie on
  QColor panel;        // toolbars, docks
  QColor card;         // a card in the light
  QColor cardQuiet;    // a card that steps back
  QColor control;      // buttons, inputs
  QColor controlHover;
  QColor hairline;     // borders and separators
  QColor hairlineStrong;
  QColor text;
  QColor textMuted;
  QColor textFaint;
  QColor accent;
  QColor onAccent;     // text on the accent
  QColor selection;    // a quiet fill behind what is selected
  QColor ok;
  QColor waiting;
  QColor broken;
  QColor barTrack;
  QColor barRequested;
  QColor barUsed;
  QColor violet;       // for series that are neither status nor owner
  QColor sky;
  QColor pink;
  QColor shadow;
  std::array<QColor, ownerColorCount> owners;
  QColor onOwner;      // letter on an owner colour

  bool isDark() const { return brightness == Brightness::Dark; }
  bool isPresentation() const { return contrast == Contrast::Presentation; }
  // Factor applied to sizes in presentations: 1.0 or 1.6.
  double scale() const { return isPresentation() ? 1.6 : 1.0; }
  std::chrono::milliseconds duration(std::chrono::milliseconds full) const {
    return motion == Motion::Reduced ? std::chrono::milliseconds{0} : full;
  }
  QColor owner(int index) const;

  bool operator==(const Theme&) const = default;
};

// The one place that knows the colours.
Theme makeTheme(Brightness brightness, Contrast contrast = Contrast::Normal, Motion motion = Motion::Full);

// Inter, JetBrains Mono and Noto Sans CJK, with the system's fonts behind them. Pixel sizes, never points.
QFont font(TextSize size, TextWeight weight = TextWeight::Regular, TextFamily family = TextFamily::Sans);
QFont font(double pixelSize, TextWeight weight = TextWeight::Regular, TextFamily family = TextFamily::Sans);

// For QApplication::setPalette and QApplication::setStyleSheet (with the Fusion style underneath). Widgets may set the
// dynamic properties `role` = "primary" | "danger" | "quiet" | "heading" | "title" | "muted" | "badge" | "mono" and
// `tone` = "ok" | "waiting" | "broken" | "accent" to take part.
QPalette palette(const Theme& theme);
QString styleSheet(const Theme& theme);

// Mixes two colours: 0 gives `from`, 1 gives `to`. Alpha is mixed too.
QColor mix(const QColor& from, const QColor& to, double amount);
// The WCAG contrast ratio of two opaque colours, 1 to 21.
double contrastRatio(const QColor& a, const QColor& b);

}  // namespace kubarium::style
