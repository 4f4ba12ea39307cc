// Why the Pod is where it is: the scheduler's decision as a sentence, a table of scores and the reasons against the other Nodes.
#pragma once

#include "ui/view/inspector_page.h"

class QVBoxLayout;

namespace kubarium::view {

class WhyPage final : public InspectorPage {
    Q_OBJECT

public:
    WhyPage(InspectorContext& context, QWidget* parent);
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
