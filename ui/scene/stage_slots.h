// Which place on its Node's card a Pod has. A Pod keeps its slot for as long as it stays on the Node; a new one takes the
// first free slot, so that nothing else moves when Pods come and go.
#pragma once

#include <QHash>
#include <QString>

#include <vector>

#include "ui/scene/stage_model.h"

namespace kubarium::scene {

class StageSlots {
 public:
  struct Place {
    int node = -1;  // index into model.nodes, or -1: pending (or bound to a Node that is not shown)
    int slot = -1;
  };

  void update(const StageModel& model);

  const Place& placeOf(std::size_t pod) const { return places_[pod]; }
  // Pod index in a slot, or -1. Slots beyond the last used one do not exist.
  const std::vector<int>& podsOf(std::size_t node) const { return slots_[node]; }
  int maxSlots() const { return maxSlots_; }
  const std::vector<int>& pending() const { return pending_; }
  // `hint`: where it was last; makes the answer cheap when nothing moved.
  int podIndex(const QString& key, int hint = -1) const;
  int nodeIndex(const QString& name) const { return nodeIndex_.value(name, -1); }

 private:
  struct Memory {
    QString key;
    QString node;
    int slot = -1;
  };

  std::vector<Memory> memory_;  // aligned with the last model's Pods
  std::vector<Place> places_;
  std::vector<std::vector<int>> slots_;
  std::vector<int> pending_;
  QHash<QString, int> nodeIndex_;
  std::vector<QString> nodeNames_;
  mutable QHash<QString, int> podIndex_;  // built when first asked after an update
  int maxSlots_ = 0;
};

}  // namespace kubarium::scene
