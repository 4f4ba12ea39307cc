#include "core/api/selector.h"

#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace kubarium::api {
namespace {

constexpr std::size_t longestName = 63;
constexpr std::size_t longestPrefix = 253;

bool isAlphanumeric(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'); }
bool isNameCharacter(char c) { return isAlphanumeric(c) || c == '-' || c == '_' || c == '.'; }

bool isName(std::string_view text) {
    return !text.empty() && isAlphanumeric(text.front()) && isAlphanumeric(text.back()) && std::ranges::all_of(text, isNameCharacter);
}

bool isSubdomain(std::string_view text) {
    const auto inside = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); };
    std::size_t begin = 0;
    for (;;) {
        const auto end = std::min(text.find('.', begin), text.size());
        const auto label = text.substr(begin, end - begin);
        if (label.empty() || !inside(label.front()) || !inside(label.back())) return false;
        if (!std::ranges::all_of(label, [&](char c) { return inside(c) || c == '-'; })) return false;
        if (end == text.size()) return true;
        begin = end + 1;
    }
}

constexpr std::string_view nameRule =
    "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or "
    "'123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')";

std::optional<std::int64_t> integer(std::string_view text) {
    std::int64_t value = 0;
    if (!text.empty() && text.front() == '+') text.remove_prefix(1);
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size() || text.empty()) return std::nullopt;
    return value;
}

// The lexer of labels.Parse: words, and the marks ( ) , ! = == != > <.
class Lexer {
public:
    explicit Lexer(std::string_view text) : text_(text) {}

    struct Token {
        enum Kind { End, Word, Mark } kind = End;
        std::string text;
    };

    Token next() {
        while (at_ < text_.size() && isSpace(text_[at_])) ++at_;
        if (at_ == text_.size()) return {};
        const auto begin = at_;
        if (isMark(text_[at_])) {
            // The longest mark: != and == are two characters.
            ++at_;
            if (at_ < text_.size() && text_[at_] == '=' && (text_[begin] == '!' || text_[begin] == '=')) ++at_;
            return {Token::Mark, std::string(text_.substr(begin, at_ - begin))};
        }
        while (at_ < text_.size() && !isMark(text_[at_]) && !isSpace(text_[at_])) ++at_;
        return {Token::Word, std::string(text_.substr(begin, at_ - begin))};
    }
    Token peek() {
        const auto at = at_;
        auto token = next();
        at_ = at;
        return token;
    }

private:
    static bool isSpace(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }
    static bool isMark(char c) { return c == '=' || c == '!' || c == '(' || c == ')' || c == ',' || c == '>' || c == '<'; }
    std::string_view text_;
    std::size_t at_ = 0;
};

Error unparsable(const std::string& what) { return badRequest(fmt::format("unable to parse requirement: {}", what)); }

std::string shown(const Lexer::Token& token) { return token.kind == Lexer::Token::End ? "" : token.text; }
bool ends(const Lexer::Token& token) { return token.kind == Lexer::Token::End || token.text == ","; }

// What stands between "(" and ")": the parser of apimachinery/pkg/labels, its sentences included.
Result<std::vector<std::string>> parseIdentifiers(Lexer& lexer) {
    std::vector<std::string> values;
    for (;;) {
        const auto token = lexer.next();
        if (token.kind == Lexer::Token::Word) {
            values.push_back(token.text);
            const auto following = lexer.peek();
            if (following.text == ")") return values;
            if (following.text != ",") return unparsable(fmt::format("found '{}', expected: ',' or ')'", shown(following)));
        } else if (token.text == ",") {
            if (values.empty()) values.emplace_back();
            const auto following = lexer.peek();
            if (following.text == ")" || following.text == ",") values.emplace_back();
            if (following.text == ")") return values;
            if (following.text == ",") (void)lexer.next();
        } else {
            return unparsable(fmt::format("found '{}', expected: ',', or identifier", shown(token)));
        }
    }
}

Result<std::vector<std::string>> parseValues(Lexer& lexer) {
    const auto opening = lexer.next();
    if (opening.text != "(") return unparsable(fmt::format("found '{}' expected: '('", shown(opening)));
    const auto first = lexer.peek();
    if (first.text == ")") {
        (void)lexer.next();
        return std::vector<std::string>{""};
    }
    if (first.kind != Lexer::Token::Word && first.text != ",") return unparsable(fmt::format("found '{}', expected: ',', ')' or identifier", shown(first)));
    auto values = TRY(parseIdentifiers(lexer));
    if (lexer.next().text != ")") return unparsable(fmt::format("found '{}', expected: ')'", shown(first)));
    return values;
}

Result<Requirement> requirementOf(std::string key, SelectorOperator op, std::vector<std::string> values) {
    auto made = makeRequirement(std::move(key), op, std::move(values));
    if (!made) return unparsable(made.error().message);
    return made;
}

Result<Requirement> parseRequirement(Lexer& lexer) {
    auto token = lexer.next();
    const bool absent = token.text == "!";
    if (absent) token = lexer.next();
    if (token.kind != Lexer::Token::Word) return unparsable(fmt::format("found '{}', expected: identifier", shown(token)));
    const auto key = token.text;
    if (const auto problem = qualifiedNameProblem(key); !problem.empty()) return unparsable(fmt::format("<nil>: Invalid value: \"{}\": {}", key, problem));
    if (absent) return requirementOf(key, SelectorOperator::DoesNotExist, {});
    if (ends(lexer.peek())) return requirementOf(key, SelectorOperator::Exists, {});
    const auto op = lexer.next().text;
    if (op == "in" || op == "notin") return requirementOf(key, op == "in" ? SelectorOperator::In : SelectorOperator::NotIn, TRY(parseValues(lexer)));
    if (op != "=" && op != "==" && op != "!=" && op != ">" && op != "<") return unparsable(fmt::format("found '{}', expected: in, notin, =, ==, !=, gt, lt", op));
    std::string value;
    if (!ends(lexer.peek())) {
        const auto given = lexer.next();
        if (given.kind != Lexer::Token::Word) return unparsable(fmt::format("found '{}', expected: identifier", shown(given)));
        value = given.text;
    }
    const auto kind = op == "!=" ? SelectorOperator::NotIn : op == ">" ? SelectorOperator::GreaterThan : op == "<" ? SelectorOperator::LessThan : SelectorOperator::In;
    return requirementOf(key, kind, {value});
}

}  // namespace

std::string qualifiedNameProblem(std::string_view key) {
    const auto slash = key.find('/');
    std::vector<std::string> problems;
    auto name = key;
    if (slash != std::string_view::npos) {
        const auto prefix = key.substr(0, slash);
        name = key.substr(slash + 1);
        if (name.find('/') != std::string_view::npos)
            return fmt::format("a qualified name {} with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')", nameRule);
        if (prefix.empty()) problems.emplace_back("prefix part must be non-empty");
        else if (prefix.size() > longestPrefix) problems.emplace_back("prefix part must be no more than 253 bytes");
        else if (!isSubdomain(prefix))
            problems.emplace_back("prefix part a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an "
                                  "alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')");
    }
    if (name.empty()) problems.emplace_back("name part must be non-empty");
    else if (name.size() > longestName) problems.emplace_back("name part must be no more than 63 bytes");
    if (!isName(name)) problems.push_back(fmt::format("name part {}", nameRule));
    return fmt::format("{}", fmt::join(problems, "; "));
}

std::string labelValueProblem(std::string_view value) {
    std::vector<std::string> problems;
    if (value.size() > longestName) problems.emplace_back("must be no more than 63 bytes");
    if (!value.empty() && !isName(value))
        problems.emplace_back("a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character "
                              "(e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')");
    return fmt::format("{}", fmt::join(problems, "; "));
}

bool Requirement::matches(const std::string* value) const {
    switch (op) {
        case SelectorOperator::In: return value && std::ranges::binary_search(values, *value);
        case SelectorOperator::NotIn: return !value || !std::ranges::binary_search(values, *value);
        case SelectorOperator::Exists: return value != nullptr;
        case SelectorOperator::DoesNotExist: return value == nullptr;
        case SelectorOperator::GreaterThan:
        case SelectorOperator::LessThan: {
            if (!value || values.size() != 1) return false;
            const auto mine = integer(*value), bound = integer(values.front());
            if (!mine || !bound) return false;
            return op == SelectorOperator::GreaterThan ? *mine > *bound : *mine < *bound;
        }
    }
    return false;
}

std::optional<SelectorOperator> parseSelectorOperator(std::string_view text, bool forNodes) {
    if (text == "In") return SelectorOperator::In;
    if (text == "NotIn") return SelectorOperator::NotIn;
    if (text == "Exists") return SelectorOperator::Exists;
    if (text == "DoesNotExist") return SelectorOperator::DoesNotExist;
    if (forNodes && text == "Gt") return SelectorOperator::GreaterThan;
    if (forNodes && text == "Lt") return SelectorOperator::LessThan;
    return std::nullopt;
}

std::vector<std::string> requirementProblems(std::string_view key, SelectorOperator op, const std::vector<std::string>& values) {
    std::vector<std::string> problems;
    const auto refuse = [&](const std::string& why) { problems.push_back(fmt::format("values: Invalid value: {}: {}", values.empty() ? "null" : boost::json::serialize(boost::json::array(values.begin(), values.end())), why)); };
    if (const auto problem = qualifiedNameProblem(key); !problem.empty()) problems.push_back(fmt::format("key: Invalid value: \"{}\": {}", key, problem));
    switch (op) {
        case SelectorOperator::In:
        case SelectorOperator::NotIn:
            if (values.empty()) refuse("for 'in', 'notin' operators, values set can't be empty");
            break;
        case SelectorOperator::Exists:
        case SelectorOperator::DoesNotExist:
            if (!values.empty()) refuse("values set must be empty for exists and does not exist");
            break;
        default:
            if (values.size() != 1) refuse("for 'Gt', 'Lt' operators, exactly one value is required");
            for (std::size_t i = 0; i < values.size(); ++i)
                if (!integer(values[i])) problems.push_back(fmt::format("values[{}]: Invalid value: \"{}\": for 'Gt', 'Lt' operators, the value must be an integer", i, values[i]));
    }
    for (std::size_t i = 0; i < values.size(); ++i)
        if (const auto problem = labelValueProblem(values[i]); !problem.empty()) problems.push_back(fmt::format("values[{}][{}]: Invalid value: \"{}\": {}", i, key, values[i], problem));
    return problems;
}

Result<Requirement> makeRequirement(std::string key, SelectorOperator op, std::vector<std::string> values) {
    if (const auto problems = requirementProblems(key, op, values); !problems.empty())
        return badRequest(problems.size() == 1 ? problems.front() : fmt::format("[{}]", fmt::join(problems, ", ")));
    std::ranges::sort(values);
    const auto duplicates = std::ranges::unique(values);
    values.erase(duplicates.begin(), duplicates.end());
    return Requirement{std::move(key), op, std::move(values)};
}

Selector Selector::nothing() {
    Selector selector;
    selector.nothing_ = true;
    return selector;
}

Result<Selector> Selector::parse(std::string_view text) {
    Selector selector;
    Lexer lexer(text);
    const auto first = lexer.peek();
    if (first.kind == Lexer::Token::End) return selector;
    if (first.kind != Lexer::Token::Word && first.text != "!") return badRequest(fmt::format("found '{}', expected: !, identifier, or 'end of string'", first.text));
    for (;;) {
        selector.add(TRY(parseRequirement(lexer)));
        const auto token = lexer.next();
        if (token.kind == Lexer::Token::End) break;
        if (token.text != ",") return badRequest(fmt::format("found '{}', expected: ',' or 'end of string'", token.text));
        if (const auto next = lexer.peek(); next.kind != Lexer::Token::Word && next.text != "!")
            return badRequest(fmt::format("found '{}', expected: identifier after ','", shown(next)));
    }
    std::ranges::stable_sort(selector.requirements_, {}, &Requirement::key);
    return selector;
}

Result<Selector> Selector::from(const LabelSelector& from) {
    Selector selector = fromLabels(from.matchLabels);
    for (const auto& expression : from.matchExpressions) {
        const auto op = parseSelectorOperator(expression.operator_);
        if (!op) return badRequest(fmt::format("\"{}\" is not a valid label selector operator", expression.operator_));
        selector.add(TRY(makeRequirement(expression.key, *op, expression.values)));
    }
    // Labels are checked too, as labels.NewRequirement does.
    for (const auto& [key, value] : from.matchLabels) (void)TRY(makeRequirement(key, SelectorOperator::In, {value}));
    std::ranges::stable_sort(selector.requirements_, {}, &Requirement::key);
    return selector;
}

Selector Selector::fromLabels(const Labels& labels) {
    Selector selector;
    for (const auto& [key, value] : labels) selector.add({key, SelectorOperator::In, {value}});
    return selector;
}

bool Selector::matches(const Labels& labels) const {
    if (nothing_) return false;
    return std::ranges::all_of(requirements_, [&](const Requirement& requirement) {
        const auto it = labels.find(requirement.key);
        return requirement.matches(it == labels.end() ? nullptr : &it->second);
    });
}

bool Selector::matches(const Object& object) const {
    if (nothing_) return false;
    const auto* labels = object.find({"metadata", "labels"});
    const auto* map = labels ? labels->if_object() : nullptr;
    return std::ranges::all_of(requirements_, [&](const Requirement& requirement) {
        const auto* value = map ? map->if_contains(requirement.key) : nullptr;
        const auto* text = value ? value->if_string() : nullptr;
        if (!text) return requirement.matches(nullptr);
        const std::string copy(text->data(), text->size());
        return requirement.matches(&copy);
    });
}

std::string Selector::toString() const {
    std::vector<std::string> parts;
    for (const auto& requirement : requirements_) {
        const auto& values = requirement.values;
        switch (requirement.op) {
            case SelectorOperator::In:
                parts.push_back(values.size() == 1 ? fmt::format("{}={}", requirement.key, values[0]) : fmt::format("{} in ({})", requirement.key, fmt::join(values, ",")));
                break;
            case SelectorOperator::NotIn:
                parts.push_back(values.size() == 1 ? fmt::format("{}!={}", requirement.key, values[0]) : fmt::format("{} notin ({})", requirement.key, fmt::join(values, ",")));
                break;
            case SelectorOperator::Exists: parts.push_back(requirement.key); break;
            case SelectorOperator::DoesNotExist: parts.push_back("!" + requirement.key); break;
            case SelectorOperator::GreaterThan: parts.push_back(fmt::format("{}>{}", requirement.key, values[0])); break;
            case SelectorOperator::LessThan: parts.push_back(fmt::format("{}<{}", requirement.key, values[0])); break;
        }
    }
    return fmt::format("{}", fmt::join(parts, ","));
}

}  // namespace kubarium::api
