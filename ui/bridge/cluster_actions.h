// What the user does to the cluster: each is one call of the API, answered by done() with what happened in words, how to take it
// back, and the kubectl command that does the same; or by failed() with the API's own sentence. GUI thread.
#pragma once

#include "core/base/result.h"
#include "ui/bridge/cluster_link.h"

#include <QObject>

#include <boost/json/object.hpp>

#include <functional>

namespace kubarium::bridge {

// An object as it would be written anew: without what the server fills in.
boost::json::object withoutServerFields(boost::json::object tree);

struct Done {
    QString sentence;
    QString command;             // kubectl
    std::function<void()> undo;  // empty when it cannot be taken back
};

// A mistake in a manifest, and where it is.
struct ManifestProblem {
    QString message;
    QString field;  // "spec.template.spec.containers[0].image", or ""
    int line = 0;   // 1-based; 0: unknown
    int document = 0;
};

class ClusterActions final : public QObject {
    Q_OBJECT

public:
    explicit ClusterActions(ClusterLink& link, QObject* parent = nullptr) : QObject(parent), link_(link) {}
    ~ClusterActions() override { *alive_ = false; }

    void remove(const model::Reference& reference);
    void scale(const model::Reference& workload, int replicas);
    void restart(const model::Reference& workload);
    void cordon(const QString& node, bool on);

    // `type` as in Fault; seconds 0: until it is undone.
    void makeFault(const QString& type, const model::Reference& target, const QString& container, int seconds);
    void undoFault(const QString& name);

    // Tries a change that a decision proposes (see ChangeTrial); `sentence` and `command` say what it is.
    void tryChange(const boost::json::array& operations, const QString& sentence, const QString& command, std::function<void(bool worked)> reply);
    // Holds the scheduling of this Pod ("namespace/name"; "" for any Pod) before a phase (Filter, Score, Select, Bind).
    void addBreakpoint(const QString& phase, const QString& pod);
    void clearBreakpoints();

    void setRate(double rate);
    void setPaused(bool paused);
    void step();

    // Server-side apply of every document. Replies with the problems found (none: all is well).
    void apply(const QString& yaml, bool dryRun, std::function<void(QList<ManifestProblem>, QString summary)> reply);

Q_SIGNALS:
    void done(const kubarium::bridge::Done& done);
    void failed(const QString& sentence);

private:
    using Body = boost::json::object;
    void patch(const model::Reference& reference, Body body, std::function<void()> then);
    void patchClock(Body spec);
    void report(const Error& error);
    struct Applying;
    void applyNext(std::shared_ptr<Applying> applying);

    ClusterLink& link_;
    std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

// The 1-based line of a field in YAML text (document counted from 0), or of its nearest parent; 0 if nothing fits.
int lineOfField(const QString& yaml, int document, const QString& field);

}  // namespace kubarium::bridge
