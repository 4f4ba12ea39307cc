#include "core/client/kubeconfig.h"

#include "core/base/base64.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <openssl/evp.h>
#include <sys/stat.h>
#include <unistd.h>
#include <yaml-cpp/yaml.h>

#include <cstdlib>
#include <fstream>
#include <sstream>

namespace kubarium::client {
namespace {

constexpr std::size_t largestFile = 4u << 20;

std::optional<std::string> readFile(const std::filesystem::path& file) {
    std::ifstream in(file, std::ios::binary);
    if (!in) return std::nullopt;
    std::string text(largestFile, '\0');
    in.read(text.data(), static_cast<std::streamsize>(text.size()));
    text.resize(static_cast<std::size_t>(in.gcount()));
    return text;
}

// Nothing unless it is base64 throughout.
std::optional<std::string> decodeStrictly(std::string text) {
    std::erase_if(text, [](unsigned char c) { return std::isspace(c); });
    if (text.empty() || text.size() % 4 != 0) return std::nullopt;
    std::string bytes(text.size() / 4 * 3, '\0');
    const int size = EVP_DecodeBlock(reinterpret_cast<unsigned char*>(bytes.data()), reinterpret_cast<const unsigned char*>(text.data()), static_cast<int>(text.size()));
    if (size < 0) return std::nullopt;
    const auto padding = text.ends_with("==") ? 2u : text.ends_with("=") ? 1u : 0u;
    bytes.resize(static_cast<std::size_t>(size) - padding);
    return bytes;
}

std::string scalar(const YAML::Node& node, const char* key) {
    if (!node.IsMap()) return {};
    const auto value = node[key];
    return value && value.IsScalar() ? value.Scalar() : std::string();
}

struct Pem {
    std::string text, origin;
};

// KEY-data inline, or the file that KEY names.
Result<Pem> pemOf(const YAML::Node& node, const std::string& key, const std::filesystem::path& directory, const std::string& where) {
    if (const auto data = scalar(node, (key + "-data").c_str()); !data.empty()) {
        auto decoded = decodeStrictly(data);
        if (!decoded) return badRequest(fmt::format("{}: {}-data is not base64", where, key));
        return Pem{std::move(*decoded), fmt::format("{}: {}-data", where, key)};
    }
    const auto name = scalar(node, key.c_str());
    if (name.empty()) return Pem();
    const auto path = std::filesystem::path(name).is_absolute() ? std::filesystem::path(name) : directory / name;
    auto text = readFile(path);
    if (!text) return badRequest(fmt::format("{}: {} cannot be read: {}", where, key, path.string()));
    return Pem{std::move(*text), path.string()};
}

// Calls read(name, body) for each named entry of a list.
template <class Read>
Result<void> eachEntry(const YAML::Node& root, const char* list, const char* body, Read read) {
    const auto entries = root[list];
    if (!entries || entries.IsNull()) return {};
    if (!entries.IsSequence()) return badRequest(fmt::format("kubeconfig: {} is not a list", list));
    for (const auto& entry : entries) {
        const auto name = scalar(entry, "name");
        if (name.empty()) return badRequest(fmt::format("kubeconfig: an entry of {} has no name", list));
        const auto node = entry[body];
        TRY(read(name, node && node.IsMap() ? YAML::Node(node) : YAML::Node(YAML::NodeType::Map)));
    }
    return {};
}

Result<void> readUser(Kubeconfig& config, const std::string& name, const YAML::Node& node, const std::filesystem::path& directory) {
    KubeconfigUser user;
    user.name = name;
    const auto where = fmt::format("kubeconfig user \"{}\"", name);
    auto certificate = TRY(pemOf(node, "client-certificate", directory, where));
    auto key = TRY(pemOf(node, "client-key", directory, where));
    user.clientCertificate = std::move(certificate.text);
    user.certificateOrigin = std::move(certificate.origin);
    user.clientKey = std::move(key.text);
    user.keyOrigin = std::move(key.origin);
    user.token = scalar(node, "token");
    if (const auto file = scalar(node, "tokenFile"); user.token.empty() && !file.empty()) {
        auto text = readFile(std::filesystem::path(file).is_absolute() ? std::filesystem::path(file) : directory / file);
        if (!text) return badRequest(fmt::format("{}: tokenFile cannot be read: {}", where, file));
        while (!text->empty() && std::isspace(static_cast<unsigned char>(text->back()))) text->pop_back();
        user.token = std::move(*text);
    }
    user.username = scalar(node, "username");
    user.password = scalar(node, "password");
    user.exec = node["exec"].IsDefined() || node["auth-provider"].IsDefined();
    config.users.push_back(std::move(user));
    return {};
}

Result<void> readCluster(Kubeconfig& config, const std::string& name, const YAML::Node& node, const std::filesystem::path& directory) {
    KubeconfigCluster cluster;
    cluster.name = name;
    cluster.server = scalar(node, "server");
    auto authority = TRY(pemOf(node, "certificate-authority", directory, fmt::format("kubeconfig cluster \"{}\"", name)));
    cluster.certificateAuthority = std::move(authority.text);
    cluster.authorityOrigin = std::move(authority.origin);
    cluster.insecureSkipTlsVerify = scalar(node, "insecure-skip-tls-verify") == "true";
    cluster.tlsServerName = scalar(node, "tls-server-name");
    config.clusters.push_back(std::move(cluster));
    return {};
}

Result<Kubeconfig> parseTree(const YAML::Node& root, const std::filesystem::path& directory) {
    Kubeconfig config;
    if (!root || root.IsNull()) return config;
    if (!root.IsMap()) return badRequest("kubeconfig: not a map");
    config.currentContext = scalar(root, "current-context");
    TRY(eachEntry(root, "clusters", "cluster", [&](const std::string& name, const YAML::Node& node) { return readCluster(config, name, node, directory); }));
    TRY(eachEntry(root, "users", "user", [&](const std::string& name, const YAML::Node& node) { return readUser(config, name, node, directory); }));
    TRY(eachEntry(root, "contexts", "context", [&](const std::string& name, const YAML::Node& node) -> Result<void> {
        config.contexts.push_back({name, scalar(node, "cluster"), scalar(node, "user"), scalar(node, "namespace")});
        return {};
    }));
    return config;
}

YAML::Node clusterNode(const KubeconfigCluster& cluster) {
    YAML::Node node(YAML::NodeType::Map);
    node["server"] = cluster.server;
    if (!cluster.certificateAuthority.empty()) node["certificate-authority-data"] = encodeBase64(cluster.certificateAuthority);
    if (cluster.insecureSkipTlsVerify) node["insecure-skip-tls-verify"] = true;
    if (!cluster.tlsServerName.empty()) node["tls-server-name"] = cluster.tlsServerName;
    return node;
}

YAML::Node userNode(const KubeconfigUser& user) {
    YAML::Node node(YAML::NodeType::Map);
    if (!user.clientCertificate.empty()) node["client-certificate-data"] = encodeBase64(user.clientCertificate);
    if (!user.clientKey.empty()) node["client-key-data"] = encodeBase64(user.clientKey);
    if (!user.token.empty()) node["token"] = user.token;
    if (!user.username.empty()) node["username"] = user.username;
    if (!user.password.empty()) node["password"] = user.password;
    return node;
}

YAML::Node contextNode(const KubeconfigContext& context) {
    YAML::Node node(YAML::NodeType::Map);
    node["cluster"] = context.cluster;
    node["user"] = context.user;
    if (!context.nameSpace.empty()) node["namespace"] = context.nameSpace;
    return node;
}

void putEntry(YAML::Node root, const char* list, const char* body, const std::string& name, const YAML::Node& value) {
    YAML::Node kept(YAML::NodeType::Sequence);
    if (root[list] && root[list].IsSequence())
        for (const auto& entry : root[list])
            if (scalar(entry, "name") != name) kept.push_back(entry);
    if (value.IsMap()) {
        YAML::Node entry(YAML::NodeType::Map);
        entry["name"] = name;
        entry[body] = value;
        kept.push_back(entry);
    }
    root[list] = kept;
}

Result<YAML::Node> loadTree(const std::filesystem::path& file) {
    auto text = readFile(file);
    if (!text) return YAML::Node(YAML::NodeType::Map);
    try {
        auto root = YAML::Load(*text);
        if (!root || root.IsNull()) return YAML::Node(YAML::NodeType::Map);
        if (!root.IsMap()) return badRequest(fmt::format("{} is not a kubeconfig", file.string()));
        return root;
    } catch (const YAML::Exception& error) {
        return badRequest(fmt::format("{}: {}", file.string(), error.what()));
    }
}

Result<void> saveTree(const std::filesystem::path& file, const YAML::Node& root) {
    YAML::Emitter out;
    out << root;
    std::error_code ignored;
    std::filesystem::create_directories(file.parent_path(), ignored);
    const auto fresh = file.string() + fmt::format(".{}.new", ::getpid());
    const int handle = ::open(fresh.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    const auto text = std::string(out.c_str()) + "\n";
    const bool good = handle >= 0 && ::write(handle, text.data(), text.size()) == static_cast<ssize_t>(text.size()) && ::fsync(handle) == 0;
    if (handle >= 0) ::close(handle);
    if (!good || ::rename(fresh.c_str(), file.c_str()) != 0) {
        ::unlink(fresh.c_str());
        return internalError(fmt::format("{} cannot be written", file.string()));
    }
    return {};
}

template <class T>
const T* findNamed(const std::vector<T>& list, const std::string& name) {
    for (const auto& each : list)
        if (each.name == name) return &each;
    return nullptr;
}

template <class T>
void addMissing(std::vector<T>& to, const std::vector<T>& from) {
    for (const auto& each : from)
        if (!findNamed(to, each.name)) to.push_back(each);
}

}  // namespace

Result<Kubeconfig> Kubeconfig::parse(const std::string& yaml, const std::filesystem::path& directory) {
    try {
        return parseTree(YAML::Load(yaml), directory);
    } catch (const YAML::Exception& error) {
        return badRequest(fmt::format("kubeconfig: {}", error.what()));
    }
}

Result<Kubeconfig> Kubeconfig::load(const std::filesystem::path& file) {
    auto text = readFile(file);
    if (!text) return makeError(Reason::NotFound, fmt::format("there is no kubeconfig at {}", file.string()));
    auto config = parse(*text, file.parent_path());
    if (!config) {
        config.error().message = fmt::format("{}: {}", file.string(), config.error().message);
        return config;
    }
    const auto inFile = [&](std::string& origin) {
        if (origin.starts_with("kubeconfig ")) origin = fmt::format("{}: {}", file.string(), origin);
    };
    for (auto& cluster : config->clusters) inFile(cluster.authorityOrigin);
    for (auto& user : config->users) inFile(user.certificateOrigin), inFile(user.keyOrigin);
    return config;
}

Result<Kubeconfig> Kubeconfig::loadDefault() {
    std::vector<std::filesystem::path> files;
    if (const char* listed = std::getenv("KUBECONFIG"); listed && *listed) {
        std::istringstream parts(listed);
        for (std::string part; std::getline(parts, part, ':');)
            if (!part.empty()) files.emplace_back(part);
    } else if (const char* home = std::getenv("HOME")) {
        files.emplace_back(std::filesystem::path(home) / ".kube/config");
    }
    std::optional<Kubeconfig> merged;
    for (const auto& file : files) {
        auto config = load(file);
        if (!config && config.error().reason == Reason::NotFound) continue;
        if (!config) return config;
        if (!merged)
            merged = std::move(*config);
        else
            merged->mergeMissingFrom(*config);
    }
    if (!merged) return makeError(Reason::NotFound, "no kubeconfig was found (neither $KUBECONFIG nor ~/.kube/config)");
    return std::move(*merged);
}

const KubeconfigContext* Kubeconfig::context(const std::string& name) const { return findNamed(contexts, name); }
const KubeconfigCluster* Kubeconfig::cluster(const std::string& name) const { return findNamed(clusters, name); }
const KubeconfigUser* Kubeconfig::user(const std::string& name) const { return findNamed(users, name); }

void Kubeconfig::mergeMissingFrom(const Kubeconfig& other) {
    if (currentContext.empty()) currentContext = other.currentContext;
    addMissing(clusters, other.clusters);
    addMissing(users, other.users);
    addMissing(contexts, other.contexts);
}

std::string Kubeconfig::toYaml() const {
    YAML::Node root(YAML::NodeType::Map);
    root["apiVersion"] = "v1";
    root["kind"] = "Config";
    for (const auto& each : clusters) putEntry(root, "clusters", "cluster", each.name, clusterNode(each));
    for (const auto& each : users) putEntry(root, "users", "user", each.name, userNode(each));
    for (const auto& each : contexts) putEntry(root, "contexts", "context", each.name, contextNode(each));
    root["current-context"] = currentContext;
    YAML::Emitter out;
    out << root;
    return std::string(out.c_str()) + "\n";
}

Result<void> Kubeconfig::addToFile(const std::filesystem::path& file, const KubeconfigCluster& cluster, const KubeconfigUser& user,
                                   const KubeconfigContext& context, bool makeCurrent) {
    auto root = TRY(loadTree(file));
    root["apiVersion"] = "v1";
    root["kind"] = "Config";
    putEntry(root, "clusters", "cluster", cluster.name, clusterNode(cluster));
    putEntry(root, "users", "user", user.name, userNode(user));
    putEntry(root, "contexts", "context", context.name, contextNode(context));
    if (makeCurrent) root["current-context"] = context.name;
    return saveTree(file, root);
}

Result<void> Kubeconfig::removeFromFile(const std::filesystem::path& file, const std::string& name) {
    std::error_code error;
    if (!std::filesystem::exists(file, error)) return {};
    auto root = TRY(loadTree(file));
    const YAML::Node nothing(YAML::NodeType::Null);
    putEntry(root, "clusters", "cluster", name, nothing);
    putEntry(root, "users", "user", name, nothing);
    putEntry(root, "contexts", "context", name, nothing);
    if (scalar(root, "current-context") == name) root["current-context"] = "";
    return saveTree(file, root);
}

Result<ConnectionSettings> connectionSettings(const Kubeconfig& config, const std::string& name) {
    const auto wanted = name.empty() ? config.currentContext : name;
    if (wanted.empty()) return badRequest("the kubeconfig has no current context");
    const auto* context = config.context(wanted);
    if (!context) return badRequest(fmt::format("the kubeconfig has no context \"{}\"", wanted));
    const auto* cluster = config.cluster(context->cluster);
    if (!cluster) return badRequest(fmt::format("the kubeconfig has no cluster \"{}\", which context \"{}\" names", context->cluster, wanted));
    ConnectionSettings settings;
    settings.cluster = *cluster;
    if (const auto* user = config.user(context->user)) settings.user = *user;
    if (!context->nameSpace.empty()) settings.nameSpace = context->nameSpace;
    return settings;
}

}  // namespace kubarium::client
