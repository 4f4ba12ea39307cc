#include "ui/view/first_frame.h"

#include <QEvent>
#include <QTimer>
#include <QWidget>

#include <utility>

namespace kubarium::view {
namespace {

class FirstFrame final : public QObject {
public:
    FirstFrame(QWidget& window, std::function<void()> then) : QObject(&window), then_(std::move(then)) { window.installEventFilter(this); }

protected:
    bool eventFilter(QObject* window, QEvent* event) override {
        if (event->type() == QEvent::Paint && then_) {
            // All that is painted in this turn of the event loop is on the screen in the next.
            QTimer::singleShot(0, window, std::exchange(then_, nullptr));
            deleteLater();
        }
        return false;
    }

private:
    std::function<void()> then_;
};

}  // namespace

void afterFirstFrame(QWidget& window, std::function<void()> then) { new FirstFrame(window, std::move(then)); }

}  // namespace kubarium::view
