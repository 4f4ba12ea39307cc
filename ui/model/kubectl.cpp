#include "ui/model/kubectl.h"

namespace kubarium::model::kubectl {
namespace {

QString inNamespace(const Reference& reference) { return reference.nameSpace().isEmpty() ? QString() : QStringLiteral(" -n ") + reference.nameSpace(); }
QString target(const Reference& reference) { return kubectlName(reference.kind) + QLatin1Char(' ') + reference.name() + inNamespace(reference); }

}  // namespace

QString remove(const Reference& reference) { return QStringLiteral("kubectl delete ") + target(reference); }
QString scale(const Reference& workload, int replicas) { return QStringLiteral("kubectl scale %1 --replicas=%2").arg(target(workload)).arg(replicas); }
QString restart(const Reference& workload) { return QStringLiteral("kubectl rollout restart ") + target(workload); }
QString cordon(const QString& node, bool on) { return (on ? QStringLiteral("kubectl cordon ") : QStringLiteral("kubectl uncordon ")) + node; }
QString apply() { return QStringLiteral("kubectl apply --server-side -f FILE"); }
QString describe(const Reference& reference) { return QStringLiteral("kubectl describe ") + target(reference); }

QString logs(const Reference& pod, const QString& container, bool previous) {
    auto command = QStringLiteral("kubectl logs %1%2").arg(pod.name(), inNamespace(pod));
    if (!container.isEmpty()) command += QStringLiteral(" -c ") + container;
    return command + (previous ? QStringLiteral(" --previous") : QStringLiteral(" -f"));
}

QString fault(const QString& type, const Reference& to, int seconds) {
    const auto verb = type == QLatin1String("NodePowerOff") ? QStringLiteral("node-power-off") : type == QLatin1String("NodePartition") ? QStringLiteral("node-partition") : QStringLiteral("container-kill");
    auto command = QStringLiteral("kubarium fault %1 %2%3").arg(verb, to.name(), inNamespace(to));
    if (seconds > 0) command += QStringLiteral(" --for %1s").arg(seconds);
    return command;
}

}  // namespace kubarium::model::kubectl
