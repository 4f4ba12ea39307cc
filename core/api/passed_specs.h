// What validation need not look at again: it reads nothing but the object, and most Pods come from templates of which one has passed.
#pragma once

#include <boost/json/object.hpp>

#include <cstddef>
#include <string>

namespace kubarium::api {

namespace json = boost::json;

// The last spec of a Pod that passed. One thread.
class PassedSpecs {
public:
    // Whether this spec passes because the last one did: they are identical but for the name of the volume with the token of the service
    // account, which admission draws anew for each Pod and which stands for the same volume everywhere in both.
    bool contains(const json::object& spec);
    // After contains() was false. Where one spec after the other is different, fewer and fewer are kept.
    void add(const json::object& spec);

private:
    json::object last_;
    std::string token_;  // name of its volume; "" without one
    std::size_t misses_ = 0, patience_ = 1;
};

}  // namespace kubarium::api
