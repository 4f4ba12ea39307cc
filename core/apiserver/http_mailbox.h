// A queue from the engine thread to one coroutine on the IO thread. Private to the HTTPS front end (includes Asio).
// The mailbox belongs to the coroutine; the engine side holds Slots, which do nothing once either has ended: Pods and watches
// may speak longer than a connection or the front end lives.
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
    // Engine thread.
    class Slot {
    public:
        void push(T item) const {
            if (*stopped_) return;
            if (auto box = box_.lock())
                boost::asio::post(executor_, [box = std::move(box), item = std::move(item)]() mutable { box->pushHere(std::move(item)); });
        }

    private:
        friend class Mailbox;
        Slot(std::weak_ptr<Mailbox> box, boost::asio::any_io_executor executor, std::shared_ptr<const bool> stopped)
            : box_(std::move(box)), executor_(std::move(executor)), stopped_(std::move(stopped)) {}
        std::weak_ptr<Mailbox> box_;
        boost::asio::any_io_executor executor_;
        std::shared_ptr<const bool> stopped_;
    };

    // `stopped` becomes true, on the engine thread, when the IO thread has ended.
    Mailbox(boost::asio::any_io_executor executor, std::shared_ptr<const bool> stopped)
        : executor_(std::move(executor)), bell_(executor_), stopped_(std::move(stopped)) {}

    // IO thread, as everything but Slot. One coroutine pops.
    Slot slot() { return Slot(this->weak_from_this(), executor_, stopped_); }
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
    std::shared_ptr<const bool> stopped_;
    std::deque<T> items_;
};

}  // namespace kubarium::apiserver
