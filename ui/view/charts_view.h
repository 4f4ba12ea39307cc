// Charts of the recorded figures (QtCharts): CPU and memory per Node, Pods by phase, ready Pods of the workloads, scheduling latency.
#pragma once

#include "ui/model/chronicle.h"
#include "ui/style/theme.h"

#include <QList>
#include <QWidget>

class QChart;
class QChartView;
class QLineSeries;

namespace kubarium::view {

class ChartsView final : public QWidget {
    Q_OBJECT

public:
    explicit ChartsView(QWidget* parent = nullptr);
    void setSource(const model::Chronicle* chronicle, const model::ClusterTimes* times);
    void setTheme(const style::Theme& theme);
    // Only does something while it is visible.
    void refresh();

protected:
    void showEvent(QShowEvent* event) override;
    void changeEvent(QEvent* event) override;

private:
    enum Which { Cpu, Memory, Phases, Ready, Scheduling, chartCount };
    void retranslate();
    void fill(Which which, const QMap<QString, QList<QPointF>>& lines, double top);
    QLineSeries* lineOf(Which which, const QString& name, int index);

    const model::Chronicle* chronicle_ = nullptr;
    const model::ClusterTimes* times_ = nullptr;
    style::Theme theme_;
    QList<QChartView*> views_;
};

}  // namespace kubarium::view
