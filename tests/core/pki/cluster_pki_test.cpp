#include "core/pki/cluster_pki.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <fstream>
#include <sstream>

namespace kubarium::pki {
namespace {

using namespace std::chrono_literals;

const WallTime now = WallTime(std::chrono::seconds{1767225600});

class ClusterPkiTest : public ::testing::Test {
protected:
    void SetUp() override {
        std::string name = (std::filesystem::temp_directory_path() / "kubarium-pki-XXXXXX").string();
        ASSERT_NE(::mkdtemp(name.data()), nullptr);
        options.directory = std::filesystem::path(name) / "pki";
    }
    void TearDown() override { std::filesystem::remove_all(options.directory.parent_path()); }
    ClusterPkiOptions options;
};

TEST_F(ClusterPkiTest, FilesLieAsKubeadmLaysThemAndAreReadableByTheOwnerOnly) {
    ASSERT_TRUE(ClusterPki::ensure(options, now).has_value());
    for (const auto* name : {"ca.crt", "ca.key", "apiserver.crt", "apiserver.key", "apiserver-kubelet-client.crt", "apiserver-etcd-client.key", "front-proxy-ca.crt",
                             "front-proxy-client.key", "etcd/ca.crt", "etcd/server.crt", "etcd/peer.key", "etcd/healthcheck-client.crt", "sa.key", "sa.pub"}) {
        struct stat info {};
        ASSERT_EQ(::stat((options.directory / name).c_str(), &info), 0) << name;
        EXPECT_EQ(info.st_mode & 0777, 0600u) << name;
    }
}

TEST_F(ClusterPkiTest, TheSameCertificatesAreUsedAgainUntilTheyAreAboutToExpire) {
    const auto first = ClusterPki::ensure(options, now);
    const auto second = ClusterPki::ensure(options, now + 24h * 300);
    const auto third = ClusterPki::ensure(options, now + 24h * 340);
    ASSERT_TRUE(first && second && third);
    EXPECT_EQ(first->apiServer.certificate, second->apiServer.certificate);
    EXPECT_NE(first->apiServer.certificate, third->apiServer.certificate);
    EXPECT_EQ(first->authority.pem().certificate, third->authority.pem().certificate);
    EXPECT_EQ(first->serviceAccount.privateKey, third->serviceAccount.privateKey);
}

TEST_F(ClusterPkiTest, ACertificateOfAnExchangedAuthorityIsIssuedAnew) {
    const auto first = ClusterPki::ensure(options, now);
    std::filesystem::remove(options.directory / "ca.crt");
    const auto second = ClusterPki::ensure(options, now);
    ASSERT_TRUE(first && second);
    EXPECT_NE(first->apiServer.certificate, second->apiServer.certificate);
    EXPECT_TRUE(second->authority.signedBy(second->apiServer.certificate));
    EXPECT_FALSE(first->authority.signedBy(second->apiServer.certificate));
    EXPECT_EQ(first->frontProxyClient.certificate, second->frontProxyClient.certificate);
}

TEST_F(ClusterPkiTest, ADamagedCertificateIsIssuedAnewAndADamagedAuthorityIsNamed) {
    const auto first = ClusterPki::ensure(options, now);
    ASSERT_TRUE(first.has_value());
    const auto damage = [&](const char* name) { std::ofstream(options.directory / name) << "damaged"; };
    damage("apiserver.key");
    damage("etcd/peer.crt");
    const auto second = ClusterPki::ensure(options, now);
    ASSERT_TRUE(second.has_value()) << second.error().message;
    EXPECT_TRUE(belongTogether(second->apiServer));
    EXPECT_TRUE(belongTogether(second->etcdPeer));
    EXPECT_EQ(first->etcdServer.certificate, second->etcdServer.certificate);
    for (const auto* name : {"ca", "etcd/ca", "sa"}) {
        const auto key = std::string(name) + ".key", other = std::string(name) + (key == "sa.key" ? ".pub" : ".crt");
        damage(key.c_str());
        const auto refused = ClusterPki::ensure(options, now);
        ASSERT_FALSE(refused.has_value()) << name;
        for (const auto& file : {key, other}) {
            EXPECT_NE(refused.error().message.find((options.directory / file).string()), std::string::npos) << refused.error().message;
            std::filesystem::remove(options.directory / file);
        }
        EXPECT_TRUE(ClusterPki::ensure(options, now).has_value()) << "as the message says";
    }
}

TEST(CertificateAuthorityTest, IssuesWhatWasAskedForAndRefusesForeignText) {
    const auto authority = CertificateAuthority::create("test-ca", now);
    ASSERT_TRUE(authority.has_value());
    const auto issued = authority->issue(kubeletRequest("worker-a"), now);
    ASSERT_TRUE(issued.has_value());
    EXPECT_TRUE(authority->signedBy(issued->certificate));
    const auto end = expiry(issued->certificate);
    ASSERT_TRUE(end.has_value());
    EXPECT_EQ(*end, now + 24h * 365);
    EXPECT_FALSE(expiry("not a certificate").has_value());
    EXPECT_FALSE(CertificateAuthority::load({"x", "y"}).has_value());
}

}  // namespace
}  // namespace kubarium::pki
