// How the application looks and speaks: theme (light, dark or the system's), presentation, motion and language; remembered between
// runs and applied to the whole application at once. GUI thread.
#pragma once

#include "ui/style/owner_palette.h"
#include "ui/style/theme.h"

#include <QObject>
#include <QTranslator>

#include <memory>

namespace kubarium::view {

enum class ThemeChoice { System, Light, Dark };

class Appearance final : public QObject {
    Q_OBJECT

public:
    explicit Appearance(QObject* parent = nullptr);

    const style::Theme& theme() const { return theme_; }
    std::shared_ptr<style::OwnerPalette> owners() const { return owners_; }
    ThemeChoice choice() const { return choice_; }
    void setChoice(ThemeChoice choice);
    void toggleBrightness();
    void setPresentation(bool on);
    bool reduceMotion() const { return reduceMotion_; }
    void setReduceMotion(bool on);
    // "en" or "zh_CN".
    const QString& language() const { return language_; }
    void setLanguage(const QString& language);
    static QStringList languages() { return {QStringLiteral("en"), QStringLiteral("zh_CN")}; }

Q_SIGNALS:
    void themeChanged();
    void languageChanged();

private:
    void apply();

    ThemeChoice choice_ = ThemeChoice::System;
    bool presentation_ = false, reduceMotion_ = false;
    QString language_;
    style::Theme theme_;
    std::shared_ptr<style::OwnerPalette> owners_ = std::make_shared<style::OwnerPalette>();
    QTranslator translator_;
};

// What the style sheet of ui/style leaves to the window: the toolbar's segments, pane headers, list rows.
QString windowStyleSheet(const style::Theme& theme);

}  // namespace kubarium::view
