// Expected failures. Every fallible function of the engine returns Result<T>; the Error in it is worded for the person
// who sees it and carries the reason of the Kubernetes API (metav1.StatusReason), so that one place can turn it into HTTP.
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace kubarium {

// metav1.StatusReason of Kubernetes 1.34. The HTTP code of each is httpCode().
enum class Reason : std::uint8_t {
    Unknown, BadRequest, Unauthorized, Forbidden, NotFound, AlreadyExists, Conflict, Gone, Expired, Invalid,
    ServerTimeout, StoreReadError, Timeout, TooManyRequests, MethodNotAllowed, NotAcceptable,
    RequestEntityTooLarge, UnsupportedMediaType, InternalError, ServiceUnavailable,
};

std::string_view toString(Reason);
std::optional<Reason> parseReason(std::string_view);
int httpCode(Reason);

// One entry of Status.details.causes: `reason` is metav1.CauseType (FieldValueInvalid, ...), `field` a path (spec.replicas).
struct Cause {
    std::string reason;
    std::string message;
    std::string field;
    friend bool operator==(const Cause&, const Cause&) = default;
};

// metav1.Status of a failure. `code` 0 means httpCode(reason).
struct Error {
    Reason reason = Reason::Unknown;
    std::string message;
    int code = 0;
    std::string group;  // details.group, details.kind, details.name, details.uid
    std::string kind;
    std::string name;
    std::string uid;
    std::vector<Cause> causes;
    int retryAfterSeconds = 0;

    int status() const { return code != 0 ? code : httpCode(reason); }
};

Error makeError(Reason reason, std::string message);
inline Error internalError(std::string message) { return makeError(Reason::InternalError, std::move(message)); }
inline Error badRequest(std::string message) { return makeError(Reason::BadRequest, std::move(message)); }

template <class T>
class [[nodiscard]] Result : public std::expected<T, Error> {
public:
    using Base = std::expected<T, Error>;
    using Base::Base;
    Result(Error error) : Base(std::unexpected(std::move(error))) {}
    Result(std::unexpected<Error> error) : Base(std::move(error)) {}
};

template <>
class [[nodiscard]] Result<void> : public std::expected<void, Error> {
public:
    using Base = std::expected<void, Error>;
    using Base::Base;
    Result() = default;
    Result(Error error) : Base(std::unexpected(std::move(error))) {}
    Result(std::unexpected<Error> error) : Base(std::move(error)) {}
};

// Takes the value out of a Result, or returns its Error from the enclosing function. Never in coroutines.
#define TRY(...)                                                        \
    __extension__({                                                     \
        auto tryResult_ = (__VA_ARGS__);                                \
        if (!tryResult_.has_value()) return std::move(tryResult_.error()); \
        std::move(tryResult_).value();                                  \
    })

// A bug, not an error: prints where and what, and aborts; in release builds too.
[[noreturn]] void assertionFailed(const char* expression, const char* file, int line);
#define KUBARIUM_ASSERT(expression) \
    ((expression) ? static_cast<void>(0) : ::kubarium::assertionFailed(#expression, __FILE__, __LINE__))

}  // namespace kubarium
