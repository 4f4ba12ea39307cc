// The kubectl command that does the same as a button of the window, for "Copy as kubectl". Pure.
#pragma once

#include "ui/model/cluster_objects.h"

namespace kubarium::model::kubectl {

QString remove(const Reference& reference);
QString scale(const Reference& workload, int replicas);
QString restart(const Reference& workload);
QString cordon(const QString& node, bool on);
QString apply();
QString logs(const Reference& pod, const QString& container, bool previous);
QString describe(const Reference& reference);
// `kubarium fault ...`: kubectl has no verb for it.
QString fault(const QString& type, const Reference& target, int seconds);

}  // namespace kubarium::model::kubectl
