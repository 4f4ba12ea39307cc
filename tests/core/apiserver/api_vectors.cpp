// Replays recorded conversations with kube-apiserver 1.34 against the whole request path (without the socket) and the controllers,
// in virtual time, and compares every answer.
//   api_vectors [-v] [-k KNOWN] FILE-OR-DIRECTORY...
// Reads *.jsonl and *.jsonl.gz; prints equal/total per scenario and each difference. KNOWN lists steps that may differ, "scenario #12
// why" a line. Exits 1 if another step differs, or if one of KNOWN is equal by now.
// Not replayed: what belongs to HTTP alone (bodies above 3 MiB, invalid tokens).
#include "core/apiserver/admission.h"
#include "core/apiserver/bootstrap.h"
#include "core/apiserver/local_client.h"
#include "core/apiserver/presentation.h"
#include "core/controller/controller_manager.h"
#include "core/pki/cluster_pki.h"
#include "core/simulation/simulated_loop.h"
#include "tests/core/apiserver/recorded_answer.h"
#include "tests/support/gz_text.h"

#include <boost/json.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>

namespace kubarium::apiserver {
namespace {

using namespace std::chrono_literals;
using testing::AnswerMatcher;
using testing::Bindings;
namespace fs = std::filesystem;

constexpr std::size_t bodyLimit = 3145728;

// A control plane of its own for every scenario.
struct Plane {
    explicit Plane(const pki::ClusterPki& pki) : tokens(*TokenIssuer::create(pki.serviceAccount)) {
        createInitialObjects(registry);
        handler.setReady(true);
        controllers.start();
        loop.advance(2s);
    }
    static User masters() { return {"system:kube-controller-manager", "", {"system:masters", "system:authenticated"}, {}}; }

    SimulatedLoop loop;
    store::MemoryStore store{loop, loop};
    TokenIssuer tokens;
    Admission admission{store, loop, loop.random()};
    Registry registry{store, api::Schema::builtin(), loop, loop.random(), admission};
    AuthenticatedAuthorizer authorizer;
    RequestHandler handler{loop, registry, authorizer, tokens};
    LocalClient client{loop, handler, masters(), "kube-controller-manager"};
    controller::ControllerManager controllers{loop, loop, loop.random(), client, {"-----BEGIN CERTIFICATE-----\nQ0E=\n-----END CERTIFICATE-----\n", {}, {}}};
};

std::string decodeBase64(std::string_view text) {
    constexpr std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    std::string out;
    unsigned buffer = 0;
    int bits = 0;
    for (const char c : text) {
        const auto digit = alphabet.find(c);
        if (digit == alphabet.npos) break;
        buffer = buffer << 6 | static_cast<unsigned>(digit);
        if ((bits += 6) >= 8) out += static_cast<char>(buffer >> (bits -= 8) & 255);
    }
    return out;
}

std::string textOf(const json::object& object, std::string_view key) {
    const auto* value = object.if_contains(key);
    return value && value->is_string() ? std::string(value->get_string()) : std::string();
}

json::object objectOf(const json::object& object, std::string_view key) {
    const auto* value = object.if_contains(key);
    return value && value->is_object() ? value->get_object() : json::object();
}

void dropManagedFields(json::value& value) {
    if (auto* object = value.if_object()) {
        if (auto* metadata = object->if_contains("metadata"); metadata && metadata->is_object()) metadata->get_object().erase("managedFields");
        for (auto& member : *object) dropManagedFields(member.value());
    } else if (auto* array = value.if_array()) {
        for (auto& each : *array) dropManagedFields(each);
    }
}

std::string quotedWarning(const std::string& text) {
    std::string quoted = "299 - \"";
    for (const char c : text) {
        if (c == '"' || c == '\\') quoted += '\\';
        quoted += c;
    }
    return quoted + '"';
}

json::object headersOf(const Response& response) {
    json::object headers{{"Content-Type", contentTypeOf(response)}};
    constexpr std::array recorded{"Retry-After", "Location", "WWW-Authenticate", "Allow"};
    for (const auto& [name, value] : response.headers)
        if (std::ranges::find(recorded, name) != recorded.end()) headers[name] = value;
    json::array warnings;
    for (const auto& warning : response.warnings) warnings.push_back(json::string(quotedWarning(warning)));
    if (!warnings.empty()) headers["Warning"] = std::move(warnings);
    return headers;
}

const json::value* at(const json::value& root, std::string_view pointer) {
    boost::system::error_code error;
    return root.find_pointer(pointer, error);
}

class Scenario {
public:
    Scenario(const pki::ClusterPki& pki, const json::object& meta) : plane_(std::make_unique<Plane>(pki)) {
        managed_ = meta.contains("managedFields") && meta.at("managedFields") == json::value(true);
        loose_ = meta.contains("looseRV") && meta.at("looseRV") == json::value(true);
    }

    // The differences; nullopt if the step cannot be replayed or compares nothing.
    std::optional<std::vector<std::string>> play(const json::object& step) {
        if (const auto* seconds = step.if_contains("sleep")) {
            plane_->loop.advance(std::chrono::milliseconds{static_cast<int>(seconds->to_number<double>() * 1000)});
            return std::nullopt;
        }
        const auto compare = objectOf(step, "compare");
        if (step.contains("collect")) return compared(step, compare, collect(textOf(step, "collect")), bindings_);
        if (textOf(step, "user") == "invalid") return std::nullopt;
        const auto limit = plane_->loop.monotonic() + (step.contains("eventually") ? std::chrono::seconds{step.at("eventually").to_number<int>()} : 0s);
        for (;;) {
            auto tried = bindings_;
            const auto answer = perform(step);
            if (!answer) return std::nullopt;
            auto differences = compared(step, compare, *answer, tried);
            if (!differences || differences->empty() || plane_->loop.monotonic() >= limit) {
                bindings_ = std::move(tried);
                return differences;
            }
            plane_->loop.advance(150ms);
        }
    }

private:
    struct Follower {
        std::unique_ptr<client::Watch> watch;
        json::array frames;
        json::object headers;
        std::size_t wanted = 0;
        Duration until{};
        bool over = false;
    };

    std::optional<json::object> perform(const json::object& step) {
        auto request = requestOf(step);
        if (request.body.size() > bodyLimit) return std::nullopt;
        std::optional<Response> response;
        plane_->handler.handle(std::move(request), [&](Response answer) { response = std::move(answer); });
        plane_->loop.runUntil([&] { return response.has_value(); }, 60s);
        if (!response) return json::object{{"status", 0}};
        if (!response->watch) {
            auto answer = answerOf(*response, step);
            // What was read as a watch but is one object looks like a single frame.
            if (auto body = answer.if_contains("body"); body && step.contains("watch") && response->code == 200) {
                answer["frames"] = json::array{*body};
                answer.erase("body");
            }
            return answer;
        }
        return follow(std::move(*response), objectOf(step, "watch"));
    }

    Request requestOf(const json::object& step) const {
        const auto described = objectOf(step, "request");
        const auto headers = objectOf(described, "headers");
        Request request;
        request.method = textOf(described, "method");
        const auto target = testing::substituted(textOf(described, "path"), bindings_);
        const auto question = target.find('?');
        request.path = target.substr(0, question);
        if (question != target.npos) request.query = target.substr(question + 1);
        request.accept = textOf(headers, "Accept");
        request.contentType = textOf(headers, "Content-Type");
        request.userAgent = "oracle/1.0";
        request.serverAddress = "127.0.0.1:6443";
        if (described.contains("bodyText")) request.body = testing::substituted(textOf(described, "bodyText"), bindings_);
        else if (described.contains("bodyBase64")) request.body = decodeBase64(textOf(described, "bodyBase64"));
        else if (const auto* parts = described.if_contains("bodyRepeat")) {
            const auto& list = parts->as_array();
            request.body = list[0].as_string();
            for (auto i = list[2].to_number<int>(); i > 0; --i) request.body += std::string_view(list[1].as_string());
            request.body += std::string_view(list[3].as_string());
        } else if (const auto* body = described.if_contains("body")) request.body = json::serialize(testing::substituted(*body, bindings_));
        request.user = userNamed(textOf(step, "user"));
        return request;
    }

    static User userNamed(const std::string& name) {
        if (name.empty() || name == "admin") return {"admin", "u-admin", {"system:masters", "system:authenticated"}, {}};
        if (name == "anonymous") return {"system:anonymous", "", {"system:unauthenticated"}, {}};
        User user{name, "u-" + name, {"system:authenticated"}, {}};
        if (name == "alice") user.groups.insert(user.groups.begin(), "developers");
        if (name == "bob") user.groups.insert(user.groups.begin(), "testers");
        return user;
    }

    json::object answerOf(const Response& response, const json::object& step) const {
        json::object answer{{"status", response.code}, {"headers", headersOf(response)}};
        const auto text = textOf(objectOf(step, "request"), "method") == "HEAD" ? std::string() : renderBody(response);
        if (text.empty()) return answer;
        boost::system::error_code error;
        auto body = json::parse(text, error);
        if (error) {
            answer["bodyText"] = text;
            return answer;
        }
        if (!managed_) dropManagedFields(body);
        if (!step.contains("project") && !step.contains("keysOf")) {
            answer["body"] = std::move(body);
            return answer;
        }
        json::object pointers, keys;
        if (const auto* list = step.if_contains("project"))
            for (const auto& pointer : list->as_array()) pointers[pointer.as_string()] = at(body, pointer.as_string()) ? *at(body, pointer.as_string()) : json::value(nullptr);
        if (const auto* list = step.if_contains("keysOf"))
            for (const auto& pointer : list->as_array()) keys[pointer.as_string()] = sortedKeys(at(body, pointer.as_string()));
        if (step.contains("project")) answer["pointers"] = std::move(pointers);
        if (step.contains("keysOf")) answer["keys"] = std::move(keys);
        return answer;
    }

    static json::array sortedKeys(const json::value* value) {
        std::set<std::string> keys;
        if (value && value->is_object())
            for (const auto& member : value->get_object()) keys.emplace(member.key());
        json::array out;
        for (const auto& key : keys) out.push_back(json::string(key));
        return out;
    }

    json::object follow(Response response, const json::object& watch) {
        auto follower = std::make_shared<Follower>();
        follower->headers = headersOf(response);
        follower->wanted = watch.contains("frames") ? watch.at("frames").to_number<std::size_t>() : 0;
        follower->until = plane_->loop.monotonic() + std::chrono::milliseconds{static_cast<int>((watch.contains("timeout") ? watch.at("timeout").to_number<double>() : 5) * 1000)};
        follower->watch = response.watch([follower, presentation = response.presentation, now = &plane_->loop, managed = managed_](std::optional<WatchFrame> frame) mutable {
            if (!frame || follower->over) {
                follower->over = true;
                return;
            }
            presentation.now = now->now();
            auto tree = json::parse(renderFrame(presentation, *frame, follower->frames.empty()));
            if (!managed) dropManagedFields(tree);
            follower->frames.push_back(std::move(tree));
            if (follower->wanted > 0 && follower->frames.size() >= follower->wanted) follower->over = true;
        });
        const auto id = textOf(watch, "id");
        plane_->loop.runReady();
        if (id.empty()) return finish(*follower);
        followers_[id] = std::move(follower);
        return {{"status", 200}};
    }

    json::object finish(Follower& follower) {
        plane_->loop.runUntil([&] { return follower.over; }, std::max<Duration>(follower.until - plane_->loop.monotonic(), 0s));
        follower.watch.reset();
        return {{"status", 200}, {"headers", std::move(follower.headers)}, {"frames", std::move(follower.frames)}};
    }

    json::object collect(const std::string& id) {
        const auto it = followers_.find(id);
        if (it == followers_.end()) return {{"status", 0}};
        const auto follower = std::move(it->second);
        followers_.erase(it);
        return finish(*follower);
    }

    std::optional<std::vector<std::string>> compared(const json::object& step, const json::object& compare, const json::object& answer, Bindings& bindings) const {
        const auto* recorded = step.if_contains("response");
        const auto mode = textOf(compare, "mode");
        if (!recorded || mode == "none") return std::nullopt;
        AnswerMatcher matcher(bindings, loose_ || (step.contains("looseRV") && step.at("looseRV") == json::value(true)));
        const auto& expected = recorded->as_object();
        for (const auto& [key, value] : expected) {
            if (mode == "status" && key != "status") continue;
            const std::string path(key == "body" ? "" : std::string_view(key));
            const auto* actual = answer.if_contains(key);
            if (!actual) matcher.differ(path, json::serialize(value), "(absent)");
            else if (key == "pointers" || key == "keys") projected(matcher, std::string(key), value.as_object(), actual->as_object(), compare);
            else matcher.match(path, value, *actual, compare);
        }
        if (mode != "status")
            for (const auto& [key, value] : answer)
                if (!expected.contains(key)) matcher.differ(std::string(key), "(absent)", json::serialize(value));
        return matcher.differences();
    }

    static void projected(AnswerMatcher& matcher, const std::string& what, const json::object& recorded, const json::object& actual, const json::object& compare) {
        for (const auto& [pointer, value] : recorded) {
            const auto* found = actual.if_contains(pointer);
            matcher.match(what + " " + std::string(pointer), value, found ? *found : json::value(nullptr), compare);
        }
    }

    std::unique_ptr<Plane> plane_;
    bool managed_ = false, loose_ = false;
    Bindings bindings_;
    std::map<std::string, std::shared_ptr<Follower>> followers_;
};

std::vector<json::object> linesOf(const fs::path& path) {
    std::vector<json::object> lines;
    for (const auto& line : testing::gzLines(path).value_or(std::vector<std::string>())) {
        boost::system::error_code error;
        auto value = json::parse(line, error);
        if (!error && value.is_object()) lines.push_back(std::move(value.get_object()));
    }
    return lines;
}

// "scenario #12" of each line, the rest of which is the reason.
std::set<std::string> knownOf(const fs::path& path) {
    std::set<std::string> known;
    std::ifstream in(path);
    for (std::string line; std::getline(in, line);) {
        std::istringstream words(line);
        std::string scenario, step;
        if (words >> scenario >> step && scenario.front() != '#') known.insert(scenario + " " + step);
    }
    return known;
}

struct Tally {
    int equal = 0, total = 0, unexpected = 0;
};

Tally run(const fs::path& path, const pki::ClusterPki& pki, const std::set<std::string>& known, bool verbose) {
    const auto lines = linesOf(path);
    if (lines.empty()) {
        fmt::print(stderr, "{} is no recording\n", path.string());
        return {0, 0, 1};
    }
    const auto name = textOf(lines.front(), "scenario");
    Scenario scenario(pki, lines.front());
    Tally tally;
    for (std::size_t i = 1; i < lines.size(); ++i) {
        const auto differences = scenario.play(lines[i]);
        if (!differences) continue;
        ++tally.total;
        tally.equal += differences->empty();
        const auto label = fmt::format("{} #{}", name, lines[i].at("step").to_number<int>());
        const bool expected = known.contains(label);
        if (differences->empty() == !expected) continue;
        const auto request = objectOf(lines[i], "request");
        if (differences->empty()) fmt::print("{} is equal now: take it off the list\n", label);
        else if (!expected || verbose) fmt::print("DIFFERS {} {} {}\n", label, textOf(request, "method"), textOf(request, "path"));
        for (const auto& difference : *differences)
            if (!expected || verbose) fmt::print("    {}\n", difference);
        if (differences->empty() || !expected) ++tally.unexpected;
    }
    fmt::print("{:<30} {:>4} of {:>4} equal\n", name, tally.equal, tally.total);
    return tally;
}

}  // namespace
}  // namespace kubarium::apiserver

int main(int argc, char** argv) {
    using namespace kubarium;
    bool verbose = false;
    std::set<std::string> known;
    std::set<std::filesystem::path> files;
    for (int i = 1; i < argc; ++i) {
        const std::string word = argv[i];
        if (word == "-v") verbose = true;
        else if (word == "-k" && i + 1 < argc) known = apiserver::knownOf(argv[++i]);
        else if (std::filesystem::is_directory(word)) {
            for (const auto& entry : std::filesystem::directory_iterator(word))
                if (entry.path().string().find(".jsonl") != std::string::npos) files.insert(entry.path());
        } else files.insert(word);
    }
    SimulatedLoop clock;
    const auto pki = pki::ClusterPki::ensure({}, clock.now());
    if (files.empty() || !pki) {
        fmt::print(stderr, "usage: api_vectors [-v] [-k KNOWN] FILE-OR-DIRECTORY...\n");
        return 2;
    }
    apiserver::Tally all;
    for (const auto& file : files) {
        const auto one = apiserver::run(file, *pki, known, verbose);
        all.equal += one.equal, all.total += one.total, all.unexpected += one.unexpected;
    }
    fmt::print("{} of {} equal, {} unexpected\n", all.equal, all.total, all.unexpected);
    return all.unexpected > 0 ? 1 : 0;
}
