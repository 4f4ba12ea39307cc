// The chain of causes, drawn as a thread with a bead per moment.
#pragma once

#include "ui/model/pod_state.h"
#include "ui/style/theme.h"

#include <QList>
#include <QWidget>

namespace kubarium::view {

struct ChainRow {
    QString time, title, detail;
    model::Tone tone = model::Tone::Neutral;
};

class ChainView final : public QWidget {
    Q_OBJECT

public:
    explicit ChainView(QWidget* parent = nullptr);
    void setRows(QList<ChainRow> rows, const style::Theme& theme);
    bool hasHeightForWidth() const override { return true; }
    int heightForWidth(int width) const override;
    QSize sizeHint() const override { return {260, heightForWidth(260)}; }

protected:
    void paintEvent(QPaintEvent* event) override;

private:
    int rowHeight(const ChainRow& row, int width) const;
    QList<ChainRow> rows_;
    style::Theme theme_;
};

}  // namespace kubarium::view
