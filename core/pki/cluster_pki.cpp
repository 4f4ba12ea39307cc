#include "core/pki/cluster_pki.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <sstream>

namespace kubarium::pki {

using namespace std::chrono_literals;

namespace {

constexpr Duration renewBefore = std::chrono::hours{24 * 30};

// A directory of PEM files, or nothing at all when the cluster keeps no state.
class PemDirectory {
public:
    explicit PemDirectory(std::filesystem::path directory) : directory_(std::move(directory)) {}

    std::optional<std::string> read(const std::string& name) const {
        if (directory_.empty()) return std::nullopt;
        std::ifstream in(directory_ / name, std::ios::binary);
        if (!in) return std::nullopt;
        std::ostringstream text;
        text << in.rdbuf();
        return text.str();
    }
    Result<void> write(const std::string& name, const std::string& content) const {
        if (directory_.empty()) return {};
        return writePrivateFile(directory_ / name, content);
    }
    std::string path(const std::string& name) const { return (directory_ / name).string(); }
    std::optional<CertificateKey> readPair(const std::string& name) const {
        auto certificate = read(name + ".crt");
        auto key = read(name + ".key");
        if (!certificate || !key) return std::nullopt;
        return CertificateKey{std::move(*certificate), std::move(*key)};
    }
    Result<void> writePair(const std::string& name, const CertificateKey& pair) const {
        TRY(write(name + ".key", pair.key));
        return write(name + ".crt", pair.certificate);
    }

private:
    std::filesystem::path directory_;
};

// What others rely on is not exchanged without being asked.
Error damagedError(const std::string& one, const std::string& other, const std::string& what, const std::string& made) {
    return internalError(fmt::format("{} or {} is damaged: {}. Put both back from a copy, or delete both and start again: they are then made anew, {}", one, other, what, made));
}

Result<CertificateAuthority> ensureAuthority(const PemDirectory& files, const std::string& name, const std::string& commonName, WallTime now) {
    if (const auto known = files.readPair(name)) {
        auto loaded = CertificateAuthority::load(*known);
        if (!loaded) return damagedError(files.path(name + ".crt"), files.path(name + ".key"), loaded.error().message, "with the certificates that they sign and the cluster's kubeconfig");
        return loaded;
    }
    auto made = TRY(CertificateAuthority::create(commonName, now));
    TRY(files.writePair(name, made.pem()));
    return made;
}

Result<CertificateKey> ensureCertificate(const PemDirectory& files, const std::string& name, const CertificateAuthority& authority,
                                         const CertificateRequest& request, WallTime now) {
    if (auto known = files.readPair(name)) {
        const auto end = expiry(known->certificate);
        if (end && *end - now > renewBefore && authority.signedBy(known->certificate) && belongTogether(*known)) return std::move(*known);
    }
    auto made = TRY(authority.issue(request, now));
    TRY(files.writePair(name, made));
    return made;
}

Result<KeyPair> ensureKeyPair(const PemDirectory& files) {
    auto privateKey = files.read("sa.key");
    auto publicKey = files.read("sa.pub");
    if (privateKey && publicKey) {
        KeyPair known{std::move(*privateKey), std::move(*publicKey)};
        if (!belongTogether(known)) return damagedError(files.path("sa.key"), files.path("sa.pub"), "this is not a key in PEM with its public half", "and tokens that were issued before are refused");
        return known;
    }
    auto made = TRY(createKeyPair());
    TRY(files.write("sa.key", made.privateKey));
    TRY(files.write("sa.pub", made.publicKey));
    return made;
}

CertificateRequest serverRequest(std::string commonName, const ClusterPkiOptions& options, bool client) {
    CertificateRequest request;
    request.commonName = std::move(commonName);
    request.server = true;
    request.client = client;
    request.dnsNames = {"kubernetes", "kubernetes.default", "kubernetes.default.svc", "kubernetes.default.svc.cluster.local", "localhost"};
    request.dnsNames.insert(request.dnsNames.end(), options.hostNames.begin(), options.hostNames.end());
    request.addresses = {"10.96.0.1", "127.0.0.1", "::1"};
    request.addresses.insert(request.addresses.end(), options.addresses.begin(), options.addresses.end());
    return request;
}

CertificateRequest clientRequest(std::string commonName, std::vector<std::string> organizations) {
    CertificateRequest request;
    request.commonName = std::move(commonName);
    request.organizations = std::move(organizations);
    return request;
}

Error fileError(const std::filesystem::path& file, std::string_view doing) {
    return internalError(fmt::format("{}: {}: {}", file.string(), doing, std::strerror(errno)));
}

}  // namespace

Result<void> writePrivateFile(const std::filesystem::path& file, const std::string& content) {
    std::error_code error;
    const auto directory = file.parent_path();
    if (!std::filesystem::exists(directory, error)) {
        const auto before = ::umask(0077);
        std::filesystem::create_directories(directory, error);
        ::umask(before);
        if (error) return internalError(fmt::format("{}: {}", directory.string(), error.message()));
    }
    const auto fresh = file.string() + ".new";
    const int out = ::open(fresh.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (out < 0) return fileError(fresh, "cannot be created");
    std::size_t done = 0;
    while (done < content.size()) {
        const auto count = ::write(out, content.data() + done, content.size() - done);
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) break;
        done += static_cast<std::size_t>(count);
    }
    const bool complete = done == content.size() && ::fsync(out) == 0;
    ::close(out);
    if (!complete || ::rename(fresh.c_str(), file.c_str()) != 0) return fileError(file, "cannot be written");
    return {};
}

Result<ClusterPki> ClusterPki::ensure(const ClusterPkiOptions& options, WallTime now) {
    const PemDirectory files(options.directory);
    auto authority = TRY(ensureAuthority(files, "ca", "kubernetes", now));
    auto frontProxy = TRY(ensureAuthority(files, "front-proxy-ca", "front-proxy-ca", now));
    auto etcd = TRY(ensureAuthority(files, "etcd/ca", "etcd-ca", now));
    auto apiServer = TRY(ensureCertificate(files, "apiserver", authority, serverRequest("kube-apiserver", options, false), now));
    auto kubeletClient = TRY(ensureCertificate(files, "apiserver-kubelet-client", authority,
                                               clientRequest("kube-apiserver-kubelet-client", {"kubeadm:cluster-admins"}), now));
    auto etcdClient = TRY(ensureCertificate(files, "apiserver-etcd-client", etcd, clientRequest("kube-apiserver-etcd-client", {}), now));
    auto proxyClient = TRY(ensureCertificate(files, "front-proxy-client", frontProxy, clientRequest("front-proxy-client", {}), now));
    auto etcdServer = TRY(ensureCertificate(files, "etcd/server", etcd, serverRequest("etcd-server", options, true), now));
    auto etcdPeer = TRY(ensureCertificate(files, "etcd/peer", etcd, serverRequest("etcd-peer", options, true), now));
    auto healthcheck = TRY(ensureCertificate(files, "etcd/healthcheck-client", etcd, clientRequest("kube-etcd-healthcheck-client", {}), now));
    auto serviceAccount = TRY(ensureKeyPair(files));
    return ClusterPki{std::move(authority),   std::move(frontProxy),  std::move(etcd),       std::move(apiServer),
                      std::move(kubeletClient), std::move(etcdClient), std::move(proxyClient), std::move(etcdServer),
                      std::move(etcdPeer),    std::move(healthcheck), std::move(serviceAccount)};
}

CertificateRequest adminRequest() { return clientRequest("kubernetes-admin", {"system:masters"}); }
CertificateRequest schedulerRequest() { return clientRequest("system:kube-scheduler", {}); }
CertificateRequest controllerManagerRequest() { return clientRequest("system:kube-controller-manager", {}); }
CertificateRequest kubeletRequest(const std::string& node) { return clientRequest("system:node:" + node, {"system:nodes"}); }

}  // namespace kubarium::pki
