#include "core/kubelet/admission.h"

#include "core/api/object.h"
#include "tests/support/memory_client.h"

#include <gtest/gtest.h>

namespace kubarium::kubelet {
namespace {

std::string refusal(const std::string& spec, const std::string& labels = "{}", bool appArmor = true) {
    auto tree = testing::parseObject(R"({"apiVersion":"v1","kind":"Pod","metadata":{"name":"p","labels":)" + labels + R"(},"spec":)" + spec + "}");
    const api::Object pod(std::move(tree));
    const auto refused = refusalOf({pod.as<api::Pod>(), {}, {{"pods", 1}}, {}, "node1", appArmor});
    return refused ? refused->reason + ": " + refused->message : "";
}

TEST(Admission, OnlySysctlsThatConcernNobodyElseAreTaken) {
    EXPECT_EQ(refusal(R"({"securityContext":{"sysctls":[{"name":"net.ipv4.tcp_syncookies","value":"1"},{"name":"net/ipv4/ip_local_port_range","value":"1024 2000"}]}})"), "");
    EXPECT_EQ(refusal(R"({"securityContext":{"sysctls":[{"name":"kernel.msgmax","value":"1"}]}})"), "SysctlForbidden: forbidden sysctl: \"kernel.msgmax\" not allowlisted");
    EXPECT_EQ(refusal(R"({"hostNetwork":true,"securityContext":{"sysctls":[{"name":"net.ipv4.tcp_syncookies","value":"1"}]}})"),
              "SysctlForbidden: forbidden sysctl: \"net.ipv4.tcp_syncookies\" not allowed with host Net enabled");
    EXPECT_EQ(refusal(R"({"hostIPC":true,"securityContext":{"sysctls":[{"name":"kernel.shm_rmid_forced","value":"1"}]}})"),
              "SysctlForbidden: forbidden sysctl: \"kernel.shm_rmid_forced\" not allowed with host IPC enabled");
}

TEST(Admission, SysctlsAreWrittenWithDotsOrSlashes) {
    EXPECT_EQ(dottedSysctl("net.ipv4.conf.eth0/1.forwarding"), "net.ipv4.conf.eth0/1.forwarding");
    EXPECT_EQ(dottedSysctl("net/ipv4/conf/eth0.1/forwarding"), "net.ipv4.conf.eth0/1.forwarding");
    EXPECT_EQ(dottedSysctl("plain"), "plain");
}

TEST(Admission, ALabelOfAnotherOperatingSystemIsBelieved) {
    EXPECT_EQ(refusal("{}", R"({"kubernetes.io/os":"windows"})"),
              "PodOSSelectorNodeLabelDoesNotMatch: Failed to admit pod as the `kubernetes.io/os` label doesn't match node label");
    EXPECT_EQ(refusal("{}", R"({"kubernetes.io/os":"linux"})"), "");
}

TEST(Admission, AppArmorIsNeededByWhomAsksForIt) {
    const auto* confined = R"({"containers":[{"name":"c","securityContext":{"appArmorProfile":{"type":"RuntimeDefault"}}}]})";
    EXPECT_EQ(refusal(confined, "{}", false), "AppArmor: Cannot enforce AppArmor: AppArmor is not enabled on the host");
    EXPECT_EQ(refusal(confined), "");
    EXPECT_EQ(refusal(R"({"securityContext":{"appArmorProfile":{"type":"Unconfined"}}})", "{}", false), "");
}

}  // namespace
}  // namespace kubarium::kubelet
