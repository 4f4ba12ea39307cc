// Who is asking: a client certificate of the cluster's authority (CN the user, each O a group), a static bearer token, or a
// service account token. Nothing at all is system:anonymous; something that is wrong is 401.
// Thread: immutable, any thread.
#pragma once

#include "core/apiserver/request.h"
#include "core/apiserver/service_account_token.h"

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace kubarium::apiserver {

struct Credentials {
    // Subject of a client certificate that the authority has signed and that is valid now.
    std::optional<std::string> commonName;
    std::vector<std::string> organizations;
    std::string authorization;  // the header
    // Impersonate-*: headers as they came, names in lower case.
    std::vector<std::pair<std::string, std::string>> impersonation;
};

struct Identity {
    User user;
    // A service account token: what it is bound to must be checked to exist, on the engine thread.
    std::optional<TokenClaims> claims;
};

class Authenticator {
public:
    explicit Authenticator(const TokenIssuer& tokens) : tokens_(tokens) {}

    // The format of kube-apiserver's --token-auth-file: token,user,uid,"group1,group2" a line. BadRequest names the line.
    Result<void> addTokenFile(std::string_view text);
    void addToken(std::string token, User user) { users_.insert_or_assign(std::move(token), std::move(user)); }

    Result<Identity> authenticate(const Credentials& credentials, WallTime now) const;

    // Of a bare token that is for one of `audiences` (empty: the API server); Unauthorized if it is nobody's.
    Result<Identity> authenticateToken(std::string_view token, const std::vector<std::string>& audiences, WallTime now) const;
    const std::string& issuer() const { return tokens_.issuer(); }

private:
    Result<Identity> identify(const Credentials& credentials, WallTime now) const;

    const TokenIssuer& tokens_;
    std::map<std::string, User, std::less<>> users_;
};

}  // namespace kubarium::apiserver
