// Turns the tokens into what Qt's own widgets understand: a QPalette for the Fusion style and one style sheet.
#include <QStringList>

#include "ui/style/theme.h"

namespace kubarium::style {

namespace {

// One placeholder per token keeps the sheet readable; names are as in Theme.
QString fill(QString sheet, const Theme& theme) {
  const std::pair<const char*, QColor> tokens[] = {
      {"@stage@", theme.stage},           {"@panel@", theme.panel},         {"@card@", theme.card},
      {"@cardQuiet@", theme.cardQuiet},   {"@control@", theme.control},     {"@controlHover@", theme.controlHover},
      {"@hairline@", theme.hairline},     {"@hairlineStrong@", theme.hairlineStrong},
      {"@text@", theme.text},             {"@textMuted@", theme.textMuted}, {"@textFaint@", theme.textFaint},
      {"@accent@", theme.accent},         {"@onAccent@", theme.onAccent},   {"@selection@", theme.selection},
      {"@ok@", theme.ok},                 {"@waiting@", theme.waiting},     {"@broken@", theme.broken},
      {"@barTrack@", theme.barTrack},     {"@accentHover@", mix(theme.accent, theme.text, 0.12)},
  };
  for (const auto& [name, color] : tokens) {
    sheet.replace(QLatin1String(name), color.name());
  }
  const auto size = [&theme](TextSize step) {
    const double factor = theme.isPresentation() ? 1.3 : 1.0;
    return QString::number(static_cast<int>(static_cast<double>(step) * factor + 0.5));
  };
  sheet.replace(QLatin1String("@tiny@"), size(TextSize::Tiny));
  sheet.replace(QLatin1String("@small@"), size(TextSize::Small));
  sheet.replace(QLatin1String("@body@"), size(TextSize::Body));
  sheet.replace(QLatin1String("@label@"), size(TextSize::Label));
  sheet.replace(QLatin1String("@heading@"), size(TextSize::Heading));
  sheet.replace(QLatin1String("@title@"), size(TextSize::Title));
  return sheet;
}

const char* const kSheet = R"(
* { font-family: "Inter", "Noto Sans CJK SC", "Noto Sans", "DejaVu Sans", sans-serif; font-size: @body@px; }
QMainWindow, QDialog { background: @panel@; color: @text@; }
QMainWindow::separator { background: @hairline@; width: 1px; height: 1px; }
QMainWindow::separator:hover { background: @accent@; }
QToolTip { background: @card@; color: @text@; border: 1px solid @hairlineStrong@; padding: 6px 8px; }
QMenuBar { background: @panel@; color: @text@; border-bottom: 1px solid @hairline@; padding: 2px 4px; }
QMenuBar::item { background: transparent; padding: 4px 8px; border-radius: 4px; }
QMenuBar::item:selected { background: @selection@; }
QMenu { background: @card@; color: @text@; border: 1px solid @hairlineStrong@; padding: 4px; }
QMenu::item { padding: 6px 24px 6px 12px; border-radius: 4px; }
QMenu::item:selected { background: @selection@; color: @text@; }
QMenu::item:disabled { color: @textFaint@; }
QMenu::separator { height: 1px; background: @hairline@; margin: 4px 8px; }
QToolBar { background: @panel@; border: none; border-bottom: 1px solid @hairline@; padding: 6px 8px; spacing: 6px; }
QToolBar::separator { background: @hairline@; width: 1px; margin: 4px 6px; }
QStatusBar { background: @panel@; color: @textMuted@; border-top: 1px solid @hairline@; }
QStatusBar::item { border: none; }
QDockWidget { color: @text@; font-weight: 600; titlebar-close-icon: none; titlebar-normal-icon: none; }
QDockWidget::title { background: @panel@; padding: 6px 12px; text-align: left; }
QPushButton, QToolButton { background: @control@; color: @text@; border: 1px solid @hairline@; border-radius: 6px; padding: 4px 12px; min-height: 20px; }
QPushButton:hover, QToolButton:hover { background: @controlHover@; border-color: @hairlineStrong@; }
QPushButton:pressed, QToolButton:pressed { background: @selection@; }
QPushButton, QToolButton, QTabBar, QComboBox { outline: none; }
QPushButton:focus, QToolButton:focus { border: 2px solid @accent@; padding: 3px 11px; }
QPushButton:disabled, QToolButton:disabled { color: @textFaint@; background: @panel@; }
QPushButton:checked, QToolButton:checked { background: @accent@; color: @onAccent@; border-color: @accent@; font-weight: 600; }
QPushButton[role="primary"] { background: @accent@; color: @onAccent@; border-color: @accent@; font-weight: 600; }
QPushButton[role="primary"]:hover { background: @accentHover@; }
QPushButton[role="primary"]:focus, QPushButton:checked:focus { border: 2px solid @text@; }
QPushButton[role="primary"]:disabled { background: @control@; color: @textFaint@; border-color: @hairline@; }
QPushButton[role="danger"] { color: @broken@; border-color: @broken@; }
QPushButton[role="quiet"], QToolButton[role="quiet"] { background: transparent; border-color: transparent; }
QPushButton[role="quiet"]:hover, QToolButton[role="quiet"]:hover { background: @controlHover@; }
QToolButton::menu-indicator { image: none; }
QLineEdit, QPlainTextEdit, QTextEdit, QSpinBox, QDoubleSpinBox, QComboBox { background: @control@; color: @text@; border: 1px solid @hairline@; border-radius: 6px; padding: 4px 8px; selection-background-color: @accent@; selection-color: @onAccent@; }
QLineEdit:focus, QPlainTextEdit:focus, QTextEdit:focus, QSpinBox:focus, QDoubleSpinBox:focus, QComboBox:focus { border: 2px solid @accent@; padding: 3px 7px; }
QComboBox { padding-right: 20px; }
QComboBox::drop-down { border: none; width: 20px; }
QComboBox::down-arrow, QSpinBox::down-arrow, QDoubleSpinBox::down-arrow { image: none; width: 0; height: 0; border-left: 4px solid @control@; border-right: 4px solid @control@; border-top: 5px solid @textMuted@; }
QComboBox::down-arrow:disabled { border-top-color: @control@; }
QSpinBox::up-arrow, QDoubleSpinBox::up-arrow { image: none; width: 0; height: 0; border-left: 4px solid @control@; border-right: 4px solid @control@; border-bottom: 5px solid @textMuted@; }
QSpinBox::up-button, QSpinBox::down-button, QDoubleSpinBox::up-button, QDoubleSpinBox::down-button { border: none; background: transparent; width: 16px; }
QComboBox QAbstractItemView { background: @card@; color: @text@; border: 1px solid @hairlineStrong@; selection-background-color: @selection@; selection-color: @text@; }
QTabWidget::pane { border: none; border-top: 1px solid @hairline@; }
QTabBar { qproperty-drawBase: 0; background: @panel@; }
QTabBar::tab { background: transparent; color: @textMuted@; padding: 8px 10px; border: none; border-bottom: 2px solid transparent; }
QTabBar::tab:hover { color: @text@; }
QTabBar::tab:selected { color: @text@; border-bottom: 2px solid @accent@; font-weight: 600; }
QTabBar::tab:focus { color: @accent@; background: @selection@; }
QTreeView, QTableView, QListView { background: @panel@; alternate-background-color: @cardQuiet@; color: @text@; border: none; gridline-color: @hairline@; selection-background-color: @selection@; selection-color: @text@; outline: 0; }
QTreeView::item, QListView::item { padding: 4px 4px; min-height: 20px; }
QTreeView::item:hover, QListView::item:hover, QTableView::item:hover { background: @controlHover@; }
QTreeView::item:selected, QListView::item:selected, QTableView::item:selected { background: @selection@; color: @text@; }
QHeaderView { background: @panel@; }
QHeaderView::section { background: @panel@; color: @textMuted@; border: none; border-bottom: 1px solid @hairline@; padding: 6px 8px; font-size: @small@px; }
QProgressBar { background: @barTrack@; border: none; border-radius: 3px; max-height: 6px; color: transparent; }
QProgressBar::chunk { background: @ok@; border-radius: 3px; }
QScrollArea { background: transparent; border: 1px solid transparent; }
QScrollArea:focus { border-color: @accent@; }
QAbstractScrollArea::corner { background: transparent; border: none; }
QScrollBar:vertical { background: transparent; width: 10px; margin: 0; }
QScrollBar:horizontal { background: transparent; height: 10px; margin: 0; }
QScrollBar::handle { background: @hairlineStrong@; border-radius: 3px; margin: 2px; min-height: 24px; min-width: 24px; }
QScrollBar::handle:hover { background: @textFaint@; }
QScrollBar::add-line, QScrollBar::sub-line, QScrollBar::add-page, QScrollBar::sub-page { background: none; border: none; width: 0; height: 0; }
QSplitter::handle { background: @hairline@; }
QSplitter::handle:horizontal { width: 1px; }
QSplitter::handle:vertical { height: 1px; }
QGroupBox { border: 1px solid @hairline@; border-radius: 8px; margin-top: 18px; padding: 8px; color: @textMuted@; }
QGroupBox::title { subcontrol-origin: margin; left: 8px; }
QLabel { background: transparent; color: @text@; }
QLabel[role="title"] { font-size: @title@px; font-weight: 600; }
QLabel[role="heading"] { font-size: @heading@px; font-weight: 600; }
QLabel[role="section"] { font-size: @tiny@px; font-weight: 600; color: @textMuted@; }
QLabel[role="muted"] { color: @textMuted@; }
QLabel[role="mono"] { font-family: "JetBrains Mono", "Noto Sans Mono CJK SC", "DejaVu Sans Mono", monospace; }
QLabel[role="badge"] { font-size: @small@px; color: @textMuted@; border: 1px solid @hairlineStrong@; border-radius: 4px; padding: 0 5px; }
QLabel[role="callout"] { background: @cardQuiet@; border: none; border-left: 3px solid @accent@; border-radius: 8px; padding: 10px 12px; }
*[tone="ok"] { color: @ok@; border-color: @ok@; }
*[tone="waiting"] { color: @waiting@; border-color: @waiting@; }
*[tone="broken"] { color: @broken@; border-color: @broken@; }
*[tone="accent"] { color: @accent@; border-color: @accent@; }
)";

}  // namespace

QString styleSheet(const Theme& theme) { return fill(QString::fromLatin1(kSheet), theme); }

QPalette palette(const Theme& theme) {
  QPalette result;
  result.setColor(QPalette::Window, theme.panel);
  result.setColor(QPalette::WindowText, theme.text);
  result.setColor(QPalette::Base, theme.panel);
  result.setColor(QPalette::AlternateBase, theme.cardQuiet);
  result.setColor(QPalette::Text, theme.text);
  result.setColor(QPalette::Button, theme.control);
  result.setColor(QPalette::ButtonText, theme.text);
  result.setColor(QPalette::BrightText, theme.broken);
  result.setColor(QPalette::Highlight, theme.accent);
  result.setColor(QPalette::HighlightedText, theme.onAccent);
  result.setColor(QPalette::Link, theme.accent);
  result.setColor(QPalette::LinkVisited, theme.violet);
  result.setColor(QPalette::ToolTipBase, theme.card);
  result.setColor(QPalette::ToolTipText, theme.text);
  result.setColor(QPalette::PlaceholderText, theme.textFaint);
  result.setColor(QPalette::Light, theme.hairlineStrong);
  result.setColor(QPalette::Midlight, theme.hairline);
  result.setColor(QPalette::Mid, theme.hairline);
  result.setColor(QPalette::Dark, theme.hairlineStrong);
  result.setColor(QPalette::Shadow, theme.shadow);
  for (const auto role : {QPalette::WindowText, QPalette::Text, QPalette::ButtonText}) {
    result.setColor(QPalette::Disabled, role, theme.textFaint);
  }
  return result;
}

}  // namespace kubarium::style
