// kubeconfig files: where clusters are, who one is there, and which of these goes with which (contexts). Files are untrusted
// input: whatever is wrong with one is a BadRequest that names the file and the place. Certificates and keys are looked into when they are
// used, so that a damaged one of another cluster does no harm.
// Blocking disk access; any thread.
#pragma once

#include "core/base/result.h"

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace kubarium::client {

struct KubeconfigCluster {
    std::string name;
    std::string server;                // https://127.0.0.1:6443
    std::string certificateAuthority;  // PEM, from the file or the data
    bool insecureSkipTlsVerify = false;
    std::string tlsServerName;
    std::string authorityOrigin{};     // where the PEM was read, for sentences: its file, or the kubeconfig and the place in it
};

struct KubeconfigUser {
    std::string name;
    std::string clientCertificate;  // PEM
    std::string clientKey;
    std::string certificateOrigin, keyOrigin;
    std::string token;
    std::string username, password;
    bool exec = false;              // an exec plugin or auth provider: not supported, connecting says so
};

struct KubeconfigContext {
    std::string name, cluster, user, nameSpace;
};

struct Kubeconfig {
    std::string currentContext;
    std::vector<KubeconfigCluster> clusters;
    std::vector<KubeconfigUser> users;
    std::vector<KubeconfigContext> contexts;

    // `directory`: relative paths of certificates start there.
    static Result<Kubeconfig> parse(const std::string& yaml, const std::filesystem::path& directory = {});
    static Result<Kubeconfig> load(const std::filesystem::path& file);
    // What kubectl would use: the files of $KUBECONFIG merged (the first to say something wins), else ~/.kube/config.
    // NotFound if there is none.
    static Result<Kubeconfig> loadDefault();

    const KubeconfigContext* context(const std::string& name) const;
    const KubeconfigCluster* cluster(const std::string& name) const;
    const KubeconfigUser* user(const std::string& name) const;
    void mergeMissingFrom(const Kubeconfig& other);

    // YAML with everything inline (certificate-authority-data, ...).
    std::string toYaml() const;
    // Adds or replaces one cluster, user and context of the same name in a file, keeping everything else in it (also what this
    // class does not know), makes it current if `makeCurrent`, and writes 0600 by rename.
    static Result<void> addToFile(const std::filesystem::path& file, const KubeconfigCluster& cluster, const KubeconfigUser& user,
                                  const KubeconfigContext& context, bool makeCurrent);
    // Takes the entries of that name out again; no error if they or the file are missing.
    static Result<void> removeFromFile(const std::filesystem::path& file, const std::string& name);
};

// The parts that one connection needs.
struct ConnectionSettings {
    KubeconfigCluster cluster;
    KubeconfigUser user;
    std::string nameSpace = "default";
};

// `context` "" is the current one.
Result<ConnectionSettings> connectionSettings(const Kubeconfig& config, const std::string& context = {});

}  // namespace kubarium::client
