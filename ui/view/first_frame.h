// What may only begin when the window can be seen.
#pragma once

#include <functional>

class QWidget;

namespace kubarium::view {

// Calls `then` once, after the first frame of the window has gone to the screen: showing a window only asks the window manager for it. Not before, if the window is
// shown minimised.
void afterFirstFrame(QWidget& window, std::function<void()> then);

}  // namespace kubarium::view
