// What it is and how it is, in plain sentences, with what would change it.
#pragma once

#include "ui/view/inspector_page.h"

class QVBoxLayout;

namespace kubarium::view {

class OverviewPage final : public InspectorPage {
    Q_OBJECT

public:
    OverviewPage(InspectorContext& context, QWidget* parent);
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
