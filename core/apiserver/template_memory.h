// What became of the Pods that were created last. A controller, or a user with a loop, creates one Pod of a template after the other;
// defaulting, admission and validation make the same of each, but for its name, its uid and the name of the volume that its token is
// mounted from. Those are put into a copy that shares everything else.
//
// Kept within one second, which is in the object, and used for the same writer while no resource has changed that admission has read. Engine thread only.
#pragma once

#include "core/apiserver/registry.h"

#include <deque>
#include <set>
#include <string>
#include <vector>

namespace kubarium::apiserver {

class TemplateMemory {
public:
    explicit TemplateMemory(const store::Store& store) : store_(store) {}

    struct Known {
        json::object given;       // as it was decoded; its name does not count
        std::string user, manager;
        ObjectPtr stored;         // what became of it
        std::string tokenVolume;  // "" without one
        std::vector<std::pair<std::string, std::uint64_t>> read;  // by admission: resources, and when they had changed last
    };
    // An object as `given`, decoded and without what the server sets, was created before; nullptr if not. `now` as formatTime() writes it;
    // what is of another second is forgotten.
    const Known* find(const WriteContext& context, const json::object& given, std::string_view now);

    // As `given` of the latest that is kept; nullptr without one.
    const json::object* last(const api::GroupVersionKind& kind) const;

    // Whether the next one that was not found should be kept: where one is unlike the other, fewer and fewer are.
    bool wants(const WriteContext& context);
    // `read`: by admission.
    void add(const WriteContext& context, json::object given, const ObjectPtr& stored, const std::set<std::string>& read);

private:
    static constexpr std::size_t most = 4;
    const store::Store& store_;
    std::deque<Known> known_;  // latest first
    std::size_t misses_ = 0, patience_ = 1;
};

}  // namespace kubarium::apiserver
