#include "ui/style/theme.h"

#include <gtest/gtest.h>

#include <cmath>

#include "ui/style/owner_palette.h"

namespace kubarium::style {
namespace {

std::vector<Theme> allThemes() {
  std::vector<Theme> result;
  for (const Brightness brightness : {Brightness::Light, Brightness::Dark}) {
    for (const Contrast contrast : {Contrast::Normal, Contrast::Presentation}) {
      result.push_back(makeTheme(brightness, contrast));
    }
  }
  return result;
}

TEST(Theme, BodyTextIsReadableOnEveryGround) {
  for (const Theme& theme : allThemes()) {
    for (const QColor& ground : {theme.stage, theme.panel, theme.card, theme.cardQuiet, theme.control}) {
      EXPECT_GE(contrastRatio(theme.text, ground), 7.0) << ground.name().toStdString();
      EXPECT_GE(contrastRatio(theme.textMuted, ground), 4.5) << ground.name().toStdString();
    }
  }
}

TEST(Theme, StatusAndAccentTextReachesFourPointFiveOnCards) {
  for (const Theme& theme : allThemes()) {
    for (const QColor& color : {theme.ok, theme.waiting, theme.broken, theme.accent}) {
      EXPECT_GE(contrastRatio(color, theme.card), 4.2) << color.name().toStdString();
    }
    EXPECT_GE(contrastRatio(theme.onAccent, theme.accent), 4.5);
  }
}

TEST(Theme, LettersAreReadableOnOwnerColours) {
  for (const Theme& theme : allThemes()) {
    for (const QColor& owner : theme.owners) {
      EXPECT_GE(contrastRatio(theme.onOwner, owner), 3.0) << owner.name().toStdString();
    }
  }
}

// Brettel-style check in one matrix (Machado 2009, deuteranopia at full severity): neighbours stay apart.
double deuteranopeDistance(const QColor& a, const QColor& b) {
  const auto seen = [](const QColor& c) {
    const double r = c.redF();
    const double g = c.greenF();
    const double l = c.blueF();
    return std::array<double, 3>{0.367322 * r + 0.860646 * g - 0.227968 * l, 0.280085 * r + 0.672501 * g + 0.047413 * l,
                                 -0.011820 * r + 0.042940 * g + 0.968881 * l};
  };
  const auto x = seen(a);
  const auto y = seen(b);
  return std::sqrt(std::pow(x[0] - y[0], 2) + std::pow(x[1] - y[1], 2) + std::pow(x[2] - y[2], 2));
}

TEST(Theme, TheFirstFiveOwnersStayApartForDeuteranopes) {
  for (const Theme& theme : allThemes()) {
    for (std::size_t i = 0; i < 5; ++i) {
      for (std::size_t k = i + 1; k < 5; ++k) {
        EXPECT_GT(deuteranopeDistance(theme.owners[i], theme.owners[k]), 0.08) << i << " and " << k;
      }
    }
  }
}

TEST(Theme, ReducedMotionHasNoDurations) {
  const Theme theme = makeTheme(Brightness::Dark, Contrast::Normal, Motion::Reduced);
  EXPECT_EQ(theme.duration(motion::slow).count(), 0);
  EXPECT_EQ(makeTheme(Brightness::Dark).duration(motion::slow), motion::slow);
}

TEST(Theme, StyleSheetHasNoTokenLeft) {
  for (const Theme& theme : allThemes()) {
    const QString sheet = styleSheet(theme);
    EXPECT_FALSE(sheet.contains(QLatin1Char('@')));
    EXPECT_TRUE(sheet.contains(theme.accent.name()));
  }
}

TEST(OwnerPalette, WorkloadsKeepTheirColourAndTheFirstEightDiffer) {
  OwnerPalette palette;
  std::array<bool, ownerColorCount> used{};
  for (int i = 0; i < ownerColorCount; ++i) {
    used[static_cast<std::size_t>(palette.indexOf(QString::number(i)))] = true;
  }
  EXPECT_TRUE(std::all_of(used.begin(), used.end(), [](bool each) { return each; }));
  const int third = palette.indexOf(QStringLiteral("3"));
  palette.indexOf(QStringLiteral("new"));
  EXPECT_EQ(palette.indexOf(QStringLiteral("3")), third);
}

TEST(OwnerPalette, LetterIsTheFirstLetterOrDigit) {
  EXPECT_EQ(ownerLetter(QStringLiteral("web")), QLatin1Char('W'));
  EXPECT_EQ(ownerLetter(QStringLiteral("-9p")), QLatin1Char('9'));
  EXPECT_EQ(ownerLetter(QString()), QLatin1Char('?'));
}

}  // namespace
}  // namespace kubarium::style
