// A SchedulingDecision, as the API serves it, as text for people.
#pragma once

#include "core/scheduler/explanation/edit.h"

#include <boost/json/value.hpp>

#include <string>
#include <vector>

namespace kubarium::cli {

// Verdict, scores, refusals, preemption and the smallest changes. `language` picks the sentences: en or zh_CN.
void printDecision(const boost::json::value& decision, const std::string& language);
// The smallest changes alone (status.smallestChanges).
void printChanges(const boost::json::value& changes, const std::string& language);
// One of the two: `language` is en or zh_CN.
std::string inLanguage(const std::string& language, std::string english, std::string chinese);
std::string inLanguage(const std::string& language, const scheduler::Sentence& sentence);
// For programs, in English.
boost::json::array textsOf(const std::vector<scheduler::Sentence>& sentences, const std::string& language);
// The sentence in that language, or the English one.
std::string sentenceOf(const boost::json::value& explained, const std::string& language);

}  // namespace kubarium::cli
