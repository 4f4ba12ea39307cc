#include "core/kubelet/container_spec.h"

#include "core/kubelet/pod_resources.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace kubarium::kubelet {
namespace {

// Container over Pod.
template <class T>
std::optional<T> effective(const api::Pod& pod, const api::Container& container, std::optional<T> api::SecurityContext::*mine,
                           std::optional<T> api::PodSecurityContext::*podWide) {
    if (container.securityContext && (*container.securityContext).*mine) return (*container.securityContext).*mine;
    if (pod.spec.securityContext) return (*pod.spec.securityContext).*podWide;
    return std::nullopt;
}

std::optional<std::int64_t> numericUser(const std::string& user) {
    const auto name = user.substr(0, user.find(':'));
    std::int64_t uid = 0;
    const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), uid);
    if (name.empty() || error != std::errc{} || end != name.data() + name.size()) return std::nullopt;
    return uid;
}

void applySecurity(const ContainerSpecInput& input, ContainerSpec& spec) {
    const auto uid = effective(input.pod, input.container, &api::SecurityContext::runAsUser, &api::PodSecurityContext::runAsUser);
    const auto gid = effective(input.pod, input.container, &api::SecurityContext::runAsGroup, &api::PodSecurityContext::runAsGroup);
    if (uid || gid) {
        const auto user = uid ? *uid : numericUser(input.image.user).value_or(0);
        spec.user = gid ? fmt::format("{}:{}", user, *gid) : std::to_string(user);
    }
    if (const auto& podWide = input.pod.spec.securityContext) {
        spec.supplementalGroups = podWide->supplementalGroups;
        if (podWide->fsGroup) spec.supplementalGroups.push_back(*podWide->fsGroup);
        spec.strictGroups = podWide->supplementalGroupsPolicy == "Strict";
    }
    if (const auto profile = effective(input.pod, input.container, &api::SecurityContext::seccompProfile, &api::PodSecurityContext::seccompProfile)) {
        using Seccomp = ContainerSpec::Seccomp;
        spec.seccomp = profile->type == "RuntimeDefault" ? Seccomp::RuntimeDefault : profile->type == "Localhost" ? Seccomp::Localhost : Seccomp::Unconfined;
        spec.seccompProfile = profile->localhostProfile;
    }
    if (const auto& own = input.container.securityContext) {
        spec.privileged = own->privileged.value_or(false);
        spec.readOnlyRootFilesystem = own->readOnlyRootFilesystem.value_or(false);
        spec.noNewPrivileges = !own->allowPrivilegeEscalation.value_or(true);
        spec.unmaskedProc = own->procMount == "Unmasked";
        if (own->capabilities) {
            spec.addCapabilities = own->capabilities->add;
            spec.dropCapabilities = own->capabilities->drop;
        }
    }
}

void setVariable(Environment& environment, const std::string& name, const std::string& value) {
    for (auto& [known, current] : environment)
        if (known == name) {
            current = value;
            return;
        }
    environment.emplace_back(name, value);
}

Environment completeEnvironment(const ContainerSpecInput& input) {
    Environment all{{"PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"}, {"HOSTNAME", input.hostname}};
    if (input.container.tty.value_or(false)) all.emplace_back("TERM", "xterm");
    for (const auto& entry : input.image.environment) {
        const auto equals = entry.find('=');
        if (equals != std::string::npos) setVariable(all, entry.substr(0, equals), entry.substr(equals + 1));
    }
    for (const auto& [name, value] : input.environment) setVariable(all, name, value);
    return all;
}

bool validComponent(std::string_view text) {
    return !text.empty() && std::all_of(text.begin(), text.end(), [](unsigned char c) { return std::islower(c) || std::isdigit(c) || c == '.' || c == '_' || c == '-'; }) &&
           std::isalnum(static_cast<unsigned char>(text.front())) && std::isalnum(static_cast<unsigned char>(text.back()));
}

}  // namespace

std::string imageName(const api::Container& container) {
    const auto* text = container.image.if_string();
    return text ? std::string(text->c_str(), text->size()) : std::string();
}

Result<std::string> normalizedImage(const std::string& name) {
    const auto invalid = [&](const std::string& why) {
        return makeError(Reason::Invalid, fmt::format("Failed to apply default image tag \"{0}\": couldn't parse image name \"{0}\": {1}", name, why));
    };
    const auto at = name.find('@');
    auto reference = name.substr(0, at);
    const auto digest = at == std::string::npos ? std::string() : name.substr(at);
    const auto slash = reference.find('/');
    auto domain = std::string("docker.io");
    auto rest = reference;
    if (slash != std::string::npos) {
        const auto first = reference.substr(0, slash);
        if (first.find_first_of(".:") != std::string::npos || first == "localhost") domain = first, rest = reference.substr(slash + 1);
    }
    if (domain == "docker.io" && rest.find('/') == std::string::npos) rest = "library/" + rest;
    const auto lastSlash = rest.rfind('/');
    const auto repository = rest.substr(0, rest.find(':', lastSlash == std::string::npos ? 0 : lastSlash));
    auto tag = rest.substr(repository.size());
    if (std::any_of(repository.begin(), repository.end(), [](unsigned char c) { return std::isupper(c); }))
        return invalid(fmt::format("invalid reference format: repository name ({}) must be lowercase", repository));
    for (std::size_t begin = 0; begin <= repository.size();) {
        const auto end = std::min(repository.find('/', begin), repository.size());
        if (!validComponent(std::string_view(repository).substr(begin, end - begin))) return invalid("invalid reference format");
        begin = end + 1;
    }
    const bool goodTag = tag.size() <= 129 && std::all_of(tag.begin() + (tag.empty() ? 0 : 1), tag.end(), [](unsigned char c) { return std::isalnum(c) || c == '_' || c == '.' || c == '-'; });
    if (tag == ":" || !goodTag) return invalid("invalid reference format");
    if (tag.empty() && digest.empty()) tag = ":latest";
    return domain + "/" + repository + tag + digest;
}

std::string pullPolicy(const api::Container& container) {
    if (!container.imagePullPolicy.empty()) return container.imagePullPolicy;
    const auto image = normalizedImage(imageName(container));
    return image && image->ends_with(":latest") ? "Always" : "IfNotPresent";
}

Result<void> verifyRunAsNonRoot(const api::Pod& pod, const api::Container& container, const ImageInfo& image) {
    const auto required = effective(pod, container, &api::SecurityContext::runAsNonRoot, &api::PodSecurityContext::runAsNonRoot);
    if (!required.value_or(false)) return {};
    const auto which = fmt::format("(pod: \"{}_{}({})\", container: {})", pod.metadata.name, pod.metadata.nameSpace, pod.metadata.uid, container.name);
    const auto uid = effective(pod, container, &api::SecurityContext::runAsUser, &api::PodSecurityContext::runAsUser);
    if (uid) {
        if (*uid == 0) return badRequest("container's runAsUser breaks non-root policy " + which);
        return {};
    }
    const auto name = image.user.substr(0, image.user.find(':'));
    const auto numeric = numericUser(image.user);
    if (name.empty() || (numeric && *numeric == 0)) return badRequest("container has runAsNonRoot and image will run as root " + which);
    if (!numeric)
        return badRequest(fmt::format("container has runAsNonRoot and image has non-numeric user ({}), cannot verify user is non-root {}", name, which));
    return {};
}

Result<ContainerSpec> makeContainerSpec(ContainerSpecInput input) {
    ContainerSpec spec;
    spec.environment = completeEnvironment(input);
    const auto expanded = [&](const std::vector<std::string>& words) {
        std::vector<std::string> out;
        for (const auto& word : words) out.push_back(expand(word, input.environment));
        return out;
    };
    // A command replaces both of the image's; arguments alone replace only the image's arguments.
    spec.command = input.container.command.empty() ? input.image.entrypoint : expanded(input.container.command);
    const auto arguments = !input.container.args.empty() ? expanded(input.container.args)
                           : input.container.command.empty() ? input.image.command
                                                             : std::vector<std::string>();
    spec.command.insert(spec.command.end(), arguments.begin(), arguments.end());
    if (spec.command.empty())
        return badRequest(fmt::format("failed to generate container \"{}\" spec: failed to generate spec: no command specified", input.id));
    spec.id = std::move(input.id);
    spec.sandboxId = std::move(input.sandboxId);
    spec.podUid = input.pod.metadata.uid;
    spec.name = input.container.name;
    spec.attempt = input.attempt;
    spec.image = input.image.id;
    spec.workingDirectory = input.container.workingDir.empty() ? input.image.workingDirectory : input.container.workingDir;
    spec.mounts = std::move(input.mounts);
    spec.limits = containerLimits(input.pod.spec, input.container, input.nodeMemoryBytes);
    spec.terminal = input.container.tty.value_or(false);
    spec.standardInput = input.container.stdin.value_or(false);
    spec.logPath = std::move(input.logPath);
    applySecurity(input, spec);
    return spec;
}

}  // namespace kubarium::kubelet
