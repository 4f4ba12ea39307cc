// X.509 as a cluster needs it: an authority signs the certificates by which components prove to each other who they are. In
// Kubernetes a client certificate is an identity: the subject's CN is the user, each O a group.
// Keys are EC P-256, so that a whole cluster's certificates are made in milliseconds. All values are PEM.
// Thread: any; a value is used by one thread at a time. Key material and serial numbers come from OpenSSL's random
// generator, not from Random: a simulation that prints them would not be safe to use.
#pragma once

#include "core/base/clock.h"
#include "core/base/result.h"

#include <memory>
#include <string>
#include <vector>

namespace kubarium::pki {

struct CertificateKey {
    std::string certificate;
    std::string key;
};

struct KeyPair {
    std::string privateKey;
    std::string publicKey;
};

struct CertificateRequest {
    std::string commonName;
    std::vector<std::string> organizations;
    std::vector<std::string> dnsNames;
    std::vector<std::string> addresses;  // IPv4 or IPv6, textual
    bool server = false;                 // extended key usage serverAuth
    bool client = true;                  // clientAuth
    Duration validity = std::chrono::hours{24 * 365};
};

class CertificateAuthority {
public:
    // Self-signed, ten years.
    static Result<CertificateAuthority> create(const std::string& commonName, WallTime now);
    static Result<CertificateAuthority> load(const CertificateKey& pem);
    CertificateAuthority(CertificateAuthority&&) noexcept;
    CertificateAuthority& operator=(CertificateAuthority&&) noexcept;
    ~CertificateAuthority();

    const CertificateKey& pem() const { return pem_; }
    // Not before `now` less five minutes, for clocks that disagree.
    Result<CertificateKey> issue(const CertificateRequest& request, WallTime now) const;
    // Whether this authority signed the certificate.
    bool signedBy(const std::string& certificate) const;

private:
    struct Loaded;
    CertificateAuthority(CertificateKey pem, std::unique_ptr<Loaded> loaded);
    CertificateKey pem_;
    std::unique_ptr<Loaded> loaded_;
};

// Whether both can be read, and the key is that of the certificate, or the public one that of the private one.
bool belongTogether(const CertificateKey& pem);
bool belongTogether(const KeyPair& pem);

Result<KeyPair> createKeyPair();
// When a certificate ends. BadRequest if it is not one.
Result<WallTime> expiry(const std::string& certificate);

}  // namespace kubarium::pki
