// What was seen in a run, brought into the form of the recordings, and the comparison with one. Compared are, per Pod and object:
// the final state where all recorded runs agreed on it, and the states that all of them went through, in their order, with others
// allowed between; and the Events that all of them had, with their counts. Not compared: uids, times, addresses, which Node was
// chosen, which of equal Pods was picked, the order of conditions.
#pragma once

#include "core/api/object.h"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include <array>
#include <map>
#include <string>
#include <vector>

namespace kubarium::vectors {

namespace json = boost::json;

struct State {
    std::int64_t time = 0;  // ms
    std::string operation;
    json::value value;
};

struct SeenEvent {
    std::int64_t time = 0;
    std::string operation;
    json::object object;
    SeenEvent(std::int64_t at, std::string how, const api::Object& event) : time(at), operation(std::move(how)), object(event.tree()) {}
};

struct Recording {
    explicit Recording(std::string scenarioNamespace) : nameSpace(std::move(scenarioNamespace)) {}
    // Consecutive equal states are one.
    void add(const std::string& resource, std::int64_t time, const std::string& operation, const api::Object& object);

    std::string nameSpace;
    std::map<std::string, std::vector<State>> pods;     // by name
    std::map<std::string, std::vector<State>> objects;  // by "resource/name"
    std::vector<SeenEvent> events;
    std::map<std::string, std::vector<std::string>> generated;  // names by prefix, in order of creation
};

struct Verdict {
    std::size_t checks = 0;
    std::vector<std::string> differences;
    void differ(std::string text) {
        ++checks;
        differences.push_back(std::move(text));
    }
    void append(const Verdict& other) {
        checks += other.checks;
        differences.insert(differences.end(), other.differences.begin(), other.differences.end());
    }
};

// Kinds that are not served yet: what a recording shows of them, and of Pods that only their controllers make, is left out.
struct KindName {
    std::string_view kind, plural;
};
inline constexpr std::array kindsNotServed{KindName{"Endpoints", "endpoints"}, KindName{"DaemonSet", "daemonsets"}, KindName{"ControllerRevision", "controllerrevisions"}};

Verdict compare(const json::object& scenario, const Recording& recording);
// Refusals of the API ("create-error", "patch-error"), in their order, where the recorded runs agreed: code, reason and message.
void compareObservations(const json::object& scenario, const json::array& seen, const std::string& nameSpace, Verdict& verdict);

}  // namespace kubarium::vectors
