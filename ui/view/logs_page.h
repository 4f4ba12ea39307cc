// What the containers of a Pod write, as it is written.
#pragma once

#include "ui/view/inspector_page.h"

#include <memory>

class QCheckBox;
class QComboBox;
class QLabel;
class QPlainTextEdit;

namespace kubarium::view {

class LogsPage final : public InspectorPage {
    Q_OBJECT

public:
    LogsPage(InspectorContext& context, QWidget* parent);
    ~LogsPage() override;
    QString title() const override;
    bool suits(const model::Reference& reference) const override;
    void refresh() override;

protected:
    void referenceChanged() override;
    void hideEvent(QHideEvent* event) override;

private:
    void open();

    QComboBox* containers_;
    QCheckBox* previous_;
    QPlainTextEdit* text_;
    QLabel* status_;
    std::unique_ptr<client::Watch> stream_;
    QString opened_;  // Pod, container and start of what is being followed
};

}  // namespace kubarium::view
