// Why the Pod is where it is: the scheduler's decision as a sentence, a table of scores, the reasons against the other Nodes, what
// preemption weighed, and the smallest changes that would make it fit, each with a button that tries it.
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
    // Lists the Nodes that were refused for this reason.
    void openReason(const QString& reason);

protected:
    void referenceChanged() override {
        shown_.clear();
        wantedReason_.clear();
    }

private:
    void show(const api::Object& decision);
    void refreshRecomputed(const model::ObjectPtr& pod);
    void addAgain();
    void addAssumptions(const api::Object& decision);
    void openWantedReason();
    void addRefusals(const scene::TheatreState& state);
    void addNodeList(const QString& reason, const QStringList& nodes, const QStringList& details);
    void addPreemption(const scene::TheatreState& state);
    void addChanges(const api::Object& decision);
    void addChange(const boost::json::value& alternative);

    QVBoxLayout* column_;
    QString shown_;  // what was built last, to leave the widgets alone while nothing changes
    QString wantedReason_;
};

}  // namespace kubarium::view
