// The tests' program and the supervisor in one, as `kubarium` is.
#include "core/kubelet/runtime/supervisor.h"

#include <gtest/gtest.h>

#include <string_view>

int main(int argc, char** argv) {
    if (argc > 1 && std::string_view(argv[1]) == "supervisor") return kubarium::kubelet::supervisorMain(argc, argv);
    ::testing::InitGoogleTest(&argc, argv);
    return RUN_ALL_TESTS();
}
