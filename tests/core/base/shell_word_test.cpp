#include "core/base/shell_word.h"

#include <gtest/gtest.h>

namespace kubarium {
namespace {

TEST(ShellWord, IsOneWordToAShellWhateverIsInIt) {
    EXPECT_EQ(shellWord("/var/lib/it-1_2.db"), "/var/lib/it-1_2.db");
    EXPECT_EQ(shellWord(""), "''");
    EXPECT_EQ(shellWord("a b"), "'a b'");
    EXPECT_EQ(shellWord("$(reboot)"), "'$(reboot)'");
    EXPECT_EQ(shellWord("it's"), R"('it'\''s')");
    EXPECT_EQ(shellWord("gpu=true:NoSchedule"), "'gpu=true:NoSchedule'");
}

}  // namespace
}  // namespace kubarium
