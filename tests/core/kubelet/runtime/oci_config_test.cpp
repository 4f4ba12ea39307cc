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
