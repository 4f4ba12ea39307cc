// Coroutines for reconciliation. A reconcile is a sequence of API calls, each of which may fail or take long; written as a
// coroutine it reads like the sequence it is, although the engine thread never waits:
//
//     Async<Result<void>> reconcile(std::string key) {
//         auto made = co_await calls_.create(resources::pods, nameSpace, body);
//         if (!made) co_return made.error();
//         ...
//     }
//
// A chain of Asyncs is started by spawn() and belongs to an owner's `alive` flag: once that is false, or the client drops the
// callback, the whole chain is destroyed instead of resumed. Parameters of coroutines are values, never references to
// temporaries. Braced lists stand before a co_await, not in its expression (GCC 12 miscompiles them). Engine thread only.
#pragma once

#include "core/base/result.h"

#include <coroutine>
#include <functional>
#include <memory>
#include <optional>
#include <utility>

namespace kubarium::controller {

// What one spawned chain shares.
struct AsyncChain {
    std::coroutine_handle<> outermost;
    std::shared_ptr<bool> alive;
};

// A chain that waits for a callback. The callback owns this: resuming it continues the chain, dropping it ends the chain.
class SuspendedChain {
public:
    SuspendedChain(std::coroutine_handle<> at, AsyncChain* chain) : at_(at), chain_(chain) {}
    SuspendedChain(SuspendedChain&& other) noexcept : at_(other.at_), chain_(std::exchange(other.chain_, nullptr)) {}
    SuspendedChain& operator=(SuspendedChain&&) = delete;
    ~SuspendedChain() {
        if (chain_) chain_->outermost.destroy();
    }
    void resume() {
        if (!*chain_->alive) return;
        chain_ = nullptr;
        at_.resume();
    }

private:
    std::coroutine_handle<> at_;
    AsyncChain* chain_;
};

namespace detail {

struct AsyncPromiseBase {
    AsyncChain* chain = nullptr;
    std::coroutine_handle<> continuation;

    struct FinalAwaiter {
        bool await_ready() const noexcept { return false; }
        template <class Promise>
        std::coroutine_handle<> await_suspend(std::coroutine_handle<Promise> handle) noexcept {
            return handle.promise().continuation;
        }
        void await_resume() const noexcept {}
    };
    std::suspend_always initial_suspend() const noexcept { return {}; }
    FinalAwaiter final_suspend() const noexcept { return {}; }
    [[noreturn]] void unhandled_exception() const { std::terminate(); }
};

template <class T>
struct AsyncPromiseValue : AsyncPromiseBase {
    std::optional<T> value;
    template <class U>
    void return_value(U&& result) {
        value.emplace(std::forward<U>(result));
    }
    T take() { return std::move(*value); }
};

template <>
struct AsyncPromiseValue<void> : AsyncPromiseBase {
    void return_void() const {}
    void take() const {}
};

}  // namespace detail

// Lazy: runs when it is awaited.
template <class T>
class [[nodiscard]] Async {
public:
    struct promise_type : detail::AsyncPromiseValue<T> {
        Async get_return_object() { return Async(std::coroutine_handle<promise_type>::from_promise(*this)); }
    };

    Async(Async&& other) noexcept : handle_(std::exchange(other.handle_, nullptr)) {}
    Async& operator=(Async&&) = delete;
    ~Async() {
        if (handle_) handle_.destroy();
    }

    bool await_ready() const noexcept { return false; }
    template <class Promise>
    std::coroutine_handle<> await_suspend(std::coroutine_handle<Promise> caller) noexcept {
        handle_.promise().chain = caller.promise().chain;
        handle_.promise().continuation = caller;
        return handle_;
    }
    T await_resume() { return handle_.promise().take(); }

private:
    explicit Async(std::coroutine_handle<promise_type> handle) : handle_(handle) {}
    std::coroutine_handle<promise_type> handle_;
};

namespace detail {

struct Detached {
    struct promise_type {
        AsyncChain* chain = nullptr;
        AsyncChain own;
        Detached get_return_object() { return {std::coroutine_handle<promise_type>::from_promise(*this)}; }
        std::suspend_always initial_suspend() const noexcept { return {}; }
        std::suspend_never final_suspend() const noexcept { return {}; }
        void return_void() const {}
        [[noreturn]] void unhandled_exception() const { std::terminate(); }
    };
    std::coroutine_handle<promise_type> handle;
};

template <class T>
Detached runDetached(Async<T> body, std::move_only_function<void(T)> done) {
    done(co_await body);
}
inline Detached runDetached(Async<void> body) { co_await body; }

inline void startDetached(Detached detached, std::shared_ptr<bool> alive) {
    auto& promise = detached.handle.promise();
    promise.own = {detached.handle, std::move(alive)};
    promise.chain = &promise.own;
    detached.handle.resume();
}

}  // namespace detail

// Starts a chain; `done` gets its result, now or later.
template <class T>
void spawn(std::shared_ptr<bool> alive, Async<T> body, std::move_only_function<void(T)> done) {
    detail::startDetached(detail::runDetached(std::move(body), std::move(done)), std::move(alive));
}
inline void spawn(std::shared_ptr<bool> alive, Async<void> body) { detail::startDetached(detail::runDetached(std::move(body)), std::move(alive)); }

}  // namespace kubarium::controller
