// A button of one or two texts that wrap within it: an answer to choose, or a lab with how far one is. The sign before the text stays in a column of its own.
#pragma once

#include <QPushButton>

class QLabel;

namespace kubarium::view {

class ChoiceButton final : public QPushButton {
    Q_OBJECT

public:
    // `sign`: "" for none. `detail`: a second line, quieter; "" for none.
    ChoiceButton(const QString& sign, const QString& title, const QString& detail = {}, QWidget* parent = nullptr);
    // As the layout of its texts has it; QPushButton knows of its own text only.
    QSize sizeHint() const override;
    QSize minimumSizeHint() const override;

protected:
    void changeEvent(QEvent* event) override;

private:
    void show(bool chosen);
    QLabel* title_;
    QList<QLabel*> texts_;
};

}  // namespace kubarium::view
