#include "core/pki/certificate_authority.h"

#include <fmt/format.h>
#include <openssl/bio.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

namespace kubarium::pki {

using namespace std::chrono_literals;

namespace {

template <auto Free>
struct Freer {
    template <class T>
    void operator()(T* pointer) const {
        Free(pointer);
    }
};
using Key = std::unique_ptr<EVP_PKEY, Freer<EVP_PKEY_free>>;
using Certificate = std::unique_ptr<X509, Freer<X509_free>>;
using Bio = std::unique_ptr<BIO, Freer<BIO_free_all>>;

constexpr Duration authorityValidity = std::chrono::hours{24 * 3650};

Error opensslError(std::string_view doing) {
    char text[256];
    ERR_error_string_n(ERR_get_error(), text, sizeof text);
    ERR_clear_error();
    return internalError(fmt::format("certificates: {}: {}", doing, text));
}

std::string textOf(BIO* bio) {
    char* data = nullptr;
    const auto size = BIO_get_mem_data(bio, &data);
    return {data, static_cast<std::size_t>(size)};
}

template <class Write>
std::string toPem(Write write) {
    const Bio bio(BIO_new(BIO_s_mem()));
    return bio && write(bio.get()) == 1 ? textOf(bio.get()) : std::string();
}

Bio memory(const std::string& text) { return Bio(BIO_new_mem_buf(text.data(), static_cast<int>(text.size()))); }

std::string keyPem(EVP_PKEY* key) {
    return toPem([&](BIO* bio) { return PEM_write_bio_PKCS8PrivateKey(bio, key, nullptr, nullptr, 0, nullptr, nullptr); });
}
std::string certificatePem(X509* certificate) {
    return toPem([&](BIO* bio) { return PEM_write_bio_X509(bio, certificate); });
}

bool addExtension(X509* certificate, X509* issuer, int nid, const std::string& value) {
    X509V3_CTX context;
    X509V3_set_ctx_nodb(&context);
    X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
    const std::unique_ptr<X509_EXTENSION, Freer<X509_EXTENSION_free>> extension(X509V3_EXT_conf_nid(nullptr, &context, nid, value.c_str()));
    return extension && X509_add_ext(certificate, extension.get(), -1) == 1;
}

bool setSubject(X509* certificate, const std::string& commonName, const std::vector<std::string>& organizations) {
    auto* name = X509_get_subject_name(certificate);
    const auto add = [&](const char* field, const std::string& value) {
        return X509_NAME_add_entry_by_txt(name, field, MBSTRING_UTF8, reinterpret_cast<const unsigned char*>(value.data()),
                                          static_cast<int>(value.size()), -1, 0) == 1;
    };
    for (const auto& organization : organizations)
        if (!add("O", organization)) return false;
    return add("CN", commonName);
}

bool setSerial(X509* certificate) {
    const std::unique_ptr<BIGNUM, Freer<BN_free>> number(BN_new());
    return number && BN_rand(number.get(), 127, BN_RAND_TOP_ANY, BN_RAND_BOTTOM_ANY) == 1 &&
           BN_to_ASN1_INTEGER(number.get(), X509_get_serialNumber(certificate)) != nullptr;
}

void setValidity(X509* certificate, WallTime now, Duration validity) {
    ASN1_TIME_set(X509_getm_notBefore(certificate), std::chrono::system_clock::to_time_t(std::chrono::time_point_cast<std::chrono::system_clock::duration>(now - 5min)));
    ASN1_TIME_set(X509_getm_notAfter(certificate), std::chrono::system_clock::to_time_t(std::chrono::time_point_cast<std::chrono::system_clock::duration>(now + validity)));
}

std::string alternativeNames(const CertificateRequest& request) {
    std::string names;
    for (const auto& name : request.dnsNames) names += fmt::format("{}DNS:{}", names.empty() ? "" : ",", name);
    for (const auto& address : request.addresses) names += fmt::format("{}IP:{}", names.empty() ? "" : ",", address);
    return names;
}

}  // namespace

struct CertificateAuthority::Loaded {
    Certificate certificate;
    Key key;
};

CertificateAuthority::CertificateAuthority(CertificateKey pem, std::unique_ptr<Loaded> loaded) : pem_(std::move(pem)), loaded_(std::move(loaded)) {}
CertificateAuthority::CertificateAuthority(CertificateAuthority&&) noexcept = default;
CertificateAuthority& CertificateAuthority::operator=(CertificateAuthority&&) noexcept = default;
CertificateAuthority::~CertificateAuthority() = default;

Result<CertificateAuthority> CertificateAuthority::create(const std::string& commonName, WallTime now) {
    Key key(EVP_EC_gen("P-256"));
    Certificate certificate(X509_new());
    if (!key || !certificate) return opensslError("making a key");
    X509_set_version(certificate.get(), 2);
    setValidity(certificate.get(), now, authorityValidity);
    if (!setSerial(certificate.get()) || !setSubject(certificate.get(), commonName, {}) ||
        X509_set_issuer_name(certificate.get(), X509_get_subject_name(certificate.get())) != 1 || X509_set_pubkey(certificate.get(), key.get()) != 1 ||
        !addExtension(certificate.get(), certificate.get(), NID_key_usage, "critical,digitalSignature,keyEncipherment,keyCertSign") ||
        !addExtension(certificate.get(), certificate.get(), NID_basic_constraints, "critical,CA:TRUE") ||
        !addExtension(certificate.get(), certificate.get(), NID_subject_key_identifier, "hash") ||
        !addExtension(certificate.get(), certificate.get(), NID_subject_alt_name, "DNS:" + commonName) ||
        X509_sign(certificate.get(), key.get(), EVP_sha256()) == 0)
        return opensslError("making an authority");
    CertificateKey pem{certificatePem(certificate.get()), keyPem(key.get())};
    return CertificateAuthority(std::move(pem), std::make_unique<Loaded>(Loaded{std::move(certificate), std::move(key)}));
}

Result<CertificateAuthority> CertificateAuthority::load(const CertificateKey& pem) {
    Certificate certificate(PEM_read_bio_X509(memory(pem.certificate).get(), nullptr, nullptr, nullptr));
    Key key(PEM_read_bio_PrivateKey(memory(pem.key).get(), nullptr, nullptr, nullptr));
    if (!certificate) return opensslError("reading an authority's certificate");
    if (!key) return opensslError("reading an authority's key");
    if (X509_check_private_key(certificate.get(), key.get()) != 1) return opensslError("the authority's key is not that of its certificate");
    return CertificateAuthority(pem, std::make_unique<Loaded>(Loaded{std::move(certificate), std::move(key)}));
}

Result<CertificateKey> CertificateAuthority::issue(const CertificateRequest& request, WallTime now) const {
    const Key key(EVP_EC_gen("P-256"));
    const Certificate certificate(X509_new());
    if (!key || !certificate) return opensslError("making a key");
    auto* made = certificate.get();
    auto* issuer = loaded_->certificate.get();
    X509_set_version(made, 2);
    setValidity(made, now, request.validity);
    std::string usage;
    if (request.server) usage = "serverAuth";
    if (request.client) usage += usage.empty() ? "clientAuth" : ",clientAuth";
    const auto names = alternativeNames(request);
    if (!setSerial(made) || !setSubject(made, request.commonName, request.organizations) ||
        X509_set_issuer_name(made, X509_get_subject_name(issuer)) != 1 || X509_set_pubkey(made, key.get()) != 1 ||
        !addExtension(made, issuer, NID_key_usage, "critical,digitalSignature,keyEncipherment") ||
        (!usage.empty() && !addExtension(made, issuer, NID_ext_key_usage, usage)) ||
        !addExtension(made, issuer, NID_basic_constraints, "critical,CA:FALSE") ||
        !addExtension(made, issuer, NID_authority_key_identifier, "keyid") ||
        (!names.empty() && !addExtension(made, issuer, NID_subject_alt_name, names)) ||
        X509_sign(made, loaded_->key.get(), EVP_sha256()) == 0)
        return opensslError(fmt::format("issuing a certificate for {}", request.commonName));
    return CertificateKey{certificatePem(made), keyPem(key.get())};
}

bool CertificateAuthority::signedBy(const std::string& pem) const {
    const Certificate certificate(PEM_read_bio_X509(memory(pem).get(), nullptr, nullptr, nullptr));
    const bool valid = certificate && X509_verify(certificate.get(), loaded_->key.get()) == 1;
    ERR_clear_error();
    return valid;
}

bool belongTogether(const CertificateKey& pem) {
    const Certificate certificate(PEM_read_bio_X509(memory(pem.certificate).get(), nullptr, nullptr, nullptr));
    const Key key(PEM_read_bio_PrivateKey(memory(pem.key).get(), nullptr, nullptr, nullptr));
    const bool good = certificate && key && X509_check_private_key(certificate.get(), key.get()) == 1;
    ERR_clear_error();
    return good;
}

bool belongTogether(const KeyPair& pem) {
    const Key privateKey(PEM_read_bio_PrivateKey(memory(pem.privateKey).get(), nullptr, nullptr, nullptr));
    const Key publicKey(PEM_read_bio_PUBKEY(memory(pem.publicKey).get(), nullptr, nullptr, nullptr));
    const bool good = privateKey && publicKey && EVP_PKEY_eq(privateKey.get(), publicKey.get()) == 1;
    ERR_clear_error();
    return good;
}

Result<KeyPair> createKeyPair() {
    const Key key(EVP_EC_gen("P-256"));
    if (!key) return opensslError("making a key");
    return KeyPair{keyPem(key.get()), toPem([&](BIO* bio) { return PEM_write_bio_PUBKEY(bio, key.get()); })};
}

Result<WallTime> expiry(const std::string& pem) {
    const Certificate certificate(PEM_read_bio_X509(memory(pem).get(), nullptr, nullptr, nullptr));
    std::tm parts{};
    if (!certificate || ASN1_TIME_to_tm(X509_get0_notAfter(certificate.get()), &parts) != 1) {
        ERR_clear_error();
        return badRequest("not a certificate in PEM");
    }
    return WallTime(std::chrono::seconds{timegm(&parts)});
}

}  // namespace kubarium::pki
