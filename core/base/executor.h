// The engine is single-threaded by design: all state belongs to the engine thread, which runs short tasks to completion in
// the order they were posted. What would block (spawning a process, disk) is offloaded and comes back as a task. Outside
// core/base nothing starts a thread or sleeps, so the same code runs under the seeded simulator (core/simulation).
#pragma once

#include <functional>
#include <memory>
#include <utility>

namespace kubarium {

using Task = std::move_only_function<void()>;

class Executor {
public:
    virtual ~Executor() = default;

    // Runs the task on the engine thread, after everything posted before it. Callable from any thread.
    virtual void post(Task task) = 0;

    // Runs `work` off the engine thread; the Task that it returns is then posted. Callable from any thread. Works that are
    // offloaded run concurrently (a small pool) and in no particular order.
    virtual void offloadTask(std::move_only_function<Task()> work) = 0;

    // offload([] { return slow(); }, [](auto result) { ... on the engine thread ... });
    template <class Work, class Then>
    void offload(Work work, Then then) {
        offloadTask([work = std::move(work), then = std::move(then)]() mutable -> Task {
            using Value = decltype(work());
            if constexpr (std::is_void_v<Value>) {
                work();
                return [then = std::move(then)]() mutable { then(); };
            } else {
                return [then = std::move(then), value = std::make_shared<Value>(work())]() mutable { then(std::move(*value)); };
            }
        });
    }

    // Whether the caller is on the engine thread: assertions only.
    virtual bool isEngineThread() const = 0;
};

}  // namespace kubarium
