// A container's environment variables and the $(VAR) expansion in them, its command and its arguments. Pure functions.
#pragma once

#include "core/kubelet/field_reference.h"
#include "core/kubelet/object_fetcher.h"

#include <set>
#include <utility>
#include <vector>

namespace kubarium::kubelet {

using Environment = std::vector<std::pair<std::string, std::string>>;

// ConfigMaps and Secrets that the environment needs.
std::set<ObjectId> environmentReferences(const std::string& nameSpace, const api::Container&);

struct EnvironmentInput {
    const api::Pod& pod;
    const api::Container& container;
    const FetchedObjects& objects;
    std::vector<api::ObjectPtr> services;  // all that exist
    PodAddresses addresses;
    NodeAllocatable node;
};

// In the order of kubelet: envFrom, env, then the variables of services (of the Pod's namespace if enableServiceLinks is not
// off, and always of default/kubernetes). Error: as in the container's CreateContainerConfigError.
Result<Environment> makeEnvironment(const EnvironmentInput&);

// $(NAME) becomes the variable's value if there is one; $$(NAME) is the way to write $(NAME). Into `missing` go the names that are
// asked for and have no value, or an empty one.
std::string expand(std::string_view text, const Environment&, std::set<std::string>* missing = nullptr);

}  // namespace kubarium::kubelet
