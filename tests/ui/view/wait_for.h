// Runs Qt's event loop until a condition holds, at most for ten seconds.
#pragma once

#include <QCoreApplication>
#include <QDeadlineTimer>

namespace kubarium::testing {

template <class Condition>
bool waitFor(Condition condition) {
    QDeadlineTimer deadline(10'000);
    while (!condition()) {
        if (deadline.hasExpired()) return false;
        QCoreApplication::processEvents(QEventLoop::AllEvents | QEventLoop::WaitForMoreEvents, 10);
    }
    return true;
}

}  // namespace kubarium::testing
