// The Inspector at the right: the selected object's name and state, and a tab per question one may ask about it.
#pragma once

#include "ui/view/inspector_page.h"

#include <QList>
#include <QStackedWidget>

class QButtonGroup;
class QHBoxLayout;
class QLabel;
class QPushButton;

namespace kubarium::view {

class ElidedLabel;

enum class Tab { Healing, Overview, Why, Logs, Yaml, Events };

class Inspector final : public QWidget {
    Q_OBJECT

public:
    enum class Start { Manifest, Lab, Palette };

    explicit Inspector(QWidget* parent = nullptr);

    void setContext(const InspectorContext& context);
    void setReference(const model::Reference& reference);
    const model::Reference& reference() const { return reference_; }
    void openTab(Tab tab);
    Tab currentTab() const { return current_; }
    InspectorPage* page(Tab tab) const { return pages_[static_cast<int>(tab)]; }
    // Brings what is visible up to date.
    void refresh();
    void retranslate();

Q_SIGNALS:
    // One of the things to begin with, offered while nothing is selected.
    void startRequested(kubarium::view::Inspector::Start start);
    void referenceActivated(const kubarium::model::Reference& reference);
    void menuRequested(const kubarium::model::Reference& reference, const QPoint& globalPos);

protected:
    void changeEvent(QEvent* event) override;

private:
    void updateTabs();
    QWidget* makeEmpty();

    InspectorContext context_;
    model::Reference reference_;
    ElidedLabel* title_;
    QLabel *badge_, *subtitle_, *emptyText_;
    QWidget* empty_;
    QList<QPushButton*> starts_;
    QPushButton* more_;
    QWidget* header_;
    QList<QPushButton*> tabs_;
    QButtonGroup* group_;
    QStackedWidget* stack_;
    QList<InspectorPage*> pages_;
    Tab current_ = Tab::Overview;
};

}  // namespace kubarium::view
