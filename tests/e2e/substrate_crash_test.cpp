#include "tests/e2e/substrate_engine.h"
#include "tests/e2e/substrate_fixture.h"

#include "core/base/random.h"

#include <csignal>
#include <cstdlib>
#include <thread>

#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <spawn.h>
#include <sys/stat.h>
#include <sys/wait.h>

extern char** environ;

namespace kubarium::kubelet {

int runEngineForEver(const char* directory, const char* images) {
    EngineLoop loop;
    auto store = ImageStore::open(images);
    auto substrate = Substrate::start(loop, loop, {"/proc/self/exe", std::filesystem::path(directory) / "run", probeSubstrate(), {}});
    if (!store || !substrate) return 1;
    std::vector<std::unique_ptr<OciRuntime>> nodes;
    for (int i = 1; i <= 2; ++i)
        nodes.push_back(std::make_unique<OciRuntime>(**substrate, **store,
                                                     OciNodeOptions{fmt::format("worker-{}", i), fmt::format("172.30.0.{}", 10 + i),
                                                                    fmt::format("10.244.{}.0/24", i), "10.96.0.10", {}, std::filesystem::path(directory) / "pods"}));
    int count = 0;
    std::function<void()> next = [&] {
        auto& node = *nodes[static_cast<std::size_t>(++count) % 2];
        SandboxSpec sandbox;
        sandbox.podUid = sandbox.hostname = fmt::format("pod{}", count);
        node.createSandbox(sandbox, [&, count](Result<SandboxInfo> made) {
            if (!made) return next();
            ContainerSpec spec;
            spec.id = fmt::format("{:064x}", count);
            spec.sandboxId = made->id;
            spec.podUid = fmt::format("pod{}", count);
            spec.image = "busybox";
            spec.command = {"sh", "-c", "sleep 1000 & sleep 1000"};
            node.startContainer(spec, [&, count](Result<WallTime> started) {
                if (started && count == 1) (void)!::write(1, "x", 1);
                next();
            });
        });
    };
    loop.post([&] { next(); });
    loop.post([&] { next(); });
    loop.run();
    return 0;
}

namespace {

class SubstrateCrashTest : public SubstrateTest {
protected:
    // The engine in a process of its own; its standard output is `output`.
    pid_t startEngine(Descriptor& output) {
        int ends[2];
        EXPECT_EQ(::pipe2(ends, O_CLOEXEC), 0);
        output = Descriptor(ends[0]);
        const Descriptor writing(ends[1]);
        posix_spawn_file_actions_t actions;
        posix_spawn_file_actions_init(&actions);
        posix_spawn_file_actions_adddup2(&actions, writing.get(), 1);
        auto place = directory.path().string(), images_ = imageDirectory().string();
        std::string program = "/proc/self/exe", mode = "engine";
        char* arguments[] = {program.data(), mode.data(), place.data(), images_.data(), nullptr};
        pid_t pid = 0;
        EXPECT_EQ(::posix_spawn(&pid, program.c_str(), &actions, nullptr, arguments, environ), 0);
        posix_spawn_file_actions_destroy(&actions);
        return pid;
    }
};

TEST_F(SubstrateCrashTest, NothingIsLeftWhenTheEngineIsKilledAtAnyMoment) {
    substrate.reset();
    const char* asked = std::getenv("KUBARIUM_KILLS");
    const int kills = asked != nullptr ? std::atoi(asked) : 10;
    SeededRandom random(static_cast<std::uint64_t>(::getpid()));
    RecordProperty("seed", ::getpid());
    Duration worst{};
    for (int i = 0; i < kills; ++i) {
        Descriptor output;
        const auto pid = startEngine(output);
        // Half of them during the start, half with containers running.
        if (i % 2 == 0) {
            pollfd running{output.get(), POLLIN, 0};
            ::poll(&running, 1, 5000);
        }
        std::this_thread::sleep_for(std::chrono::microseconds(random.below(150'000)));
        ::kill(pid, SIGKILL);
        const auto begin = loop.monotonic();
        ::waitpid(pid, nullptr, 0);
        ASSERT_EQ(leakCheck->leaks(), std::vector<std::string>()) << "after kill " << i << ", seed " << ::getpid();
        worst = std::max(worst, loop.monotonic() - begin);
    }
    fmt::print("{} kills, nothing left; slowest clean-up {} ms\n", kills, worst / std::chrono::milliseconds(1));
}

TEST_F(SubstrateCrashTest, ACrashedSupervisorTakesItsContainersAndTheNextOneStartsClean) {
    auto& node = addNode("worker-a");
    const auto sandbox = makeSandbox(node, 1);
    ASSERT_TRUE(sandbox);
    ASSERT_TRUE(start(node, makeSpec(sandbox->id, 1, {"sleep", "1000"})));
    std::string lost;
    substrate->setLostHandler([&](const std::string& why) { lost = why; });
    ::kill(substrate->supervisorProcess(), SIGKILL);
    ASSERT_TRUE(waitFor([&] { return !lost.empty(); }));
    EXPECT_FALSE(makeSandbox(node, 2));
    nodes.clear();
    substrate.reset();
    startSubstrate();
    auto& again = addNode("worker-a");
    const auto fresh = makeSandbox(again, 1);
    ASSERT_TRUE(fresh);
    EXPECT_TRUE(start(again, makeSpec(fresh->id, 1, {"true"})));
    EXPECT_TRUE(waitFor([&] { return exits.contains(containerId(1)); }));
}

// What a test run as root can say about other people's computers: the same program as a user without any rights.
TEST_F(SubstrateCrashTest, AnOrdinaryUserRunsContainersToo) {
    if (::geteuid() != 0) GTEST_SKIP() << "already an ordinary user";
    if (!capabilities.userNamespaces) GTEST_SKIP() << "this computer does not allow user namespaces to ordinary users";
    constexpr uid_t somebody = 51234;
    const auto home = directory.path() / "home";
    std::filesystem::create_directory(home);
    ASSERT_EQ(::chown(home.c_str(), somebody, somebody), 0);
    ASSERT_EQ(::chmod(directory.path().c_str(), 0755), 0);
    const auto pid = ::fork();
    if (pid == 0) {
        if (::setgroups(0, nullptr) != 0 || ::setgid(somebody) != 0 || ::setuid(somebody) != 0) ::_exit(90);
        ::setenv("TMPDIR", home.c_str(), 1);
        ::unsetenv("XDG_RUNTIME_DIR");
        if (::access(KUBARIUM_IMAGES, R_OK | X_OK) != 0) ::_exit(91);
        const auto filter = "--gtest_filter=SubstrateTest.ContainerStarts*:SubstrateTest.Exec*:SubstrateTest.NodeWithout*:SubstrateTest.AVolumeInMemory*:SubstrateTest.TheFirstProcess*:SubstrateNetworkTest.Service*";
        ::execl("/proc/self/exe", "substrate_test", filter, nullptr);
        ::_exit(91);
    }
    int status = 0;
    ASSERT_EQ(::waitpid(pid, &status, 0), pid);
    if (WIFEXITED(status) && WEXITSTATUS(status) == 91) GTEST_SKIP() << "other users may not read this program's directory";
    EXPECT_TRUE(WIFEXITED(status));
    EXPECT_EQ(WEXITSTATUS(status), 0);
}

TEST_F(SubstrateCrashTest, HundredPodsStartAtOnceAndEndQuickly) {
    constexpr int pods = 100;
    auto& a = addNode("worker-a");
    auto& b = addNode("worker-b");
    for (int i = 1000; i < 1005; ++i) {  // warm
        const auto sandbox = makeSandbox(a, i);
        ASSERT_TRUE(sandbox);
        const auto begin = loop.monotonic();
        ASSERT_TRUE(start(a, makeSpec(sandbox->id, i, {"sleep", "1000"})));
        const auto took = loop.monotonic() - begin;
        const auto killed = loop.monotonic();
        ASSERT_TRUE(wait<void>([&](auto reply) { a.signalContainer(containerId(i), SIGKILL, std::move(reply)); }));
        ASSERT_TRUE(waitFor([&] { return exits.contains(containerId(i)); }));
        if (i == 1004) fmt::print("one start {:.1f} ms, kill to exit {:.1f} ms\n", static_cast<double>(took.count()) / 1e6, static_cast<double>((loop.monotonic() - killed).count()) / 1e6);
    }
    exits.clear();
    int started = 0, failed = 0;
    const auto begin = loop.monotonic();
    for (int i = 1; i <= pods; ++i) {
        auto& node = i % 2 == 0 ? a : b;
        SandboxSpec sandbox;
        sandbox.podUid = podUid(i);
        sandbox.hostname = fmt::format("pod{}", i);
        node.createSandbox(std::move(sandbox), [&, i](Result<SandboxInfo> made) {
            if (!made) {
                ++failed;
                return;
            }
            node.startContainer(makeSpec(made->id, i, {"sleep", "1000"}), [&](const Result<WallTime>& result) { ++(result ? started : failed); });
        });
    }
    ASSERT_TRUE(waitFor([&] { return started + failed == pods; }, std::chrono::seconds(60)));
    EXPECT_EQ(failed, 0);
    const auto running = loop.monotonic();
    a.setPower(false);
    b.setPower(false);
    ASSERT_TRUE(waitFor([&] { return exits.size() == pods; }, std::chrono::seconds(30)));
    const auto dead = loop.monotonic();
    nodes.clear();
    substrate.reset();
    const auto gone = loop.monotonic();
    const auto milliseconds = [](Duration duration) { return static_cast<double>(duration.count()) / 1e6; };
    fmt::print("{} Pods: started {:.0f} ms, killed {:.0f} ms, everything gone {:.0f} ms\n", pods, milliseconds(running - begin), milliseconds(dead - running),
               milliseconds(gone - dead));
}

}  // namespace
}  // namespace kubarium::kubelet
