#include "core/api/quantity.h"
#include "core/api/selector.h"

#include <gtest/gtest.h>

namespace kubarium::api {
namespace {

TEST(Quantity, hasTheCanonicalFormOfGo) {
    const std::pair<const char*, const char*> cases[]{
        {"1000m", "1"},   {"0.5", "500m"},     {"1024Ki", "1Mi"}, {"1.5Gi", "1536Mi"}, {"100M", "100M"}, {"1e3", "1e3"},  {"0", "0"},     {"-5", "-5"},
        {"12345", "12345"}, {"1000", "1k"}, {"0.0000000001", "1n"}, {"1000Ki", "1000Ki"}, {"512", "512"}, {"0.5Ki", "512"}, {"2E", "2E"}, {"1.5", "1500m"}};
    for (const auto& [text, canonical] : cases) {
        const auto quantity = Quantity::parse(text);
        ASSERT_TRUE(quantity) << text;
        EXPECT_EQ(quantity->toString(), canonical) << text;
    }
}

TEST(Quantity, roundsUpAndSaturates) {
    EXPECT_EQ(Quantity::parse("1.0001")->milliValue(), 1001);
    EXPECT_EQ(Quantity::parse("0.1")->value(), 1);
    EXPECT_EQ(Quantity::parse("100Ei")->value(), INT64_MAX);
    EXPECT_EQ(Quantity::parse("999999999999999999999999999999999999999999")->value(), INT64_MAX);
    EXPECT_EQ(Quantity::parse("128Mi")->value(), 128 << 20);
}

// As printed by resource.Quantity of apimachinery 0.34.
TEST(Quantity, beyondInt64GoesWrongAsGoDoes) {
    struct Case {
        const char* text;
        std::int64_t milli, value, milliWithHalf, milliTwice;
    };
    constexpr Case cases[]{{"1E", 0, 1000000000000000000, 3875820019684213236, 0},
                           {"9P", 9000000000000000000, 9000000000000000, 9000000000000000500, 0},
                           {"10P", 0, 10000000000000000, -8446744073709551116, 0},
                           {"10E", 0, 0, 1864712049423024628, 0},
                           {"1e20", 0, 0, 200376420520690164, 0},
                           {"9300000000000000", -9146744073709551616LL, 9300000000000000, -9146744073709551116LL, 153255926290448384},
                           {"9223372036854775807", -1000, INT64_MAX, -500, -2000},
                           {"4Ei", 0, 4611686018427387904, 500, 0},
                           {"8Pi", 9007199254740992000, 9007199254740992, 9007199254740992500, -432345564227567616}};
    const auto half = *Quantity::parse("500m");
    for (const auto& [text, milli, value, milliWithHalf, milliTwice] : cases) {
        const auto quantity = *Quantity::parse(text);
        EXPECT_EQ(quantity.wrappedMilliValue(), milli) << text;
        EXPECT_EQ(quantity.wrappedValue(), value) << text;
        EXPECT_EQ((Quantity() + quantity).wrappedMilliValue(), milli) << text;
        EXPECT_EQ((quantity + half).wrappedMilliValue(), milliWithHalf) << text;
        EXPECT_EQ((quantity + quantity).wrappedMilliValue(), milliTwice) << text;
    }
    EXPECT_EQ(Quantity::parse("10E")->toString(), "10E");
}

TEST(Quantity, refusesWhatIsNone) {
    for (const auto* text : {"", "m", "1.2.3", "1KB", "1 Gi", "--1", "0x10", "1e", "1e+", "Gi", "1mm"}) EXPECT_FALSE(Quantity::parse(text)) << text;
}

TEST(Selector, parsesTheQueryStringOfALabelSelector) {
    const auto selector = Selector::parse("app=web, tier in (a,b),!old,zone!=x,new");
    ASSERT_TRUE(selector);
    EXPECT_TRUE(selector->matches(Labels{{"app", "web"}, {"tier", "b"}, {"new", ""}}));
    EXPECT_FALSE(selector->matches(Labels{{"app", "web"}, {"tier", "c"}, {"new", ""}}));
    EXPECT_FALSE(selector->matches(Labels{{"app", "web"}, {"tier", "b"}, {"new", ""}, {"old", "1"}}));
    EXPECT_FALSE(selector->matches(Labels{{"app", "web"}, {"tier", "b"}, {"new", ""}, {"zone", "x"}}));
    EXPECT_EQ(selector->toString(), "app=web,new,!old,tier in (a,b),zone!=x");
}

TEST(Selector, refusesBadSyntax) {
    for (const auto* text : {"a b", "=x", "a in b", "a in (b", "a=b,,c=d", "a=b,", "!a=b", "a=!b", "-a=b", "a=b c"}) EXPECT_FALSE(Selector::parse(text)) << text;
}

TEST(Selector, anEmptyOneMatchesEverythingAndNothingMatchesNothing) {
    EXPECT_TRUE(Selector::parse("")->matches(Labels{}));
    EXPECT_TRUE(Selector::parse("")->matchesEverything());
    EXPECT_FALSE(Selector::nothing().matches(Labels{}));
}

TEST(Selector, comparesNumbers) {
    const auto greater = makeRequirement("cpu", SelectorOperator::GreaterThan, {"4"});
    ASSERT_TRUE(greater);
    const std::string five = "5", four = "4", word = "many";
    EXPECT_TRUE(greater->matches(&five));
    EXPECT_FALSE(greater->matches(&four));
    EXPECT_FALSE(greater->matches(&word));
    EXPECT_FALSE(greater->matches(nullptr));
    EXPECT_FALSE(makeRequirement("cpu", SelectorOperator::GreaterThan, {"-4"}));
}

TEST(Selector, whatCannotBeParsedIsNamedInTheWordsOfTheApiServer) {
    const auto complaint = [](std::string_view text) {
        const auto parsed = Selector::parse(text);
        return parsed ? std::string() : parsed.error().message;
    };
    EXPECT_EQ(complaint("app in (web"), "unable to parse requirement: found '', expected: ',' or ')'");
    EXPECT_EQ(complaint("app="), "");
    EXPECT_EQ(complaint("app=web,"), "found '', expected: identifier after ','");
    EXPECT_EQ(complaint("=x"), "found '=', expected: !, identifier, or 'end of string'");
    EXPECT_EQ(complaint("app=bad value"), "found 'value', expected: ',' or 'end of string'");
    EXPECT_EQ(complaint("app in web"), "unable to parse requirement: found 'web' expected: '('");
    EXPECT_EQ(complaint("app in (=)"), "unable to parse requirement: found '=', expected: ',', ')' or identifier");
    EXPECT_EQ(complaint("app web"), "unable to parse requirement: found 'web', expected: in, notin, =, ==, !=, gt, lt");
    EXPECT_EQ(complaint("app in ()"), "");
    EXPECT_EQ(complaint("app in (,a)"), "");
    EXPECT_TRUE(complaint("-bad=x").starts_with("unable to parse requirement: <nil>: Invalid value: \"-bad\": name part must consist of"));
}

}  // namespace
}  // namespace kubarium::api
