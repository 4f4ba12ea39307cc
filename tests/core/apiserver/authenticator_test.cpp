#include "core/apiserver/authenticator.h"

#include "core/pki/cluster_pki.h"
#include "core/simulation/simulated_loop.h"

#include <gtest/gtest.h>

namespace kubarium::apiserver {
namespace {

TEST(AuthenticatorTest, AnImpersonatedServiceAccountHasTheGroupsOfItsNamespace) {
    const SimulatedLoop loop;
    const auto pki = pki::ClusterPki::ensure({}, loop.now());
    const auto issuer = TokenIssuer::create(pki->serviceAccount);
    const Authenticator authenticator(*issuer);
    Credentials credentials;
    credentials.commonName = "admin";
    credentials.organizations = {"system:masters"};
    credentials.impersonation = {{"impersonate-user", "system:serviceaccount:shop:default"}};
    const auto account = authenticator.authenticate(credentials, loop.now());
    ASSERT_TRUE(account);
    EXPECT_EQ(account->user.groups, (std::vector<std::string>{"system:serviceaccounts", "system:serviceaccounts:shop", "system:authenticated"}));
    credentials.impersonation = {{"impersonate-group", "g"}};
    const auto nobody = authenticator.authenticate(credentials, loop.now());
    ASSERT_FALSE(nobody);
    EXPECT_EQ(nobody.error().message, "requested [{Group  g    }] without impersonating a user");
    credentials.organizations = {"developers"};
    credentials.impersonation = {{"impersonate-user", "system:serviceaccount:shop:default"}};
    const auto refused = authenticator.authenticate(credentials, loop.now());
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().reason, Reason::Forbidden);
}

}  // namespace
}  // namespace kubarium::apiserver
