#include "core/kubelet/pod_files.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

namespace kubarium::kubelet {
namespace {

constexpr std::size_t mostNameservers = 3, mostSearches = 32;

void addNew(std::vector<std::string>& list, const std::string& entry) {
    if (std::find(list.begin(), list.end(), entry) == list.end()) list.push_back(entry);
}

void setOption(std::vector<std::string>& options, const api::PodDNSConfigOption& option) {
    const auto text = option.value.empty() ? option.name : option.name + ":" + option.value;
    for (auto& known : options)
        if (known.substr(0, known.find(':')) == option.name) {
            known = text;
            return;
        }
    options.push_back(text);
}

}  // namespace

std::string hostsFile(const api::Pod& pod, const PodAddresses& addresses, const std::string& hostname, const NodeOptions& node) {
    std::string text;
    if (pod.spec.hostNetwork.value_or(false)) {
        text = fmt::format("# Kubernetes-managed hosts file (host network).\n127.0.0.1\tlocalhost\n{}\t{}\n", addresses.hostIP, node.name);
    } else {
        text = "# Kubernetes-managed hosts file.\n127.0.0.1\tlocalhost\n::1\tlocalhost ip6-localhost ip6-loopback\nfe00::0\tip6-localnet\n"
               "fe00::0\tip6-mcastprefix\nfe00::1\tip6-allnodes\nfe00::2\tip6-allrouters\n";
        const auto name = hostname.substr(0, hostname.find('.'));
        if (pod.spec.subdomain.empty())
            text += fmt::format("{}\t{}\n", addresses.podIP, name);
        else
            text += fmt::format("{0}\t{1}.{2}.{3}.svc.{4}\t{1}\n", addresses.podIP, name, pod.spec.subdomain, pod.metadata.nameSpace, node.clusterDomain);
    }
    if (!pod.spec.hostAliases.empty()) {
        text += "\n# Entries added by HostAliases.\n";
        for (const auto& alias : pod.spec.hostAliases) text += fmt::format("{}\t{}\n", alias.ip, fmt::join(alias.hostnames, "\t"));
    }
    return text;
}

std::string resolvConf(const api::Pod& pod, const NodeOptions& node) {
    std::vector<std::string> nameservers = node.nameservers, searches = node.searches, options = node.resolverOptions;
    const auto& policy = pod.spec.dnsPolicy;
    const bool hostNetwork = pod.spec.hostNetwork.value_or(false);
    const bool clusterFirst = policy == "ClusterFirstWithHostNet" || ((policy == "ClusterFirst" || policy.empty()) && !hostNetwork);
    if (policy == "None") {
        nameservers.clear();
        searches.clear();
        options.clear();
    } else if (clusterFirst && !node.clusterDNS.empty()) {
        nameservers = {node.clusterDNS};
        searches = {fmt::format("{}.svc.{}", pod.metadata.nameSpace, node.clusterDomain), "svc." + node.clusterDomain, node.clusterDomain};
        for (const auto& search : node.searches) addNew(searches, search);
        options = {"ndots:5"};
    }
    if (const auto& own = pod.spec.dnsConfig) {
        for (const auto& nameserver : own->nameservers) addNew(nameservers, nameserver);
        for (const auto& search : own->searches) addNew(searches, search);
        for (const auto& option : own->options) setOption(options, option);
    }
    nameservers.resize(std::min(nameservers.size(), mostNameservers));
    searches.resize(std::min(searches.size(), mostSearches));
    std::string text;
    if (!searches.empty()) text += fmt::format("search {}\n", fmt::join(searches, " "));
    for (const auto& nameserver : nameservers) text += "nameserver " + nameserver + "\n";
    if (!options.empty()) text += fmt::format("options {}\n", fmt::join(options, " "));
    return text;
}

}  // namespace kubarium::kubelet
