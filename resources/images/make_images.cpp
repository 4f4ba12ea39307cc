// Makes the built-in images at build time, without a network: make_images BUSYBOX WEB DIRECTORY
#include "core/kubelet/image/image_writer.h"

#include <fmt/format.h>

#include <array>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <memory>

using namespace kubarium::kubelet;

namespace {

std::string readFile(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    return std::string(std::istreambuf_iterator<char>(file), {});
}

// Debian's static busybox knows which applets it has.
std::vector<std::string> applets(const std::string& busybox) {
    std::vector<std::string> names;
    const std::unique_ptr<std::FILE, int (*)(std::FILE*)> output(::popen(("'" + busybox + "' --list").c_str(), "r"), &::pclose);
    std::array<char, 256> line{};
    while (output && std::fgets(line.data(), line.size(), output.get()) != nullptr) {
        std::string name(line.data());
        while (!name.empty() && name.back() == '\n') name.pop_back();
        if (!name.empty() && name != "busybox") names.push_back(name);
    }
    return names;
}

using Type = TarEntry::Type;

std::vector<TarEntry> base() {
    std::vector<TarEntry> entries;
    for (const auto* name : {"bin", "dev", "etc", "home", "proc", "root", "run", "sys", "usr", "usr/bin", "var", "var/log"})
        entries.push_back({Type::Directory, name, "", 0755});
    entries.push_back({Type::Directory, "tmp", "", 01777});
    entries.push_back({Type::File, "etc/passwd",
                       "root:x:0:0:root:/root:/bin/sh\ndaemon:x:1:1:daemon:/usr/sbin:/bin/false\nnobody:x:65534:65534:nobody:/home:/bin/false\n", 0644});
    entries.push_back({Type::File, "etc/group", "root:x:0:\ndaemon:x:1:\nnogroup:x:65534:\n", 0644});
    entries.push_back({Type::File, "etc/nsswitch.conf", "hosts: files dns\n", 0644});
    for (const auto* name : {"etc/hosts", "etc/hostname", "etc/resolv.conf"}) entries.push_back({Type::File, name, "", 0644});
    return entries;
}

int fail(const std::string& why) {
    fmt::print(stderr, "make_images: {}\n", why);
    return 1;
}

}  // namespace

int main(int argc, char** argv) {
    if (argc != 4) return fail("usage: make_images BUSYBOX WEB DIRECTORY");
    const std::string busybox = argv[1], web = argv[2];
    const std::filesystem::path directory = argv[3];
    std::filesystem::create_directories(directory);
    const auto names = applets(busybox);
    if (names.empty()) return fail(busybox + " does not run");

    auto entries = base();
    entries.push_back({Type::File, "bin/busybox", readFile(busybox), 0755});
    for (const auto& name : names) entries.push_back({Type::SymbolicLink, "bin/" + name, "busybox", 0777});
    const auto tools = writeTar(entries);
    ImageToWrite image;
    image.names = {"docker.io/library/busybox:latest", "docker.io/library/busybox:*"};
    image.command = {"sh"};
    image.environment = {"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"};
    image.layers = {tools};
    if (auto written = writeImageArchive(directory / "busybox.tar", {image}); !written) return fail(written.error().message);

    std::vector<ImageToWrite> versions;
    for (const auto* version : {"1.0", "2.0"}) {
        ImageToWrite each = image;
        each.names = {fmt::format("docker.io/kubarium/web:{}", version)};
        if (std::string(version) == "2.0") each.names.push_back("docker.io/kubarium/web:latest");
        each.entrypoint = {"/bin/web"};
        each.command.clear();
        each.environment.push_back(fmt::format("VERSION={}", version));
        each.exposedPorts = {"80/tcp", "8080/tcp"};
        each.layers.push_back(writeTar({{Type::File, "bin/web", readFile(web), 0755}}));
        versions.push_back(std::move(each));
    }
    if (auto written = writeImageArchive(directory / "web.tar", versions); !written) return fail(written.error().message);
    return 0;
}
