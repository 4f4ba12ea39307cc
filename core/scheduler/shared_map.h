// A sorted map by name in chunks that are shared between its versions: to copy it costs little, and to change one of 10,000 entries
// of a version that is shared copies some hundred.
#pragma once

#include <algorithm>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace kubarium::scheduler {

template <class Value>
class SharedMap {
public:
    using value_type = std::pair<std::string, Value>;

    class Iterator {
    public:
        using value_type = SharedMap::value_type;
        using difference_type = std::ptrdiff_t;
        Iterator() = default;
        Iterator(const SharedMap* map, std::size_t chunk, std::size_t index) : map_(map), chunk_(chunk), index_(index) {}
        const value_type& operator*() const { return (*map_->chunks_[chunk_])[index_]; }
        const value_type* operator->() const { return &**this; }
        Iterator& operator++() {
            if (++index_ == map_->chunks_[chunk_]->size()) {
                ++chunk_;
                index_ = 0;
            }
            return *this;
        }
        Iterator operator++(int) {
            const auto before = *this;
            ++*this;
            return before;
        }
        friend bool operator==(const Iterator&, const Iterator&) = default;
        // Where both are at the start of one chunk: past it.
        bool skipSharedChunk(Iterator& other) {
            if (index_ != 0 || other.index_ != 0 || map_->chunks_[chunk_] != other.map_->chunks_[other.chunk_]) return false;
            ++chunk_;
            ++other.chunk_;
            return true;
        }

    private:
        const SharedMap* map_ = nullptr;
        std::size_t chunk_ = 0, index_ = 0;
    };

    SharedMap() = default;
    SharedMap(const std::map<std::string, Value>& entries) {
        for (const auto& [key, value] : entries) (*this)[key] = value;
    }

    bool empty() const { return chunks_.empty(); }
    std::size_t size() const {
        std::size_t size = 0;
        for (const auto& chunk : chunks_) size += chunk->size();
        return size;
    }
    Iterator begin() const { return {this, 0, 0}; }
    Iterator end() const { return {this, chunks_.size(), 0}; }
    Iterator find(std::string_view key) const {
        if (empty()) return end();
        const auto [chunk, index] = locate(key);
        return index < chunks_[chunk]->size() && (*chunks_[chunk])[index].first == key ? Iterator(this, chunk, index) : end();
    }
    bool contains(std::string_view key) const { return find(key) != end(); }
    const Value& at(std::string_view key) const { return find(key)->second; }

    // The entry, made if there was none; to be set before the map is changed or copied again.
    Value& operator[](const std::string& key) {
        if (empty()) chunks_.push_back(std::make_shared<Chunk>());
        const auto [chunk, index] = locate(key);
        auto& entries = own(chunk);
        if (index < entries.size() && entries[index].first == key) return entries[index].second;
        entries.emplace(entries.begin() + static_cast<std::ptrdiff_t>(index), key, Value());
        if (entries.size() < 2 * chunkSize) return entries[index].second;
        const auto middle = entries.begin() + chunkSize;
        auto rest = std::make_shared<Chunk>(std::make_move_iterator(middle), std::make_move_iterator(entries.end()));
        entries.erase(middle, entries.end());
        auto& second = **chunks_.insert(chunks_.begin() + static_cast<std::ptrdiff_t>(chunk) + 1, std::move(rest));
        return index < chunkSize ? (*chunks_[chunk])[index].second : second[index - chunkSize].second;
    }
    void erase(std::string_view key) {
        if (empty()) return;
        const auto [chunk, index] = locate(key);
        if (index == chunks_[chunk]->size() || (*chunks_[chunk])[index].first != key) return;
        auto& entries = own(chunk);
        entries.erase(entries.begin() + static_cast<std::ptrdiff_t>(index));
        if (entries.empty()) chunks_.erase(chunks_.begin() + static_cast<std::ptrdiff_t>(chunk));
    }
    void clear() { chunks_.clear(); }

    // Calls visit(key) for each key whose value is another one in `other`, or that only one of the two has; chunks that both share are
    // not looked into.
    template <class Visit>
    void eachDifference(const SharedMap& other, Visit visit) const {
        auto mine = begin(), theirs = other.begin();
        const auto mineEnd = end(), theirsEnd = other.end();
        while (mine != mineEnd || theirs != theirsEnd) {
            if (mine != mineEnd && theirs != theirsEnd) {
                if (mine.skipSharedChunk(theirs)) continue;
                const auto order = mine->first <=> theirs->first;
                if (order < 0) visit((mine++)->first);
                else if (order > 0) visit((theirs++)->first);
                else {
                    if (!(mine->second == theirs->second)) visit(mine->first);
                    ++mine;
                    ++theirs;
                }
            } else if (mine != mineEnd) visit((mine++)->first);
            else visit((theirs++)->first);
        }
    }

    friend bool operator==(const SharedMap& a, const SharedMap& b) { return a.chunks_ == b.chunks_ || std::ranges::equal(a, b); }

private:
    static constexpr std::size_t chunkSize = 64;
    using Chunk = std::vector<value_type>;

    // Where the key is or belongs. Not empty.
    std::pair<std::size_t, std::size_t> locate(std::string_view key) const {
        const auto after = std::ranges::upper_bound(chunks_, key, {}, [](const auto& chunk) { return chunk->empty() ? std::string_view() : std::string_view(chunk->front().first); });
        const auto chunk = static_cast<std::size_t>(after - chunks_.begin()) - (after == chunks_.begin() ? 0 : 1);
        const auto& entries = *chunks_[chunk];
        const auto at = std::ranges::lower_bound(entries, key, {}, [](const value_type& entry) { return std::string_view(entry.first); });
        return {chunk, static_cast<std::size_t>(at - entries.begin())};
    }
    Chunk& own(std::size_t chunk) {
        auto& entries = chunks_[chunk];
        if (entries.use_count() > 1) entries = std::make_shared<Chunk>(*entries);
        return *entries;
    }

    std::vector<std::shared_ptr<Chunk>> chunks_;  // in order; none empty
};

}  // namespace kubarium::scheduler
