// Label selectors: the query string of a list ("app=web,tier in (a, b),!old") and metav1.LabelSelector; and the requirements of
// Node selectors, which also know Gt and Lt.
#pragma once

#include "core/api/types/meta.h"
#include "core/base/result.h"

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace kubarium::api {

using Labels = std::map<std::string, std::string>;

enum class SelectorOperator : std::uint8_t { In, NotIn, Exists, DoesNotExist, GreaterThan, LessThan };

struct Requirement {
    std::string key;
    SelectorOperator op = SelectorOperator::Exists;
    std::vector<std::string> values;  // sorted

    // `value` is that of `key`, nullptr if there is no such label.
    bool matches(const std::string* value) const;
};

class Selector {
public:
    // Everything.
    Selector() = default;
    static Selector nothing();
    static Selector everything() { return {}; }

    // labelSelector= of a request; BadRequest in the server's words.
    static Result<Selector> parse(std::string_view text);
    // metav1.LabelSelectorAsSelector: an empty one matches everything. BadRequest when an operator, key or value is not valid.
    static Result<Selector> from(const LabelSelector&);
    static Selector fromLabels(const Labels&);

    bool matches(const Labels&) const;
    // Of an object's metadata.labels.
    bool matches(const Object&) const;
    bool matchesEverything() const { return !nothing_ && requirements_.empty(); }
    bool matchesNothing() const { return nothing_; }
    const std::vector<Requirement>& requirements() const { return requirements_; }
    void add(Requirement requirement) { requirements_.push_back(std::move(requirement)); }
    // As labels.Selector.String(): "app=web,tier in (a,b),!old", sorted by key.
    std::string toString() const;

private:
    std::vector<Requirement> requirements_;
    bool nothing_ = false;
};

// A valid requirement, or why it is none. Values of Gt and Lt must be one integer.
// What labels.NewRequirement refuses, each as "field: what is wrong".
std::vector<std::string> requirementProblems(std::string_view key, SelectorOperator op, const std::vector<std::string>& values);
Result<Requirement> makeRequirement(std::string key, SelectorOperator op, std::vector<std::string> values);
// In, NotIn, Exists, DoesNotExist; with `forNodes` also Gt and Lt.
std::optional<SelectorOperator> parseSelectorOperator(std::string_view text, bool forNodes = false);

// Validity of names in the words of apimachinery's validation; "" is valid.
std::string qualifiedNameProblem(std::string_view key);
std::string labelValueProblem(std::string_view value);

}  // namespace kubarium::api
