#include "core/base/result.h"

#include <array>
#include <cstdio>
#include <cstdlib>

namespace kubarium {
namespace {

struct ReasonFacts {
    Reason reason;
    std::string_view name;
    int code;
};

// apimachinery/pkg/apis/meta/v1/types.go, StatusReason: the codes are those that the API server sends.
constexpr std::array reasons{
    ReasonFacts{Reason::Unknown, "", 500},
    ReasonFacts{Reason::BadRequest, "BadRequest", 400},
    ReasonFacts{Reason::Unauthorized, "Unauthorized", 401},
    ReasonFacts{Reason::Forbidden, "Forbidden", 403},
    ReasonFacts{Reason::NotFound, "NotFound", 404},
    ReasonFacts{Reason::AlreadyExists, "AlreadyExists", 409},
    ReasonFacts{Reason::Conflict, "Conflict", 409},
    ReasonFacts{Reason::Gone, "Gone", 410},
    ReasonFacts{Reason::Expired, "Expired", 410},
    ReasonFacts{Reason::Invalid, "Invalid", 422},
    ReasonFacts{Reason::ServerTimeout, "ServerTimeout", 500},
    ReasonFacts{Reason::StoreReadError, "StorageReadError", 500},
    ReasonFacts{Reason::Timeout, "Timeout", 504},
    ReasonFacts{Reason::TooManyRequests, "TooManyRequests", 429},
    ReasonFacts{Reason::MethodNotAllowed, "MethodNotAllowed", 405},
    ReasonFacts{Reason::NotAcceptable, "NotAcceptable", 406},
    ReasonFacts{Reason::RequestEntityTooLarge, "RequestEntityTooLarge", 413},
    ReasonFacts{Reason::UnsupportedMediaType, "UnsupportedMediaType", 415},
    ReasonFacts{Reason::InternalError, "InternalError", 500},
    ReasonFacts{Reason::ServiceUnavailable, "ServiceUnavailable", 503},
};

const ReasonFacts& factsOf(Reason reason) {
    const auto& facts = reasons.at(static_cast<std::size_t>(reason));
    KUBARIUM_ASSERT(facts.reason == reason);
    return facts;
}

}  // namespace

std::string_view toString(Reason reason) { return factsOf(reason).name; }

std::optional<Reason> parseReason(std::string_view name) {
    for (const auto& facts : reasons)
        if (facts.name == name) return facts.reason;
    return std::nullopt;
}

int httpCode(Reason reason) { return factsOf(reason).code; }

Error makeError(Reason reason, std::string message) {
    Error error;
    error.reason = reason;
    error.message = std::move(message);
    return error;
}

void assertionFailed(const char* expression, const char* file, int line) {
    std::fprintf(stderr, "%s:%d: assertion failed: %s\n", file, line, expression);
    std::abort();
}

}  // namespace kubarium
