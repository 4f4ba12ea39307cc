// Tries one of the changes that a decision proposes (status.smallestChanges.alternatives): first every write as a dry run, then the
// same writes for good, in order. What was there before is read first, so that all of it can be taken back. GUI thread.
#pragma once

#include "ui/bridge/cluster_link.h"

#include <boost/json/array.hpp>

#include <functional>
#include <memory>

namespace kubarium::bridge {

class ChangeTrial final : public std::enable_shared_from_this<ChangeTrial> {
public:
    // `problem`: "" when all went well; else the sentence of the first write that failed, and nothing was written unless the dry run
    // had passed. `undo` takes back what was written; it is empty when nothing can be.
    using Reply = std::function<void(const QString& problem, std::function<void()> undo)>;

    // Whether the window can do these writes itself (an "Edit" is for a person).
    static bool isPossible(const boost::json::array& operations);
    static void start(ClusterLink& link, const boost::json::array& operations, Reply reply);

private:
    enum class Pass { Read, DryRun, Write };
    struct Step {
        QString verb;
        api::GroupVersionResource resource;
        std::string nameSpace, name;
        boost::json::value patch, manifest;
        model::ObjectPtr before;
        bool written = false;
    };
    ChangeTrial(ClusterLink& link, Reply reply) : link_(link), client_(link.client()), linkAlive_(link.aliveFlag()), reply_(std::move(reply)) {}
    void run(Pass pass, std::size_t at);
    void read(std::size_t at);
    void write(const Step& step, bool dryRun, std::function<void(Result<void>)> then);
    void recreate(const Step& step, std::function<void(Result<void>)> then);
    // Calls back when the object is not there any more.
    void whenGone(const Step& step, int attempts, std::function<void(Result<void>)> then);
    void finish(const QString& problem);
    void takeBack();
    void takeBack(const Step& step);

    ClusterLink& link_;
    client::Client& client_;
    std::shared_ptr<bool> linkAlive_;
    Reply reply_;
    std::vector<Step> steps_;
    Timer timer_;
};

}  // namespace kubarium::bridge
