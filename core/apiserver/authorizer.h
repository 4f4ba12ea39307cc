// Who may do what. The seam between the request path and RBAC.
#pragma once

#include "core/apiserver/request.h"
#include "core/apiserver/request_info.h"

namespace kubarium::apiserver {

class Authorizer {
public:
    virtual ~Authorizer() = default;
    // An empty error message means yes; Forbidden otherwise.
    virtual Result<void> authorize(const User& user, const RequestInfo& info, const std::string& path) const = 0;
};

// Everybody who has proved who they are may do everything; anonymous users see only health and version.
class AuthenticatedAuthorizer final : public Authorizer {
public:
    Result<void> authorize(const User& user, const RequestInfo& info, const std::string& path) const override;
};

// The refusal in the words of kube-apiserver: `pods is forbidden: User "x" cannot list resource "pods" in API group "" ...`.
Error forbiddenError(const User& user, const RequestInfo& info, const std::string& path);

}  // namespace kubarium::apiserver
