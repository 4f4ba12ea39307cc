// The Client for coroutines: `co_await calls.get(...)`. Writes carry the field manager of kube-controller-manager.
#pragma once

#include "core/client/client.h"
#include "core/controller/async.h"

#include <string>
#include <vector>

namespace kubarium::controller {

namespace json = boost::json;
using api::GroupVersionResource;
using api::ObjectPtr;

// One call that has not started yet.
template <class T>
class [[nodiscard]] Call {
public:
    using Start = std::move_only_function<void(client::Reply<T>)>;
    explicit Call(Start start) : start_(std::move(start)) {}
    Call(Call&&) = default;

    bool await_ready() const noexcept { return false; }
    template <class Promise>
    void await_suspend(std::coroutine_handle<Promise> handle) {
        start_([this, chain = SuspendedChain(handle, handle.promise().chain)](Result<T> result) mutable {
            result_.emplace(std::move(result));
            chain.resume();
        });
    }
    Result<T> await_resume() { return std::move(*result_); }
    Start takeStart() { return std::move(start_); }

private:
    Start start_;
    std::optional<Result<T>> result_;
};

// Several calls at once: `auto results = co_await CallAll(std::move(calls))`, results in the order of the calls.
template <class T>
class [[nodiscard]] CallAll {
public:
    explicit CallAll(std::vector<Call<T>> calls) : calls_(std::move(calls)) {}
    CallAll(CallAll&&) = default;

    bool await_ready() const noexcept { return calls_.empty(); }
    template <class Promise>
    void await_suspend(std::coroutine_handle<Promise> handle) {
        state_ = std::make_shared<State>(SuspendedChain(handle, handle.promise().chain), calls_.size());
        // The callbacks alone keep the state: when the client drops them, the chain ends.
        auto state = std::move(state_);
        auto calls = std::move(calls_);
        results_ = std::make_shared<std::vector<std::optional<Result<T>>>>(calls.size());
        for (std::size_t i = 0; i < calls.size(); ++i)
            calls[i].takeStart()([state, results = results_, i](Result<T> result) mutable {
                (*results)[i].emplace(std::move(result));
                auto mine = std::move(state);
                if (--mine->left == 0) mine->chain.resume();
            });
    }
    std::vector<Result<T>> await_resume() {
        std::vector<Result<T>> results;
        if (results_)
            for (auto& result : *results_) results.push_back(std::move(*result));
        return results;
    }

private:
    struct State {
        State(SuspendedChain suspended, std::size_t count) : chain(std::move(suspended)), left(count) {}
        SuspendedChain chain;
        std::size_t left;
    };
    std::vector<Call<T>> calls_;
    std::shared_ptr<State> state_;
    std::shared_ptr<std::vector<std::optional<Result<T>>>> results_;
};

class Calls {
public:
    explicit Calls(client::Client& client) : client_(client) {}

    Call<ObjectPtr> get(const GroupVersionResource&, std::string nameSpace, std::string name);
    Call<client::ObjectList> list(const GroupVersionResource&, std::string nameSpace);
    Call<ObjectPtr> create(const GroupVersionResource&, std::string nameSpace, json::object body);
    // Of the object that `body.metadata` names, at its resourceVersion.
    Call<ObjectPtr> update(const GroupVersionResource&, json::object body);
    Call<ObjectPtr> update(const GroupVersionResource&, json::object body, std::string subresource);
    Call<ObjectPtr> patch(const GroupVersionResource&, std::string nameSpace, std::string name, client::PatchType, json::value body);
    Call<ObjectPtr> patch(const GroupVersionResource&, std::string nameSpace, std::string name, client::PatchType, json::value body,
                          std::string subresource);
    // Overloads, not default arguments: GCC 12 destroys a defaulted aggregate twice inside a co_await expression.
    Call<json::value> remove(const GroupVersionResource&, std::string nameSpace, std::string name);
    Call<json::value> remove(const GroupVersionResource&, std::string nameSpace, std::string name, const client::DeleteOptions& options);

private:
    client::Client& client_;
};

}  // namespace kubarium::controller
