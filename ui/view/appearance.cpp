#include "ui/view/appearance.h"

#include <QApplication>
#include <QSettings>
#include <QStyleHints>

namespace kubarium::view {
namespace {

// Qt 6.4 does not say what the system prefers; its palette does.
bool systemIsDark() {
    static const bool dark = QApplication::palette().color(QPalette::Window).lightness() < 128;
    return dark;
}

const char* const sheet = R"(
QWidget#toolBar, QWidget#inspector, QWidget#bottomPane, QWidget#leftPane, QWidget#paneHeader, QWidget#editorPane { background: @panel@; }
QWidget#stageArea { background: @stage@; }
QFrame[role="hairline"] { background: @hairline@; border: none; }
QLabel[role="brand"] { font-size: 15px; font-weight: 600; }
QPushButton[segment="first"], QPushButton[segment="middle"], QPushButton[segment="last"] { border-radius: 0; padding: 4px 10px; min-width: 24px; color: @textMuted@; }
QPushButton[segment="first"] { border-top-left-radius: 6px; border-bottom-left-radius: 6px; }
QPushButton[segment="middle"], QPushButton[segment="last"] { border-left: none; }
QPushButton[segment="last"] { border-top-right-radius: 6px; border-bottom-right-radius: 6px; }
QPushButton[segment]:focus { border: 2px solid @accent@; padding: 3px 9px; }
QPushButton[segment]:checked:focus { border-color: @text@; }
QPushButton[plain="true"] { color: @text@; }
QPushButton[segment]:checked { background: @accent@; color: @onAccent@; font-weight: 600; border-color: @accent@; }
QPushButton[role="tab"] { background: transparent; border: none; border-radius: 0; color: @textMuted@; padding: 4px 8px; border-bottom: 2px solid transparent; }
QWidget#inspector QPushButton[role="tab"] { padding: 4px 6px; }
QPushButton[role="tab"]:hover { color: @text@; }
QPushButton[role="tab"]:checked { color: @text@; font-weight: 600; border-bottom: 2px solid @accent@; }
QPushButton[role="tab"]:focus { color: @accent@; background: @selection@; border: none; border-bottom: 2px solid @accent@; padding: 4px 8px; }
QWidget#inspector QPushButton[role="tab"]:focus { padding: 4px 6px; }
QPushButton[role="fault"] { color: @broken@; }
QPushButton[role="fault"][active="true"] { border-color: @broken@; }
QPushButton[role="search"] { color: @textMuted@; text-align: left; padding-left: 10px; }
QPushButton[role="search"]:focus { padding-left: 9px; }
QPushButton[role="choice"] { text-align: left; padding: 6px 12px; min-height: 24px; background: transparent; }
QPushButton[role="choice"]:focus { padding: 5px 11px; }
QPushButton[role="choice"]:checked:focus { border: 2px solid @accent@; }
QPushButton[role="choice"]:hover { background: @controlHover@; }
QPushButton[role="choice"]:checked, QPushButton[role="choice"]:checked:disabled { background: @selection@; border-color: @accent@; color: @text@; }
QPushButton[role="primary"] { background: @accent@; color: @onAccent@; border-color: @accent@; font-weight: 600; }
QPushButton[role="primary"]:disabled { background: @control@; color: @textFaint@; border-color: @hairline@; }
QPushButton[role="danger"] { color: @broken@; border-color: @broken@; }
QPushButton[role="quiet"] { background: transparent; border-color: transparent; color: @textMuted@; padding: 4px 8px; }
QPushButton[role="quiet"]:focus { border: 2px solid @accent@; padding: 3px 7px; color: @text@; }
QPushButton[role="quiet"]:hover { background: @controlHover@; color: @text@; }
QPushButton:disabled { color: @textFaint@; }
QPushButton::menu-indicator { image: none; width: 0; }
QFrame#toast { background: @card@; border: 1px solid @hairlineStrong@; border-radius: 10px; }
QFrame#toast[tone="broken"] { border-color: @broken@; }
QFrame#toast QLabel { color: @text@; }
QFrame#welcome { background: @card@; border: 1px solid @hairline@; border-radius: 12px; }
QFrame#palette { background: @card@; border: 1px solid @hairlineStrong@; border-radius: 12px; }
QFrame#palette QListView { background: @card@; }
QFrame#notice { background: @cardQuiet@; border: none; border-bottom: 1px solid @hairline@; }
QFrame#remedy { background: @cardQuiet@; border: 1px solid @hairline@; border-radius: 8px; }
QFrame#change { background: transparent; border: 1px solid @hairline@; border-radius: 8px; }
QFrame#code { background: @stage@; border: 1px solid @hairline@; border-radius: 6px; }
QPlainTextEdit#codeText { background: transparent; border: none; border-radius: 0; padding: 0; font-family: "JetBrains Mono", "Noto Sans Mono CJK SC", "DejaVu Sans Mono", monospace; font-size: 12px; }
QLabel[faint="true"] { color: @textFaint@; }
QFrame#currentStep { background: @control@; border-radius: 8px; border: none; }
QLabel[tone="ok"], QPushButton[tone="ok"] { color: @ok@; border-color: @ok@; }
QLabel[tone="waiting"], QPushButton[tone="waiting"] { color: @waiting@; border-color: @waiting@; }
QLabel[tone="broken"], QPushButton[tone="broken"] { color: @broken@; border-color: @broken@; }
QLabel[role="badge"][tone="ok"] { color: @ok@; border-color: @ok@; }
QLabel[role="badge"][tone="waiting"] { color: @waiting@; border-color: @waiting@; }
QLabel[role="badge"][tone="broken"] { color: @broken@; border-color: @broken@; }
QPushButton[role="pill"] { background: transparent; border-radius: 4px; padding: 0 6px; min-height: 16px; font-size: 11px; }
QPushButton[role="pill"]:focus { padding: 0 5px; background: @selection@; }
QCheckBox::indicator { width: 12px; height: 12px; border: 1px solid @textMuted@; border-radius: 3px; background: @control@; }
QCheckBox::indicator:focus { border-color: @accent@; }
QCheckBox::indicator:checked { border: 4px solid @accent@; width: 6px; height: 6px; background: @onAccent@; }
QTextBrowser { background: transparent; border: none; padding: 0; }
QPlainTextEdit#log { background: @stage@; border: none; border-radius: 0; padding: 8px; font-family: "JetBrains Mono", "Noto Sans Mono CJK SC", "DejaVu Sans Mono", monospace; font-size: 12px; }
QChartView { background: transparent; border: none; }
)";

}  // namespace

QString windowStyleSheet(const style::Theme& theme) {
    QString result = QString::fromLatin1(sheet);
    const std::pair<const char*, QColor> tokens[] = {{"@panel@", theme.panel}, {"@stage@", theme.stage}, {"@hairline@", theme.hairline}, {"@textMuted@", theme.textMuted},
                                                     {"@text@", theme.text}, {"@accent@", theme.accent}, {"@onAccent@", theme.onAccent}, {"@broken@", theme.broken},
                                                     {"@card@", theme.card}, {"@cardQuiet@", theme.cardQuiet}, {"@control@", theme.control}, {"@controlHover@", theme.controlHover},
                                                     {"@selection@", theme.selection}, {"@textFaint@", theme.textFaint}, {"@hairlineStrong@", theme.hairlineStrong}, {"@ok@", theme.ok}, {"@waiting@", theme.waiting}};
    for (const auto& [name, color] : tokens) result.replace(QLatin1String(name), color.name());
    return result;
}

Appearance::Appearance(QObject* parent) : QObject(parent) {
    systemIsDark();
    const QSettings settings;
    choice_ = static_cast<ThemeChoice>(qBound(0, settings.value(QStringLiteral("theme"), 0).toInt(), 2));
    reduceMotion_ = settings.value(QStringLiteral("reduceMotion"), false).toBool();
    apply();
}

void Appearance::apply() {
    const bool dark = choice_ == ThemeChoice::Dark || (choice_ == ThemeChoice::System && systemIsDark());
    theme_ = style::makeTheme(dark ? style::Brightness::Dark : style::Brightness::Light, presentation_ ? style::Contrast::Presentation : style::Contrast::Normal,
                              reduceMotion_ ? style::Motion::Reduced : style::Motion::Full);
    QApplication::setPalette(style::palette(theme_));
    qApp->setStyleSheet(style::styleSheet(theme_) + windowStyleSheet(theme_));
    Q_EMIT themeChanged();
}

void Appearance::setChoice(ThemeChoice choice) {
    choice_ = choice;
    QSettings().setValue(QStringLiteral("theme"), static_cast<int>(choice));
    apply();
}

void Appearance::toggleBrightness() { setChoice(theme_.isDark() ? ThemeChoice::Light : ThemeChoice::Dark); }

void Appearance::setPresentation(bool on) {
    if (std::exchange(presentation_, on) != on) apply();
}

void Appearance::setReduceMotion(bool on) {
    if (std::exchange(reduceMotion_, on) == on) return;
    QSettings().setValue(QStringLiteral("reduceMotion"), on);
    apply();
}

void Appearance::setLanguage(const QString& language) {
    const auto wanted = language.startsWith(QLatin1String("zh")) ? QStringLiteral("zh_CN") : QStringLiteral("en");
    if (wanted == language_) return;
    language_ = wanted;
    QCoreApplication::removeTranslator(&translator_);
    // English has a file too: for its plurals.
    if (translator_.load(QStringLiteral(":/i18n/kubarium_%1.qm").arg(wanted))) QCoreApplication::installTranslator(&translator_);
    QLocale::setDefault(QLocale(wanted));
    Q_EMIT languageChanged();
}

}  // namespace kubarium::view
