// A substrate with images and Nodes for one test, driven by a real engine loop on the test's thread.
#pragma once

#include "core/base/engine_loop.h"
#include "core/kubelet/image/image_store.h"
#include "core/kubelet/runtime/oci_runtime.h"
#include "core/kubelet/runtime/substrate.h"
#include "tests/support/leak_check.h"

#include <gtest/gtest.h>

#include <fmt/format.h>

#include <map>
#include <optional>
#include <sys/stat.h>

namespace kubarium::kubelet {

class SubstrateTest : public ::testing::Test {
protected:
    void SetUp() override {
        capabilities = probeSubstrate();
        if (capabilities.level == SubstrateLevel::Simulated) GTEST_SKIP() << capabilities.sentence();
        auto opened = ImageStore::open(imageDirectory());
        ASSERT_TRUE(opened) << opened.error().message;
        images = std::move(*opened);
        const auto loaded = images->loadBuiltIn(KUBARIUM_IMAGES);
        ASSERT_TRUE(loaded) << loaded.error().message;
        leakCheck.emplace(directory.path() / "run");
        startSubstrate();
    }
    void TearDown() override {
        nodes.clear();
        substrate.reset();
        if (leakCheck) {
            EXPECT_EQ(leakCheck->leaks(), std::vector<std::string>());
        }
    }
    // Unpacked once for all tests of the program.
    static std::filesystem::path imageDirectory() {
        static const ::kubarium::testing::TestDirectory shared;
        return shared.path();
    }
    void startSubstrate() {
        auto started = Substrate::start(loop, loop, {"/proc/self/exe", directory.path() / "run", capabilities, std::filesystem::path(KUBARIUM_IMAGES) / "pause"});
        ASSERT_TRUE(started) << started.error().message;
        substrate = std::move(*started);
    }
    OciRuntime& addNode(const std::string& name, ResourceLimits capacity = {}) {
        const auto index = nodes.size() + 1;
        OciNodeOptions options{name, fmt::format("172.30.0.{}", 10 + index), fmt::format("10.244.{}.0/24", index), "10.96.0.10", capacity,
                               directory.path() / "pods"};
        auto node = std::make_unique<OciRuntime>(*substrate, *images, std::move(options));
        node->setExitHandler([this](const std::string& id, const ExitInfo& info) { exits[id] = info; });
        nodes.push_back(std::move(node));
        return *nodes.back();
    }

    // Runs the loop until the condition holds; false after ten seconds.
    bool waitFor(const std::function<bool()>& condition, Duration most = std::chrono::seconds(10)) {
        const auto deadline = loop.monotonic() + most;
        while (!condition()) {
            if (loop.monotonic() > deadline) return false;
            const auto tick = loop.afterReal(std::chrono::milliseconds(1), [this] { loop.stop(); });
            loop.run();
        }
        return true;
    }
    template <class T>
    Result<T> wait(const std::function<void(Reply<T>)>& call) {
        std::optional<Result<T>> result;
        call([&](Result<T> value) {
            result.emplace(std::move(value));
            loop.stop();
        });
        const auto patience = loop.afterReal(std::chrono::seconds(20), [this] { loop.stop(); });
        const auto deadline = loop.monotonic() + std::chrono::seconds(20);
        while (!result && loop.monotonic() < deadline) loop.run();
        return result ? std::move(*result) : Result<T>(makeError(Reason::Timeout, "no reply within 20 s"));
    }
    static std::string containerId(int number) { return fmt::format("{:064x}", number); }
    static std::string podUid(int number) { return fmt::format("pod-{:04}", number); }

    Result<SandboxInfo> makeSandbox(OciRuntime& node, int number, const std::function<void(SandboxSpec&)>& change = {}) {
        SandboxSpec spec;
        spec.podUid = podUid(number);
        spec.podName = spec.hostname = fmt::format("pod{}", number);
        if (change) change(spec);
        return wait<SandboxInfo>([&](auto reply) { node.createSandbox(std::move(spec), std::move(reply)); });
    }
    ContainerSpec makeSpec(const std::string& sandbox, int number, std::vector<std::string> command, const std::string& image = "busybox") {
        ContainerSpec spec;
        spec.id = containerId(number);
        spec.sandboxId = sandbox;
        spec.podUid = podUid(number);
        spec.name = "main";
        spec.image = image;
        spec.command = std::move(command);
        std::filesystem::create_directories(directory.path() / "logs");
        spec.logPath = logPath(number);
        if (const auto found = images->find(image))
            for (const auto& line : found->environment) spec.environment.emplace_back(line.substr(0, line.find('=')), line.substr(line.find('=') + 1));
        return spec;
    }
    Result<WallTime> start(OciRuntime& node, ContainerSpec spec) {
        return wait<WallTime>([&](auto reply) { node.startContainer(std::move(spec), std::move(reply)); });
    }
    std::filesystem::path logPath(int number) { return directory.path() / "logs" / fmt::format("{}.log", number); }

    struct Ran {
        std::string out, err;
        Result<int> code = internalError("did not end");
    };
    Ran run(OciRuntime& node, const std::string& id, ExecOptions options, const std::string& input = {}) {
        Ran ran;
        bool ended = false;
        ExecHandlers handlers;
        handlers.onStandardOutput = [&](std::string data) { ran.out += data; };
        handlers.onStandardError = [&](std::string data) { ran.err += data; };
        handlers.onExit = [&](Result<int> code) {
            ran.code = std::move(code);
            ended = true;
        };
        const auto session = node.exec(id, std::move(options), std::move(handlers));
        if (!input.empty()) {
            session->writeStandardInput(input);
            session->closeStandardInput();
        }
        EXPECT_TRUE(waitFor([&] { return ended; }, std::chrono::seconds(30)));
        return ran;
    }
    Ran sh(OciRuntime& node, const std::string& id, const std::string& script) {
        ExecOptions options;
        options.command = {"sh", "-c", script};
        return run(node, id, std::move(options));
    }

    EngineLoop loop;
    SubstrateCapabilities capabilities;
    ::kubarium::testing::TestDirectory directory;
    std::optional<::kubarium::testing::LeakCheck> leakCheck;
    std::unique_ptr<ImageStore> images;
    std::unique_ptr<Substrate> substrate;
    std::vector<std::unique_ptr<OciRuntime>> nodes;
    std::map<std::string, ExitInfo> exits;
};

}  // namespace kubarium::kubelet
