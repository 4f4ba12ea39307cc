#include "ui/style/theme.h"

#include <QStringList>

#include <algorithm>
#include <cmath>

namespace kubarium::style {

namespace {

QColor rgb(QRgb value) { return QColor::fromRgb(value); }

Theme darkTheme() {
  Theme theme;
  theme.brightness = Brightness::Dark;
  theme.stage = rgb(0x0f141a);
  theme.panel = rgb(0x151c24);
  theme.card = rgb(0x1b2430);
  theme.cardQuiet = rgb(0x161d27);
  theme.control = rgb(0x202b38);
  theme.controlHover = rgb(0x293646);
  theme.hairline = rgb(0x2a3543);
  theme.hairlineStrong = rgb(0x3d4b5c);
  theme.text = rgb(0xedf2f7);
  theme.textMuted = rgb(0xa0aebd);
  theme.textFaint = rgb(0x76838f);
  theme.accent = rgb(0x6aa7f8);
  theme.onAccent = rgb(0x0b1220);
  theme.selection = rgb(0x22344c);
  theme.ok = rgb(0x36b98a);
  theme.waiting = rgb(0xe9a83a);
  theme.broken = rgb(0xf0784e);
  theme.barTrack = rgb(0x2b3846);
  theme.barRequested = rgb(0x3a5b8c);
  theme.barUsed = rgb(0x6aa7f8);
  theme.violet = rgb(0xb690f0);
  theme.sky = rgb(0x5ac0e6);
  theme.pink = rgb(0xe08ab8);
  theme.shadow = QColor(0, 0, 0, 110);
  theme.owners = {rgb(0x6aa7f8), rgb(0x36b98a), rgb(0xe9a83a), rgb(0xe08ab8),
                  rgb(0x5ac0e6), rgb(0xb690f0), rgb(0xd7cf5c), rgb(0xe88a62)};
  theme.onOwner = rgb(0x0d131a);
  return theme;
}

Theme lightTheme() {
  Theme theme;
  theme.brightness = Brightness::Light;
  theme.stage = rgb(0xeef1f5);
  theme.panel = rgb(0xffffff);
  theme.card = rgb(0xffffff);
  theme.cardQuiet = rgb(0xf6f8fa);
  theme.control = rgb(0xf4f6f9);
  theme.controlHover = rgb(0xe7ecf2);
  theme.hairline = rgb(0xd9e0e8);
  theme.hairlineStrong = rgb(0xb4c0cd);
  theme.text = rgb(0x17202b);
  theme.textMuted = rgb(0x546272);
  theme.textFaint = rgb(0x77838f);
  theme.accent = rgb(0x2468cf);
  theme.onAccent = rgb(0xffffff);
  theme.selection = rgb(0xe2ecfa);
  theme.ok = rgb(0x0c8760);
  theme.waiting = rgb(0xa86500);
  theme.broken = rgb(0xc8431f);
  theme.barTrack = rgb(0xd9e0e8);
  theme.barRequested = rgb(0x9ab6df);
  theme.barUsed = rgb(0x2468cf);
  theme.violet = rgb(0x7f4fb0);
  theme.sky = rgb(0x147fb5);
  theme.pink = rgb(0xb54785);
  theme.shadow = QColor(24, 39, 58, 38);
  theme.owners = {rgb(0x2468cf), rgb(0x0f8f66), rgb(0xb87300), rgb(0xb54785),
                  rgb(0x147fb5), rgb(0x7f4fb0), rgb(0x7d7400), rgb(0xc2571d)};
  theme.onOwner = rgb(0xffffff);
  return theme;
}

// For a projector: the ground moves to the end of the scale and the text away from it.
void raiseContrast(Theme& theme) {
  if (theme.isDark()) {
    theme.text = rgb(0xffffff);
    theme.textMuted = rgb(0xc3ceda);
    theme.textFaint = rgb(0x97a4b2);
    theme.hairlineStrong = rgb(0x566579);
    theme.ok = rgb(0x3fcb99);
    return;
  }
  theme.text = rgb(0x05090e);
  theme.textMuted = rgb(0x38434f);
  theme.textFaint = rgb(0x5b6773);
  theme.hairline = rgb(0xbcc7d3);
  theme.hairlineStrong = rgb(0x8492a1);
  theme.ok = rgb(0x08714f);
}

double channel(double value) { return value <= 0.03928 ? value / 12.92 : std::pow((value + 0.055) / 1.055, 2.4); }

double luminance(const QColor& color) {
  return 0.2126 * channel(color.redF()) + 0.7152 * channel(color.greenF()) + 0.0722 * channel(color.blueF());
}

}  // namespace

QColor Theme::owner(int index) const {
  if (index < 0) {
    return textFaint;
  }
  return owners[static_cast<std::size_t>(index % ownerColorCount)];
}

Theme makeTheme(Brightness brightness, Contrast contrast, Motion motion) {
  Theme theme = brightness == Brightness::Dark ? darkTheme() : lightTheme();
  theme.contrast = contrast;
  theme.motion = motion;
  if (contrast == Contrast::Presentation) {
    raiseContrast(theme);
  }
  return theme;
}

QFont font(double pixelSize, TextWeight weight, TextFamily family) {
  static const QStringList sans{QStringLiteral("Inter"), QStringLiteral("Noto Sans CJK SC"), QStringLiteral("Noto Sans"),
                                QStringLiteral("DejaVu Sans"), QStringLiteral("sans-serif")};
  static const QStringList mono{QStringLiteral("JetBrains Mono"), QStringLiteral("Noto Sans Mono CJK SC"),
                                QStringLiteral("DejaVu Sans Mono"), QStringLiteral("monospace")};
  QFont result;
  result.setFamilies(family == TextFamily::Sans ? sans : mono);
  result.setStyleHint(family == TextFamily::Sans ? QFont::SansSerif : QFont::Monospace);
  result.setPixelSize(std::max(1, static_cast<int>(std::lround(pixelSize))));
  result.setHintingPreference(QFont::PreferNoHinting);
  switch (weight) {
    case TextWeight::Regular: result.setWeight(QFont::Normal); break;
    case TextWeight::Medium: result.setWeight(QFont::Medium); break;
    case TextWeight::Bold: result.setWeight(QFont::DemiBold); break;
  }
  return result;
}

QFont font(TextSize size, TextWeight weight, TextFamily family) { return font(static_cast<double>(size), weight, family); }

QColor mix(const QColor& from, const QColor& to, double amount) {
  const auto blend = [amount](int a, int b) { return static_cast<int>(std::lround(a + (b - a) * amount)); };
  return QColor(blend(from.red(), to.red()), blend(from.green(), to.green()), blend(from.blue(), to.blue()),
                blend(from.alpha(), to.alpha()));
}

double contrastRatio(const QColor& a, const QColor& b) {
  const double first = luminance(a) + 0.05;
  const double second = luminance(b) + 0.05;
  return std::max(first, second) / std::min(first, second);
}

}  // namespace kubarium::style
