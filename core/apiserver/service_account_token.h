// Tokens of ServiceAccounts: JWTs that the cluster signs with its service account key (ES256), bound to the account and,
// optionally, to a Pod, Secret or Node. Verification checks signature, times, issuer and audience; the caller checks that what
// the token is bound to still exists.
// Thread: immutable after construction, any thread.
#pragma once

#include "core/base/clock.h"
#include "core/base/result.h"
#include "core/pki/certificate_authority.h"

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace kubarium::apiserver {

struct TokenRequest {
    std::string nameSpace;
    std::string name;
    std::string uid;
    std::vector<std::string> audiences;  // empty: the API server
    std::chrono::seconds lifetime{3600};
    std::string boundKind, boundName, boundUid;
    std::string nodeName, nodeUid;       // of a Pod that it is bound to; the uid is empty if there is no such Node
    std::string tokenId;                 // jti
    // Set for a token that lives longer than was asked for: when it should have been replaced.
    std::optional<std::chrono::seconds> warnAfter;
};

struct TokenClaims {
    std::string nameSpace, name, uid;
    std::vector<std::string> audiences;
    std::string boundKind, boundName, boundUid;
    std::string nodeName, nodeUid;  // the Node that it is bound to, or the one of the Pod
    WallTime expiry{};
    std::string tokenId;
};

class TokenIssuer {
public:
    static Result<TokenIssuer> create(const pki::KeyPair& keys, std::string issuer = "https://kubernetes.default.svc.cluster.local");
    TokenIssuer(TokenIssuer&&) noexcept;
    TokenIssuer& operator=(TokenIssuer&&) noexcept;
    ~TokenIssuer();

    const std::string& issuer() const { return issuer_; }
    Result<std::string> issue(const TokenRequest& request, WallTime now) const;
    // Unauthorized if it is not one of ours, is expired, or is for somebody else.
    Result<TokenClaims> verify(std::string_view token, WallTime now) const;

private:
    struct Keys;
    TokenIssuer(std::unique_ptr<Keys> keys, std::string issuer);
    std::unique_ptr<Keys> keys_;
    std::string issuer_;
};

}  // namespace kubarium::apiserver
