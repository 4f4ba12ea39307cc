#include "ui/scene/stage_accessible.h"

#include <QAccessible>
#include <QAccessibleWidget>

#include <unordered_map>

#include "ui/scene/stage_view.h"
#include "ui/scene/wording.h"

namespace kubarium::scene {

namespace {

// One Node or Pod, found again by its name or key, so that it may outlive the thing it speaks for.
class StageItem : public QAccessibleInterface {
 public:
  StageItem(StageView* view, bool isNode, QString key) : view_(view), isNode_(isNode), key_(std::move(key)) {}

  bool isValid() const override { return view_ != nullptr && (isNode_ ? node() != nullptr : pod() != nullptr); }
  QObject* object() const override { return nullptr; }
  QAccessibleInterface* parent() const override { return QAccessible::queryAccessibleInterface(view_); }
  QAccessibleInterface* child(int) const override { return nullptr; }
  QAccessibleInterface* childAt(int, int) const override { return nullptr; }
  int childCount() const override { return 0; }
  int indexOfChild(const QAccessibleInterface*) const override { return -1; }
  QAccessible::Role role() const override { return QAccessible::ListItem; }

  QAccessible::State state() const override {
    QAccessible::State result;
    result.selectable = 1;
    result.focusable = 1;
    result.selected = (isNode_ ? view_->selectedNode() : view_->selectedPod()) == key_ ? 1 : 0;
    result.offscreen = rect().isEmpty() ? 1 : 0;
    return result;
  }

  QRect rect() const override {
    const QRect inWidget = isNode_ ? view_->nodeRect(key_) : view_->podRect(key_);
    return inWidget.isEmpty() ? QRect() : QRect(view_->mapToGlobal(inWidget.topLeft()), inWidget.size());
  }

  QString text(QAccessible::Text kind) const override {
    if (const StageNode* found = isNode_ ? node() : nullptr) {
      int pods = 0;
      for (const StagePod& each : view_->model()->pods) {
        pods += each.node == found->name ? 1 : 0;
      }
      return kind == QAccessible::Name ? Stage::tr("Node %1").arg(found->name) : kind == QAccessible::Description ? nodeSentence(*found, pods) : QString();
    }
    if (const StagePod* found = isNode_ ? nullptr : pod()) {
      return kind == QAccessible::Name ? Stage::tr("Pod %1").arg(found->name) : kind == QAccessible::Description ? podSentence(*found) : QString();
    }
    return {};
  }

  void setText(QAccessible::Text, const QString&) override {}

 private:
  const StageNode* node() const {
    for (const StageNode& each : view_->model()->nodes) {
      if (each.name == key_) {
        return &each;
      }
    }
    return nullptr;
  }
  const StagePod* pod() const {
    for (const StagePod& each : view_->model()->pods) {
      if (each.key == key_) {
        return &each;
      }
    }
    return nullptr;
  }

  StageView* view_;
  bool isNode_;
  QString key_;
};

class StageAccessible : public QAccessibleWidget {
 public:
  explicit StageAccessible(StageView* view) : QAccessibleWidget(view, QAccessible::List, view->accessibleName()) {}
  ~StageAccessible() override {
    for (const auto& [index, id] : children_) {
      QAccessible::deleteAccessibleInterface(id);
    }
  }

  int childCount() const override { return static_cast<int>(model().nodes.size() + model().pods.size()); }

  QAccessibleInterface* child(int index) const override {
    if (index < 0 || index >= childCount()) {
      return nullptr;
    }
    const auto at = static_cast<std::size_t>(index);
    const bool isNode = at < model().nodes.size();
    const QString key = isNode ? model().nodes[at].name : model().pods[at - model().nodes.size()].key;
    const QString id = (isNode ? QLatin1Char('n') : QLatin1Char('p')) + key;
    if (const auto known = children_.find(id); known != children_.end()) {
      return QAccessible::accessibleInterface(known->second);
    }
    auto* item = new StageItem(view(), isNode, key);
    children_.emplace(id, QAccessible::registerAccessibleInterface(item));
    return item;
  }

  int indexOfChild(const QAccessibleInterface* wanted) const override {
    for (int i = 0; i < childCount(); ++i) {
      if (child(i) == wanted) {
        return i;
      }
    }
    return -1;
  }

  QAccessibleInterface* childAt(int x, int y) const override {
    for (int i = childCount() - 1; i >= 0; --i) {
      QAccessibleInterface* item = child(i);
      if (item->rect().contains(x, y)) {
        return item;
      }
    }
    return nullptr;
  }

 private:
  StageView* view() const { return static_cast<StageView*>(widget()); }
  const StageModel& model() const { return *view()->model(); }

  struct Hash {
    std::size_t operator()(const QString& text) const { return qHash(text); }
  };
  mutable std::unordered_map<QString, QAccessible::Id, Hash> children_;
};

QAccessibleInterface* factory(const QString&, QObject* object) {
  auto* view = qobject_cast<StageView*>(object);
  return view == nullptr ? nullptr : new StageAccessible(view);
}

}  // namespace

void installStageAccessibility() {
  static const bool once = [] {
    QAccessible::installFactory(factory);
    return true;
  }();
  static_cast<void>(once);
}

}  // namespace kubarium::scene
