// The store as admission reads it: which resources it has looked at is noted, so that a verdict can be kept for as long as none of
// them changes. Engine thread only.
#pragma once

#include "core/store/store.h"

#include <set>
#include <string>
#include <utility>

namespace kubarium::apiserver {

class ObservedStore {
public:
    explicit ObservedStore(const store::Store& store) : store_(store) {}

    store::ObjectPtr get(const store::Key& key) const {
        read_.insert(key.resource);
        return store_.get(key);
    }
    const store::ObjectMap& all(const std::string& resource) const {
        read_.insert(resource);
        return store_.all(resource);
    }

    // What was read since the last call.
    std::set<std::string> takeRead() { return std::exchange(read_, {}); }

private:
    const store::Store& store_;
    mutable std::set<std::string> read_;
};

}  // namespace kubarium::apiserver
