// The Events that concern the object, the latest first.
#pragma once

#include "ui/view/inspector_page.h"

class QVBoxLayout;

namespace kubarium::view {

class EventsPage final : public InspectorPage {
    Q_OBJECT

public:
    EventsPage(InspectorContext& context, QWidget* parent);
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
