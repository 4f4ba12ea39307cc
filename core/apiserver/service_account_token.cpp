#include "core/apiserver/service_account_token.h"

#include "core/api/object.h"

#include <boost/json.hpp>
#include <fmt/format.h>
#include <openssl/bio.h>
#include <openssl/ecdsa.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/sha.h>

#include <array>

namespace kubarium::apiserver {

namespace json = boost::json;

namespace {

constexpr std::size_t halfSignature = 32;  // P-256: r and s

struct KeyFree {
    void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
};
using Key = std::unique_ptr<EVP_PKEY, KeyFree>;
struct ContextFree {
    void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
};
struct SignatureFree {
    void operator()(ECDSA_SIG* signature) const { ECDSA_SIG_free(signature); }
};
struct BioFree {
    void operator()(BIO* bio) const { BIO_free_all(bio); }
};

constexpr std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

std::string toBase64Url(std::string_view bytes) {
    std::string text;
    unsigned buffer = 0;
    int bits = 0;
    for (const char c : bytes) {
        buffer = (buffer << 8) | static_cast<unsigned char>(c);
        for (bits += 8; bits >= 6; bits -= 6) text += alphabet[(buffer >> (bits - 6)) & 63];
    }
    if (bits > 0) text += alphabet[(buffer << (6 - bits)) & 63];
    return text;
}

std::optional<std::string> fromBase64Url(std::string_view text) {
    std::string bytes;
    unsigned buffer = 0;
    int bits = 0;
    for (const char c : text) {
        const auto digit = alphabet.find(c);
        if (digit == std::string_view::npos) return std::nullopt;
        buffer = (buffer << 6) | static_cast<unsigned>(digit);
        bits += 6;
        if (bits >= 8) {
            bits -= 8;
            bytes += static_cast<char>((buffer >> bits) & 255);
        }
    }
    return bytes;
}

// JWS wants r and s side by side, OpenSSL speaks DER.
std::optional<std::string> rawSignature(std::string_view der) {
    const auto* data = reinterpret_cast<const unsigned char*>(der.data());
    const std::unique_ptr<ECDSA_SIG, SignatureFree> signature(d2i_ECDSA_SIG(nullptr, &data, static_cast<long>(der.size())));
    if (!signature) return std::nullopt;
    std::array<unsigned char, 2 * halfSignature> raw{};
    if (BN_bn2binpad(ECDSA_SIG_get0_r(signature.get()), raw.data(), halfSignature) < 0 ||
        BN_bn2binpad(ECDSA_SIG_get0_s(signature.get()), raw.data() + halfSignature, halfSignature) < 0)
        return std::nullopt;
    return std::string(reinterpret_cast<const char*>(raw.data()), raw.size());
}

std::optional<std::string> derSignature(std::string_view raw) {
    if (raw.size() != 2 * halfSignature) return std::nullopt;
    const auto* data = reinterpret_cast<const unsigned char*>(raw.data());
    const std::unique_ptr<ECDSA_SIG, SignatureFree> signature(ECDSA_SIG_new());
    auto* r = BN_bin2bn(data, halfSignature, nullptr);
    auto* s = BN_bin2bn(data + halfSignature, halfSignature, nullptr);
    if (!signature || !r || !s || ECDSA_SIG_set0(signature.get(), r, s) != 1) {
        BN_free(r);
        BN_free(s);
        return std::nullopt;
    }
    unsigned char* der = nullptr;
    const int size = i2d_ECDSA_SIG(signature.get(), &der);
    if (size < 0) return std::nullopt;
    std::string text(reinterpret_cast<const char*>(der), static_cast<std::size_t>(size));
    OPENSSL_free(der);
    return text;
}

Error unauthorized(std::string why) { return makeError(Reason::Unauthorized, std::move(why)); }

std::int64_t seconds(WallTime time) { return std::chrono::duration_cast<std::chrono::seconds>(time.time_since_epoch()).count(); }

std::int64_t numberAt(const json::value& root, std::string_view key) {
    const auto* found = api::findPath(root, {key});
    return found && found->is_int64() ? found->get_int64() : 0;
}

json::object reference(const std::string& name, const std::string& uid) {
    json::object made{{"name", name}};
    if (!uid.empty()) made["uid"] = uid;
    return made;
}

// Kubernetes: pkg/serviceaccount/claims.go.
json::object privateClaims(const TokenRequest& request, WallTime now) {
    json::object claims{{"namespace", request.nameSpace}};
    if (!request.nodeName.empty()) claims["node"] = reference(request.nodeName, request.nodeUid);
    if (!request.boundKind.empty()) {
        std::string key = request.boundKind;
        for (auto& c : key) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
        claims[key] = reference(request.boundName, request.boundUid);
    }
    claims["serviceaccount"] = reference(request.name, request.uid);
    if (request.warnAfter) claims["warnafter"] = seconds(now + *request.warnAfter);
    return claims;
}

}  // namespace

struct TokenIssuer::Keys {
    Key privateKey, publicKey;
    std::string keyId;
};

TokenIssuer::TokenIssuer(std::unique_ptr<Keys> keys, std::string issuer) : keys_(std::move(keys)), issuer_(std::move(issuer)) {}
TokenIssuer::TokenIssuer(TokenIssuer&&) noexcept = default;
TokenIssuer& TokenIssuer::operator=(TokenIssuer&&) noexcept = default;
TokenIssuer::~TokenIssuer() = default;

Result<TokenIssuer> TokenIssuer::create(const pki::KeyPair& pair, std::string issuer) {
    const auto memory = [](const std::string& text) {
        return std::unique_ptr<BIO, BioFree>(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
    };
    auto keys = std::make_unique<Keys>();
    keys->privateKey.reset(PEM_read_bio_PrivateKey(memory(pair.privateKey).get(), nullptr, nullptr, nullptr));
    keys->publicKey.reset(PEM_read_bio_PUBKEY(memory(pair.publicKey).get(), nullptr, nullptr, nullptr));
    if (!keys->privateKey || !keys->publicKey) {
        ERR_clear_error();
        return internalError("the service account key pair cannot be read");
    }
    std::array<unsigned char, SHA256_DIGEST_LENGTH> digest{};
    SHA256(reinterpret_cast<const unsigned char*>(pair.publicKey.data()), pair.publicKey.size(), digest.data());
    keys->keyId = toBase64Url({reinterpret_cast<const char*>(digest.data()), digest.size()});
    return TokenIssuer(std::move(keys), std::move(issuer));
}

Result<std::string> TokenIssuer::issue(const TokenRequest& request, WallTime now) const {
    json::array audiences;
    for (const auto& each : request.audiences) audiences.emplace_back(json::string(each));
    if (audiences.empty()) audiences.emplace_back(json::string(issuer_));
    const json::object header{{"alg", "ES256"}, {"kid", keys_->keyId}};
    json::object claims{{"aud", std::move(audiences)}, {"exp", seconds(now + request.lifetime)}, {"iat", seconds(now)}, {"iss", issuer_}};
    if (!request.tokenId.empty()) claims["jti"] = request.tokenId;
    claims["kubernetes.io"] = privateClaims(request, now);
    claims["nbf"] = seconds(now);
    claims["sub"] = fmt::format("system:serviceaccount:{}:{}", request.nameSpace, request.name);
    const auto signedPart = toBase64Url(json::serialize(header)) + "." + toBase64Url(json::serialize(claims));
    const std::unique_ptr<EVP_MD_CTX, ContextFree> context(EVP_MD_CTX_new());
    const auto* data = reinterpret_cast<const unsigned char*>(signedPart.data());
    std::string der(EVP_MAX_MD_SIZE * 4, '\0');
    std::size_t size = der.size();
    if (EVP_DigestSignInit(context.get(), nullptr, EVP_sha256(), nullptr, keys_->privateKey.get()) != 1 ||
        EVP_DigestSign(context.get(), reinterpret_cast<unsigned char*>(der.data()), &size, data, signedPart.size()) != 1)
        return internalError("signing a service account token failed");
    der.resize(size);
    const auto raw = rawSignature(der);
    if (!raw) return internalError("signing a service account token failed");
    return signedPart + "." + toBase64Url(*raw);
}

Result<TokenClaims> TokenIssuer::verify(std::string_view token, WallTime now) const {
    const auto last = token.rfind('.');
    const auto first = token.find('.');
    if (first == std::string_view::npos || last == first) return unauthorized("not a token");
    const auto signature = fromBase64Url(token.substr(last + 1));
    const auto der = signature ? derSignature(*signature) : std::nullopt;
    if (!der) return unauthorized("the signature of the token is malformed");
    const auto signedPart = token.substr(0, last);
    const std::unique_ptr<EVP_MD_CTX, ContextFree> context(EVP_MD_CTX_new());
    const bool genuine = EVP_DigestVerifyInit(context.get(), nullptr, EVP_sha256(), nullptr, keys_->publicKey.get()) == 1 &&
                         EVP_DigestVerify(context.get(), reinterpret_cast<const unsigned char*>(der->data()), der->size(),
                                          reinterpret_cast<const unsigned char*>(signedPart.data()), signedPart.size()) == 1;
    ERR_clear_error();
    if (!genuine) return unauthorized("the signature of the token does not match");
    const auto payload = fromBase64Url(token.substr(first + 1, last - first - 1));
    boost::system::error_code error;
    const auto claims = json::parse(payload.value_or(""), error);
    if (error || !claims.is_object()) return unauthorized("the token is malformed");
    if (api::stringAt(claims, {"iss"}) != issuer_) return unauthorized("the token is of another issuer");
    TokenClaims found;
    found.expiry = WallTime(std::chrono::seconds{numberAt(claims, "exp")});
    if (now >= found.expiry) return unauthorized("service account token has expired");
    if (seconds(now) + 60 < numberAt(claims, "nbf")) return unauthorized("the token is not valid yet");
    if (const auto* audiences = api::findPath(claims, {"aud"}); audiences && audiences->is_array())
        for (const auto& each : audiences->get_array())
            if (each.is_string()) found.audiences.emplace_back(each.get_string());
    found.tokenId = api::stringAt(claims, {"jti"});
    found.nameSpace = api::stringAt(claims, {"kubernetes.io", "namespace"});
    found.name = api::stringAt(claims, {"kubernetes.io", "serviceaccount", "name"});
    found.uid = api::stringAt(claims, {"kubernetes.io", "serviceaccount", "uid"});
    found.nodeName = api::stringAt(claims, {"kubernetes.io", "node", "name"});
    found.nodeUid = api::stringAt(claims, {"kubernetes.io", "node", "uid"});
    // The Node of a token for a Pod is a remark, not what it is bound to.
    for (const auto& [key, kind] : {std::pair{"node", "Node"}, std::pair{"secret", "Secret"}, std::pair{"pod", "Pod"}})
        if (api::findPath(claims, {"kubernetes.io", key})) {
            found.boundKind = kind;
            found.boundName = api::stringAt(claims, {"kubernetes.io", key, "name"});
            found.boundUid = api::stringAt(claims, {"kubernetes.io", key, "uid"});
        }
    return found;
}

}  // namespace kubarium::apiserver
