// One tab of the Inspector: shows the selected object, from what the cluster says at this moment.
#pragma once

#include "ui/bridge/cluster_actions.h"
#include "ui/bridge/cluster_link.h"
#include "ui/bridge/recomputed_decisions.h"
#include "ui/model/chronicle.h"
#include "ui/style/theme.h"

#include <QWidget>

namespace kubarium::view {

// What the pages look at; replaced when the window turns to another cluster.
struct InspectorContext {
    bridge::ClusterLink* link = nullptr;
    bridge::ClusterActions* actions = nullptr;
    model::Chronicle* chronicle = nullptr;
    bridge::RecomputedDecisions* recomputed = nullptr;  // where the cluster keeps no decisions
    style::Theme theme;
    QString language;
};

class InspectorPage : public QWidget {
    Q_OBJECT

public:
    InspectorPage(InspectorContext& context, QWidget* parent) : QWidget(parent), context_(context) {}

    virtual QString title() const = 0;
    // Whether the page has something to say about this object; otherwise its tab is hidden.
    virtual bool suits(const model::Reference& reference) const = 0;
    void setReference(const model::Reference& reference) {
        reference_ = reference;
        referenceChanged();
    }
    const model::Reference& reference() const { return reference_; }
    // The object, the theme or the language may have changed. Only called while the page is visible.
    virtual void refresh() = 0;

Q_SIGNALS:
    void referenceActivated(const kubarium::model::Reference& reference);

protected:
    virtual void referenceChanged() {}
    InspectorContext& context_;
    model::Reference reference_;
};

}  // namespace kubarium::view
