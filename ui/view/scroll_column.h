// A column of widgets that scrolls when it is too long.
#pragma once

class QVBoxLayout;
class QWidget;

namespace kubarium::view {

// Fills `page` with a scroll area and returns the column inside it.
QVBoxLayout* makeScrollColumn(QWidget* page);

}  // namespace kubarium::view
