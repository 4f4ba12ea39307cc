#include "app/kubarium/command.h"

#include "core/kubelet/image/image_store.h"

#include <CLI/CLI.hpp>
#include <boost/json.hpp>
#include <fmt/format.h>

namespace kubarium::cli {
namespace {

namespace json = boost::json;

Result<std::unique_ptr<kubelet::ImageStore>> openStore(const Options& options) {
    const auto paths = TRY(cluster::clusterPaths(options.name, options.state));
    auto store = TRY(kubelet::ImageStore::open(paths.images()));
    TRY(store->loadBuiltIn(kubelet::builtInImages(std::filesystem::read_symlink("/proc/self/exe"))));
    return store;
}

// One line per name, so that no name is cut, hidden or missing from what grep finds.
void print(const Options& options, const std::vector<kubelet::ImageInfo>& images) {
    json::array items;
    constexpr double mebibyte = 1024.0 * 1024.0;
    for (const auto& image : images) {
        if (wantsJson(options)) {
            items.push_back({{"id", image.id}, {"names", json::array(image.names.begin(), image.names.end())}, {"sizeBytes", image.sizeBytes}});
            continue;
        }
        const auto line = [&](const std::string& name) { fmt::print("{:<44} {:<20} {:>8.1f} MiB\n", name, image.id.substr(0, 19), static_cast<double>(image.sizeBytes) / mebibyte); };
        if (image.names.empty()) line("-");
        for (const auto& name : image.names) line(name);
    }
    if (wantsJson(options)) fmt::print("{}\n", json::serialize(items));
}

int list(const Options& options) {
    const auto store = openStore(options);
    if (!store) return report(store.error());
    print(options, (*store)->list());
    return success;
}

int load(const Options& options, const std::string& archive, const std::string& name) {
    const auto store = openStore(options);
    if (!store) return report(store.error());
    const auto loaded = (*store)->load(archive, name);
    if (!loaded) return report(loaded.error());
    print(options, *loaded);
    return success;
}

// A Pod of the running cluster that needs the image, as namespace/name; "" if none does.
Result<std::string> userOf(const Options& options, const kubelet::ImageStore& store, const kubelet::ImageInfo& image) {
    const auto paths = TRY(cluster::clusterPaths(options.name, options.state));
    if (!cluster::runningCluster(paths)) return std::string();
    auto session = TRY(Session::open(options));
    const auto pods = TRY(session->wait<client::ObjectList>([&](auto reply) { session->client().list(api::resources::pods, "", {}, std::move(reply)); }));
    for (const auto& pod : pods.items)
        for (const auto* kind : {"initContainers", "containers", "ephemeralContainers"}) {
            const auto* containers = pod->find({"spec", kind});
            if (!containers || !containers->is_array()) continue;
            for (const auto& container : containers->get_array())
                if (const auto used = store.find(std::string(api::stringAt(container, {"image"}))); used && used->id == image.id) return fmt::format("{}/{}", pod->nameSpace(), pod->name());
        }
    return std::string();
}

int remove(const Options& options, const std::string& name) {
    const auto store = openStore(options);
    if (!store) return report(store.error());
    // The files go with the last name.
    if (const auto image = (*store)->find(name); image && image->names.size() <= 1) {
        const auto user = userOf(options, **store, *image);
        if (!user) return report(user.error());
        if (!user->empty()) return report(makeError(Reason::Conflict, fmt::format("the image {} is used by the Pod {}; delete what makes it first", name, *user)));
    }
    if (const auto removed = (*store)->remove(name); !removed) return report(removed.error());
    fmt::print("image {} is removed\n", name);
    return success;
}

}  // namespace

void addImage(CLI::App& app, Command& command) {
    auto* image = app.add_subcommand("image", "The images that Pods can use: nothing is pulled from a registry");
    image->require_subcommand(1);
    auto* listing = image->add_subcommand("list", "The images of a cluster, the built-in ones included");
    addClusterOptions(*listing, command.options, true);
    listing->callback([&command] { command.run = [&command] { return list(command.options); }; });
    auto* loading = image->add_subcommand("load", "Load an OCI layout (folder or tar) or a docker archive, as from 'podman save' or 'docker save'");
    addClusterOptions(*loading, command.options, true);
    auto archive = std::make_shared<std::string>(), name = std::make_shared<std::string>();
    loading->add_option("archive", *archive, "the file or folder")->required()->check(CLI::ExistingPath);
    loading->add_option("--as", *name, "the image's name, instead of the one in the archive");
    auto* removing = image->add_subcommand("remove", "Take a name away from an image; its files go with the last one");
    addClusterOptions(*removing, command.options);
    auto unwanted = std::make_shared<std::string>();
    removing->add_option("image", *unwanted, "the name, as 'kubarium image list' tells it")->required();
    removing->footer("A built-in image comes back with a new cluster: kubarium down --purge, kubarium up.");
    removing->callback([&command, unwanted] { command.run = [&command, unwanted] { return remove(command.options, *unwanted); }; });
    loading->callback([&command, archive, name] { command.run = [&command, archive, name] { return load(command.options, *archive, *name); }; });
}

}  // namespace kubarium::cli
