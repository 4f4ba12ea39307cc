// The tree at the left: sections (Workloads, Nodes, Network, Config, Faults) with their objects; the Pods of a Deployment below it.
// Applies row insertions, removals and changes, never a reset, so that what is expanded and selected stays so. GUI thread.
#pragma once

#include "ui/model/cluster_objects.h"

#include <QAbstractItemModel>

#include <memory>
#include <vector>

namespace kubarium::model {

enum class Section { Workloads, Nodes, Network, Config, Faults };
inline constexpr int sectionCount = 5;

class NavigatorModel final : public QAbstractItemModel {
    Q_OBJECT

public:
    enum Role { ReferenceKindRole = Qt::UserRole, ReferenceKeyRole, ToneRole, StateRole };

    explicit NavigatorModel(const ClusterObjects& objects, QObject* parent = nullptr);
    ~NavigatorModel() override;

    void apply(const Changes& changes);
    // The words of the sections in the language of now.
    void retranslate();
    Reference referenceAt(const QModelIndex& index) const;
    QModelIndex indexOf(const Reference& reference) const;

    QModelIndex index(int row, int column, const QModelIndex& parent = {}) const override;
    QModelIndex parent(const QModelIndex& child) const override;
    int rowCount(const QModelIndex& parent = {}) const override;
    int columnCount(const QModelIndex&) const override { return 1; }
    QVariant data(const QModelIndex& index, int role = Qt::DisplayRole) const override;

private:
    struct Item;
    Item* itemOf(const QModelIndex& index) const;
    QModelIndex indexOfItem(const Item* item) const;
    Item* parentFor(Kind kind, const api::Object& object) const;
    void put(Kind kind, const ObjectPtr& object);
    void remove(const Reference& reference);
    void insert(Item& parent, std::unique_ptr<Item> item);
    void touchAncestors(const Item* item);

    const ClusterObjects& objects_;
    std::unique_ptr<Item> root_;
    std::map<std::pair<Kind, QString>, Item*> byReference_;
};

}  // namespace kubarium::model
