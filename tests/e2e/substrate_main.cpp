// The tests' program and the supervisor in one, as `kubarium` is; and an engine that can be killed.
#include "core/kubelet/runtime/supervisor.h"
#include "tests/e2e/substrate_engine.h"

#include <gtest/gtest.h>

#include <string_view>

int main(int argc, char** argv) {
    if (argc > 1 && std::string_view(argv[1]) == "supervisor") return kubarium::kubelet::supervisorMain(argc, argv);
    if (argc > 3 && std::string_view(argv[1]) == "engine") return kubarium::kubelet::runEngineForEver(argv[2], argv[3]);
    ::testing::InitGoogleTest(&argc, argv);
    return RUN_ALL_TESTS();
}
