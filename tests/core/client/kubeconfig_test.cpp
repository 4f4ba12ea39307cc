#include "core/client/kubeconfig.h"

#include "core/client/http_client.h"
#include "core/simulation/simulated_loop.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cstdlib>
#include <fstream>

namespace kubarium::client {
namespace {

constexpr const char* example = R"(
apiVersion: v1
kind: Config
current-context: one
clusters:
- name: c
  cluster: {server: "https://127.0.0.1:6443", certificate-authority-data: Y2E=, tls-server-name: kubernetes}
users:
- name: u
  user: {client-certificate-data: Y3J0, client-key-data: a2V5}
- name: plugin
  user: {exec: {command: aws}}
contexts:
- name: one
  context: {cluster: c, user: u, namespace: lab}
- name: broken
  context: {cluster: nowhere, user: u}
)";

TEST(KubeconfigTest, TheCurrentContextLeadsToServerAndCredentials) {
    const auto config = Kubeconfig::parse(example);
    ASSERT_TRUE(config.has_value()) << config.error().message;
    const auto settings = connectionSettings(*config);
    ASSERT_TRUE(settings.has_value());
    EXPECT_EQ(settings->cluster.server, "https://127.0.0.1:6443");
    EXPECT_EQ(settings->cluster.certificateAuthority, "ca");
    EXPECT_EQ(settings->user.clientCertificate, "crt");
    EXPECT_EQ(settings->user.clientKey, "key");
    EXPECT_EQ(settings->nameSpace, "lab");
    EXPECT_FALSE(connectionSettings(*config, "broken").has_value());
    EXPECT_FALSE(connectionSettings(*config, "absent").has_value());
    EXPECT_TRUE(config->user("plugin")->exec);
}

TEST(KubeconfigTest, WhatIsWrongIsToldAndNeverThrown) {
    for (const auto* text : {"a: [", "- x", "clusters: 5", "clusters: [{cluster: {}}]", "users: [{name: u, user: {client-key-data: '%%%'}}]",
                             "users: [{name: u, user: {client-certificate: /does/not/exist}}]", "\x01\x02", "&a [*a]"}) {
        const auto config = Kubeconfig::parse(text);
        EXPECT_TRUE(config.has_value() || !config.error().message.empty()) << text;
    }
    EXPECT_TRUE(Kubeconfig::parse("").has_value());
}

TEST(KubeconfigTest, ADamagedCertificateIsToldWithItsFileWhenItIsUsed) {
    std::string name = (std::filesystem::temp_directory_path() / "kubarium-kubeconfig-XXXXXX").string();
    ASSERT_NE(::mkdtemp(name.data()), nullptr);
    const auto file = std::filesystem::path(name) / "config", authority = std::filesystem::path(name) / "ca.crt";
    std::ofstream(file) << example;
    auto config = Kubeconfig::load(file);
    ASSERT_TRUE(config.has_value());
    SimulatedLoop loop;
    const auto refusal = [&] {
        const auto client = HttpClient::create(*connectionSettings(*config), loop);
        return client.has_value() ? std::string() : client.error().message;
    };
    EXPECT_TRUE(refusal().starts_with(file.string() + ": kubeconfig cluster \"c\": certificate-authority-data: this is no usable certificate authority")) << refusal();
    config->clusters[0].insecureSkipTlsVerify = true;
    EXPECT_TRUE(refusal().starts_with(file.string() + ": kubeconfig user \"u\": client-certificate-data: this is no usable client certificate")) << refusal();
    // One that lies in a file of its own is named by that.
    std::ofstream(authority) << "damaged";
    std::ofstream(file) << "current-context: x\nclusters: [{name: c, cluster: {server: 'https://127.0.0.1:1', certificate-authority: ca.crt}}]\ncontexts: [{name: x, context: {cluster: c}}]\n";
    config = Kubeconfig::load(file);
    ASSERT_TRUE(config.has_value());
    EXPECT_TRUE(refusal().starts_with(authority.string() + ": this is no usable")) << refusal();
    std::filesystem::remove_all(name);
}

TEST(KubeconfigTest, AnEntryIsAddedAndTakenOutWithoutTouchingTheOthers) {
    std::string name = (std::filesystem::temp_directory_path() / "kubarium-kubeconfig-XXXXXX").string();
    ASSERT_NE(::mkdtemp(name.data()), nullptr);
    const auto file = std::filesystem::path(name) / "config";
    std::ofstream(file) << example << "extensions: [{name: kept}]\n";
    KubeconfigCluster cluster;
    cluster.name = "kubarium";
    cluster.server = "https://127.0.0.1:1";
    KubeconfigUser user;
    user.name = "kubarium";
    user.token = "t";
    ASSERT_TRUE(Kubeconfig::addToFile(file, cluster, user, {"kubarium", "kubarium", "kubarium", ""}, true).has_value());
    auto config = Kubeconfig::load(file);
    ASSERT_TRUE(config.has_value());
    EXPECT_EQ(config->currentContext, "kubarium");
    EXPECT_NE(config->context("one"), nullptr);
    struct stat info {};
    ASSERT_EQ(::stat(file.c_str(), &info), 0);
    EXPECT_EQ(info.st_mode & 0777, 0600u);
    ASSERT_TRUE(Kubeconfig::removeFromFile(file, "kubarium").has_value());
    config = Kubeconfig::load(file);
    EXPECT_EQ(config->context("kubarium"), nullptr);
    EXPECT_EQ(config->currentContext, "");
    std::ifstream in(file);
    const std::string text((std::istreambuf_iterator<char>(in)), {});
    EXPECT_NE(text.find("kept"), std::string::npos);
    EXPECT_NE(text.find("exec"), std::string::npos);
    std::filesystem::remove_all(name);
}

}  // namespace
}  // namespace kubarium::client
