// A small cluster in plain objects, for tests of what is explained: change it, look for changes, carry out what a report says.
#pragma once

#include "core/scheduler/explanation/change_report.h"
#include "tests/support/memory_client.h"

#include <map>

namespace kubarium::scheduler {

struct Scene {
    std::map<std::string, ObjectPtr> nodes, pods;  // by key
    std::shared_ptr<ClusterObjects> objects = std::make_shared<ClusterObjects>();
    Configuration configuration;
    ObjectPtr pending;

    static ObjectPtr parse(const std::string& text) { return api::Object::make(testing::parseObject(text)); }

    // `labels` and `spec` are JSON objects.
    void node(const std::string& name, const std::string& cpu = "4", const std::string& labels = "{}", const std::string& spec = "{}", const std::string& pods = "110");
    // On a Node. `more` is JSON that stands in the spec ("\"priority\":5,").
    void pod(const std::string& name, const std::string& node, const std::string& cpu, const std::string& labels = "{}", const std::string& more = "", const std::string& meta = "");
    // The one that waits.
    void wants(const std::string& cpu, const std::string& more = "", const std::string& meta = "");

    SnapshotPtr snapshot() const;
    SmallestChanges changes(const std::string& target = "", std::size_t most = 6) const;
    json::object report(const std::string& target = "", std::size_t most = 6) const;
    Decision decided() const;

    // The cluster after the operations of one alternative (and, for the Pod, its podPatch); `without` leaves one Node or Pod
    // operation out. Fails the test if a patch cannot be applied.
    Scene after(const json::object& alternative) const;
};

// The kinds of the edits of an alternative, "A+B".
std::string kindsOf(const json::value& alternative);

// Of a report: the kinds of each alternative; the first alternative of these kinds (fails the test if there is none); its sentence.
std::vector<std::string> kinds(const json::object& report);
const json::object& alternative(const json::object& report, const std::string& kind);
std::string english(const json::object& of);

// What every alternative must hold to: carried out, it works, on the Node it names; with one edit less it does not.
void expectAllWork(const Scene& scene, const std::string& target = "");

}  // namespace kubarium::scheduler
