// A queue from any thread to one coroutine on the IO thread. Private to the HTTPS front end (includes Asio).
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <deque>
#include <memory>

namespace kubarium::apiserver {

template <class T>
class Mailbox : public std::enable_shared_from_this<Mailbox<T>> {
public:
    explicit Mailbox(boost::asio::any_io_executor executor) : executor_(std::move(executor)), bell_(executor_) {}

    // Any thread.
    void push(T item) {
        boost::asio::post(executor_, [self = this->shared_from_this(), item = std::move(item)]() mutable { self->pushHere(std::move(item)); });
    }
    // IO thread only, as everything below. One coroutine pops.
    void pushHere(T item) {
        items_.push_back(std::move(item));
        bell_.cancel();
    }
    bool empty() const { return items_.empty(); }
    T take() {
        T item = std::move(items_.front());
        items_.pop_front();
        return item;
    }
    boost::asio::awaitable<T> pop() {
        while (items_.empty()) {
            bell_.expires_at(boost::asio::steady_timer::time_point::max());
            co_await bell_.async_wait(boost::asio::as_tuple(boost::asio::use_awaitable));
        }
        co_return take();
    }

private:
    boost::asio::any_io_executor executor_;
    boost::asio::steady_timer bell_;
    std::deque<T> items_;
};

}  // namespace kubarium::apiserver
