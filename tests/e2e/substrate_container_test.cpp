#include "core/kubelet/runtime/cgroups.h"
#include "tests/e2e/substrate_fixture.h"

#include <boost/json.hpp>

#include <csignal>
#include <fstream>
#include <iterator>

namespace kubarium::kubelet {
namespace {

std::string readFile(const std::filesystem::path& path) {
    std::ifstream file(path);
    return std::string(std::istreambuf_iterator<char>(file), {});
}

TEST_F(SubstrateTest, ContainerStartsAndReportsItsExitCodeAndItsOutput) {
    auto& node = addNode("worker-a");
    const auto sandbox = makeSandbox(node, 1);
    ASSERT_TRUE(sandbox) << sandbox.error().message;
    EXPECT_EQ(sandbox->ip, "10.244.1.2");
    const auto started = start(node, makeSpec(sandbox->id, 1, {"sh", "-c", "echo to output; echo to error >&2; hostname; exit 7"}));
    ASSERT_TRUE(started) << started.error().message;
    ASSERT_TRUE(waitFor([&] { return exits.contains(containerId(1)); }));
    EXPECT_EQ(exits[containerId(1)].exitCode, 7);
    EXPECT_FALSE(exits[containerId(1)].oomKilled);
    EXPECT_GE(exits[containerId(1)].finishedAt, exits[containerId(1)].startedAt);
    const auto log = readFile(logPath(1));
    EXPECT_NE(log.find(" stdout F to output\n"), std::string::npos) << log;
    EXPECT_NE(log.find(" stderr F to error\n"), std::string::npos) << log;
    EXPECT_NE(log.find(" stdout F pod1\n"), std::string::npos) << log;
    EXPECT_TRUE(wait<void>([&](auto reply) { node.removeContainer(containerId(1), std::move(reply)); }));
    EXPECT_TRUE(wait<void>([&](auto reply) { node.removeSandbox(sandbox->id, std::move(reply)); }));
}

TEST_F(SubstrateTest, PodsReachEachOtherAcrossNodes) {
    auto& a = addNode("worker-a");
    auto& b = addNode("worker-b");
    const auto first = makeSandbox(a, 1), second = makeSandbox(b, 2);
    ASSERT_TRUE(first && second);
    EXPECT_EQ(second->ip, "10.244.2.2");
    ASSERT_TRUE(start(a, makeSpec(first->id, 1, {"sleep", "1000"})));
    ASSERT_TRUE(start(b, makeSpec(second->id, 2, {"/bin/web"}, "kubarium/web:1.0")));
    ASSERT_TRUE(waitFor([&] { return readFile(logPath(2)).find("listening") != std::string::npos; }));
    const auto ran = sh(a, containerId(1), "wget -q -O - http://" + second->ip + ":8080/");
    EXPECT_EQ(ran.out, "web 1.0 on pod2\n") << ran.err;
    EXPECT_EQ(ran.code, 0);
}

TEST_F(SubstrateTest, ExecHasStreamsAnExitCodeAndATerminal) {
    auto& node = addNode("worker-a");
    const auto sandbox = makeSandbox(node, 1);
    ASSERT_TRUE(sandbox);
    ASSERT_TRUE(start(node, makeSpec(sandbox->id, 1, {"sleep", "1000"})));
    auto ran = sh(node, containerId(1), "echo out; echo err >&2; exit 3");
    EXPECT_EQ(ran.out, "out\n");
    EXPECT_EQ(ran.err, "err\n");
    EXPECT_EQ(ran.code, 3);

    ExecOptions cat;
    cat.command = {"cat"};
    cat.standardInput = true;
    const std::string much(300'000, 'x');
    ran = run(node, containerId(1), cat, much);
    EXPECT_EQ(ran.out.size(), much.size());
    EXPECT_EQ(ran.code, 0);

    ExecOptions missing;
    missing.command = {"nosuch"};
    ran = run(node, containerId(1), missing);
    ASSERT_FALSE(ran.code);
    EXPECT_EQ(ran.code.error().message, "exec: \"nosuch\": executable file not found in $PATH");

    ExecOptions slow;
    slow.command = {"sleep", "100"};
    slow.timeout = std::chrono::milliseconds(200);
    ran = run(node, containerId(1), slow);
    ASSERT_FALSE(ran.code);
    EXPECT_EQ(ran.code.error().reason, Reason::Timeout);
    EXPECT_TRUE(waitFor([&] { return sh(node, containerId(1), "pidof sleep").out == "1\n"; }));

    std::string shown;
    std::optional<int> code;
    ExecOptions shell;
    shell.command = {"sh"};
    shell.terminal = shell.standardInput = true;
    ExecHandlers handlers;
    handlers.onStandardOutput = [&](std::string data) { shown += data; };
    handlers.onExit = [&](Result<int> result) { code = result ? *result : -1; };
    const auto session = node.exec(containerId(1), shell, std::move(handlers));
    session->resize(123, 45);
    session->writeStandardInput("stty size; tty; exit 5\n");
    ASSERT_TRUE(waitFor([&] { return code.has_value(); }));
    EXPECT_EQ(*code, 5);
    EXPECT_NE(shown.find("45 123"), std::string::npos) << shown;
    EXPECT_NE(shown.find("/dev/pts/"), std::string::npos) << shown;
}

TEST_F(SubstrateTest, ExecRunsAsTheUserOfTheContainerWithItsEnvironment) {
    auto& node = addNode("worker-a");
    const auto sandbox = makeSandbox(node, 1);
    ASSERT_TRUE(sandbox);
    auto spec = makeSpec(sandbox->id, 1, {"sleep", "1000"});
    // An ordinary user's containers have no other users.
    if (::geteuid() == 0) spec.user = "1000:2000";
    const auto expected = spec.user.empty() ? "0:0 here\n" : "1000:2000 here\n";
    spec.environment.emplace_back("WHERE", "here");
    ASSERT_TRUE(start(node, std::move(spec)));
    EXPECT_EQ(sh(node, containerId(1), "echo $(id -u):$(id -g) $WHERE").out, expected);
}

// What crun itself says of it must not look like output.
TEST_F(SubstrateTest, ExecThatCannotStartHasNoOutput) {
    auto& node = addNode("worker-a");
    const auto sandbox = makeSandbox(node, 1);
    ASSERT_TRUE(sandbox);
    ASSERT_TRUE(start(node, makeSpec(sandbox->id, 1, {"sleep", "1000"})));
    std::string output;
    std::optional<Result<int>> result;
    ExecOptions options;
    options.command = {"/no/bin"};
    ExecHandlers handlers;
    handlers.onStandardOutput = handlers.onStandardError = [&](std::string data) { output += data; };
    handlers.onExit = [&](Result<int> code) { result.emplace(std::move(code)); };
    const auto session = node.exec(containerId(1), std::move(options), std::move(handlers));
    ASSERT_TRUE(waitFor([&] { return result.has_value(); }));
    ASSERT_FALSE(*result);
    EXPECT_EQ(result->error().message, "exec: \"/no/bin\": stat /no/bin: no such file or directory");
    EXPECT_EQ(output, "");
}

// The plan of a volume that holds one file, in memory.
VolumePlan memoryVolume(const std::string& path, const std::string& content) {
    VolumePlan plan;
    plan.volume = "s";
    plan.kind = VolumePlan::Kind::Files;
    plan.path = path;
    plan.memory = true;
    plan.memoryBytes = 1 << 20;
    plan.files["f"] = {content, 0600, {}};
    return plan;
}

TEST_F(SubstrateTest, AVolumeInMemoryIsSeenByContainersOnlyAndGoesWithItsPod) {
    auto& node = addNode("worker-a");
    const auto folder = node.podDirectory(podUid(1));
    const auto path = folder + "/volumes/s";
    const auto setUp = [&](const std::string& content) {
        return wait<std::vector<VolumeError>>([&](auto reply) { node.setUpVolumes(podUid(1), {memoryVolume(path, content)}, std::move(reply)); });
    };
    ASSERT_TRUE(setUp("one"));
    EXPECT_TRUE(std::filesystem::is_empty(path)) << "nobody else sees the mount";
    const auto part = wait<std::vector<std::string>>([&](auto reply) { node.prepareSubPaths(podUid(1), {{path, "part", "s", "main"}}, std::move(reply)); });
    ASSERT_TRUE(part) << part.error().message;
    const auto sandbox = makeSandbox(node, 1);
    ASSERT_TRUE(sandbox) << sandbox.error().message;
    auto spec = makeSpec(sandbox->id, 1, {"sleep", "1000"});
    spec.mounts = {{path, "/s", true, false, ""}, {part->front(), "/part", false, false, ""}};
    ASSERT_TRUE(start(node, std::move(spec)));
    EXPECT_EQ(sh(node, containerId(1), "grep ' /s ' /proc/mounts | cut -d' ' -f1,3; grep ' /s ' /proc/mounts | grep -o size=1024k; cat /s/f").out, "tmpfs tmpfs\nsize=1024k\none");
    EXPECT_EQ(sh(node, containerId(1), "echo there > /part/x && cat /s/part/x").out, "there\n");
    ASSERT_TRUE(setUp("two"));
    EXPECT_EQ(sh(node, containerId(1), "cat /s/f").out, "two");
    ASSERT_TRUE(wait<void>([&](auto reply) { node.removeSandbox(sandbox->id, std::move(reply)); }));
    ASSERT_TRUE(wait<void>([&](auto reply) { node.removeFiles(podUid(1), folder, std::move(reply)); }));
    EXPECT_FALSE(std::filesystem::exists(folder));
    // What is set up again begins empty.
    ASSERT_TRUE(setUp("three"));
    const auto again = wait<std::vector<std::string>>([&](auto reply) { node.prepareSubPaths(podUid(1), {{path, "part", "s", "main"}}, std::move(reply)); });
    EXPECT_TRUE(again);
}

TEST_F(SubstrateTest, ContainersOfAPodShareMemoryAndSeeTheirPlaceAmongThePodsOfTheNode) {
    auto& node = addNode("worker-a");
    const auto sandbox = makeSandbox(node, 1, [](SandboxSpec& spec) { spec.qosClass = "burstable"; });
    const auto other = makeSandbox(node, 2), host = makeSandbox(node, 3, [](SandboxSpec& spec) { spec.hostIpc = spec.hostProcesses = true; });
    ASSERT_TRUE(sandbox && other && host);
    auto confined = makeSpec(sandbox->id, 2, {"sleep", "1000"});
    confined.podUid = podUid(1);
    confined.addCapabilities = {"SYS_TIME"};
    confined.seccomp = ContainerSpec::Seccomp::RuntimeDefault;
    ASSERT_TRUE(start(node, makeSpec(sandbox->id, 1, {"sleep", "1000"})));
    ASSERT_TRUE(start(node, confined));
    ASSERT_TRUE(start(node, makeSpec(other->id, 3, {"sleep", "1000"})));
    ASSERT_TRUE(start(node, makeSpec(host->id, 4, {"sleep", "2000"})));
    EXPECT_EQ(sh(node, containerId(1), "echo shared > /dev/shm/x").err, "");
    EXPECT_EQ(sh(node, containerId(2), "cat /dev/shm/x; grep Seccomp: /proc/self/status").out, "shared\nSeccomp:\t2\n");
    EXPECT_EQ(sh(node, containerId(3), "ls /dev/shm; grep Seccomp: /proc/self/status").out, "Seccomp:\t0\n");
    EXPECT_EQ(sh(node, containerId(4), "ls /dev/shm").out, "");
    EXPECT_NE(sh(node, containerId(4), "ps").out.find("sleep 1000"), std::string::npos);
    if (substrate->limitsEnforced() && !substrate->cgroupsV2()) {
        const auto group = sh(node, containerId(1), "grep :memory: /proc/self/cgroup").out;
        EXPECT_NE(group.find("worker-a/kubepods/burstable/pod" + podUid(1) + "/" + containerId(1)), std::string::npos) << group;
        EXPECT_NE(sh(node, containerId(3), "grep :memory: /proc/self/cgroup").out.find("worker-a/kubepods/pod" + podUid(2)), std::string::npos);
    }
}

TEST_F(SubstrateTest, TheFirstProcessOfContainersThatShareTheirsHasNothingOfTheMachine) {
    auto& node = addNode("worker-a");
    const auto sandbox = makeSandbox(node, 1, [](SandboxSpec& spec) { spec.shareProcessNamespace = true; });
    ASSERT_TRUE(sandbox) << sandbox.error().message;
    auto spec = makeSpec(sandbox->id, 1, {"sh", "-c", "(sleep 0.1 &); exec sleep 1000"});
    spec.addCapabilities = {"SYS_PTRACE"};
    ASSERT_TRUE(start(node, std::move(spec)));
    ASSERT_TRUE(waitFor([&] { return sh(node, containerId(1), "ls /proc | grep -c '^[0-9]'").out == "5\n"; })) << "the orphan is taken: the first, sleep, and of this sh, ls and grep";
    EXPECT_EQ(sh(node, containerId(1), "tr '\\0' ' ' < /proc/1/cmdline; cat /proc/1/comm; wc -c < /proc/1/environ; grep CapEff /proc/1/status").out,
              "/pause pause\n0\nCapEff:\t0000000000000000\n");
    const auto seen = sh(node, containerId(1), "ls /proc/1/root/ /proc/1/root/../../ /proc/1/cwd/..");
    EXPECT_EQ(seen.out, "/proc/1/cwd/..:\npause\n\n/proc/1/root/:\npause\n\n/proc/1/root/../../:\npause\n") << seen.err;
}

TEST_F(SubstrateTest, ASandboxThatFailedHalfwayWeighsNothingAmongBurstablePods) {
    if (!substrate->limitsEnforced()) GTEST_SKIP() << "control groups are not to be had here";
    auto& node = addNode("worker-a");
    const Cgroups groups(findCgroupMounts(), substrate->cgroupBase());
    const auto weight = [&] { return groups.readNumber("worker-a/kubepods/burstable", "cpu", substrate->cgroupsV2() ? "cpu.weight" : "cpu.shares"); };
    const auto burstable = [](SandboxSpec& spec) {
        spec.qosClass = "burstable";
        spec.limits.cpuShares = 1000;
    };
    ASSERT_TRUE(makeSandbox(node, 1, burstable));
    const auto alone = weight();
    EXPECT_GT(alone, 0);
    // No directory can have this name: its place for shared memory cannot be made, after its control group was.
    const boost::json::object hopeless{{"op", "createSandbox"}, {"node", "worker-a"}, {"id", std::string(300, 'x')}, {"podUid", podUid(2)}, {"hostname", "pod2"},
                                       {"qosClass", "burstable"}, {"limits", {{"cpuShares", 5000}}}};
    std::optional<bool> made;
    substrate->request(hopeless, [&](const Result<SupervisorReply>& reply) { made = reply.has_value(); });
    ASSERT_TRUE(waitFor([&] { return made.has_value(); }));
    EXPECT_FALSE(*made);
    EXPECT_EQ(weight(), alone);
    ASSERT_TRUE(makeSandbox(node, 3, burstable));
    EXPECT_GT(weight(), alone);
}

TEST_F(SubstrateTest, ContainerThatCannotBeDescribedIsNotOneThatFailedToStart) {
    auto& node = addNode("worker-a");
    const auto sandbox = makeSandbox(node, 1);
    ASSERT_TRUE(sandbox);
    auto spec = makeSpec(sandbox->id, 1, {"sleep", "1000"});
    spec.user = "nosuch";
    auto refused = start(node, spec);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().kind, notCreatedKind);
    EXPECT_EQ(refused.error().message, "failed to create containerd container: unable to find user nosuch: no matching entries in passwd file");
    spec.user = "";
    spec.seccomp = ContainerSpec::Seccomp::Localhost;
    spec.seccompProfile = "absent.json";
    refused = start(node, spec);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().kind, notCreatedKind);
    EXPECT_NE(refused.error().message.find("cannot load seccomp profile"), std::string::npos) << refused.error().message;
}

TEST_F(SubstrateTest, KilledContainerIsReportedWithItsSignal) {
    auto& node = addNode("worker-a");
    const auto sandbox = makeSandbox(node, 1);
    ASSERT_TRUE(sandbox);
    ASSERT_TRUE(start(node, makeSpec(sandbox->id, 1, {"/bin/web"}, "kubarium/web:2.0")));
    ASSERT_TRUE(waitFor([&] { return readFile(logPath(1)).find("listening") != std::string::npos; }));
    ASSERT_TRUE(wait<void>([&](auto reply) { node.signalContainer(containerId(1), SIGTERM, std::move(reply)); }));
    ASSERT_TRUE(waitFor([&] { return exits.contains(containerId(1)); }));
    EXPECT_EQ(exits[containerId(1)].exitCode, 0);
    EXPECT_NE(readFile(logPath(1)).find("stopping"), std::string::npos);

    ASSERT_TRUE(start(node, makeSpec(sandbox->id, 2, {"sleep", "1000"})));
    ASSERT_TRUE(wait<void>([&](auto reply) { node.signalContainer(containerId(2), SIGKILL, std::move(reply)); }));
    ASSERT_TRUE(waitFor([&] { return exits.contains(containerId(2)); }));
    EXPECT_EQ(exits[containerId(2)].exitCode, 137);
    EXPECT_EQ(exits[containerId(2)].signal, SIGKILL);
    EXPECT_FALSE(exits[containerId(2)].oomKilled);
}

TEST_F(SubstrateTest, ContainerThatCannotStartSaysWhyAndLeavesNothing) {
    auto& node = addNode("worker-a");
    const auto sandbox = makeSandbox(node, 1);
    ASSERT_TRUE(sandbox);
    const auto started = start(node, makeSpec(sandbox->id, 1, {"nosuch"}));
    ASSERT_FALSE(started);
    EXPECT_EQ(started.error().message, "exec: \"nosuch\": executable file not found in $PATH");
    EXPECT_TRUE(std::filesystem::is_empty(directory.path() / "run/uppers"));
    EXPECT_TRUE(start(node, makeSpec(sandbox->id, 1, {"true"})));
    EXPECT_TRUE(waitFor([&] { return exits.contains(containerId(1)); }));
}

TEST_F(SubstrateTest, MemoryLimitKillsAndIsReportedAsOutOfMemory) {
    if (!substrate->limitsEnforced()) GTEST_SKIP() << capabilities.sentence();
    auto& node = addNode("worker-a");
    const auto sandbox = makeSandbox(node, 1);
    ASSERT_TRUE(sandbox);
    auto spec = makeSpec(sandbox->id, 1, {"sh", "-c", "x=$(head -c 200000000 /dev/zero | tr '\\0' x); echo $x | wc -c"});
    spec.limits.memoryBytes = 32 << 20;
    ASSERT_TRUE(start(node, std::move(spec)));
    ASSERT_TRUE(waitFor([&] { return exits.contains(containerId(1)); }));
    EXPECT_TRUE(exits[containerId(1)].oomKilled);
}

TEST_F(SubstrateTest, UsageIsMeasuredAndLimitsCanChange) {
    if (!substrate->limitsEnforced()) GTEST_SKIP() << capabilities.sentence();
    ResourceLimits capacity;
    capacity.cpuQuotaMicroseconds = 200'000;
    capacity.memoryBytes = 512 << 20;
    auto& node = addNode("worker-a", capacity);
    const auto sandbox = makeSandbox(node, 1);
    ASSERT_TRUE(sandbox);
    auto spec = makeSpec(sandbox->id, 1, {"sh", "-c", "while :; do :; done"});
    spec.limits.cpuQuotaMicroseconds = 400'000;  // more than the Node has
    ASSERT_TRUE(start(node, std::move(spec)));
    ResourceLimits less;
    less.cpuQuotaMicroseconds = 20'000;
    less.memoryBytes = 64 << 20;
    ASSERT_TRUE(wait<void>([&](auto reply) { node.updateContainer(containerId(1), less, std::move(reply)); }));
    const auto usage = [&] { return wait<Usage>([&](auto reply) { node.sample(containerId(1), std::move(reply)); }); };
    const auto before = usage();
    ASSERT_TRUE(before);
    EXPECT_EQ(before->processes, 1);
    EXPECT_GT(before->memoryWorkingSetBytes, 0);
    const auto begin = loop.monotonic();
    waitFor([&] { return loop.monotonic() - begin > std::chrono::seconds(1); });
    const auto after = usage();
    ASSERT_TRUE(after);
    const auto share = static_cast<double>(after->cpuNanoseconds - before->cpuNanoseconds) / static_cast<double>((loop.monotonic() - begin).count());
    EXPECT_LT(share, 0.3);
    const auto whole = wait<Usage>([&](auto reply) { node.sampleNode(std::move(reply)); });
    ASSERT_TRUE(whole);
    EXPECT_GE(whole->cpuNanoseconds, after->cpuNanoseconds);
}

TEST_F(SubstrateTest, NodeWithoutPowerLosesItsContainersAtOnceAndStartsNone) {
    auto& a = addNode("worker-a");
    auto& b = addNode("worker-b");
    const auto onA = makeSandbox(a, 1), onB = makeSandbox(b, 2);
    ASSERT_TRUE(onA && onB);
    ASSERT_TRUE(start(a, makeSpec(onA->id, 1, {"sleep", "1000"})));
    ASSERT_TRUE(start(b, makeSpec(onB->id, 2, {"sleep", "1000"})));
    const auto folder = a.podDirectory(podUid(1));
    const auto setUp = [&] {
        VolumePlan plan;
        plan.volume = "m";
        plan.path = folder + "/m";
        plan.memory = true;
        return wait<std::vector<VolumeError>>([&](auto reply) { a.setUpVolumes(podUid(1), {plan}, std::move(reply)); });
    };
    ASSERT_TRUE(setUp());
    ASSERT_TRUE(wait<std::vector<std::string>>([&](auto reply) { a.prepareSubPaths(podUid(1), {{folder + "/m", "was-here", "m", "main"}}, std::move(reply)); }));
    a.setPower(false);
    ASSERT_TRUE(waitFor([&] { return exits.contains(containerId(1)); }));
    EXPECT_FALSE(start(a, makeSpec(onA->id, 3, {"true"})));
    EXPECT_FALSE(exits.contains(containerId(2)));
    a.setPower(true);
    ASSERT_TRUE(setUp());
    auto spec = makeSpec(onA->id, 3, {"ls", "/m"});
    spec.mounts = {{folder + "/m", "/m", false, false, ""}};
    EXPECT_TRUE(start(a, std::move(spec)));
    EXPECT_TRUE(waitFor([&] { return exits.contains(containerId(3)); }));
    EXPECT_EQ(exits[containerId(3)].exitCode, 0);
    EXPECT_EQ(readFile(logPath(3)), "") << "what was in memory is lost";
}

TEST_F(SubstrateTest, PartitionedNodeIsUnreachableUntilItsLinkIsUpAgain) {
    auto& a = addNode("worker-a");
    auto& b = addNode("worker-b");
    const auto onA = makeSandbox(a, 1), onB = makeSandbox(b, 2);
    ASSERT_TRUE(onA && onB);
    ASSERT_TRUE(start(a, makeSpec(onA->id, 1, {"sleep", "1000"})));
    ASSERT_TRUE(start(b, makeSpec(onB->id, 2, {"/bin/web"}, "kubarium/web:1.0")));
    const auto reach = [&] { return sh(a, containerId(1), "timeout 1 wget -q -O - http://" + onB->ip + ":8080/healthz").out == "ok\n"; };
    EXPECT_TRUE(waitFor(reach));
    b.setLink(false);
    EXPECT_TRUE(waitFor([&] { return !reach(); }));
    b.setLink(true);
    EXPECT_TRUE(waitFor(reach));
}

}  // namespace
}  // namespace kubarium::kubelet
