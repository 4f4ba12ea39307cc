// Fuzzing without a fuzzer's runtime: a seeded loop that spoils texts of a corpus and hands them to a target. What must not happen
// (a crash, undefined behaviour, an exception) is found by the sanitizers of the preset `fuzz`. Prints the seed and, with
// KUBARIUM_FUZZ_INPUT=FILE, replays one input.
#pragma once

#include "core/base/random.h"

#include <boost/json/value.hpp>

#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace kubarium::fuzz {

// Bytes changed, cut, doubled and joined with pieces of other texts; words of the format put in.
std::string spoilText(SeededRandom& random, const std::vector<std::string>& corpus, const std::vector<std::string>& words);

// A valid tree with some values replaced: numbers at the edges of their type, strange quantities, other types, nothing.
boost::json::value spoilTree(SeededRandom& random, const boost::json::value& tree);

// Runs `target` on made-up inputs: `make` gives one per round. usage: PROGRAM [ROUNDS [SEED]]; ROUNDS 0 is for ever.
// Before each round the input is written where a crash can be replayed from (build directory, fuzz-<name>.input).
int run(std::string_view name, int argc, char** argv, const std::function<std::string(SeededRandom&)>& make, const std::function<void(const std::string&)>& target);

}  // namespace kubarium::fuzz
