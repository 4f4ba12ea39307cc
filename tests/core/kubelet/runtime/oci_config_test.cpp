#include "core/kubelet/runtime/oci_config.h"

#include "core/kubelet/runtime/container_logs.h"
#include "core/kubelet/runtime/frame_channel.h"

#include <boost/json.hpp>
#include <gtest/gtest.h>

#include <sys/socket.h>
#include <thread>

namespace kubarium::kubelet {
namespace {

namespace json = boost::json;

TEST(OciConfig, LimitsSecurityAndMountsBecomeTheRuntimesWords) {
    ContainerSpec spec;
    spec.command = {"sh", "-c", "true"};
    spec.environment = {{"A", "b"}};
    spec.limits.cpuQuotaMicroseconds = 400'000;
    spec.limits.memoryBytes = 64 << 20;
    spec.dropCapabilities = {"ALL"};
    spec.addCapabilities = {"NET_BIND_SERVICE"};
    spec.mounts = {{"/host/deep", "/data/deep", true, false, ""}, {"/host", "/data", false, false, "HostToContainer"}};
    OciEnvironment environment;
    environment.root = "/root";
    environment.networkNamespace = "/proc/1/fd/9";
    environment.cgroup = "/kubarium/worker-a/pod/c";
    environment.swapLimit = true;
    environment.highestCpuQuota = 200'000;
    const json::value config = ociConfig(spec, environment);
    EXPECT_EQ(config.at_pointer("/linux/resources/cpu/quota").to_number<int>(), 200'000);
    EXPECT_EQ(config.at_pointer("/linux/resources/memory/swap").to_number<int>(), 64 << 20);
    EXPECT_EQ(config.at_pointer("/process/capabilities/bounding"), json::value({"CAP_NET_BIND_SERVICE"}));
    EXPECT_EQ(config.at_pointer("/process/env/0"), "A=b");
    const auto& mounts = config.at("mounts").as_array();
    EXPECT_EQ(mounts[mounts.size() - 2].at("destination"), "/data") << "outer directories come first";
    EXPECT_EQ(mounts[mounts.size() - 1].at("options"), json::value({"rbind", "rprivate", "ro"}));
}

TEST(OciConfig, AllCapabilitiesComeAndGoBeforeThoseThatAreNamed) {
    ContainerSpec spec;
    spec.addCapabilities = {"ALL"};
    const auto granted = [&] { return json::value(ociConfig(spec, {})).at_pointer("/process/capabilities/bounding").as_array(); };
    EXPECT_EQ(granted().size(), 41u);
    spec.dropCapabilities = {"ALL"};
    EXPECT_EQ(granted().size(), 0u);
    spec.addCapabilities = {"ALL", "net_admin", "CAP_SYS_TIME"};
    EXPECT_EQ(granted(), json::value({"CAP_NET_ADMIN", "CAP_SYS_TIME"}));
    spec.dropCapabilities = {"SYS_TIME"};
    EXPECT_EQ(granted().size(), 40u);
}

TEST(OciConfig, ProcIsMaskedUnlessThatIsUnwantedOrTheContainerPrivileged) {
    ContainerSpec spec;
    OciEnvironment environment;
    environment.maskedPaths = {"/sys/x"};
    const auto linux = [&] { return ociConfig(spec, environment).at("linux").as_object(); };
    const auto masked = linux().at("maskedPaths").as_array();
    for (const auto* path : {"/proc/interrupts", "/proc/kcore", "/sys/devices/virtual/powercap", "/sys/x"})
        EXPECT_NE(std::ranges::find(masked, json::value(path)), masked.end()) << path;
    EXPECT_TRUE(linux().contains("readonlyPaths"));
    spec.unmaskedProc = true;
    EXPECT_FALSE(linux().contains("maskedPaths") || linux().contains("readonlyPaths"));
    spec.unmaskedProc = false;
    spec.privileged = true;
    EXPECT_FALSE(linux().contains("maskedPaths") || linux().contains("readonlyPaths"));
}

TEST(OciConfig, NamespacesAreThePodsOrTheNodesAndGroupsAreHiddenOnlyInVersion2) {
    ContainerSpec spec;
    OciEnvironment environment;
    environment.cgroup = "/c";
    const auto has = [&](const char* type) {
        const auto all = json::value(ociConfig(spec, environment)).at_pointer("/linux/namespaces").as_array();
        return std::ranges::any_of(all, [&](const json::value& one) { return one.at("type") == type; });
    };
    EXPECT_TRUE(has("pid"));
    EXPECT_FALSE(has("cgroup"));
    environment.hostProcesses = true;
    environment.cgroupV2 = true;
    EXPECT_FALSE(has("pid"));
    EXPECT_TRUE(has("cgroup"));
}

TEST(OciConfig, GroupsAreThePrimaryOneThoseOfTheImageAndThoseOfThePod) {
    ContainerSpec spec;
    spec.supplementalGroups = {4000, 50000};
    OciEnvironment environment;
    environment.as = *resolveUser("alice:1001", "alice:x:1001:100::/:/bin/sh\n", "extra:x:50000:bob,alice\nother:x:7:bob\n");
    const auto groups = [&] { return json::value(ociConfig(spec, environment)).at_pointer("/process/user/additionalGids"); };
    EXPECT_EQ(groups(), json::value({1001, 50000, 4000}));
    spec.strictGroups = true;
    EXPECT_EQ(groups(), json::value({1001, 4000, 50000}));
    EXPECT_EQ(resolveUser("1001", "alice:x:1001:100::/:/bin/sh\n", "extra:x:50000:alice\n")->groups, std::vector<std::int64_t>{50000});
}

TEST(OciConfig, ASeccompProfileIsTheRuntimesTheNodesOrNone) {
    ContainerSpec spec;
    OciEnvironment environment;
    environment.seccomp = {{"defaultAction", "SCMP_ACT_LOG"}};
    const auto profile = [&] {
        const auto linux = ociConfig(spec, environment).at("linux").as_object();
        return linux.contains("seccomp") ? linux.at("seccomp").as_object() : json::object();
    };
    const auto refuses = [&](const char* call) {
        const auto rules = profile().at("syscalls").as_array();
        return std::ranges::any_of(rules, [&](const json::value& rule) {
            const auto& names = rule.at("names").as_array();
            return std::ranges::find(names, json::value(call)) != names.end();
        });
    };
    EXPECT_TRUE(profile().empty());
    spec.seccomp = ContainerSpec::Seccomp::Localhost;
    EXPECT_EQ(profile(), environment.seccomp);
    spec.seccomp = ContainerSpec::Seccomp::RuntimeDefault;
    EXPECT_TRUE(refuses("mount") && refuses("keyctl") && refuses("clone3") && refuses("settimeofday"));
    EXPECT_FALSE(refuses("openat"));
    spec.addCapabilities = {"SYS_ADMIN"};
    EXPECT_FALSE(refuses("mount") || refuses("clone3") || refuses("clone"));
    EXPECT_TRUE(refuses("keyctl") && refuses("settimeofday"));
    spec.privileged = true;
    EXPECT_TRUE(profile().empty());
}

TEST(OciConfig, APrivilegedContainerGetsWhatTheMachineHas) {
    ContainerSpec spec;
    spec.command = {"true"};
    spec.privileged = true;
    OciEnvironment environment;
    environment.root = "/root";
    const auto granted = [&] { return json::value(ociConfig(spec, environment)).at_pointer("/process/capabilities/bounding").as_array(); };
    EXPECT_EQ(granted().size(), 41u);
    environment.heldCapabilities = ~(std::uint64_t{1} << 24);  // CAP_SYS_RESOURCE
    const auto most = granted();
    EXPECT_EQ(most.size(), 40u);
    EXPECT_EQ(std::ranges::find(most, json::value("CAP_SYS_RESOURCE")), most.end());
}

TEST(OciConfig, UsersAreNumbersOrNamesOfTheImage) {
    const std::string passwd = "root:x:0:0::/root:/bin/sh\nweb:x:101:102::/:/bin/false\n", group = "root:x:0:\nstaff:x:50:\n";
    const auto check = [&](const char* user, std::int64_t uid, std::int64_t gid) {
        const auto resolved = resolveUser(user, passwd, group);
        ASSERT_TRUE(resolved) << user;
        EXPECT_EQ(resolved->uid, uid) << user;
        EXPECT_EQ(resolved->gid, gid) << user;
    };
    check("", 0, 0);
    check("1000", 1000, 0);
    check("101", 101, 102);
    check("web", 101, 102);
    check("web:staff", 101, 50);
    check("1000:2000", 1000, 2000);
    EXPECT_FALSE(resolveUser("nosuch", passwd, group));
    EXPECT_EQ(resolveUser("", passwd, group)->home, "/root");
    EXPECT_EQ(resolveUser("1000", passwd, group)->home, "/");
}

TEST(ContainerLogs, LinesHaveTheFormatOfTheCri) {
    std::string rest;
    EXPECT_EQ(formatLogLines(rest, "one\ntwo\nthr", "T", "stdout"), "T stdout F one\nT stdout F two\n");
    EXPECT_EQ(rest, "thr");
    EXPECT_EQ(formatLogLines(rest, "ee\n\n", "T", "stderr"), "T stderr F three\nT stderr F \n");
    const std::string big(20000, 'x');
    EXPECT_EQ(formatLogLines(rest, big + "\n", "T", "stdout"), "T stdout P " + big.substr(0, 16384) + "\nT stdout F " + big.substr(16384) + "\n");
}

TEST(FrameChannel, BigMessagesAndDescriptorsArriveWhole) {
    int ends[2];
    ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
    const Descriptor a(ends[0]), b(ends[1]);
    const std::string big(3'000'000, 'b');
    std::jthread sender([&] {
        EXPECT_TRUE(sendFrame(a.get(), "small"));
        const int numbers[] = {1, 2};
        EXPECT_TRUE(sendFrame(a.get(), big, numbers));
        EXPECT_TRUE(sendFrame(a.get(), ""));
    });
    FrameReader reader;
    std::vector<Frame> frames;
    while (frames.size() < 3) {
        ASSERT_EQ(reader.read(b.get()), FrameReader::State::Open);
        while (auto frame = reader.next()) frames.push_back(std::move(*frame));
    }
    EXPECT_EQ(frames[0].payload, "small");
    EXPECT_TRUE(frames[0].descriptors.empty());
    EXPECT_EQ(frames[1].payload, big);
    EXPECT_EQ(frames[1].descriptors.size(), 2U);
    EXPECT_EQ(frames[2].payload, "");
}

}  // namespace
}  // namespace kubarium::kubelet
