#include "core/lab/brief.h"

#include <gtest/gtest.h>

namespace kubarium::lab {
namespace {

TEST(Brief, CodeIsKeptAsItStandsAndProseAroundIt) {
    EXPECT_EQ(briefParts("Save it:\n\n    a: 1\n\n      b: 2\n\nThen go on,\nand on.\n"), (std::vector<BriefPart>{{false, "Save it:"}, {true, "a: 1\n\n  b: 2"}, {false, "Then go on,\nand on."}}));
    EXPECT_EQ(briefParts("```yaml\na: 1\n\n    b\n```\nText"), (std::vector<BriefPart>{{true, "a: 1\n\n    b"}, {false, "Text"}}));
    EXPECT_EQ(briefParts("- one\n    more of it\n"), (std::vector<BriefPart>{{false, "- one\n    more of it"}})) << "an indented line in a paragraph is none";
    EXPECT_TRUE(briefParts("\n\n").empty());
    EXPECT_EQ(briefParts("``` \nnever closed"), (std::vector<BriefPart>{{true, "never closed"}}));
}

TEST(Brief, AFoldedChineseLineGoesOnWithoutASpace) {
    EXPECT_EQ(unfolded("请看三个\n节点"), "请看三个节点");
    EXPECT_EQ(unfolded("它们的大小，\n`kubectl` 也是"), "它们的大小，`kubectl` 也是");
    EXPECT_EQ(unfolded("打开“为什么”\n页面"), "打开“为什么”页面");
    EXPECT_EQ(unfolded("每个 Pod\n都是"), "每个 Pod\n都是") << "beside a Latin word Chinese has a space";
    EXPECT_EQ(unfolded("一段。\n\n又一段"), "一段。\n\n又一段");
    EXPECT_EQ(unfolded("the first\nthe second"), "the first\nthe second");
    EXPECT_EQ(unfolded("\xE4\n\x80\xFF\n"), "\xE4\n\x80\xFF\n") << "broken UTF-8 is let through";
}

}  // namespace
}  // namespace kubarium::lab
