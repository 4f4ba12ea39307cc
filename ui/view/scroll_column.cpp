#include "ui/view/scroll_column.h"

#include <QBoxLayout>
#include <QScrollArea>

namespace kubarium::view {

QVBoxLayout* makeScrollColumn(QWidget* page) {
    auto* outer = new QVBoxLayout(page);
    outer->setContentsMargins(0, 0, 0, 0);
    auto* area = new QScrollArea(page);
    area->setWidgetResizable(true);
    area->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    area->setFrameShape(QFrame::NoFrame);
    auto* content = new QWidget(area);
    content->setObjectName(QStringLiteral("paneHeader"));
    content->setSizePolicy(QSizePolicy::Ignored, QSizePolicy::Preferred);  // never wider than the pane
    auto* column = new QVBoxLayout(content);
    column->setContentsMargins(16, 8, 16, 16);
    column->setSpacing(8);
    area->setWidget(content);
    outer->addWidget(area);
    return column;
}

}  // namespace kubarium::view
