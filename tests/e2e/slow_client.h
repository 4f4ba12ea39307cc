// An API server that is busy: every write of a component is done a while later, each after a random time of its own.
#pragma once

#include "core/base/clock.h"
#include "core/base/random.h"
#include "core/client/client.h"

namespace kubarium::testing {

class SlowClient final : public client::Client {
public:
    SlowClient(client::Client& inner, Clock& clock, Random& random, Duration most) : inner_(inner), clock_(clock), random_(random), most_(most) {}

    void get(const api::GroupVersionResource& resource, const std::string& nameSpace, const std::string& name, client::Reply<api::ObjectPtr> reply) override {
        inner_.get(resource, nameSpace, name, std::move(reply));
    }
    void list(const api::GroupVersionResource& resource, const std::string& nameSpace, const client::ListOptions& options, client::Reply<client::ObjectList> reply) override {
        inner_.list(resource, nameSpace, options, std::move(reply));
    }
    std::unique_ptr<client::Watch> watch(const api::GroupVersionResource& resource, const std::string& nameSpace, const client::WatchOptions& options,
                                         std::move_only_function<void(client::WatchEvent)> handler) override {
        return inner_.watch(resource, nameSpace, options, std::move(handler));
    }
    void create(const api::GroupVersionResource& resource, const std::string& nameSpace, boost::json::object body, const client::WriteOptions& options,
                client::Reply<api::ObjectPtr> reply, const std::string& name, const std::string& subresource) override {
        later([=, this, body = std::move(body), reply = std::move(reply)]() mutable {
            inner_.create(resource, nameSpace, std::move(body), options, std::move(reply), name, subresource);
        });
    }
    void update(const api::GroupVersionResource& resource, const std::string& nameSpace, const std::string& name, boost::json::object body,
                const client::WriteOptions& options, client::Reply<api::ObjectPtr> reply, const std::string& subresource) override {
        later([=, this, body = std::move(body), reply = std::move(reply)]() mutable {
            inner_.update(resource, nameSpace, name, std::move(body), options, std::move(reply), subresource);
        });
    }
    void patch(const api::GroupVersionResource& resource, const std::string& nameSpace, const std::string& name, client::PatchType type, boost::json::value body,
               const client::WriteOptions& options, client::Reply<api::ObjectPtr> reply, const std::string& subresource) override {
        later([=, this, body = std::move(body), reply = std::move(reply)]() mutable {
            inner_.patch(resource, nameSpace, name, type, std::move(body), options, std::move(reply), subresource);
        });
    }
    void remove(const api::GroupVersionResource& resource, const std::string& nameSpace, const std::string& name, const client::DeleteOptions& options,
                client::Reply<boost::json::value> reply) override {
        later([=, this, reply = std::move(reply)]() mutable { inner_.remove(resource, nameSpace, name, options, std::move(reply)); });
    }
    void getRaw(const std::string& pathAndQuery, client::Reply<std::string> reply) override { inner_.getRaw(pathAndQuery, std::move(reply)); }

private:
    void later(std::move_only_function<void()> call) {
        if (most_ == Duration{}) return call();
        std::erase_if(waiting_, [](const Timer& timer) { return !timer; });
        waiting_.push_back(clock_.after(Duration(static_cast<Duration::rep>(random_.unit() * static_cast<double>(most_.count()))), std::move(call)));
    }

    client::Client& inner_;
    Clock& clock_;
    Random& random_;
    Duration most_;
    std::vector<Timer> waiting_;
};

}  // namespace kubarium::testing
