#include "ui/scene/stage_slots.h"

#include <algorithm>
#include <utility>

#include "ui/scene/alignment.h"

namespace kubarium::scene {

void StageSlots::update(const StageModel& model) {
  const bool sameNodes = std::equal(model.nodes.begin(), model.nodes.end(), nodeNames_.begin(), nodeNames_.end(),
                                    [](const StageNode& node, const QString& name) { return sameText(node.name, name); });
  if (!sameNodes) {
    nodeIndex_.clear();
    nodeNames_.clear();
    nodeIndex_.reserve(static_cast<qsizetype>(model.nodes.size()));
    for (std::size_t i = 0; i < model.nodes.size(); ++i) {
      nodeIndex_.insert(model.nodes[i].name, static_cast<int>(i));
      nodeNames_.push_back(model.nodes[i].name);
    }
  }
  const std::vector<int> alignment = align(
      memory_.size(), [&](std::size_t i) -> const QString& { return memory_[i].key; }, model.pods.size(),
      [&](std::size_t i) -> const QString& { return model.pods[i].key; });
  std::vector<Memory> next(model.pods.size());
  const std::vector<Place> before = std::exchange(places_, std::vector<Place>(model.pods.size()));
  slots_.resize(model.nodes.size());
  for (std::vector<int>& slots : slots_) {
    slots.clear();
  }
  pending_.clear();
  std::vector<std::size_t> newcomers;
  for (std::size_t i = 0; i < model.pods.size(); ++i) {
    const StagePod& pod = model.pods[i];
    Memory* old = alignment[i] < 0 ? nullptr : &memory_[static_cast<std::size_t>(alignment[i])];
    const bool stayed = old != nullptr && sameText(old->node, pod.node);
    const int oldSlot = old != nullptr ? old->slot : -1;
    // What is the same is moved: a copy would touch the text of every Pod.
    next[i] = {old != nullptr ? std::move(old->key) : pod.key, stayed ? std::move(old->node) : pod.node, -1};
    if (pod.node.isEmpty()) {
      pending_.push_back(static_cast<int>(i));
      continue;
    }
    const auto was = static_cast<std::size_t>(std::max(0, alignment[i]));
    places_[i].node = sameNodes && stayed ? before[was].node : nodeIndex_.value(pod.node, -1);
    if (places_[i].node < 0) {
      continue;
    }
    if (!stayed || oldSlot < 0) {
      newcomers.push_back(i);
      continue;
    }
    std::vector<int>& slots = slots_[static_cast<std::size_t>(places_[i].node)];
    if (slots.size() <= static_cast<std::size_t>(oldSlot)) {
      slots.resize(static_cast<std::size_t>(oldSlot) + 1, -1);
    }
    slots[static_cast<std::size_t>(oldSlot)] = static_cast<int>(i);
    places_[i].slot = next[i].slot = oldSlot;
  }
  std::vector<std::size_t> firstFree(model.nodes.size(), 0);
  for (const std::size_t i : newcomers) {
    const auto node = static_cast<std::size_t>(places_[i].node);
    std::vector<int>& slots = slots_[node];
    std::size_t& slot = firstFree[node];
    while (slot < slots.size() && slots[slot] >= 0) {
      ++slot;
    }
    if (slot == slots.size()) {
      slots.push_back(-1);
    }
    slots[slot] = static_cast<int>(i);
    places_[i].slot = next[i].slot = static_cast<int>(slot);
  }
  memory_ = std::move(next);
  podIndex_.clear();
  maxSlots_ = 0;
  for (const std::vector<int>& slots : slots_) {
    maxSlots_ = std::max(maxSlots_, static_cast<int>(slots.size()));
  }
}

int StageSlots::podIndex(const QString& key, int hint) const {
  if (hint >= 0 && static_cast<std::size_t>(hint) < memory_.size() && sameText(memory_[static_cast<std::size_t>(hint)].key, key)) {
    return hint;
  }
  if (podIndex_.isEmpty()) {
    podIndex_.reserve(static_cast<qsizetype>(memory_.size()));
    for (std::size_t i = 0; i < memory_.size(); ++i) {
      podIndex_.insert(memory_[i].key, static_cast<int>(i));
    }
  }
  return podIndex_.value(key, -1);
}

}  // namespace kubarium::scene
