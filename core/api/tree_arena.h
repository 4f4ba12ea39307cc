// The memory of an immutable JSON tree, in few pieces: a tree of a Pod is some two hundred small allocations, which would cost more to
// make and to free than everything else that happens to it, and twice the memory.
//
// Most objects of a kind are alike: they come from the same templates and have the same managed fields. What a tree has in common with
// the exemplar of its kind it does not hold itself; it refers to the exemplar's, which nobody changes or frees while it is in use.
//
// Boost.JSON hands the memory resource of a value on to whoever copies it. A copy of such a tree must be able to outlive it, so the
// resource that the tree names is not its arena but one that lives forever: it takes memory from an arena while that arena is being
// filled, and from the heap at all other times.
#pragma once

#include <boost/json/object.hpp>

#include <cstddef>
#include <functional>
#include <memory>
#include <string_view>

namespace kubarium::api {

namespace json = boost::json;

class TreeArena : public std::enable_shared_from_this<TreeArena> {
public:
    TreeArena() = default;
    ~TreeArena();
    TreeArena(const TreeArena&) = delete;
    TreeArena& operator=(const TreeArena&) = delete;

    // A copy of a tree of the kind, that is to be read only, lives as long as this arena, and must not be destroyed. Once.
    json::object copy(const json::object& tree, std::string_view kind);
    // A text that stands for another one in a tree.
    struct Renaming {
        std::string_view from, to;
    };

    // The same with what `change` makes of it: it may set members of the objects at the top, and anything below but in what `spec`
    // and `metadata.managedFields` consist of, which is shared and can only be replaced. `owner` is the arena of the tree.
    json::object copy(const json::object& tree, const TreeArena& owner, std::string_view kind, const std::function<void(json::object&)>& change);
    // The same where, before the change, each text in `spec` that is `renaming.from` is replaced.
    json::object copy(const json::object& tree, const TreeArena& owner, std::string_view kind, const Renaming& renaming, const std::function<void(json::object&)>& change);

private:
    class Resource;
    class Sharing;
    struct Exemplar;
    struct Filling;
    struct Block {
        Block* next;
    };
    void* take(std::size_t bytes, std::size_t alignment);
    void addBlock(std::size_t bytes);
    static Resource& resource();
    static Exemplar& exemplarOf(std::string_view kind);
    static Exemplar& exemplarOf(std::string_view kind, const json::object& tree);
    template <class Fill>
    json::object fill(const json::object& tree, std::string_view kind, Fill fill);

    std::shared_ptr<const TreeArena> sharedWith_;  // an exemplar's, or that of the tree that was changed
    int changes_ = 0;                              // how many of the latter kind are in a row
    Block* blocks_ = nullptr;
    std::byte* free_ = nullptr;
    std::byte* end_ = nullptr;
    std::size_t taken_ = 0;
};

}  // namespace kubarium::api
