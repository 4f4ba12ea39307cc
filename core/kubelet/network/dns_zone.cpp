#include "core/kubelet/network/dns_zone.h"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>
#include <optional>

namespace kubarium::kubelet {
namespace {

enum Type { A = 1, CNAME = 5, SOA = 6, PTR = 12, SRV = 33, ANY = 255 };
constexpr int noError = 0, notImplemented = 4, nameError = 3;
constexpr unsigned lifetime = 5;  // seconds, as CoreDNS' kubernetes plugin
constexpr const char* domain = "cluster.local";

std::string lower(std::string text) {
    std::transform(text.begin(), text.end(), text.begin(), [](unsigned char letter) { return static_cast<char>(std::tolower(letter)); });
    return text;
}

void put16(std::string& to, unsigned value) {
    to += static_cast<char>(value >> 8 & 255);
    to += static_cast<char>(value & 255);
}

void putName(std::string& to, const std::string& name) {
    for (std::size_t begin = 0; begin < name.size();) {
        const auto end = std::min(name.find('.', begin), name.size());
        const auto length = std::min<std::size_t>(end - begin, 63);
        to += static_cast<char>(length);
        to.append(name, begin, length);
        begin = end + 1;
    }
    to += '\0';
}

std::string packIp(const std::string& ip) {
    in_addr address{};
    if (::inet_pton(AF_INET, ip.c_str(), &address) != 1) return {};
    return std::string(reinterpret_cast<const char*>(&address), 4);
}

struct Question {
    std::string name;
    int type = 0;
    std::size_t end = 0;  // offset after it
};

std::optional<Question> parseQuestion(std::string_view query) {
    Question question;
    std::size_t at = 12;
    for (;;) {
        if (at >= query.size()) return std::nullopt;
        const auto length = static_cast<unsigned char>(query[at++]);
        if (length == 0) break;
        if (length > 63 || at + length > query.size()) return std::nullopt;
        question.name += (question.name.empty() ? "" : ".") + std::string(query.substr(at, length));
        at += length;
    }
    if (at + 4 > query.size()) return std::nullopt;
    question.type = static_cast<unsigned char>(query[at]) << 8 | static_cast<unsigned char>(query[at + 1]);
    question.end = at + 4;
    question.name = lower(question.name);
    return question;
}

// "10-244-1-2" as 10.244.1.2; "" if it is none.
std::string undashed(std::string text) {
    std::replace(text.begin(), text.end(), '-', '.');
    return packIp(text).empty() ? std::string() : text;
}

}  // namespace

struct DnsZone::Builder {
    std::string records;
    unsigned count = 0;
    void add(const std::string& name, int type, const std::string& data) {
        putName(records, name);
        put16(records, static_cast<unsigned>(type));
        put16(records, 1);
        put16(records, 0);
        put16(records, lifetime);
        put16(records, static_cast<unsigned>(data.size()));
        records += data;
        ++count;
    }
};

void DnsZone::touch(const std::string& name) {
    for (std::size_t at = 0; at != std::string::npos;) {
        existing_.insert(name.substr(at));
        const auto dot = name.find('.', at);
        at = dot == std::string::npos ? dot : dot + 1;
    }
}

void DnsZone::addAddress(const std::string& name, const std::string& ip) {
    const auto key = lower(name);
    entries_[key].addresses.push_back(ip);
    touch(key);
}

void DnsZone::addAlias(const std::string& name, const std::string& target) {
    const auto key = lower(name);
    entries_[key].alias = lower(target);
    touch(key);
}

void DnsZone::addService(const std::string& name, int port, const std::string& target) {
    const auto key = lower(name);
    entries_[key].services.push_back({port, lower(target)});
    touch(key);
}

void DnsZone::addPointer(const std::string& ip, const std::string& name) {
    const auto bytes = packIp(ip);
    std::string key;
    for (auto byte = bytes.rbegin(); byte != bytes.rend(); ++byte) key += std::to_string(static_cast<unsigned char>(*byte)) + ".";
    key += "in-addr.arpa";
    entries_[key].pointer = lower(name);
    touch(key);
}

const DnsZone::Entry* DnsZone::find(const std::string& name) const {
    const auto it = entries_.find(name);
    return it == entries_.end() ? nullptr : &it->second;
}

bool DnsZone::exists(const std::string& name) const { return existing_.contains(name); }

void DnsZone::answerName(const std::string& name, int type, Builder& builder, int depth) const {
    const auto* entry = find(name);
    if (entry == nullptr || depth > 8) return;
    const bool any = type == ANY;
    if (!entry->alias.empty()) {
        std::string target;
        putName(target, entry->alias);
        builder.add(name, CNAME, target);
        if (type != CNAME) answerName(entry->alias, type, builder, depth + 1);
        return;
    }
    if (type == A || any)
        for (const auto& ip : entry->addresses) builder.add(name, A, packIp(ip));
    if ((type == PTR || any) && !entry->pointer.empty()) {
        std::string target;
        putName(target, entry->pointer);
        builder.add(name, PTR, target);
    }
    if (type == SRV || any)
        for (const auto& service : entry->services) {
            std::string data;
            put16(data, 0);
            put16(data, static_cast<unsigned>(100 / entry->services.size()));
            put16(data, static_cast<unsigned>(service.port));
            putName(data, service.target);
            builder.add(name, SRV, data);
        }
}

std::string DnsZone::answer(std::string_view query, std::size_t most) const {
    if (query.size() < 12 || (static_cast<unsigned char>(query[2]) & 0x80) != 0) return {};
    const auto question = parseQuestion(query);
    const bool standard = (static_cast<unsigned char>(query[2]) & 0x78) == 0;
    Builder builder;
    int code = noError;
    if (!question || !standard) {
        code = notImplemented;
    } else {
        const auto pods = std::string(".pod.") + domain;
        answerName(question->name, question->type, builder, 0);
        bool known = exists(question->name);
        // A Pod's name says its address: any address in an existing form is answered, as CoreDNS does with "pods insecure".
        if (!known && question->name.ends_with(pods)) {
            const auto rest = question->name.substr(0, question->name.size() - pods.size());
            const auto dot = rest.find('.');
            const auto ip = dot == std::string::npos ? std::string() : undashed(rest.substr(0, dot));
            known = !ip.empty() && rest.find('.', dot + 1) == std::string::npos;
            if (known && (question->type == A || question->type == ANY)) builder.add(question->name, A, packIp(ip));
        }
        if (!known && question->name != domain) code = nameError;
    }
    const bool fits = 12 + (question ? question->end - 12 : 0) + builder.records.size() <= most;
    std::string answer(query.substr(0, 2));
    const unsigned recursion = static_cast<unsigned char>(query[2]) & 1U;
    answer += static_cast<char>(0x84 | recursion | (fits ? 0U : 2U));  // an answer, authoritative
    answer += static_cast<char>(0x80 | code);
    put16(answer, question ? 1 : 0);
    put16(answer, fits ? builder.count : 0);
    put16(answer, 0);
    put16(answer, 0);
    if (question) answer += query.substr(12, question->end - 12);
    if (fits) answer += builder.records;
    return answer;
}

}  // namespace kubarium::kubelet
