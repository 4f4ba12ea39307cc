// All randomness of the engine comes in through here, so that a simulation replays from its seed.
#pragma once

#include <cstdint>
#include <string>

namespace kubarium {

class Random {
public:
    virtual ~Random() = default;
    virtual std::uint64_t next() = 0;

    // Uniform in [0, bound); bound > 0.
    std::uint64_t below(std::uint64_t bound);
    // Uniform in [0, 1).
    double unit();
    // As k8s.io/apimachinery/pkg/util/rand.String: letters that do not spell words.
    std::string suffix(int length);
    // RFC 4122 version 4.
    std::string uuid();
};

class SystemRandom final : public Random {
public:
    std::uint64_t next() override;
};

// splitmix64: small, good enough, the same everywhere.
class SeededRandom final : public Random {
public:
    explicit SeededRandom(std::uint64_t seed) : state_(seed) {}
    std::uint64_t next() override;

private:
    std::uint64_t state_;
};

}  // namespace kubarium
