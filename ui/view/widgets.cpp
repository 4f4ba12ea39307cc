#include "ui/view/widgets.h"

#include <QBoxLayout>
#include <QFrame>
#include <QStyle>
#include <QTextBoundaryFinder>

namespace kubarium::view {

QLabel* makeLabel(const char* role, const QString& text, QWidget* parent) {
    auto* label = new QLabel(text, parent);
    label->setProperty("role", QString::fromLatin1(role));
    label->setTextInteractionFlags(Qt::TextSelectableByMouse);
    label->setTextFormat(Qt::PlainText);
    return label;
}

QPushButton* makeButton(const QString& text, const char* role, QWidget* parent) {
    auto* button = new QPushButton(text, parent);
    if (role) button->setProperty("role", QString::fromLatin1(role));
    return button;
}

QString brokenAt(const QString& text, const QFontMetrics& metrics, int width) {
    QTextBoundaryFinder finder(QTextBoundaryFinder::Line, text);
    QString result, line;
    qsizetype from = 0;
    for (auto to = finder.toNextBoundary(); to > 0; to = finder.toNextBoundary()) {
        const auto piece = text.mid(from, to - from);
        if (!line.isEmpty() && metrics.horizontalAdvance((line + piece).trimmed()) > width) {
            result += line.trimmed() + QLatin1Char('\n');
            line.clear();
        }
        line += piece;
        from = to;
    }
    return result + line;
}

void setProperty(QWidget* widget, const char* name, const QVariant& value) {
    if (widget->property(name) == value) return;
    widget->setProperty(name, value);
    widget->style()->unpolish(widget);
    widget->style()->polish(widget);
}

void setTone(QWidget* widget, model::Tone tone) {
    static const char* const names[] = {"", "ok", "waiting", "broken"};
    setProperty(widget, "tone", QString::fromLatin1(names[static_cast<int>(tone)]));
}

QColor toneColor(const style::Theme& theme, model::Tone tone) {
    switch (tone) {
    case model::Tone::Ok: return theme.ok;
    case model::Tone::Waiting: return theme.waiting;
    case model::Tone::Broken: return theme.broken;
    case model::Tone::Neutral: break;
    }
    return theme.accent;
}

QString toneGlyph(model::Tone tone) {
    switch (tone) {
    case model::Tone::Ok: return QStringLiteral("●");
    case model::Tone::Waiting: return QStringLiteral("◐");
    case model::Tone::Broken: return QStringLiteral("✕");
    case model::Tone::Neutral: break;
    }
    return QStringLiteral("○");
}

void clearLayout(QLayout* layout) {
    while (auto* item = layout->takeAt(0)) {
        if (auto* widget = item->widget()) {
            widget->hide();
            widget->deleteLater();
        }
        if (auto* inner = item->layout()) clearLayout(inner);
        delete item;
    }
}

QWidget* hairline(Qt::Orientation orientation, QWidget* parent) {
    auto* line = new QFrame(parent);
    line->setProperty("role", QStringLiteral("hairline"));
    if (orientation == Qt::Horizontal) line->setFixedHeight(1);
    else line->setFixedWidth(1);
    return line;
}

void ElidedLabel::setFullText(const QString& text) {
    if (full_ == text) return;
    full_ = text;
    setToolTip(text);
    setAccessibleName(text);
    updateGeometry();
    elide();
}

QSize ElidedLabel::sizeHint() const { return {fontMetrics().horizontalAdvance(full_) + 2, QLabel::minimumSizeHint().height()}; }

QSize ElidedLabel::minimumSizeHint() const { return {24, QLabel::minimumSizeHint().height()}; }

void ElidedLabel::resizeEvent(QResizeEvent* event) {
    QLabel::resizeEvent(event);
    elide();
}

void ElidedLabel::elide() { setText(fontMetrics().elidedText(full_, Qt::ElideRight, width())); }

}  // namespace kubarium::view
