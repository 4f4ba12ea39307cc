#include "core/lab/grader.h"

#include <boost/json.hpp>
#include <gtest/gtest.h>

#include <limits>

namespace kubarium::lab {
namespace {

namespace json = boost::json;
using namespace std::chrono_literals;

class FixedView final : public ClusterView {
public:
    json::value value;
    Result<json::value> look(const LabTarget& target) const override {
        if (target.kind == "Unknown") return makeError(Reason::NotFound, "there is no kind Unknown");
        return value;
    }
};

LabCheck makeCheck(CheckMode mode, const std::string& jq) {
    LabCheck check;
    check.name = "c";
    check.mode = mode;
    check.moment.target.kind = "Pod";
    check.moment.jq = jq;
    return check;
}

ClusterTime at(Duration time) { return {time}; }

TEST(Grader, nowHoldsOnlyWhileItIsTrue) {
    FixedView view;
    CheckGrader grader(makeCheck(CheckMode::Now, ".a == 1"), at(0s));
    view.value = {{"a", 2}};
    grader.update(view, at(1s));
    EXPECT_EQ(grader.result().state, CheckState::Waiting);
    EXPECT_EQ(grader.result().found, ".a is 2");
    view.value = {{"a", 1}};
    grader.update(view, at(2s));
    EXPECT_EQ(grader.result().state, CheckState::Passed);
    view.value = {{"a", 3}};
    grader.update(view, at(3s));
    EXPECT_EQ(grader.result().state, CheckState::Waiting);
}

TEST(Grader, whatWasFoundNamesNoPathsOfElements) {
    FixedView view;
    view.value = {{"spec", {{"taints", {{{"key", "a"}}}}}}};
    CheckGrader grader(makeCheck(CheckMode::Now, "any(.spec.taints[]?; .key == \"b\") and (.spec.labels | all(.name != \"x\")) and ([.spec.taints[] | select(.effect)] | length == 0)"), at(0s));
    grader.update(view, at(1s));
    EXPECT_EQ(grader.result().found.find(".key is"), std::string::npos) << grader.result().found;
    EXPECT_EQ(grader.result().found.find(".name"), std::string::npos) << grader.result().found;
    EXPECT_EQ(grader.result().found.find(".effect"), std::string::npos) << grader.result().found;
    EXPECT_NE(grader.result().found.find(".spec.taints"), std::string::npos) << grader.result().found;
}

TEST(Grader, aDeadlineFailsAndALatePassIsMarked) {
    FixedView view;
    auto check = makeCheck(CheckMode::Now, ".a == 1");
    check.within = 10s;
    CheckGrader grader(check, at(0s));
    grader.update(view, at(1s));
    ASSERT_TRUE(grader.nextDeadline());
    EXPECT_EQ(*grader.nextDeadline(), at(10s));
    grader.update(view, at(10s));
    EXPECT_EQ(grader.result().state, CheckState::Failed);
    view.value = {{"a", 1}};
    grader.update(view, at(11s));
    EXPECT_EQ(grader.result().state, CheckState::Passed);
    EXPECT_TRUE(grader.result().late);
}

TEST(Grader, forDemandsThatItStaysTrue) {
    FixedView view;
    auto check = makeCheck(CheckMode::Now, ".a == 1");
    check.holdFor = 5s;
    CheckGrader grader(check, at(0s));
    view.value = {{"a", 1}};
    grader.update(view, at(1s));
    EXPECT_EQ(grader.result().state, CheckState::Waiting);
    EXPECT_EQ(*grader.nextDeadline(), at(6s));
    view.value = {{"a", 0}};
    grader.update(view, at(4s));
    view.value = {{"a", 1}};
    grader.update(view, at(5s));
    grader.update(view, at(6s));
    EXPECT_EQ(grader.result().state, CheckState::Waiting);
    grader.update(view, at(10s));
    EXPECT_EQ(grader.result().state, CheckState::Passed);
}

TEST(Grader, happenedIsRememberedAndNeverIsNotForgiven) {
    FixedView view;
    CheckGrader happened(makeCheck(CheckMode::Happened, ".a == 1"), at(0s));
    CheckGrader never(makeCheck(CheckMode::Never, ".a == 1"), at(0s));
    EXPECT_EQ(never.result().state, CheckState::Passed);
    view.value = {{"a", 1}};
    happened.update(view, at(1s));
    never.update(view, at(1s));
    view.value = {{"a", 0}};
    happened.update(view, at(2s));
    never.update(view, at(2s));
    EXPECT_EQ(happened.result().state, CheckState::Passed);
    EXPECT_EQ(never.result().state, CheckState::Failed);
}

TEST(Grader, beforeWantsTheOrder) {
    for (const bool inOrder : {true, false}) {
        FixedView view;
        auto check = makeCheck(CheckMode::Before, ".b == 1");
        check.first = check.moment;
        check.first.jq = ".a == 1";
        CheckGrader grader(check, at(0s));
        view.value = inOrder ? json::value{{"a", 1}} : json::value{{"b", 1}};
        grader.update(view, at(1s));
        view.value = {{"a", 1}, {"b", 1}};
        grader.update(view, at(2s));
        EXPECT_EQ(grader.result().state, inOrder ? CheckState::Passed : CheckState::Failed);
    }
}

TEST(Grader, whatCannotBeEvaluatedIsTheLabsFault) {
    FixedView view;
    auto check = makeCheck(CheckMode::Now, ".a");
    check.moment.target.kind = "Unknown";
    CheckGrader grader(check, at(0s));
    grader.update(view, at(1s));
    EXPECT_EQ(grader.result().state, CheckState::Broken);
    EXPECT_EQ(CheckGrader(makeCheck(CheckMode::Now, ".a |"), at(0s)).result().state, CheckState::Broken);
}

TEST(Grader, aMissingObjectIsNull) {
    FixedView view;
    CheckGrader grader(makeCheck(CheckMode::Now, ". == null"), at(0s));
    grader.update(view, at(1s));
    EXPECT_EQ(grader.result().state, CheckState::Passed);
}

TEST(Jq, saysWhatIsWrongWithAnExpression) {
    const auto compiled = JqProgram::compile(".a | nosuch");
    ASSERT_FALSE(compiled);
    EXPECT_NE(compiled.error().message.find("nosuch/0 is not defined"), std::string::npos) << compiled.error().message;
    const auto program = JqProgram::compile(".a[0].b");
    ASSERT_TRUE(program);
    EXPECT_FALSE(program->run(json::value{{"a", 5}}));
    EXPECT_TRUE(program->run(json::value())->is_null());
}

}  // namespace
}  // namespace kubarium::lab
