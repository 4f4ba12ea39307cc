#include "core/api/tree_arena.h"

#include "core/api/identical.h"

#include <boost/json/array.hpp>
#include <boost/json/string.hpp>
#include <boost/json/value.hpp>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <map>
#include <new>
#include <string>
#include <utility>

namespace kubarium::api {
namespace {

// That which is filled by this thread.
thread_local TreeArena* filled = nullptr;

constexpr std::size_t smallestBlock = 256;
// Of Boost.JSON: what is in front of the elements, how long a string is kept in the value itself, how strings grow, and from how
// many members on an object has an index. If another version differs, a block is added or stays partly empty.
constexpr std::size_t header = 16;
constexpr std::size_t shortString = 14;
constexpr std::size_t stringStep = 16;
constexpr std::size_t leastString = 2 * stringStep;
constexpr std::size_t smallObject = 18;

std::size_t aligned(std::size_t bytes) { return (bytes + alignof(std::max_align_t) - 1) & ~(alignof(std::max_align_t) - 1); }

std::size_t bytesOf(const json::object& object);

std::size_t bytesOf(const json::value& value) {
    if (const auto* text = value.if_string()) return text->size() <= shortString ? 0 : aligned(header + std::max(leastString, text->size() + stringStep));
    if (const auto* object = value.if_object()) return bytesOf(*object);
    const auto* array = value.if_array();
    if (!array || array->empty()) return 0;
    auto bytes = aligned(header + array->size() * sizeof(json::value));
    for (const auto& each : *array) bytes += bytesOf(each);
    return bytes;
}

std::size_t bytesOf(const json::object& object) {
    if (object.empty()) return 0;
    auto bytes = header + object.size() * sizeof(json::key_value_pair);
    if (object.size() > smallObject) bytes += object.size() * sizeof(std::uint32_t);
    bytes = aligned(bytes);
    for (const auto& [key, value] : object) bytes += key.size() + 1 + bytesOf(value);
    return bytes;
}

// Whether there is anything to share: memory of its own.
bool hasMemory(const json::value& value) {
    if (const auto* object = value.if_object()) return !object->empty();
    if (const auto* array = value.if_array()) return !array->empty();
    return value.is_string() && value.get_string().size() > shortString;
}

}  // namespace

// Fills trees, in the arena that is being filled, and lets them refer to what an exemplar has the same.
class TreeArena::Sharing {
public:
    explicit Sharing(const json::storage_ptr& storage) : storage_(storage) {}

    json::object object(const json::object& from, const json::object* like) const {
        json::object to(storage_);
        to.reserve(from.size());
        eachMember(from, like, [&](const json::key_value_pair& member, const json::value* known) { put(slot(to, member), member.value(), known); });
        return to;
    }

    // As TreeArena::copy() with a change says. With a renaming, `like` is `from`.
    json::object changeable(const json::object& from, const json::object& like, const Renaming& renaming = {}) const {
        json::object to(storage_);
        to.reserve(from.size());
        eachMember(from, &like, [&](const json::key_value_pair& member, const json::value* known) {
            auto& here = slot(to, member);
            const auto* inner = member.value().if_object();
            const auto* innerLike = known ? known->if_object() : nullptr;
            if (inner && member.key() == "spec") here = renaming.from.empty() ? object(*inner, innerLike) : renamed(*inner, renaming);
            else if (inner && member.key() == "metadata") here = metadata(*inner, innerLike);
            else here = member.value();
        });
        return to;
    }

private:
    json::object renamed(const json::object& from, const Renaming& renaming) const {
        json::object to(storage_);
        to.reserve(from.size() + 1);
        for (const auto& member : from) putRenamed(slot(to, member), member.value(), renaming);
        return to;
    }

    // What the text does not occur in is shared.
    void putRenamed(json::value& to, const json::value& from, const Renaming& renaming) const {
        if (!occurs(renaming.from, from)) {
            if (hasMemory(from)) refer(to, from);
            else to = from;
        } else if (const auto* object = from.if_object()) {
            to = renamed(*object, renaming);
        } else if (const auto* array = from.if_array()) {
            auto& elements = to.emplace_array();
            elements.reserve(array->size());
            for (const auto& element : *array) putRenamed(elements.emplace_back(nullptr), element, renaming);
        } else {
            to = renaming.to;
        }
    }
    static bool occurs(std::string_view text, const json::value& in) {
        if (const auto* object = in.if_object()) return std::ranges::any_of(*object, [&](const auto& member) { return occurs(text, member.value()); });
        if (const auto* array = in.if_array()) return std::ranges::any_of(*array, [&](const json::value& element) { return occurs(text, element); });
        return in.is_string() && std::string_view(in.get_string()) == text;
    }

    json::object metadata(const json::object& from, const json::object* like) const {
        json::object to(storage_);
        to.reserve(from.size() + 1);
        eachMember(from, like, [&](const json::key_value_pair& member, const json::value* known) {
            auto& here = slot(to, member);
            if (member.key() == "managedFields") put(here, member.value(), known);
            else here = member.value();
        });
        return to;
    }

    // Members mostly stand in the same order.
    template <class Visit>
    static void eachMember(const json::object& from, const json::object* like, Visit visit) {
        std::size_t next = 0;
        for (const auto& member : from) {
            const json::value* known = nullptr;
            if (like && next < like->size() && like->begin()[next].key() == member.key()) known = &like->begin()[next++].value();
            else if (like) known = like->if_contains(member.key());
            visit(member, known);
        }
    }
    static json::value& slot(json::object& to, const json::key_value_pair& member) { return to.emplace(member.key(), nullptr).first->value(); }

    void put(json::value& to, const json::value& from, const json::value* like) const {
        if (!like) to = from;
        else if (!fillUnlessSame(to, from, *like)) return;
        else if (hasMemory(from)) refer(to, *like);
        else to = from;
    }

    // Boost.JSON moves values in this way, too; neither of the two is ever destroyed or changed.
    static void refer(json::value& to, const json::value& like) { std::memcpy(static_cast<void*>(&to), static_cast<const void*>(&like), sizeof(json::value)); }

    // True: both are the same, and `to` is as it was, which is null. The trees are compared while they are copied, and each part once.
    bool fillUnlessSame(json::value& to, const json::value& from, const json::value& like) const {
        if (from.is_object() && like.is_object()) return fillUnlessSame(to, from.get_object(), like.get_object());
        if (from.is_array() && like.is_array()) return fillUnlessSame(to, from.get_array(), like.get_array());
        if (identical(from, like)) return true;
        to = from;
        return false;
    }

    bool fillUnlessSame(json::value& to, const json::object& from, const json::object& like) const {
        std::size_t same = 0;
        if (from.size() == like.size()) {
            if (from.begin() == like.begin()) return true;
            for (; same < from.size(); ++same) {
                const auto &member = from.begin()[same], &known = like.begin()[same];
                if (member.key() != known.key()) break;
                if (Unfilled child(storage_); !fillUnlessSame(child.value, member.value(), known.value())) {
                    auto& made = begin(to, like, from.size(), same);
                    refer(slot(made, member), child.value);
                    return fillRest(made, from, like, same + 1);
                }
            }
            if (same == from.size()) return true;
        }
        return fillRest(begin(to, like, from.size(), same), from, like, same);
    }

    bool fillUnlessSame(json::value& to, const json::array& from, const json::array& like) const {
        if (from.size() == like.size() && from.begin() == like.begin()) return true;
        json::array* made = nullptr;
        const auto start = [&](std::size_t same) {
            made = &to.emplace_array();
            made->reserve(from.size());
            for (std::size_t i = 0; i < same; ++i) refer(made->emplace_back(nullptr), like[i]);
        };
        if (from.size() != like.size()) start(0);
        for (std::size_t i = 0; i < from.size(); ++i) {
            Unfilled child(storage_);
            const bool same = i < like.size() && fillUnlessSame(child.value, from[i], like[i]);
            if (!made && same) continue;
            if (!made) start(i);
            auto& here = made->emplace_back(nullptr);
            if (same) refer(here, like[i]);
            else if (i < like.size()) refer(here, child.value);
            else here = from[i];
        }
        return !made;
    }

    // The first members, which are the same.
    static json::object& begin(json::value& to, const json::object& like, std::size_t size, std::size_t same) {
        auto& made = to.emplace_object();
        made.reserve(size);
        for (std::size_t i = 0; i < same; ++i) refer(slot(made, like.begin()[i]), like.begin()[i].value());
        return made;
    }
    bool fillRest(json::object& made, const json::object& from, const json::object& like, std::size_t next) const {
        for (auto i = next; i < from.size(); ++i) {
            const auto& member = from.begin()[i];
            const bool inStep = i < like.size() && like.begin()[i].key() == member.key();
            put(slot(made, member), member.value(), inStep ? &like.begin()[i].value() : like.if_contains(member.key()));
        }
        return false;
    }

    // A value of a tree that is being filled before it has its place there: it is moved bit by bit and not destroyed.
    union Unfilled {
        explicit Unfilled(const json::storage_ptr& storage) : value(nullptr, storage) {}
        ~Unfilled() {}
        Unfilled(const Unfilled&) = delete;
        Unfilled& operator=(const Unfilled&) = delete;
        json::value value;
    };

    json::storage_ptr storage_;
};

// What trees of a kind are compared with, on this thread. Taken anew when too many in a row had little in common with it, and less and
// less readily where that does not help.
struct TreeArena::Exemplar {
    Exemplar() = default;
    ~Exemplar() { ::new (&tree) json::object; }
    Exemplar(const Exemplar&) = delete;
    Exemplar& operator=(const Exemplar&) = delete;
    std::shared_ptr<TreeArena> arena;
    json::object tree;  // in the arena
    std::size_t lastTaken = 0, lastTakenByChange = 0;
    std::size_t unlike = 0, patience = 1;
};

class TreeArena::Resource final : public json::memory_resource {
    void* do_allocate(std::size_t bytes, std::size_t alignment) override { return filled ? filled->take(bytes, alignment) : ::operator new(bytes); }
    void do_deallocate(void* memory, std::size_t, std::size_t) override {
        if (!filled) ::operator delete(memory);
    }
    // What is on the heap may be handed over between copies and other values, but not to a tree that is being filled: that is never
    // destroyed, so it copies what is moved into it.
    bool do_is_equal(const json::memory_resource& other) const noexcept override { return &other == this || (!filled && &other == json::storage_ptr().get()); }
};

struct TreeArena::Filling {
    explicit Filling(TreeArena& arena) : outer(std::exchange(filled, &arena)) {}
    ~Filling() { filled = outer; }
    Filling(const Filling&) = delete;
    Filling& operator=(const Filling&) = delete;
    TreeArena* outer;
};

TreeArena::Resource& TreeArena::resource() {
    static auto& forever = *new Resource;
    return forever;
}

TreeArena::~TreeArena() {
    while (blocks_) ::operator delete(std::exchange(blocks_, blocks_->next));
}

void TreeArena::addBlock(std::size_t bytes) {
    const auto size = aligned(sizeof(Block)) + std::max(bytes, smallestBlock);
    auto* block = ::new (::operator new(size)) Block{blocks_};
    blocks_ = block;
    free_ = reinterpret_cast<std::byte*>(block) + aligned(sizeof(Block));
    end_ = reinterpret_cast<std::byte*>(block) + size;
}

void* TreeArena::take(std::size_t bytes, std::size_t alignment) {
    const auto start = [&] { return (reinterpret_cast<std::uintptr_t>(free_) + alignment - 1) & ~(alignment - 1); };
    if (!free_ || start() + bytes > reinterpret_cast<std::uintptr_t>(end_)) addBlock(bytes);
    auto* memory = free_ + (start() - reinterpret_cast<std::uintptr_t>(free_));
    free_ = memory + bytes;
    taken_ += bytes;
    return memory;
}

TreeArena::Exemplar& TreeArena::exemplarOf(std::string_view kind) {
    thread_local std::map<std::string, Exemplar, std::less<>> exemplars;
    const auto found = exemplars.find(kind);
    return found != exemplars.end() ? found->second : exemplars[std::string(kind)];
}

TreeArena::Exemplar& TreeArena::exemplarOf(std::string_view kind, const json::object& tree) {
    auto& exemplar = exemplarOf(kind);
    if (exemplar.arena && exemplar.unlike < exemplar.patience) return exemplar;
    constexpr std::size_t mostPatience = 4096;
    if (exemplar.arena) exemplar.patience = std::min(mostPatience, 2 * exemplar.patience);
    exemplar.unlike = 0;
    exemplar.arena = std::make_shared<TreeArena>();
    exemplar.arena->addBlock(bytesOf(tree));
    const Filling filling(*exemplar.arena);
    // The old one goes with its arena.
    ::new (&exemplar.tree) json::object(tree, &resource());
    return exemplar;
}

template <class Fill>
json::object TreeArena::fill(const json::object& tree, std::string_view kind, Fill fill) {
    auto& exemplar = exemplarOf(kind, tree);
    sharedWith_ = exemplar.arena;
    addBlock(exemplar.lastTaken);
    const Filling filling(*this);
    auto copied = fill(Sharing(&resource()), exemplar.tree);
    exemplar.lastTaken = taken_;
    if (2 * taken_ > exemplar.arena->taken_) ++exemplar.unlike;
    else exemplar.unlike = 0;
    return copied;
}

json::object TreeArena::copy(const json::object& tree, std::string_view kind) {
    return fill(tree, kind, [&](const Sharing& sharing, const json::object& like) { return sharing.object(tree, &like); });
}

// It refers to the tree itself.
json::object TreeArena::copy(const json::object& tree, const TreeArena& owner, std::string_view kind, const Renaming& renaming, const std::function<void(json::object&)>& change) {
    sharedWith_ = owner.shared_from_this();
    changes_ = owner.changes_ + 1;
    auto& lastTaken = exemplarOf(kind).lastTakenByChange;
    addBlock(lastTaken);
    const Filling filling(*this);
    auto copied = Sharing(&resource()).changeable(tree, tree, renaming);
    change(copied);
    lastTaken = taken_;
    return copied;
}

json::object TreeArena::copy(const json::object& tree, const TreeArena& owner, std::string_view kind, const std::function<void(json::object&)>& change) {
    // A Pod that is bound refers to the one that was created, and that to another one of its template. An object that changes for ever
    // does not keep all that it was.
    constexpr int mostInARow = 2;
    if (owner.changes_ < mostInARow) return copy(tree, owner, kind, {}, change);
    return fill(tree, kind, [&](const Sharing& sharing, const json::object& like) {
        auto copied = sharing.changeable(tree, like);
        change(copied);
        return copied;
    });
}

}  // namespace kubarium::api
