#include "ui/bridge/qt_executor.h"

#include <QCoreApplication>
#include <QThread>
#include <QThreadPool>

#include <algorithm>
#include <cmath>

namespace kubarium::bridge {
namespace {

constexpr qint64 drainBudgetMilliseconds = 6;

std::chrono::system_clock::duration sinceEpoch() { return std::chrono::system_clock::now().time_since_epoch(); }

}  // namespace

QtExecutor::QtExecutor(QObject* parent) : QObject(parent), timeline_(WallTime(sinceEpoch())) {
    elapsed_.start();
    timer_.setSingleShot(true);
    timer_.setTimerType(Qt::PreciseTimer);
    connect(&timer_, &QTimer::timeout, this, &QtExecutor::fireTimers);
}

QtExecutor::~QtExecutor() { QThreadPool::globalInstance()->waitForDone(); }

void QtExecutor::post(Task task) {
    {
        const std::lock_guard lock(mutex_);
        tasks_.push_back(std::move(task));
        if (std::exchange(wakeSent_, true)) return;
    }
    QMetaObject::invokeMethod(this, [this] { drain(); }, Qt::QueuedConnection);
}

void QtExecutor::drain() {
    QElapsedTimer spent;
    spent.start();
    while (true) {
        Task task;
        {
            const std::lock_guard lock(mutex_);
            if (tasks_.empty()) {
                wakeSent_ = false;
                return;
            }
            task = std::move(tasks_.front());
            tasks_.pop_front();
        }
        task();
        if (spent.elapsed() >= drainBudgetMilliseconds) break;
    }
    // A timer rather than another queued call, so that input and painting come in between.
    QTimer::singleShot(0, this, [this] { drain(); });
}

void QtExecutor::offloadTask(std::move_only_function<Task()> work) {
    auto shared = std::make_shared<std::move_only_function<Task()>>(std::move(work));
    QThreadPool::globalInstance()->start([this, shared] { post((*shared)()); });
}

bool QtExecutor::isEngineThread() const { return QThread::currentThread() == thread(); }

WallTime QtExecutor::now() const { return WallTime(sinceEpoch()); }
Duration QtExecutor::monotonic() const { return Duration(elapsed_.nsecsElapsed()); }

Timer QtExecutor::after(Duration wait, Task task) {
    const auto id = cluster_.add(clusterNow().sinceStart + wait, std::move(task));
    schedule();
    return Timer(*this, id * 2 + 1);
}

Timer QtExecutor::afterReal(Duration wait, Task task) {
    const auto id = real_.add(monotonic() + wait, std::move(task));
    schedule();
    return Timer(*this, id * 2);
}

void QtExecutor::setRate(double rate) {
    if (rate <= 0 || rate == timeline_.rate()) return;
    timeline_.setRate(rate, monotonic(), now());
    schedule();
}

void QtExecutor::setPaused(bool paused) {
    if (paused == timeline_.paused()) return;
    timeline_.setPaused(paused, monotonic(), now());
    schedule();
}

void QtExecutor::cancelTimer(std::uint64_t id) { (id % 2 == 1 ? cluster_ : real_).cancel(id / 2); }

void QtExecutor::fireTimers() {
    while (auto task = real_.takeDue(monotonic())) (*task)();
    while (auto task = cluster_.takeDue(clusterNow().sinceStart)) (*task)();
    schedule();
}

void QtExecutor::schedule() {
    auto wait = Duration::max();
    if (!real_.empty()) wait = real_.nextDue() - monotonic();
    if (!cluster_.empty())
        if (const auto until = timeline_.realUntil(ClusterTime{cluster_.nextDue()}, monotonic())) wait = std::min(wait, *until);
    if (wait == Duration::max()) return timer_.stop();
    const auto milliseconds = std::chrono::ceil<std::chrono::milliseconds>(std::max(wait, Duration{})).count();
    timer_.start(static_cast<int>(std::min<std::int64_t>(milliseconds, 3'600'000)));
}

}  // namespace kubarium::bridge
