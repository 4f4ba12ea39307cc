// Pods and Nodes with extreme and senseless values, as the API server admits them (decoded, defaulted, validated): the scheduler decides
// about what was admitted, both ways alike, and nothing of it is undefined. Numbers wrap as Go's do.
#include "core/api/defaults.h"
#include "core/api/object_decoder.h"
#include "core/api/schema.h"
#include "core/api/validation.h"
#include "core/scheduler/incremental/incremental_decider.h"
#include "tests/fuzz/mutator.h"

#include <boost/json.hpp>
#include <fmt/format.h>

using namespace kubarium;
using namespace kubarium::scheduler;
namespace json = boost::json;

namespace {

const char* const podText = R"({"apiVersion":"v1","kind":"Pod","metadata":{"name":"p","namespace":"default","labels":{"app":"x"}},"spec":{"priority":5,"nodeSelector":{"disk":"ssd"},
    "overhead":{"cpu":"10m"},"resources":{"requests":{"cpu":"2"}},"tolerations":[{"key":"k","operator":"Exists","effect":"NoSchedule","tolerationSeconds":3}],
    "initContainers":[{"name":"i","image":"i:1","restartPolicy":"Always","resources":{"requests":{"memory":"1Gi"}}}],
    "containers":[{"name":"c","image":"c","ports":[{"containerPort":80,"hostPort":80}],"resources":{"requests":{"cpu":"500m","memory":"64Mi","example.com/gpu":"1","hugepages-2Mi":"4Mi"},"limits":{"cpu":"1","example.com/gpu":"1","hugepages-2Mi":"4Mi"}}}],
    "topologySpreadConstraints":[{"maxSkew":1,"minDomains":2,"topologyKey":"zone","whenUnsatisfiable":"DoNotSchedule","labelSelector":{"matchLabels":{"app":"x"}},"matchLabelKeys":["app"]}],
    "affinity":{"nodeAffinity":{"requiredDuringSchedulingIgnoredDuringExecution":{"nodeSelectorTerms":[{"matchExpressions":[{"key":"cores","operator":"Gt","values":["2"]}],"matchFields":[{"key":"metadata.name","operator":"In","values":["a"]}]}]},
      "preferredDuringSchedulingIgnoredDuringExecution":[{"weight":50,"preference":{"matchExpressions":[{"key":"disk","operator":"Exists"}]}}]},
     "podAntiAffinity":{"requiredDuringSchedulingIgnoredDuringExecution":[{"topologyKey":"zone","labelSelector":{"matchExpressions":[{"key":"app","operator":"NotIn","values":["x"]}]},"namespaceSelector":{}}]},
     "podAffinity":{"preferredDuringSchedulingIgnoredDuringExecution":[{"weight":100,"podAffinityTerm":{"topologyKey":"zone","labelSelector":{"matchLabels":{"app":"x"}}}}]}},
    "volumes":[{"name":"v","persistentVolumeClaim":{"claimName":"x"}},{"name":"e","emptyDir":{}}]}})";
const char* const nodeText = R"({"apiVersion":"v1","kind":"Node","metadata":{"name":"a","labels":{"zone":"z","disk":"ssd","cores":"4"}},"spec":{"taints":[{"key":"k","value":"v","effect":"NoSchedule"}],"unschedulable":false},
    "status":{"allocatable":{"cpu":"4","memory":"8Gi","pods":"110","ephemeral-storage":"10Gi","example.com/gpu":"2","hugepages-2Mi":"8Mi"},"images":[{"names":["c:latest"],"sizeBytes":500000000}]}})";

// As stored by the API server; nullptr if it refuses. The status of a Node comes through another door and is not validated here.
ObjectPtr admitted(const json::value& tree, const char* kindName) {
    const api::GroupVersionKind kind{"", "v1", kindName};
    auto decoded = api::decodeObject(api::Schema::builtin(), kind, tree);
    if (!decoded) return nullptr;
    api::applyDefaults(kind, decoded->object);
    if (!api::validateCreate(kind, decoded->object).empty()) return nullptr;
    return api::Object::make(std::move(decoded->object));
}

void target(const std::string& text) {
    boost::system::error_code error;
    const auto input = json::parse(text, error);
    if (error || !input.is_array() || input.get_array().size() != 3) return;
    const auto& parts = input.get_array();
    const auto pod = admitted(parts[0], "Pod"), placedPod = admitted(parts[1], "Pod");
    const auto node = admitted(parts[2], "Node");
    if (!pod || !node) return;
    std::vector<ObjectPtr> pods;
    if (placedPod) {
        auto tree = placedPod->tree();
        api::ensureObject(tree, {"spec"})["nodeName"] = std::string(node->name());
        api::ensureObject(tree, {"metadata"})["uid"] = "placed";
        pods.push_back(api::Object::make(std::move(tree)));
    }
    const auto plain = api::Object::make(json::parse(nodeText).as_object());
    const auto snapshot = makeSnapshot({node, plain}, pods, std::make_shared<const ClusterObjects>());
    const auto configuration = std::make_shared<const Configuration>();
    const auto& profile = configuration->profiles.front();
    const auto info = PodInfo::make(pod);
    const auto expected = decide(*snapshot, *info, *configuration, profile, {});
    IncrementalDecider decider;
    const auto actual = decider.decide(snapshot, info, configuration, profile, {});
    if (expected.selectedNode == actual.selectedNode && expected.message == actual.message) return;
    fmt::print(stderr, "from scratch \"{}\" {}\nincremental \"{}\" {}\n", expected.selectedNode, expected.message, actual.selectedNode, actual.message);
    std::abort();
}

}  // namespace

int main(int argc, char** argv) {
    return fuzz::run(
        "objects", argc, argv,
        [](SeededRandom& random) {
            const auto maybe = [&](const char* text) {
                auto tree = json::parse(text);
                return random.below(3) == 0 ? tree : fuzz::spoilTree(random, tree);
            };
            return json::serialize(json::array{maybe(podText), maybe(podText), maybe(nodeText)});
        },
        target);
}
