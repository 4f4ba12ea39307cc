// Every namespace gets a ServiceAccount `default` and a ConfigMap kube-root-ca.crt with the cluster's certificate authority, and
// gets them back when they are deleted or edited (serviceaccount-controller and root-ca-certificate-publisher).
#pragma once

#include "core/controller/controller.h"

namespace kubarium::controller {

class ServiceAccountController final : public Controller {
public:
    explicit ServiceAccountController(ControllerContext context);

private:
    Async<Result<void>> reconcile(std::string nameSpace);

    client::Informer& namespaces_;
    client::Informer& accounts_;
    client::WorkQueue& queue_;
};

class RootCaPublisher final : public Controller {
public:
    RootCaPublisher(ControllerContext context, std::string certificatePem);

private:
    Async<Result<void>> reconcile(std::string nameSpace);

    std::string certificate_;
    client::Informer& namespaces_;
    client::Informer& configMaps_;
    client::WorkQueue& queue_;
};

}  // namespace kubarium::controller
