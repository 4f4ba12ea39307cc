#include "ui/model/navigator_model.h"

#include "ui/model/pod_state.h"

#include <algorithm>

namespace kubarium::model {

struct NavigatorModel::Item {
    Item* parent = nullptr;
    Reference reference;
    Section section = Section::Workloads;  // of the top rows
    QString title, state;
    Tone tone = Tone::Neutral;
    std::vector<std::unique_ptr<Item>> children{};

    int row() const {
        const auto& siblings = parent->children;
        return static_cast<int>(std::find_if(siblings.begin(), siblings.end(), [this](const auto& other) { return other.get() == this; }) - siblings.begin());
    }
};

namespace {

bool isShown(Kind kind, const api::Object& object) {
    switch (kind) {
    case Kind::Pod:
    case Kind::Deployment:
    case Kind::Node:
    case Kind::Fault: return true;
    case Kind::Service: return object.name() != "kubernetes" || object.nameSpace() != "default";
    case Kind::ConfigMap: return object.name() != "kube-root-ca.crt";
    case Kind::Namespace: return true;
    case Kind::ReplicaSet: return controllerOf(object).name.isEmpty();
    default: return false;
    }
}

Section sectionOf(Kind kind) {
    switch (kind) {
    case Kind::Node: return Section::Nodes;
    case Kind::Service: return Section::Network;
    case Kind::ConfigMap:
    case Kind::Namespace: return Section::Config;
    case Kind::Fault: return Section::Faults;
    default: return Section::Workloads;
    }
}

std::pair<QString, Tone> stateOf(Kind kind, const api::Object& object) {
    switch (kind) {
    case Kind::Pod: {
        const auto state = podState(object);
        return {state.word, state.tone};
    }
    case Kind::Node: {
        const bool ready = nodeCondition(object) == scene::NodeCondition::Ready;
        if (!ready) return {QStringLiteral("NotReady"), Tone::Broken};
        return isCordoned(object) ? std::pair{QStringLiteral("SchedulingDisabled"), Tone::Waiting} : std::pair{QStringLiteral("Ready"), Tone::Ok};
    }
    case Kind::Deployment:
    case Kind::ReplicaSet: {
        const int wanted = static_cast<int>(numberAt(object, {"spec", "replicas"}, 1)), ready = static_cast<int>(numberAt(object, {"status", "readyReplicas"}));
        return {QStringLiteral("%1/%2").arg(ready).arg(wanted), ready >= wanted ? Tone::Ok : ready > 0 ? Tone::Waiting : Tone::Broken};
    }
    case Kind::Service: return {at(object, {"spec", "clusterIP"}), Tone::Neutral};
    case Kind::Fault: {
        const auto phase = at(object, {"status", "phase"});
        return {phase, phase == QLatin1String("Active") ? Tone::Broken : phase == QLatin1String("Reverted") ? Tone::Neutral : Tone::Waiting};
    }
    case Kind::Namespace: return {kindName(kind), Tone::Neutral};
    default: return {text(object.nameSpace()), Tone::Neutral};
    }
}

}  // namespace

NavigatorModel::NavigatorModel(const ClusterObjects& objects, QObject* parent) : QAbstractItemModel(parent), objects_(objects), root_(std::make_unique<Item>()) {
    for (int i = 0; i < sectionCount; ++i) {
        auto item = std::make_unique<Item>();
        item->parent = root_.get();
        item->section = static_cast<Section>(i);
        root_->children.push_back(std::move(item));
    }
    retranslate();
}

NavigatorModel::~NavigatorModel() = default;

void NavigatorModel::retranslate() {
    const QStringList titles{tr("Workloads"), tr("Nodes"), tr("Network"), tr("Config"), tr("Faults")};
    for (int i = 0; i < sectionCount; ++i) root_->children[static_cast<std::size_t>(i)]->title = titles[i];
    Q_EMIT dataChanged(index(0, 0), index(sectionCount - 1, 0));
}

void NavigatorModel::apply(const Changes& changes) {
    // Owners first, so that Pods find their Deployment; what went goes last, so that children go before it.
    for (const bool owners : {true, false})
        for (const auto& change : changes)
            if (change.after && (change.kind == Kind::Deployment || change.kind == Kind::ReplicaSet) == owners) put(change.kind, change.after);
    for (const bool owners : {false, true})
        for (const auto& change : changes)
            if (!change.after && (change.kind == Kind::Deployment || change.kind == Kind::ReplicaSet) == owners) remove(referenceOf(change.kind, *change.before));
}

NavigatorModel::Item* NavigatorModel::parentFor(Kind kind, const api::Object& object) const {
    auto* section = root_->children[static_cast<std::size_t>(sectionOf(kind))].get();
    if (kind != Kind::Pod) return section;
    const auto owner = workloadOf(object, objects_);
    const auto key = text(object.nameSpace()) + QLatin1Char('/') + owner.name;
    for (const auto ownerKind : {Kind::Deployment, Kind::ReplicaSet})
        if (owner.kind == kindName(ownerKind))
            if (const auto it = byReference_.find({ownerKind, key}); it != byReference_.end()) return it->second;
    return section;
}

void NavigatorModel::put(Kind kind, const ObjectPtr& object) {
    if (!isShown(kind, *object)) return;
    const auto reference = referenceOf(kind, *object);
    const auto [state, tone] = stateOf(kind, *object);
    auto* parent = parentFor(kind, *object);
    const auto it = byReference_.find({kind, reference.key});
    if (it != byReference_.end() && it->second->parent == parent) {
        auto* item = it->second;
        if (item->state == state && item->tone == tone) return;
        item->state = state;
        item->tone = tone;
        const auto changed = indexOfItem(item);
        Q_EMIT dataChanged(changed, changed);
        return touchAncestors(item);
    }
    if (it != byReference_.end()) remove(reference);
    auto item = std::make_unique<Item>();
    item->reference = reference;
    item->title = text(object->name());
    item->state = state;
    item->tone = tone;
    insert(*parent, std::move(item));
}

void NavigatorModel::insert(Item& parent, std::unique_ptr<Item> item) {
    const auto before = [](const std::unique_ptr<Item>& a, const Item& b) { return std::pair(a->reference.kind == Kind::Pod, a->reference.key) < std::pair(b.reference.kind == Kind::Pod, b.reference.key); };
    const auto position = std::lower_bound(parent.children.begin(), parent.children.end(), *item, before);
    const int row = static_cast<int>(position - parent.children.begin());
    item->parent = &parent;
    byReference_[{item->reference.kind, item->reference.key}] = item.get();
    beginInsertRows(indexOfItem(&parent), row, row);
    parent.children.insert(position, std::move(item));
    endInsertRows();
    touchAncestors(&parent);
}

void NavigatorModel::remove(const Reference& reference) {
    const auto it = byReference_.find({reference.kind, reference.key});
    if (it == byReference_.end()) return;
    auto* item = it->second;
    // Pods that outlive their workload move up.
    std::vector<Reference> orphans;
    for (const auto& child : item->children) orphans.push_back(child->reference);
    for (const auto& orphan : orphans) byReference_.erase({orphan.kind, orphan.key});
    auto* parent = item->parent;
    const int row = item->row();
    byReference_.erase({reference.kind, reference.key});
    beginRemoveRows(indexOfItem(parent), row, row);
    parent->children.erase(parent->children.begin() + row);
    endRemoveRows();
    for (const auto& orphan : orphans)
        if (const auto object = objects_.get(orphan.kind, orphan.key)) put(orphan.kind, object);
    touchAncestors(parent);
}

void NavigatorModel::touchAncestors(const Item* item) {
    for (; item && item != root_.get(); item = item->parent) {
        const auto changed = indexOfItem(item);
        Q_EMIT dataChanged(changed, changed);
    }
}

NavigatorModel::Item* NavigatorModel::itemOf(const QModelIndex& index) const { return index.isValid() ? static_cast<Item*>(index.internalPointer()) : root_.get(); }

QModelIndex NavigatorModel::indexOfItem(const Item* item) const {
    if (!item || item == root_.get()) return {};
    return createIndex(item->row(), 0, const_cast<Item*>(item));
}

Reference NavigatorModel::referenceAt(const QModelIndex& index) const { return index.isValid() ? itemOf(index)->reference : Reference{}; }

QModelIndex NavigatorModel::indexOf(const Reference& reference) const {
    const auto it = byReference_.find({reference.kind, reference.key});
    return it == byReference_.end() ? QModelIndex() : indexOfItem(it->second);
}

QModelIndex NavigatorModel::index(int row, int column, const QModelIndex& parent) const {
    if (column != 0 || row < 0 || (parent.isValid() && parent.column() != 0)) return {};
    const auto* item = itemOf(parent);
    return row < static_cast<int>(item->children.size()) ? createIndex(row, 0, item->children[static_cast<std::size_t>(row)].get()) : QModelIndex();
}

QModelIndex NavigatorModel::parent(const QModelIndex& child) const { return child.isValid() ? indexOfItem(itemOf(child)->parent) : QModelIndex(); }

int NavigatorModel::rowCount(const QModelIndex& parent) const { return parent.column() > 0 ? 0 : static_cast<int>(itemOf(parent)->children.size()); }

QVariant NavigatorModel::data(const QModelIndex& index, int role) const {
    if (!index.isValid()) return {};
    const auto* item = itemOf(index);
    switch (role) {
    case Qt::DisplayRole: return item->title;
    case StateRole: return item->reference.isEmpty() ? QString::number(item->children.size()) : item->state;
    case ToneRole: return static_cast<int>(item->tone);
    case ReferenceKindRole: return static_cast<int>(item->reference.kind);
    case ReferenceKeyRole: return item->reference.key;
    case Qt::AccessibleTextRole: return item->reference.isEmpty() ? item->title : tr("%1 %2, %3").arg(kindName(item->reference.kind), item->title, item->state);
    case Qt::ToolTipRole: return item->reference.isEmpty() ? QVariant() : QVariant(kindName(item->reference.kind) + QLatin1Char(' ') + item->reference.key);
    default: return {};
    }
}

}  // namespace kubarium::model
