// The recorded past as bars, one lane per Node and workload, with faults marked; the cursor is now, or the moment that the Stage
// shows while scrubbing. Fuses of running timers reach into the future.
#pragma once

#include "ui/model/chronicle.h"
#include "ui/style/theme.h"

#include <QWidget>

#include <optional>

namespace kubarium::view {

class TimelineView final : public QWidget {
    Q_OBJECT

public:
    explicit TimelineView(QWidget* parent = nullptr);

    void setSource(const model::Chronicle* chronicle, const model::ClusterTimes* times);
    // Fuses count in cluster seconds; `rate`: how fast these pass.
    void setFuses(std::vector<scene::Fuse> fuses, const QStringList& nodes, double rate);
    void setTheme(const style::Theme& theme);
    // Moments of a lab (a step done), in real seconds as Chronicle has them.
    void setLabMarks(QList<double> marks);
    std::optional<double> scrubbedTo() const { return scrub_; }
    void goLive();
    void refresh();

Q_SIGNALS:
    // Real seconds (Chronicle) of the past to show, or nothing: live again.
    void scrubbed(bool live, double at);
    void laneActivated(const kubarium::model::Reference& reference);

protected:
    void paintEvent(QPaintEvent* event) override;
    void mousePressEvent(QMouseEvent* event) override;
    void mouseMoveEvent(QMouseEvent* event) override;
    void mouseDoubleClickEvent(QMouseEvent* event) override;
    void wheelEvent(QWheelEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;

private:
    double nowX() const;
    double xOf(double at) const;
    double timeAt(double x) const;
    void scrubTo(double at);
    void paintLane(QPainter& painter, const model::Lane& lane, int y) const;
    void paintScrollMark(QPainter& painter, int rows, int all) const;
    int rowAt(int y) const;

    const model::Chronicle* chronicle_ = nullptr;
    const model::ClusterTimes* times_ = nullptr;
    style::Theme theme_;
    std::optional<double> scrub_;
    std::vector<scene::Fuse> fuses_;
    QStringList fuseNodes_;
    QList<double> labMarks_;
    double span() const;  // seconds between the left edge and now
    int marksRows() const { return labMarks_.isEmpty() ? 1 : 2; }  // above the lanes: what was done to the cluster
    int rowCount() const;
    int rowsShown() const;

    double span_ = 0;  // as the user chose; 0: what there is, within bounds
    double rate_ = 1;
    int firstRow_ = 0;
};

}  // namespace kubarium::view
