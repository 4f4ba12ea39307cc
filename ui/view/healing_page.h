// What led to what: the chain of causes, from the latest disturbance on, with times since it began.
#pragma once

#include "ui/view/inspector_page.h"

class QVBoxLayout;

namespace kubarium::view {

class HealingPage final : public InspectorPage {
    Q_OBJECT

public:
    HealingPage(InspectorContext& context, QWidget* parent);
    QString title() const override;
    bool suits(const model::Reference& reference) const override;
    void refresh() override;

protected:
    void referenceChanged() override { shown_.clear(); }

private:
    QVBoxLayout* column_;
    QString shown_;  // what was built last, to leave the widgets alone while nothing changes
};

}  // namespace kubarium::view
