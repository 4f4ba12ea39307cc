// What is below an object: scale, binding, eviction, token, and the connections into running Pods.
#include "core/api/object_decoder.h"
#include "core/api/patch.h"
#include "core/api/codec.h"
#include "core/api/selector.h"
#include "core/api/validation.h"
#include "core/apiserver/request_handler.h"
#include "core/apiserver/status.h"

#include <boost/json.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace kubarium::apiserver {
namespace {

// Made once: it is the answer to every binding. A Status, in whatever form the resource was asked for.
Response created(Presentation& presentation) {
    static const auto status = api::Object::make({{"kind", "Status"}, {"apiVersion", "v1"}, {"metadata", json::object()}, {"status", "Success"}, {"code", 201}});
    presentation.form = Form::Object;
    Response response;
    response.code = 201;
    response.body = status;
    return response;
}

std::int64_t numberAt(const api::Object& object, std::initializer_list<std::string_view> path, std::int64_t otherwise = 0) {
    const auto* found = object.find(path);
    return found && found->is_number() ? found->to_number<std::int64_t>() : otherwise;
}

std::string selectorText(const api::Object& object) {
    const auto* selector = object.find({"spec", "selector"});
    if (!selector || !selector->is_object()) return {};
    // ReplicationControllers have a plain map, everybody else a LabelSelector.
    if (object.kind() == "ReplicationController") {
        api::Labels labels;
        for (const auto& [key, value] : selector->get_object())
            if (value.is_string()) labels.emplace(key, value.get_string());
        return api::Selector::fromLabels(labels).toString();
    }
    const auto parsed = api::Selector::from(api::decodeObjectAs<api::LabelSelector>(selector->get_object()));
    return parsed ? parsed->toString() : std::string();
}

json::object scaleOf(const api::Object& object) {
    json::object metadata{{"name", object.name()}, {"namespace", object.nameSpace()}, {"uid", object.uid()}, {"resourceVersion", object.resourceVersion()}};
    if (const auto* created = object.find({"metadata", "creationTimestamp"})) metadata["creationTimestamp"] = *created;
    json::object spec;
    if (const auto replicas = numberAt(object, {"spec", "replicas"}); replicas != 0) spec["replicas"] = replicas;
    json::object status{{"replicas", numberAt(object, {"status", "replicas"})}};
    if (auto selector = selectorText(object); !selector.empty()) status["selector"] = std::move(selector);
    return {{"kind", "Scale"}, {"apiVersion", "autoscaling/v1"}, {"metadata", std::move(metadata)}, {"spec", std::move(spec)}, {"status", std::move(status)}};
}

bool isReady(const api::Object& pod) {
    const auto* conditions = pod.find({"status", "conditions"});
    if (!conditions || !conditions->is_array()) return false;
    return std::ranges::any_of(conditions->get_array(), [](const json::value& each) {
        return api::stringAt(each, {"type"}) == "Ready" && api::stringAt(each, {"status"}) == "True";
    });
}

void setCondition(json::object& status, json::object condition) {
    auto& value = status["conditions"];
    if (!value.is_array()) value.emplace_array();
    for (auto& each : value.get_array())
        if (api::stringAt(each, {"type"}) == api::stringAt(condition, {"type"})) {
            each = std::move(condition);
            return;
        }
    value.get_array().push_back(std::move(condition));
}

template <class T>
std::optional<T> numberIn(const Query& query, std::string_view key) {
    const auto text = query.get(key);
    T number{};
    const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (text.empty() || code != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return number;
}

}  // namespace

Result<Response> RequestHandler::scale(Call& call) {
    const auto existing = TRY(registry_.get(*call.resource, call.info.nameSpace, call.info.name));
    Response response;
    if (call.info.verb == "get") {
        response.body = api::Object::make(scaleOf(*existing));
        return response;
    }
    auto context = TRY(writeContext(call, call.info.verb == "patch" ? "PatchOptions" : "UpdateOptions"));
    json::object wanted;
    if (call.info.verb == "patch") {
        json::value body;
        if (call.request.tree) {
            body = *call.request.tree;
        } else {
            auto parsed = TRY(api::parseYaml(call.request.body));
            body = std::move(parsed.value);
        }
        json::value document(scaleOf(*existing));
        if (call.request.contentType.starts_with("application/json-patch+json"))
            document = TRY(api::applyJsonPatch(std::move(document), body));
        else
            document = TRY(api::applyMergePatch(std::move(document), body));
        auto decoded = TRY(api::decodeObject(registry_.schema(), call.served->kind, std::move(document)));
        wanted = std::move(decoded.object);
    } else {
        wanted = TRY(decodeBody(call, *call.served));
    }
    const api::Object given(wanted);
    if (given.name() != call.info.name) return badRequest(fmt::format("the name of the object ({}) does not match the name on the URL ({})", given.name(), call.info.name));
    const auto replicas = numberAt(given, {"spec", "replicas"});
    if (replicas < 0)
        return api::invalidError(call.served->kind, call.info.name, {{"FieldValueInvalid", fmt::format("Invalid value: {}: must be greater than or equal to 0", replicas), "spec.replicas"}});
    const auto change = [&](const json::object* live) -> Result<json::object> {
        auto tree = *live;
        api::ensureObject(tree, {"spec"})["replicas"] = replicas;
        if (!given.resourceVersion().empty()) api::ensureObject(tree, {"metadata"})["resourceVersion"] = given.resourceVersion();
        return tree;
    };
    const auto written = TRY(registry_.update(context, change));
    response.body = api::Object::make(scaleOf(*written.object));
    return response;
}

Result<Response> RequestHandler::bind(Call& call) {
    const auto context = TRY(writeContext(call, "CreateOptions"));
    const auto binding = TRY(decodeBody(call, *call.served));
    const auto text = [&](std::initializer_list<std::string_view> path) { return api::stringAt(binding, path); };
    const auto givenName = text({"metadata", "name"}), uid = text({"metadata", "uid"});
    const auto name = call.info.name.empty() ? std::string(givenName) : call.info.name;
    if (givenName != name && !givenName.empty()) return badRequest("name in URL does not match name in Binding object");
    const auto targetKind = text({"target", "kind"});
    if (!targetKind.empty() && targetKind != "Node")
        return makeError(Reason::Unknown, fmt::format("target.kind: Unsupported value: \"{}\": supported values: \"Node\", \"<empty>\"", targetKind));
    const auto node = text({"target", "name"});
    if (node.empty()) return makeError(Reason::Unknown, "target.name: Required value");
    const auto* pods = registry_.schema().findResource(api::resources::pods);
    const auto pod = TRY(registry_.get(*pods, call.info.nameSpace, name));
    const api::GroupVersionResource podsBinding{"", "v1", "pods/binding"};
    if (pod->deleting()) return conflict(podsBinding, name, fmt::format("pod {} is being deleted, cannot be assigned to a host", name));
    if (const auto assigned = pod->string({"spec", "nodeName"}); !assigned.empty())
        return conflict(podsBinding, name, fmt::format("pod {} is already assigned to node \"{}\"", name, assigned));
    if (const auto* gates = pod->find({"spec", "schedulingGates"}); gates && gates->is_array() && !gates->get_array().empty())
        return conflict(podsBinding, name, fmt::format("pod {} has non-empty .spec.schedulingGates", name));
    if (!uid.empty() && uid != pod->uid())
        return conflict(podsBinding, name, fmt::format("Precondition failed: UID in precondition: {}, UID in object meta: {}", uid, pod->uid()));
    if (context.dryRun) return created(call.presentation);
    TRY(registry_.changeInternally(*pods, pod, [&](json::object& tree) {
        api::ensureObject(tree, {"spec"})["nodeName"] = node;
        for (const auto* field : {"labels", "annotations"})
            if (const auto* added = api::findPath(binding, {"metadata", field}); added && added->is_object())
                for (const auto& [key, value] : added->get_object()) api::ensureObject(tree, {"metadata", field})[key] = value;
        setCondition(api::ensureObject(tree, {"status"}),
                     {{"type", "PodScheduled"}, {"status", "True"}, {"lastProbeTime", nullptr}, {"lastTransitionTime", formatTime(registry_.clock().now())}});
    }));
    return created(call.presentation);
}

Result<void> RequestHandler::spendDisruptionBudget(const ObjectPtr& pod, bool dryRun) {
    const auto* resource = registry_.schema().findResource(api::resources::podDisruptionBudgets);
    std::vector<ObjectPtr> budgets;
    for (const auto& [path, budget] : registry_.store().all("poddisruptionbudgets.policy")) {
        if (budget->nameSpace() != pod->nameSpace()) continue;
        const auto* selector = budget->find({"spec", "selector"});
        if (!selector || !selector->is_object()) continue;
        const auto parsed = api::Selector::from(api::decodeObjectAs<api::LabelSelector>(selector->get_object()));
        if (parsed && parsed->matches(*pod)) budgets.push_back(budget);
    }
    if (budgets.empty()) return {};
    if (budgets.size() > 1) return makeError(Reason::InternalError, "This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.");
    const auto& budget = budgets.front();
    const auto refuse = [&](std::string message, std::string cause) {
        auto error = makeError(Reason::TooManyRequests, std::move(message));
        error.causes.push_back({"DisruptionBudget", std::move(cause), ""});
        return error;
    };
    if (!isReady(*pod) && numberAt(*budget, {"status", "currentHealthy"}) >= numberAt(*budget, {"status", "desiredHealthy"}) && numberAt(*budget, {"status", "desiredHealthy"}) > 0) return {};
    if (numberAt(*budget, {"status", "observedGeneration"}) < numberAt(*budget, {"metadata", "generation"})) {
        auto error = refuse("Cannot evict pod as it would violate the pod's disruption budget.", fmt::format("The disruption budget {} is still being processed by the server.", budget->name()));
        error.retryAfterSeconds = 10;
        return error;
    }
    const auto allowed = numberAt(*budget, {"status", "disruptionsAllowed"});
    if (allowed <= 0)
        return refuse("Cannot evict pod as it would violate the pod's disruption budget.",
                      fmt::format("The disruption budget {} needs {} healthy pods and has {} currently", budget->name(), numberAt(*budget, {"status", "desiredHealthy"}),
                                  numberAt(*budget, {"status", "currentHealthy"})));
    if (dryRun) return {};
    TRY(registry_.changeInternally(*resource, budget, [&](json::object& tree) {
        auto& status = api::ensureObject(tree, {"status"});
        status["disruptionsAllowed"] = allowed - 1;
        api::ensureObject(status, {"disruptedPods"})[pod->name()] = formatTime(registry_.clock().now());
    }));
    return {};
}

Result<Response> RequestHandler::evict(Call& call) {
    const auto context = TRY(writeContext(call, "CreateOptions"));
    const auto eviction = TRY(decodeBody(call, *call.served));
    const api::Object given(eviction);
    if (!given.name().empty() && given.name() != call.info.name) return badRequest("name in URL does not match name in Eviction object");
    auto pod = TRY(registry_.get(*call.resource, call.info.nameSpace, call.info.name));
    DeleteSettings settings;
    if (const auto* grace = given.find({"deleteOptions", "gracePeriodSeconds"}); grace && grace->is_number()) settings.gracePeriodSeconds = grace->to_number<std::int64_t>();
    settings.uid = given.string({"deleteOptions", "preconditions", "uid"});
    settings.resourceVersion = given.string({"deleteOptions", "preconditions", "resourceVersion"});
    settings.propagationPolicy = given.string({"deleteOptions", "propagationPolicy"});
    auto removal = context;
    removal.subresource.clear();
    if (const auto* dryRun = given.find({"deleteOptions", "dryRun"}); dryRun && dryRun->is_array() && !dryRun->get_array().empty()) removal.dryRun = true;
    // A Pod that does not run, or is going already, costs no budget.
    const auto phase = pod->string({"status", "phase"});
    const bool free = phase == "Succeeded" || phase == "Failed" || phase == "Pending" || pod->deleting();
    if (!free) {
        TRY(spendDisruptionBudget(pod, removal.dryRun));
        if (!removal.dryRun && settings.resourceVersion.empty())
            pod = TRY(registry_.changeInternally(*call.resource, pod, [&](json::object& tree) {
                setCondition(api::ensureObject(tree, {"status"}), {{"type", "DisruptionTarget"}, {"status", "True"}, {"lastProbeTime", nullptr}, {"lastTransitionTime", formatTime(registry_.clock().now())},
                                                                   {"reason", "EvictionByEvictionAPI"}, {"message", "Eviction API: evicting"}});
            }));
    }
    TRY(registry_.remove(removal, settings));
    return created(call.presentation);
}

// Kubernetes: pkg/registry/core/serviceaccount/storage/token.go, pkg/serviceaccount/claims.go.
constexpr std::int64_t warnOnlyLifetime = 3607;
constexpr std::chrono::seconds extendedLifetime = std::chrono::hours{24 * 365};

Result<Response> RequestHandler::issueToken(Call& call) {
    auto body = TRY(decodeBody(call, *call.served));
    const auto account = TRY(registry_.get(*call.resource, call.info.nameSpace, call.info.name));
    const api::Object given(body);
    const auto lifetime = numberAt(given, {"spec", "expirationSeconds"}, 3600);
    if (lifetime < 600)
        return api::invalidError(call.served->kind, "", {{"FieldValueInvalid", fmt::format("Invalid value: {}: may not specify a duration less than 10 minutes", lifetime), "spec.expirationSeconds"}});
    TokenRequest request;
    request.nameSpace = call.info.nameSpace;
    request.name = call.info.name;
    request.uid = account->uid();
    request.lifetime = std::chrono::seconds{std::min<std::int64_t>(lifetime, 1LL << 32)};
    request.tokenId = registry_.random().uuid();
    if (const auto* audiences = given.find({"spec", "audiences"}); audiences && audiences->is_array())
        for (const auto& each : audiences->get_array())
            if (each.is_string()) request.audiences.emplace_back(each.get_string());
    if (request.audiences.empty()) request.audiences.push_back(tokens_.issuer());
    const auto* bound = given.find({"spec", "boundObjectRef"});
    if (bound && bound->is_object()) {
        const std::string kind(api::stringAt(*bound, {"kind"})), name(api::stringAt(*bound, {"name"}));
        if (kind != "Pod" && kind != "Secret" && kind != "Node")
            return badRequest(fmt::format("cannot bind token to object of type /{}, Kind={}", api::stringAt(*bound, {"apiVersion"}), kind));
        const auto* resource = registry_.schema().findKind({"", "v1", kind});
        const auto object = TRY(registry_.get(*resource, kind == "Node" ? std::string() : call.info.nameSpace, name));
        if (const auto uid = api::stringAt(*bound, {"uid"}); !uid.empty() && uid != object->uid())
            return conflict(resource->id, name, fmt::format("the UID in the bound object reference ({}) does not match the UID in record. The object might have been deleted and then recreated", uid));
        if (kind == "Pod" && object->string({"spec", "serviceAccountName"}) != call.info.name)
            return badRequest(fmt::format("cannot bind token for serviceaccount \"{}\" to pod running with different serviceaccount name.", call.info.name));
        request.boundKind = kind;
        request.boundName = name;
        request.boundUid = object->uid();
        if (const auto node = object->string({"spec", "nodeName"}); kind == "Pod" && !node.empty()) {
            request.nodeName = node;
            if (const auto found = registry_.get(*registry_.schema().findKind({"", "v1", "Node"}), "", request.nodeName)) request.nodeUid = (*found)->uid();
        }
    }
    const auto now = registry_.clock().now();
    const auto expiry = now + request.lifetime;
    // The token of every Pod lives longer than it says, so that a client that does not read it again keeps working.
    if (request.boundKind == "Pod" && lifetime == warnOnlyLifetime && request.audiences == std::vector<std::string>{tokens_.issuer()}) {
        request.warnAfter = request.lifetime;
        request.lifetime = extendedLifetime;
    }
    auto token = TRY(tokens_.issue(request, now));
    json::array audiences;
    for (const auto& each : request.audiences) audiences.emplace_back(json::string(each));
    json::object metadata{{"name", account->name()}, {"namespace", account->nameSpace()}, {"uid", account->uid()}, {"creationTimestamp", formatTime(now)}};
    json::object spec{{"audiences", std::move(audiences)}, {"expirationSeconds", lifetime}, {"boundObjectRef", bound ? *bound : json::value()}};
    json::object status{{"token", std::move(token)}, {"expirationTimestamp", formatTime(expiry)}};
    Response response;
    response.code = 201;
    response.body = json::value(json::object{{"kind", "TokenRequest"}, {"apiVersion", "authentication.k8s.io/v1"}, {"metadata", std::move(metadata)}, {"spec", std::move(spec)}, {"status", std::move(status)}});
    return response;
}

namespace {

std::vector<std::string> containerNames(const api::Object& pod) {
    std::vector<std::string> names;
    for (const auto* list : {"containers", "initContainers", "ephemeralContainers"})
        if (const auto* containers = pod.find({"spec", list}); containers && containers->is_array())
            for (const auto& each : containers->get_array()) names.emplace_back(api::stringAt(each, {"name"}));
    return names;
}

// The container that a request means: the named one, the annotated default, the only one, or (exec, attach) the first.
Result<std::string> chooseContainer(const api::Object& pod, const std::string& asked, bool logs) {
    const auto names = containerNames(pod);
    if (!asked.empty()) {
        if (std::ranges::find(names, asked) == names.end()) return badRequest(fmt::format("container {} is not valid for pod {}", asked, pod.name()));
        return asked;
    }
    if (const auto marked = pod.annotation("kubectl.kubernetes.io/default-container"); !logs && !marked.empty()) return std::string(marked);
    const auto* containers = pod.find({"spec", "containers"});
    const auto count = containers && containers->is_array() ? containers->get_array().size() : 0;
    if (count == 1 || (count > 0 && !logs)) return names.front();
    std::string list;
    for (std::size_t i = 0; i < count && i < names.size(); ++i) list += (i > 0 ? " " : "") + names[i];
    return badRequest(fmt::format("a container name must be specified for pod {}, choose one of: [{}]", pod.name(), list));
}

// pkg/apis/core/validation.ValidatePodLogOptions.
Result<void> checkLogOptions(const Query& query, const PodLogOptions& options, std::string_view pod) {
    std::vector<Cause> causes;
    const auto atLeast = [&](const std::optional<std::int64_t>& value, std::int64_t least, const char* field, const char* rule) {
        if (value && *value < least) causes.push_back({"FieldValueInvalid", fmt::format("Invalid value: {}: must be greater than {}", *value, rule), field});
    };
    atLeast(options.tailLines, 0, "tailLines", "or equal to 0");
    atLeast(options.limitBytes, 1, "limitBytes", "0");
    if (options.sinceSeconds && options.sinceTime)
        causes.push_back({"FieldValueForbidden", "Forbidden: at most one of `sinceTime` or `sinceSeconds` may be specified", ""});
    else
        atLeast(options.sinceSeconds, 1, "sinceSeconds", "0");
    if (query.has("stream")) causes.push_back({"FieldValueForbidden", "Forbidden: may not be specified", "stream"});
    if (causes.empty()) return {};
    return api::invalidError({"", "v1", "PodLogOptions"}, pod, std::move(causes));
}

}  // namespace

Result<Response> RequestHandler::podConnection(Call& call) {
    const auto& query = call.query;
    const auto pod = TRY(registry_.get(*call.resource, call.info.nameSpace, call.info.name));
    if (call.request.method != "GET" && call.request.method != "POST") return methodNotAllowed();
    if (!kubelets_) return makeError(Reason::ServiceUnavailable, "no kubelet is reachable from this API server");
    Response response;
    response.contentType = "text/plain";
    PodConnection connection{};
    auto* kubelets = kubelets_;
    if (call.info.subresource == "portforward") {
        connection.kind = PodConnection::Kind::PortForward;
        for (const auto& text : query.all("ports"))
            if (const auto port = std::atoi(text.c_str()); port > 0 && port < 65536) connection.ports.push_back(port);
        connection.open = [kubelets, pod](int port, PodStreamHandlers handlers) -> Result<std::unique_ptr<PodStream>> {
            return kubelets->portForward(pod, port, std::move(handlers));
        };
    } else if (call.info.subresource == "log") {
        connection.kind = PodConnection::Kind::Logs;
        PodLogOptions options;
        options.container = TRY(chooseContainer(*pod, query.get("container"), true));
        options.follow = query.flag("follow");
        options.previous = query.flag("previous");
        options.timestamps = query.flag("timestamps");
        options.tailLines = numberIn<std::int64_t>(query, "tailLines");
        options.sinceSeconds = numberIn<std::int64_t>(query, "sinceSeconds");
        options.limitBytes = numberIn<std::int64_t>(query, "limitBytes");
        if (const auto since = query.get("sinceTime"); !since.empty()) options.sinceTime = parseTime(since);
        TRY(checkLogOptions(query, options, pod->name()));
        if (pod->string({"spec", "nodeName"}).empty())
            return badRequest(fmt::format("pod {} does not have a host assigned", pod->name()));
        connection.limited = !options.follow;
        connection.open = [kubelets, pod, options](int, PodStreamHandlers handlers) -> Result<std::unique_ptr<PodStream>> {
            return kubelets->logs(pod, options, std::move(handlers));
        };
    } else {
        connection.kind = PodConnection::Kind::Exec;
        PodExecOptions options;
        options.container = TRY(chooseContainer(*pod, query.get("container"), false));
        if (call.info.subresource == "exec") {
            options.command = query.all("command");
            if (options.command.empty()) return badRequest("you must specify at least one command for the container");
        }
        options.standardInput = query.flag("stdin");
        options.standardOutput = query.flag("stdout");
        options.standardError = query.flag("stderr");
        options.terminal = query.flag("tty");
        if (!options.standardInput && !options.standardOutput && !options.standardError) return badRequest("you must specify at least 1 of stdin, stdout, stderr");
        if (pod->string({"spec", "nodeName"}).empty()) return badRequest(fmt::format("pod {} does not have a host assigned", pod->name()));
        connection.standardInput = options.standardInput;
        connection.standardOutput = options.standardOutput;
        connection.standardError = options.standardError && !options.terminal;
        connection.terminal = options.terminal;
        connection.open = [kubelets, pod, options](int, PodStreamHandlers handlers) -> Result<std::unique_ptr<PodStream>> {
            return kubelets->exec(pod, options, std::move(handlers));
        };
    }
    response.pod = std::move(connection);
    return response;
}

Result<Response> RequestHandler::nodeProxy(Call& call) {
    if (!call.resource) return noSuchPath();
    TRY(registry_.get(*call.resource, call.info.nameSpace, call.info.name));
    if (!kubelets_ || call.info.resource.resource != "nodes" || call.request.method != "GET") return makeError(Reason::ServiceUnavailable, "this proxy is not served");
    if (call.info.rest != std::vector<std::string>{"stats", "summary"}) return noSuchPath();
    Response response;
    response.contentType = "application/json";
    PodConnection connection{};
    connection.kind = PodConnection::Kind::Logs;
    connection.limited = true;
    connection.open = [kubelets = kubelets_, node = call.info.name](int, PodStreamHandlers handlers) -> Result<std::unique_ptr<PodStream>> {
        auto shared = std::make_shared<PodStreamHandlers>(std::move(handlers));
        kubelets->nodeStats(node, [shared](Result<std::string> stats) {
            if (!stats) {
                shared->onEnd(Result<int>(std::move(stats.error())));
                return;
            }
            shared->onData(std::move(*stats));
            shared->onEnd(Result<int>(0));
        });
        return std::make_unique<PodStream>();
    };
    response.pod = std::move(connection);
    return response;
}

}  // namespace kubarium::apiserver
