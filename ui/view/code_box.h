// Lines of code to be copied as they stand: not wrapped, and with what can be done with them below.
#pragma once

#include <QFrame>

namespace kubarium::view {

class CodeBox final : public QFrame {
    Q_OBJECT

public:
    // `number`: which of those beside it, for the accessible names.
    CodeBox(const QString& code, int number, QWidget* parent = nullptr);

Q_SIGNALS:
    // Only of a manifest: it is to be edited and applied.
    void editRequested(const QString& code);
};

}  // namespace kubarium::view
