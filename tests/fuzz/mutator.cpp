#include "tests/fuzz/mutator.h"

#include <boost/json.hpp>
#include <fmt/format.h>

#include <cstdlib>
#include <fstream>
#include <limits>
#include <sstream>

namespace kubarium::fuzz {

namespace json = boost::json;

namespace {

std::size_t below(SeededRandom& random, std::size_t bound) { return static_cast<std::size_t>(random.below(bound)); }

json::value strangeValue(SeededRandom& random) {
    static const std::vector<json::value> values{
        nullptr, true, 0, -1, 1, std::numeric_limits<std::int64_t>::max(), std::numeric_limits<std::int64_t>::min(), std::numeric_limits<std::uint64_t>::max(), 2147483648,
        1e308, -1e-308, 0.5, "", "0", "-1", "9223372036854775807", "9223372036854775808", "-9223372036854775808", "1e18", "1e19", "1E400", "9E", "9223372036854775807E", "8Ei", "16Ei",
        "1n", "0.000000001", "1.5m", "100000000000000000000000000", "+3", ".5", "5.", "1Ki1", "Ki", "\xff\xfe", "a/b", "kubernetes.io/hostname", "NotIn", "Exists", "Gt", "9999999999999999999",
        json::array{}, json::object{}, json::array{nullptr}, json::array{json::array{json::array{}}}, json::object{{"", nullptr}}, json::object{{"key", json::object{}}}};
    return values[below(random, values.size())];
}

std::size_t countValues(const json::value& value) {
    std::size_t count = 1;
    if (const auto* object = value.if_object())
        for (const auto& [key, inner] : *object) count += countValues(inner);
    if (const auto* array = value.if_array())
        for (const auto& inner : *array) count += countValues(inner);
    return count;
}

// Spoils the value at place `left` of a walk in order; counts it down.
void spoilAt(SeededRandom& random, json::value& value, std::size_t& left) {
    if (left-- == 0) {
        if (auto* array = value.if_array(); array && !array->empty() && random.below(3) == 0) array->push_back(array->at(below(random, array->size())));
        else value = strangeValue(random);
        return;
    }
    if (auto* object = value.if_object()) {
        for (auto& [key, inner] : *object) {
            spoilAt(random, inner, left);
            if (left == std::numeric_limits<std::size_t>::max()) return;
        }
    } else if (auto* array = value.if_array()) {
        for (auto& inner : *array) {
            spoilAt(random, inner, left);
            if (left == std::numeric_limits<std::size_t>::max()) return;
        }
    }
}

}  // namespace

std::string spoilText(SeededRandom& random, const std::vector<std::string>& corpus, const std::vector<std::string>& words) {
    auto text = corpus[below(random, corpus.size())];
    for (auto changes = 1 + random.below(6); changes > 0; --changes) {
        const auto at = below(random, text.size() + 1);
        switch (random.below(7)) {
            case 0: text.insert(at, 1, static_cast<char>(random.below(256))); break;
            case 1:
                if (at < text.size()) text[at] = static_cast<char>(static_cast<unsigned char>(text[at]) ^ (1U << random.below(8)));
                break;
            case 2: text.erase(at, below(random, 20)); break;
            case 3: text.insert(at, words[below(random, words.size())]); break;
            case 4: {
                const auto& other = corpus[below(random, corpus.size())];
                const auto from = below(random, other.size() + 1);
                text.insert(at, other.substr(from, below(random, 60)));
                break;
            }
            case 5: text.insert(at, text.substr(at, below(random, 60))); break;
            default: text.resize(at); break;
        }
    }
    return text;
}

json::value spoilTree(SeededRandom& random, const json::value& tree) {
    auto spoilt = tree;
    for (auto changes = 1 + random.below(4); changes > 0; --changes) {
        auto at = below(random, countValues(spoilt));
        spoilAt(random, spoilt, at);
    }
    return spoilt;
}

int run(std::string_view name, int argc, char** argv, const std::function<std::string(SeededRandom&)>& make, const std::function<void(const std::string&)>& target) {
    if (const auto* file = std::getenv("KUBARIUM_FUZZ_INPUT")) {
        std::ifstream in(file, std::ios::binary);
        std::ostringstream text;
        text << in.rdbuf();
        target(text.str());
        return 0;
    }
    const auto rounds = argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 2000;
    const auto seed = argc > 2 ? std::strtoull(argv[2], nullptr, 10) : 1;
    const auto file = fmt::format("fuzz-{}.input", name);
    SeededRandom random(seed);
    fmt::print("{}: {} rounds, seed {}; after a crash, KUBARIUM_FUZZ_INPUT={} replays the input\n", name, rounds == 0 ? std::string("endless") : std::to_string(rounds), seed, file);
    std::fflush(stdout);
    for (std::uint64_t round = 0; rounds == 0 || round < rounds; ++round) {
        const auto input = make(random);
        std::ofstream(file, std::ios::binary) << input;
        target(input);
    }
    std::remove(file.c_str());
    return 0;
}

}  // namespace kubarium::fuzz
