// Runs Qt's event loop until a condition holds, at most for the given time.
#pragma once

#include <QCoreApplication>
#include <QDeadlineTimer>

namespace kubarium::testing {

template <class Condition>
bool waitFor(Condition condition, int milliseconds = 10'000) {
    QDeadlineTimer deadline(milliseconds);
    while (!condition()) {
        if (deadline.hasExpired()) return false;
        QCoreApplication::processEvents(QEventLoop::AllEvents | QEventLoop::WaitForMoreEvents, 10);
    }
    return true;
}

}  // namespace kubarium::testing
