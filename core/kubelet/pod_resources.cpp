#include "core/kubelet/pod_resources.h"

#include <algorithm>
#include <charconv>
#include <cmath>

namespace kubarium::kubelet {
namespace {

constexpr std::int64_t minimumShares = 2, maximumShares = 262144, minimumQuota = 1000, period = 100000, pageSize = 4096;

// Long double holds every 64-bit integer exactly, which is enough for quantities of one Node.
long double quantity(std::string_view text) {
    const auto digits = std::min(text.find_first_not_of("+-.0123456789"), text.size());
    long double number = 0;
    {
        const auto whole = text.substr(0, digits);
        const auto point = std::min(whole.find('.'), whole.size());
        for (const char c : whole.substr(0, point))
            if (c >= '0' && c <= '9') number = number * 10 + (c - '0');
        long double place = 0.1L;
        for (const char c : whole.substr(std::min(point + 1, whole.size()))) number += (c - '0') * place, place /= 10;
        if (whole.starts_with('-')) number = -number;
    }
    const auto suffix = text.substr(digits);
    if (suffix.empty()) return number;
    if (suffix.size() > 1 && (suffix[0] == 'e' || suffix[0] == 'E')) {
        int exponent = 0;
        std::from_chars(suffix.data() + (suffix[1] == '+' ? 2 : 1), suffix.data() + suffix.size(), exponent);
        return number * std::pow(10.0L, exponent);
    }
    constexpr std::string_view binary = "KMGTPE";
    if (suffix.size() == 2 && suffix[1] == 'i') return number * std::pow(1024.0L, static_cast<long double>(binary.find(suffix[0]) + 1));
    switch (suffix[0]) {
        case 'n': return number / 1e9L;
        case 'u': return number / 1e6L;
        case 'm': return number / 1e3L;
        case 'k': return number * 1e3L;
        case 'M': return number * 1e6L;
        case 'G': return number * 1e9L;
        case 'T': return number * 1e12L;
        case 'P': return number * 1e15L;
        case 'E': return number * 1e18L;
        default: return 0;
    }
}

std::int64_t roundUp(long double value) {
    constexpr auto most = static_cast<long double>(std::numeric_limits<std::int64_t>::max());
    // Decimal fractions are not exact in binary: what is within a billionth of an integer is meant to be that integer.
    const auto nearest = std::round(value);
    const auto result = std::abs(value - nearest) < 1e-9L ? nearest : std::ceil(value);
    return result >= most ? std::numeric_limits<std::int64_t>::max() : static_cast<std::int64_t>(result);
}

using Resources = std::map<std::string, std::string>;
const Resources& requestsOf(const api::Container& container) { return resourcesOf(container).requests; }
const Resources& limitsOf(const api::Container& container) { return resourcesOf(container).limits; }

std::int64_t amount(const std::string& resource, const std::string& text) { return resource == "cpu" ? milliQuantity(text) : wholeQuantity(text); }
std::int64_t amountIn(const Resources& resources, const std::string& resource) {
    const auto it = resources.find(resource);
    return it == resources.end() ? 0 : amount(resource, it->second);
}
// A limit without a request is the request too (the API server's defaulting does the same).
std::int64_t effectiveRequest(const api::Container& container, const std::string& resource) {
    return requestsOf(container).contains(resource) ? amountIn(requestsOf(container), resource) : amountIn(limitsOf(container), resource);
}

using Sums = std::map<std::string, std::int64_t>;
Sums requestSums(const api::Container& container) {
    Sums sums;
    for (const auto& [name, text] : limitsOf(container)) sums[name] = amount(name, text);
    for (const auto& [name, text] : requestsOf(container)) sums[name] = amount(name, text);
    return sums;
}
void add(Sums& to, const Sums& from) {
    for (const auto& [name, value] : from) to[name] += value;
}
void raise(Sums& to, const Sums& from) {
    for (const auto& [name, value] : from) to[name] = std::max(to[name], value);
}

std::int64_t sharesOf(std::int64_t milliCpu) {
    return milliCpu == 0 ? minimumShares : std::clamp(milliCpu * 1024 / 1000, minimumShares, maximumShares);
}
std::int64_t quotaOf(std::int64_t milliCpu) { return std::max(milliCpu * period / 1000, minimumQuota); }

// The effective limit of the whole Pod; 0 if some container has none.
std::int64_t podLimit(const api::PodSpec& spec, const std::string& resource) {
    if (spec.resources && spec.resources->limits.contains(resource)) return amountIn(spec.resources->limits, resource);
    std::int64_t sum = 0, sidecars = 0, largest = 0;
    for (const auto& container : spec.containers) {
        const auto limit = amountIn(limitsOf(container), resource);
        if (limit == 0) return 0;
        sum += limit;
    }
    for (const auto& container : spec.initContainers) {
        const auto limit = amountIn(limitsOf(container), resource);
        if (limit == 0) return 0;
        if (isSidecar(container)) sidecars += limit;
        largest = std::max(largest, isSidecar(container) ? sidecars : sidecars + limit);
    }
    return std::max(sum + sidecars, largest);
}

}  // namespace

std::int64_t milliQuantity(std::string_view text) { return roundUp(quantity(text) * 1000); }
std::int64_t wholeQuantity(std::string_view text) { return roundUp(quantity(text)); }

std::string_view toString(QosClass qos) {
    switch (qos) {
        case QosClass::Guaranteed: return "Guaranteed";
        case QosClass::Burstable: return "Burstable";
        case QosClass::BestEffort: return "BestEffort";
    }
    return "";
}

bool isSidecar(const api::Container& initContainer) { return initContainer.restartPolicy == "Always"; }

QosClass qosClassOf(const api::PodSpec& spec) {
    bool anything = false, guaranteed = true;
    const auto consider = [&](const Resources& requests, const Resources& limits) {
        for (const auto* resource : {"cpu", "memory"}) {
            const auto limit = amountIn(limits, resource);
            const auto request = requests.contains(resource) ? amountIn(requests, resource) : limit;
            anything = anything || limit > 0 || request > 0;
            if (limit == 0 || request != limit) guaranteed = false;
        }
    };
    if (spec.resources && !(spec.resources->requests.empty() && spec.resources->limits.empty())) {
        consider(spec.resources->requests, spec.resources->limits);
    } else {
        for (const auto& container : spec.containers) consider(requestsOf(container), limitsOf(container));
        for (const auto& container : spec.initContainers) consider(requestsOf(container), limitsOf(container));
    }
    return !anything ? QosClass::BestEffort : guaranteed ? QosClass::Guaranteed : QosClass::Burstable;
}

std::map<std::string, std::int64_t> podRequests(const api::PodSpec& spec) {
    Sums total, sidecars, initialization;
    for (const auto& container : spec.containers) add(total, requestSums(container));
    for (const auto& container : spec.initContainers) {
        auto during = sidecars;
        add(during, requestSums(container));
        if (isSidecar(container)) sidecars = during;
        raise(initialization, during);
    }
    add(total, sidecars);
    raise(total, initialization);
    if (spec.resources) {
        for (const auto& [name, text] : spec.resources->limits)
            if (!total.contains(name)) total[name] = amount(name, text);
        for (const auto& [name, text] : spec.resources->requests) total[name] = amount(name, text);
    }
    for (const auto& [name, text] : spec.overhead) total[name] += amount(name, text);
    return total;
}

const api::ResourceRequirements& resourcesOf(const api::Container& container) {
    static const api::ResourceRequirements none;
    return container.resources ? *container.resources : none;
}

ResourceLimits podLimits(const api::PodSpec& spec) {
    ResourceLimits limits;
    const auto requests = podRequests(spec);
    const auto cpu = requests.find("cpu");
    limits.cpuShares = sharesOf(cpu == requests.end() ? 0 : cpu->second);
    if (const auto limit = podLimit(spec, "cpu")) limits.cpuQuotaMicroseconds = quotaOf(limit);
    if (const auto limit = podLimit(spec, "memory")) limits.memoryBytes = limit / pageSize * pageSize;
    return limits;
}

ResourceLimits containerLimits(const api::PodSpec& spec, const api::Container& container, std::int64_t nodeMemoryBytes) {
    ResourceLimits limits;
    // With a limit of the Pod only, its containers may use all of it.
    const bool podCpu = spec.resources && spec.resources->limits.contains("cpu");
    const bool podMemory = spec.resources && spec.resources->limits.contains("memory");
    const auto cpuRequest = effectiveRequest(container, "cpu");
    const bool unasked = cpuRequest == 0 && !requestsOf(container).contains("cpu");
    limits.cpuShares = sharesOf(unasked && podCpu ? amountIn(spec.resources->limits, "cpu") : cpuRequest);
    if (const auto limit = amountIn(limitsOf(container), "cpu")) limits.cpuQuotaMicroseconds = quotaOf(limit);
    else if (podCpu) limits.cpuQuotaMicroseconds = quotaOf(amountIn(spec.resources->limits, "cpu"));
    if (const auto limit = amountIn(limitsOf(container), "memory")) limits.memoryBytes = limit / pageSize * pageSize;
    else if (podMemory) limits.memoryBytes = amountIn(spec.resources->limits, "memory") / pageSize * pageSize;
    switch (qosClassOf(spec)) {
        case QosClass::Guaranteed: limits.oomScoreAdj = -997; break;
        case QosClass::BestEffort: limits.oomScoreAdj = 1000; break;
        case QosClass::Burstable: {
            const auto request = effectiveRequest(container, "memory");
            const auto score = nodeMemoryBytes > 0 ? 1000 - 1000 * request / nodeMemoryBytes : 1000;
            limits.oomScoreAdj = static_cast<int>(std::clamp<std::int64_t>(score, 3, 999));
        }
    }
    return limits;
}

api::ResourceRequirements reportedResources(const api::PodSpec& spec, const api::ResourceRequirements& ofContainer) {
    auto reported = ofContainer;
    reported.claims.clear();
    if (!spec.resources) return reported;
    const auto& ofPod = spec.resources->limits;
    if (!ofContainer.limits.empty())
        for (const auto* resource : {"cpu", "memory"})
            if (const auto it = ofPod.find(resource); it != ofPod.end()) reported.limits.insert(*it);
    if (!ofContainer.requests.empty()) {
        const auto own = ofContainer.limits.find("cpu"), shared = ofPod.find("cpu");
        if (own != ofContainer.limits.end()) reported.requests.insert(*own);
        else if (shared != ofPod.end()) reported.requests.insert(*shared);
    }
    return reported;
}

}  // namespace kubarium::kubelet
