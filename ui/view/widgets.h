// Small parts that every page is made of: labels with a role in the style sheet, badges with a tone, sections, callouts.
#pragma once

#include "ui/model/pod_state.h"
#include "ui/style/theme.h"

#include <QLabel>
#include <QPushButton>

class QBoxLayout;
class QLayout;

namespace kubarium::view {

// `role` as in style::styleSheet.
QLabel* makeLabel(const char* role, const QString& text = {}, QWidget* parent = nullptr);
QPushButton* makeButton(const QString& text, const char* role = nullptr, QWidget* parent = nullptr);
void setTone(QWidget* widget, model::Tone tone);
void setProperty(QWidget* widget, const char* name, const QVariant& value);
QColor toneColor(const style::Theme& theme, model::Tone tone);
// Never colour alone: a shape for each tone.
QString toneGlyph(model::Tone tone);
// The text with line breaks, so that no line is wider than `width`: for buttons, which do not wrap by themselves.
QString brokenAt(const QString& text, const QFontMetrics& metrics, int width);
void clearLayout(QLayout* layout);
QWidget* hairline(Qt::Orientation orientation, QWidget* parent = nullptr);

// A label that shows as much as fits, with the whole text as tooltip.
class ElidedLabel final : public QLabel {
    Q_OBJECT

public:
    using QLabel::QLabel;
    void setFullText(const QString& text);
    // As wide as the whole text.
    QSize sizeHint() const override;
    QSize minimumSizeHint() const override;

protected:
    void resizeEvent(QResizeEvent* event) override;

private:
    void elide();
    QString full_;
};

}  // namespace kubarium::view
