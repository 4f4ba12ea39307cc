#include "core/kubelet/image/image_store.h"

#include "core/kubelet/image/image_archive.h"
#include "core/kubelet/image/image_name.h"
#include "core/kubelet/image/image_writer.h"

#include <gtest/gtest.h>

#include <sched.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>

namespace kubarium::kubelet {
namespace {

namespace fs = std::filesystem;
using Type = TarEntry::Type;

class ImageStoreTest : public ::testing::Test {
protected:
    void SetUp() override {
        auto pattern = (fs::temp_directory_path() / "kubarium-images-XXXXXX").string();
        ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
        directory = pattern;
        fs::create_directory(directory / "outside");
        std::ofstream(directory / "outside/precious") << "precious";
        auto opened = ImageStore::open(directory / "store");
        ASSERT_TRUE(opened);
        store = std::move(*opened);
    }
    void TearDown() override {
        EXPECT_EQ(content(directory / "outside/precious"), "precious");
        EXPECT_EQ(std::distance(fs::directory_iterator(directory / "outside"), fs::directory_iterator()), 1) << "something was written outside the store";
        fs::remove_all(directory);
    }
    static std::string content(const fs::path& path) {
        std::ifstream file(path, std::ios::binary);
        return std::string(std::istreambuf_iterator<char>(file), {});
    }
    // An image of these layers, loaded.
    Result<ImageInfo> load(const std::vector<std::vector<TarEntry>>& layers, const std::string& name = "test:1") {
        ImageToWrite image;
        image.names = {name};
        image.command = {"sh"};
        for (const auto& layer : layers) image.layers.push_back(writeTar(layer));
        const auto file = directory / "image.tar";
        EXPECT_TRUE(writeImageArchive(file, {image}));
        auto loaded = store->load(file);
        if (!loaded) return loaded.error();
        return loaded->front();
    }
    fs::path root(const ImageInfo& image) { return store->rootOf(image.id); }

    fs::path directory;
    std::unique_ptr<ImageStore> store;
};

TEST(ImageName, IsCompletedAsDockerDoes) {
    EXPECT_EQ(fullImageName("busybox"), "docker.io/library/busybox:latest");
    EXPECT_EQ(fullImageName("busybox:1.36"), "docker.io/library/busybox:1.36");
    EXPECT_EQ(fullImageName("kubarium/web:1.0"), "docker.io/kubarium/web:1.0");
    EXPECT_EQ(fullImageName("docker.io/busybox"), "docker.io/library/busybox:latest");
    EXPECT_EQ(fullImageName("localhost:5000/a/b"), "localhost:5000/a/b:latest");
    EXPECT_EQ(fullImageName("registry.k8s.io/pause:3.9"), "registry.k8s.io/pause:3.9");
    EXPECT_EQ(fullImageName("web@sha256:abc"), "docker.io/library/web@sha256:abc");
}

TEST_F(ImageStoreTest, LayersAreAppliedInOrderWithWhiteouts) {
    const auto image = load({{{Type::Directory, "etc", "", 0755},
                              {Type::File, "etc/a", "one"},
                              {Type::File, "etc/b", "one"},
                              {Type::Directory, "data", "", 0755},
                              {Type::File, "data/old", "one"}},
                             {{Type::File, "etc/a", "two"},
                              {Type::File, "etc/.wh.b", ""},
                              {Type::File, "data/new", "two"},
                              {Type::File, "data/.wh..wh..opq", ""}}});
    ASSERT_TRUE(image) << image.error().message;
    EXPECT_EQ(content(root(*image) / "etc/a"), "two");
    EXPECT_FALSE(fs::exists(root(*image) / "etc/b"));
    EXPECT_FALSE(fs::exists(root(*image) / "data/old"));
    EXPECT_EQ(content(root(*image) / "data/new"), "two");
    EXPECT_TRUE(fs::exists(root(*image) / "etc/resolv.conf"));
}

TEST_F(ImageStoreTest, NamesFindImagesAndMoveToTheNewestOne) {
    const auto first = load({{{Type::File, "a", "1"}}}), second = load({{{Type::File, "a", "2"}}});
    ASSERT_TRUE(first && second);
    EXPECT_EQ(store->find("test:1")->id, second->id);
    EXPECT_EQ(store->find(first->id)->names.size(), 0U);
    EXPECT_FALSE(store->find("test:2"));
    ASSERT_TRUE(load({{{Type::File, "b", "3"}}}, "any:*"));
    EXPECT_TRUE(store->find("any:whatever"));
    EXPECT_EQ(store->list().size(), 3U);
    EXPECT_TRUE(store->remove("test:1"));
    EXPECT_FALSE(store->find("test:1"));
    // Another process sees what is there.
    const auto other = ImageStore::open(directory / "store");
    ASSERT_TRUE(other);
    EXPECT_EQ((*other)->list().size(), 2U);
}

TEST_F(ImageStoreTest, UsrMergedImagesKeepTheirLinks) {
    const auto image = load({{{Type::Directory, "usr", "", 0755}, {Type::Directory, "usr/lib", "", 0755}, {Type::SymbolicLink, "lib", "usr/lib"}},
                             {{Type::Directory, "lib", "", 0755}, {Type::File, "lib/x.so", "x"}}});
    ASSERT_TRUE(image) << image.error().message;
    EXPECT_TRUE(fs::is_symlink(root(*image) / "lib"));
    EXPECT_EQ(content(root(*image) / "usr/lib/x.so"), "x");
}

TEST_F(ImageStoreTest, PathsWithDotDotAreRefused) {
    EXPECT_FALSE(load({{{Type::File, "../outside/precious", "stolen"}}}));
    EXPECT_FALSE(load({{{Type::File, "a/../../../outside/new", "stolen"}}}));
}

TEST_F(ImageStoreTest, AbsolutePathsStayInside) {
    const auto image = load({{{Type::File, (directory / "outside/new").string(), "inside"}}});
    ASSERT_TRUE(image) << image.error().message;
    EXPECT_EQ(content(root(*image) / (directory / "outside/new").relative_path()), "inside");
}

TEST_F(ImageStoreTest, SymbolicLinksDoNotLeadOutside) {
    const auto target = (directory / "outside").string();
    const auto image = load({{{Type::SymbolicLink, "escape", target}, {Type::File, "escape/precious", "stolen"}, {Type::File, "escape/new", "stolen"}},
                             {{Type::SymbolicLink, "up", "../../../../../.."}, {Type::File, "up" + target + "/new", "stolen"}},
                             {{Type::SymbolicLink, "file", target + "/precious"}, {Type::File, "file", "replaced"}}});
    ASSERT_TRUE(image) << image.error().message;
    EXPECT_EQ(content(root(*image) / "file"), "replaced");
}

TEST_F(ImageStoreTest, HardLinksDoNotLeadOutside) {
    EXPECT_FALSE(load({{{Type::HardLink, "stolen", "../outside/precious"}}}));
    EXPECT_FALSE(load({{{Type::HardLink, "stolen", (directory / "outside/precious").string()}}}));
    EXPECT_FALSE(load({{{Type::SymbolicLink, "escape", (directory / "outside").string()}, {Type::HardLink, "stolen", "escape/precious"}}}));
}

TEST_F(ImageStoreTest, WhiteoutsThroughLinksRemoveNothingOutside) {
    const auto target = (directory / "outside").string();
    const auto image = load({{{Type::SymbolicLink, "escape", target}},
                             {{Type::File, "escape/.wh.precious", ""}, {Type::File, "escape/.wh..wh..opq", ""}, {Type::File, ".wh...", ""}}});
    ASSERT_TRUE(image) << image.error().message;
}

TEST_F(ImageStoreTest, DeviceNodesAreLeftOut) {
    const auto image = load({{{Type::Device, "null", ""}, {Type::File, "file", "x"}}});
    ASSERT_TRUE(image) << image.error().message;
    EXPECT_FALSE(fs::exists(fs::symlink_status(root(*image) / "null")));
    EXPECT_TRUE(fs::exists(root(*image) / "file"));
}

TEST_F(ImageStoreTest, DecompressionBombsAreCut) {
    const auto layer = directory / "layer.tar", target = directory / "target";
    std::ofstream(layer, std::ios::binary) << writeTar({{Type::File, "big", std::string(1 << 20, '\0')}});
    fs::create_directory(target);
    UnpackLimits small{1000, 100};
    const auto unpacked = unpackLayer(layer, target, "", "", small);
    ASSERT_FALSE(unpacked);
    EXPECT_EQ(unpacked.error().message, "the image is too large when unpacked");
    UnpackLimits few{1 << 20, 0};
    EXPECT_FALSE(unpackLayer(layer, target, "", "", few));
}

TEST_F(ImageStoreTest, ContentMustHaveItsDigest) {
    const auto layer = directory / "layer.tar", target = directory / "target";
    const auto tar = writeTar({{Type::File, "file", "x"}});
    std::ofstream(layer, std::ios::binary) << tar;
    fs::create_directory(target);
    UnpackLimits limits;
    const auto right = "sha256:" + sha256Hex(tar), wrong = "sha256:" + sha256Hex("another");
    EXPECT_TRUE(unpackLayer(layer, target, right, right, limits));
    EXPECT_FALSE(unpackLayer(layer, target, wrong, "", limits));
    EXPECT_FALSE(unpackLayer(layer, target, "", wrong, limits));
}

TEST_F(ImageStoreTest, OtherFilesAreRefusedWithASentence) {
    std::ofstream(directory / "text") << "not an archive";
    EXPECT_FALSE(store->load(directory / "text"));
    EXPECT_FALSE(store->load(directory / "missing"));
    EXPECT_FALSE(store->load(directory));
    EXPECT_TRUE(store->list().empty());
    // Nothing of a failed load stays.
    for (const auto& entry : fs::directory_iterator(directory / "store")) EXPECT_FALSE(entry.path().filename().string().starts_with("loading")) << entry.path();
}

TEST_F(ImageStoreTest, AnArchiveThatEndsTooEarlyIsRefusedAndLeavesNothing) {
    std::string data(200'000, '\0');
    for (std::size_t i = 0; i < data.size(); ++i) data[i] = static_cast<char>(i * 2654435761u >> 13);
    ASSERT_TRUE(load({{{Type::File, "file", data}}}, "whole:1"));
    const auto whole = content(directory / "image.tar");
    const auto before = store->list().size();
    for (int tenth = 0; tenth < 10; ++tenth) {
        std::ofstream(directory / "cut.tar", std::ios::binary | std::ios::trunc) << whole.substr(0, whole.size() * static_cast<std::size_t>(tenth) / 10);
        EXPECT_FALSE(store->load(directory / "cut.tar")) << tenth;
    }
    EXPECT_EQ(store->list().size(), before);
    for (const auto& entry : fs::directory_iterator(directory / "store")) EXPECT_FALSE(entry.path().filename().string().starts_with("loading")) << entry.path();
}

// In a process of its own, which may mount a small disk for itself.
TEST_F(ImageStoreTest, AFullDiskIsToldWithItsDirectoryAndWhatMakesRoom) {
    ImageToWrite image;
    image.names = {"large:1"};
    image.layers = {writeTar({{Type::File, "usr/bin/large", std::string(3 << 20, 'x')}})};
    ASSERT_TRUE(writeImageArchive(directory / "large.tar", {image}));
    for (const auto* size : {"size=2m", "size=5m"}) {  // the archive's parts do not fit; its layer does not
        const auto answer = directory / "answer";
        const auto child = ::fork();
        if (child == 0) {
            if (::unshare(CLONE_NEWNS | (::geteuid() == 0 ? 0 : CLONE_NEWUSER)) != 0 || ::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0 ||
                ::mount("small", (directory / "store").c_str(), "tmpfs", 0, size) != 0)
                ::_exit(77);
            const auto loaded = store->load(directory / "large.tar");
            std::ofstream(answer) << (loaded ? "it fits" : loaded.error().message);
            ::_exit(std::distance(fs::directory_iterator(directory / "store"), fs::directory_iterator()) == 1 ? 0 : 1);
        }
        int status = 0;
        ASSERT_EQ(::waitpid(child, &status, 0), child);
        if (WEXITSTATUS(status) == 77) GTEST_SKIP() << "this user may not mount anything";
        EXPECT_EQ(WEXITSTATUS(status), 0) << "something but the lock was left";
        const auto message = content(answer);
        for (const auto& part : {(directory / "store").string(), std::string(" KiB of "), std::string("kubarium down --purge"), std::string("--state DIR")})
            EXPECT_NE(message.find(part), std::string::npos) << message;
    }
}

TEST_F(ImageStoreTest, AManifestCanNameNothingOutsideOfItsArchive) {
    const auto outside = (directory / "outside/precious").string();
    const std::string config = R"({"architecture":"amd64","os":"linux","config":{"Cmd":["sh"]},"rootfs":{"type":"layers","diff_ids":[]}})";
    for (const auto& manifest : {std::string(R"([{"Config":"config.json","RepoTags":["x:1"],"Layers":["../outside/precious"]}])"),
                                 R"([{"Config":"config.json","RepoTags":["x:1"],"Layers":[")" + outside + R"("]}])",
                                 R"([{"Config":")" + outside + R"(","RepoTags":["x:1"],"Layers":[]}])",
                                 std::string(R"([{"Config":"config.json","RepoTags":["x:1"],"Layers":["missing.tar"]}])"), std::string("[{"), std::string("{}"), std::string("[5]"),
                                 std::string(R"([{"Config":7,"RepoTags":9,"Layers":{"a":1}}])"), std::string(100'000, '[')}) {
        std::ofstream(directory / "image.tar", std::ios::binary | std::ios::trunc) << writeTar({{Type::File, "manifest.json", manifest}, {Type::File, "config.json", config}});
        EXPECT_FALSE(store->load(directory / "image.tar")) << manifest.substr(0, 100);
    }
    EXPECT_TRUE(store->list().empty());
}

}  // namespace
}  // namespace kubarium::kubelet
