// The certificates of one cluster, laid out as kubeadm lays out /etc/kubernetes/pki: three authorities (cluster, front
// proxy, etcd), what the API server serves with and shows to kubelets, the front proxy and its store, and the key pair that
// signs service account tokens. Files are 0600 in directories of 0700; existing files are used again, what has less than
// thirty days left is issued anew (rotation), and a certificate whose authority was exchanged or that is damaged too. A damaged authority or
// token key is an error that names its files.
#pragma once

#include "core/pki/certificate_authority.h"

#include <filesystem>
#include <optional>

namespace kubarium::pki {

struct ClusterPkiOptions {
    std::filesystem::path directory;  // "" keeps everything in memory
    std::vector<std::string> hostNames;  // further names and addresses of the API server
    std::vector<std::string> addresses;
};

struct ClusterPki {
    CertificateAuthority authority;       // ca.crt, ca.key
    CertificateAuthority frontProxy;      // front-proxy-ca
    CertificateAuthority etcd;            // etcd/ca
    CertificateKey apiServer;             // apiserver
    CertificateKey apiServerKubeletClient;
    CertificateKey apiServerEtcdClient;
    CertificateKey frontProxyClient;
    CertificateKey etcdServer;            // etcd/server
    CertificateKey etcdPeer;
    CertificateKey etcdHealthcheckClient;
    KeyPair serviceAccount;               // sa.key, sa.pub

    // Blocking (disk); makes what is missing.
    static Result<ClusterPki> ensure(const ClusterPkiOptions& options, WallTime now);
};

// The identities of a cluster's own clients: "kubernetes-admin" (system:masters), "system:kube-scheduler",
// "system:kube-controller-manager", "system:node:NAME" (system:nodes).
CertificateRequest adminRequest();
CertificateRequest schedulerRequest();
CertificateRequest controllerManagerRequest();
CertificateRequest kubeletRequest(const std::string& node);

// Writes so that a crash leaves the old or the new file, with mode 0600.
Result<void> writePrivateFile(const std::filesystem::path& file, const std::string& content);

}  // namespace kubarium::pki
