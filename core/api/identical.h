// Comparing trees bit by bit, which is quicker than by meaning, and quickest where they share memory (see tree_arena.h).
#pragma once

#include <boost/json/object.hpp>

#include <string_view>

namespace kubarium::api {

namespace json = boost::json;

// Whether two trees are the same in every bit, the order of members included. What they share is not looked at, so that trees of one
// template are compared in little time.
bool identical(const json::value& a, const json::value& b);
bool identical(const json::object& a, const json::object& b);
// Whether `object`, which may be null, has this very member.
bool hasIdentical(const json::object* object, std::string_view key, const json::value& member);

}  // namespace kubarium::api
