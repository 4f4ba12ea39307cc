#include "ui/view/tool_bar.h"

#include "ui/view/widgets.h"

#include <QBoxLayout>
#include <QApplication>
#include <QEvent>
#include <QKeyEvent>
#include <QPainter>
#include <QResizeEvent>

#include <algorithm>
#include <utility>

namespace kubarium::view {
namespace {

QPixmap logo(const style::Theme& theme, double ratio) {
    constexpr int side = 22;
    QPixmap pixmap(QSize(side, side) * ratio);
    pixmap.setDevicePixelRatio(ratio);
    pixmap.fill(Qt::transparent);
    QPainter painter(&pixmap);
    painter.setRenderHint(QPainter::Antialiasing);
    QLinearGradient ground(0, 0, side, side);
    ground.setColorAt(0, theme.ok);
    ground.setColorAt(1, theme.accent);
    painter.setBrush(ground);
    painter.setPen(Qt::NoPen);
    painter.drawRoundedRect(QRectF(1, 1, side - 2, side - 2), 6, 6);
    painter.setPen(QPen(QColor(255, 255, 255, 210), 1.4, Qt::SolidLine, Qt::RoundCap));
    painter.drawArc(QRectF(6, -4, 20, 20), 180 * 16, 80 * 16);
    painter.drawArc(QRectF(-4, 6, 20, 20), 10 * 16, 70 * 16);
    return pixmap;
}

enum class Sign { Run, Pause, Step };

// Drawn, not typed: fonts disagree about these signs.
QIcon sign(Sign which, const QColor& color, double ratio) {
    constexpr int side = 12;
    QPixmap pixmap(QSize(side, side) * ratio);
    pixmap.setDevicePixelRatio(ratio);
    pixmap.fill(Qt::transparent);
    QPainter painter(&pixmap);
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setPen(Qt::NoPen);
    painter.setBrush(color);
    const auto triangle = [&](double left, double right) {
        const QPointF corners[] = {{left, 1.5}, {right, 6}, {left, 10.5}};
        painter.drawPolygon(corners, 3);
    };
    switch (which) {
    case Sign::Run: triangle(2.5, 10.5); break;
    case Sign::Pause:
        painter.drawRect(QRectF(2, 1.5, 3, 9));
        painter.drawRect(QRectF(7, 1.5, 3, 9));
        break;
    case Sign::Step:
        triangle(1.5, 8);
        painter.drawRect(QRectF(8.5, 1.5, 2, 9));
        break;
    }
    return QIcon(pixmap);
}

// Qt leaves little room between a button's icon and its text.
QString besideSign(const QString& text) { return QLatin1Char(' ') + text; }

}  // namespace

ToolBar::ToolBar(QWidget* parent) : QWidget(parent) {
    setObjectName(QStringLiteral("toolBar"));
    setAttribute(Qt::WA_StyledBackground);
    auto* row = new QHBoxLayout(this);
    row->setContentsMargins(14, 8, 14, 8);
    row->setSpacing(8);
    logo_ = new QLabel(this);
    row->addWidget(logo_);
    row->addWidget(brand_ = makeLabel("brand", QStringLiteral("Kubarium")));
    brand_->setObjectName(QStringLiteral("brand"));
    row->addSpacing(4);
    row->addWidget(cluster_ = makeButton({}));
    clusterMenu_ = new QMenu(this);
    cluster_->setMenu(clusterMenu_);
    row->addStretch(1);
    row->addWidget(pause_ = makeButton({}));
    auto* stepping = new QHBoxLayout;
    stepping->setSpacing(0);
    stepping->addWidget(step_ = makeButton({}));
    stepping->addWidget(hold_ = makeButton(QStringLiteral("▾")));
    step_->setProperty("segment", QStringLiteral("first"));
    hold_->setProperty("segment", QStringLiteral("last"));
    step_->setProperty("plain", true);
    hold_->setProperty("plain", true);
    stepMenu_ = new QMenu(this);
    hold_->setMenu(stepMenu_);
    row->addLayout(stepping);
    auto* segments = new QHBoxLayout;
    segments->setSpacing(0);
    constexpr int count = std::size(rates);
    for (int i = 0; i < count; ++i) {
        auto* button = makeButton(QStringLiteral("×%1").arg(rates[i]));
        button->setCheckable(true);
        button->setProperty("segment", i == 0 ? QStringLiteral("first") : i == count - 1 ? QStringLiteral("last") : QStringLiteral("middle"));
        rateGroup_.addButton(button, i);
        segments->addWidget(button);
        rateButtons_ << button;
    }
    row->addLayout(segments);
    row->addWidget(fault_ = makeButton({}, "fault"));
    row->addWidget(undo_ = makeButton({}, "fault"));
    faultMenu_ = new QMenu(this);
    fault_->setMenu(faultMenu_);
    row->addStretch(1);
    row->addWidget(search_ = makeButton({}, "search"));
    row->addWidget(present_ = makeButton({}));
    row->addWidget(view_ = makeButton(QStringLiteral("☰")));
    viewMenu_ = new QMenu(this);
    view_->setMenu(viewMenu_);
    row->addWidget(theme_ = makeButton(QStringLiteral("◐")));
    row->addWidget(language_ = makeButton({}));
    connect(pause_, &QPushButton::clicked, this, [this] { Q_EMIT pauseToggled(!paused_); });
    connect(step_, &QPushButton::clicked, this, &ToolBar::stepRequested);
    connect(&rateGroup_, &QButtonGroup::idClicked, this, [this](int id) { Q_EMIT rateChosen(rates[id]); });
    connect(undo_, &QPushButton::clicked, this, &ToolBar::undoFaultRequested);
    connect(search_, &QPushButton::clicked, this, &ToolBar::paletteRequested);
    connect(present_, &QPushButton::clicked, this, &ToolBar::presentRequested);
    connect(theme_, &QPushButton::clicked, this, &ToolBar::themeToggled);
    connect(language_, &QPushButton::clicked, this, &ToolBar::languageToggled);
    for (auto* button : findChildren<QPushButton*>()) button->installEventFilter(this);
    setClock(false, 1, false);
    setFaults(false, 0, {});
    retranslate();
}

void ToolBar::toggleKeyboard() {
    auto* focus = QApplication::focusWidget();
    if (focus && isAncestorOf(focus)) return giveBack();
    cameFrom_ = focus;
    goTo(0);
}

// In the order in which they stand.
QList<QPushButton*> ToolBar::reachable() const {
    QList<QPushButton*> buttons;
    for (auto* button : findChildren<QPushButton*>())
        if (button->isVisible() && button->isEnabled()) buttons << button;
    std::ranges::sort(buttons, {}, [](const QPushButton* button) { return button->x(); });
    return buttons;
}

void ToolBar::goTo(int index) {
    const auto buttons = reachable();
    if (!buttons.isEmpty()) buttons[(index + buttons.size()) % buttons.size()]->setFocus(Qt::ShortcutFocusReason);
}

void ToolBar::giveBack() {
    if (const auto back = std::exchange(cameFrom_, nullptr); back && back->isVisible()) return back->setFocus(Qt::ShortcutFocusReason);
    Q_EMIT keyboardLeft();
}

// Its first line is chosen, as in a menu that a menu bar opens.
void ToolBar::openMenu(QPushButton& button) {
    auto* menu = button.menu();
    button.setDown(true);
    connect(menu, &QMenu::aboutToHide, &button, [&button] { button.setDown(false); }, Qt::SingleShotConnection);
    menu->popup(button.mapToGlobal(QPoint(0, button.height())));
    // Chosen as with the key: setActiveAction would open what lies below it.
    QKeyEvent down(QEvent::KeyPress, Qt::Key_Down, Qt::NoModifier);
    QApplication::sendEvent(menu, &down);
}

bool ToolBar::pressed(QPushButton& button, int key) {
    switch (key) {
    case Qt::Key_Left: goTo(static_cast<int>(reachable().indexOf(&button)) - 1); return true;
    case Qt::Key_Right: goTo(static_cast<int>(reachable().indexOf(&button)) + 1); return true;
    case Qt::Key_Home: goTo(0); return true;
    case Qt::Key_End: goTo(-1); return true;
    case Qt::Key_Escape: giveBack(); return true;
    case Qt::Key_Up: return true;
    case Qt::Key_Down:
        if (button.menu()) openMenu(button);
        return true;
    case Qt::Key_Space:
        if (!button.menu()) return false;
        openMenu(button);
        return true;
    case Qt::Key_Return:
    case Qt::Key_Enter:
        if (button.menu()) openMenu(button);
        else button.click();
        return true;
    default: return false;
    }
}

bool ToolBar::eventFilter(QObject* watched, QEvent* event) {
    auto* button = qobject_cast<QPushButton*>(watched);
    if (button && event->type() == QEvent::KeyPress) {
        const auto* key = static_cast<QKeyEvent*>(event);
        if ((key->modifiers() & ~Qt::KeypadModifier) == Qt::NoModifier && pressed(*button, key->key())) return true;
    }
    return QWidget::eventFilter(watched, event);
}

void ToolBar::setCluster(const QString& name, const QString& detail) {
    clusterName_ = name;
    clusterDetail_ = detail;
    showCluster();
}

void ToolBar::showCluster() {
    const bool least = room_ == Room::Least;
    constexpr int leastName = 110;
    const auto name = least ? cluster_->fontMetrics().elidedText(clusterName_, Qt::ElideMiddle, leastName) : clusterName_;
    const auto shown = clusterDetail_.isEmpty() || least ? name + QStringLiteral("  ▾") : QStringLiteral("%1   %2  ▾").arg(name, clusterDetail_);
    // setText lays the whole bar out again, whatever the text.
    if (cluster_->text() == shown) return;
    cluster_->setText(shown);
    cluster_->setToolTip(least ? QStringLiteral("%1 · %2").arg(clusterName_, clusterDetail_) : QString());
    cluster_->setAccessibleName(tr("Cluster %1, %2").arg(clusterName_, clusterDetail_));
    fit();
}

void ToolBar::setClock(bool available, double rate, bool paused) {
    paused_ = paused;
    pause_->setVisible(available);
    step_->setVisible(available);
    hold_->setVisible(available);
    for (int i = 0; i < rateButtons_.size(); ++i) {
        rateButtons_[i]->setVisible(available);
        if (rates[i] == rate) rateButtons_[i]->setChecked(true);
    }
    showPause();
    pause_->setToolTip(paused ? tr("Let the cluster's Clock run on (Ctrl+P)") : tr("Stop the cluster's Clock: nothing is scheduled, no timer runs (Ctrl+P)"));
    fit();
}

void ToolBar::showPause() {
    const auto words = room_ == Room::Least ? QString() : besideSign(paused_ ? tr("Run") : tr("Pause"));
    if (pause_->text() != words) pause_->setText(words);
    if (std::exchange(signPaused_, paused_) != paused_) drawSigns();
}

void ToolBar::setFaults(bool available, int count, const QString& remaining) {
    faultCount_ = count;
    faultRemaining_ = remaining;
    fault_->setVisible(available);
    undo_->setVisible(available && count > 0);
    showFaults();
}

void ToolBar::showFaults() {
    QString words = tr("⚡ Fault"), whole = words;
    if (faultCount_ > 0) {
        words = whole = tr("⚡ %n fault(s)", nullptr, faultCount_);
        if (!faultRemaining_.isEmpty()) whole = tr("⚡ %n fault(s), ends in %1", nullptr, faultCount_).arg(faultRemaining_);
        if (room_ != Room::Least) words = whole;
    }
    fault_->setToolTip(words == whole ? tr("Break something on purpose; every fault can be undone") : whole);
    fault_->setAccessibleName(whole);
    if (fault_->text() == words) return;
    fault_->setText(words);
    fault_->setMinimumWidth(faultCount_ > 0 ? fault_->sizeHint().width() : 0);
    view::setProperty(fault_, "active", faultCount_ > 0);
    fit();
}

void ToolBar::setTheme(const style::Theme& theme) {
    logo_->setPixmap(logo(theme, devicePixelRatioF()));
    signColor_ = theme.text;
    drawSigns();
}

void ToolBar::drawSigns() {
    pause_->setIcon(sign(paused_ ? Sign::Run : Sign::Pause, signColor_, devicePixelRatioF()));
    step_->setIcon(sign(Sign::Step, signColor_, devicePixelRatioF()));
    for (auto* button : {pause_, step_}) button->setIconSize({12, 12});
}

void ToolBar::setLanguage(const QString& language) {
    languageName_ = language;
    // Each language is offered in its own words.
    language_->setText(language == QLatin1String("en") ? QStringLiteral("中文") : QStringLiteral("English"));
}

void ToolBar::retranslate() {
    pause_->setAccessibleName(tr("Pause or run the Clock"));
    step_->setAccessibleName(tr("Step"));
    step_->setToolTip(tr("Let one scheduling phase or one reconcile happen (Ctrl+.)"));
    hold_->setToolTip(tr("Hold a scheduling cycle before one of its phases"));
    hold_->setAccessibleName(tr("Breakpoints of the scheduler"));
    for (int i = 0; i < rateButtons_.size(); ++i) {
        rateButtons_[i]->setToolTip(tr("All waits of the cluster pass %1 times as fast").arg(rates[i]));
        rateButtons_[i]->setAccessibleName(tr("Rate %1").arg(rates[i]));
    }
    undo_->setText(tr("Undo"));
    undo_->setAccessibleName(tr("Undo the fault"));
    setRoom(Room::Plenty);
    search_->setToolTip(tr("Search objects or run a command"));
    search_->setAccessibleName(tr("Search objects or run a command"));
    present_->setText(tr("Present"));
    present_->setToolTip(tr("Larger and fewer words, for the last row (F5)"));
    view_->setToolTip(tr("Panes and settings"));
    view_->setAccessibleName(tr("Panes and settings"));
    theme_->setToolTip(tr("Light or dark"));
    theme_->setAccessibleName(tr("Light or dark theme"));
    language_->setAccessibleName(tr("Language"));
    setCluster(clusterName_, clusterDetail_);
    showPause();
    if (fault_->isVisibleTo(this)) setFaults(true, faultCount_, faultRemaining_);
    setLanguage(languageName_);
    fit();
}

// Where there is too little room the words go that say nothing of their own, then those that are said elsewhere, too.
void ToolBar::fit() {
    if (std::exchange(fitting_, true)) return;
    const auto needed = [this] { return layout()->minimumSize().width(); };
    while (room_ != Room::Plenty && needed() + spared_[static_cast<int>(room_)] <= width()) setRoom(static_cast<Room>(static_cast<int>(room_) - 1));
    while (room_ != Room::Least && needed() > width()) setRoom(static_cast<Room>(static_cast<int>(room_) + 1));
    fitting_ = false;
}

void ToolBar::setRoom(Room room) {
    const int before = layout()->minimumSize().width();
    const bool narrower = room > room_, narrow = room != Room::Plenty;
    room_ = room;
    brand_->setVisible(!narrow);
    search_->setText(narrow ? QStringLiteral("Ctrl K") : tr("Search or run…") + QStringLiteral("     Ctrl K"));
    search_->setMinimumWidth(narrow ? 64 : 170);
    step_->setText(room == Room::Least ? QString() : besideSign(tr("Step")));
    showPause();
    showCluster();
    showFaults();
    if (narrower) spared_[static_cast<int>(room)] = before - layout()->minimumSize().width();
}

void ToolBar::resizeEvent(QResizeEvent* event) {
    QWidget::resizeEvent(event);
    fit();
}

void ToolBar::changeEvent(QEvent* event) {
    QWidget::changeEvent(event);
    if (event->type() == QEvent::LanguageChange) retranslate();
}

}  // namespace kubarium::view
