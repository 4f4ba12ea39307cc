#include "core/scheduler/pod_info.h"

#include "core/api/patch.h"
#include "core/scheduler/incremental/equivalence.h"
#include "tests/support/memory_client.h"

#include <boost/json.hpp>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <gtest/gtest.h>

#include <algorithm>

namespace kubarium::scheduler {
namespace {

PodInfoPtr podWith(std::string_view spec, std::string_view status = "{}") {
    return PodInfo::make(api::Object::make(testing::parseObject(fmt::format(R"({{"metadata":{{"name":"p","namespace":"default","uid":"p"}},"spec":{},"status":{}}})", spec, status))));
}

// PodInfo.Update: a list with a term that cannot be read counts as none, and its first error is kept.
TEST(PodInfo, AffinityTermsThatCannotBeRead) {
    constexpr auto term = R"({"topologyKey":"zone","labelSelector":{"matchLabels":{"app":"web"}}})";
    constexpr auto broken = R"({"topologyKey":"zone","labelSelector":{"matchExpressions":[{"key":"app","operator":"Exists","values":["a","b"]}]}})";
    const auto pod = podWith(fmt::format(R"({{"affinity":{{"podAffinity":{{"requiredDuringSchedulingIgnoredDuringExecution":[{0},{1},{1}]}},"podAntiAffinity":{{"requiredDuringSchedulingIgnoredDuringExecution":[{0}]}}}}}})", term, broken));
    EXPECT_TRUE(pod->requiredAffinity.empty());
    EXPECT_EQ(pod->requiredAntiAffinity.size(), 1u);
    EXPECT_EQ(pod->affinityErrors, std::vector<std::string>{R"(requiredAffinityTerms: values: Invalid value: ["a","b"]: values set must be empty for exists and does not exist)"});
}

// A resize in progress counts for a Pod that is placed; NodeResourcesFit looks at what one that is not asks for.
TEST(PodInfo, WhatIsAllocatedCountsOnceItIsPlaced) {
    const auto pod = podWith(R"({"containers":[{"name":"c","resources":{"requests":{"cpu":"1"}}}]})", R"({"containerStatuses":[{"name":"c","resources":{"requests":{"cpu":"3"}}}]})");
    EXPECT_EQ(pod->requests.milliCpu, 3000);
    EXPECT_EQ(pod->nonZeroCpu, 3000);
    EXPECT_EQ(pod->filterRequests.milliCpu, 1000);
    EXPECT_EQ(pod->fitRequests.milliCpu, 1000);
}

// Everything that a Pod's own text decides.
std::string shown(const PodInfo& pod) {
    auto text = fmt::format("{}/{} {} on '{}' nominated '{}' started '{}' {} priority {} never {} terminating {} gates {} claims {} resourceClaims {} images {} ports {} selector {} key {}", pod.nameSpace, pod.name, pod.uid, pod.nodeName,
                            pod.nominatedNode, pod.startTime, pod.schedulerName, pod.priority, pod.preemptNever, pod.terminating, fmt::join(pod.gates, ","), fmt::join(pod.claims, ","), fmt::join(pod.resourceClaims, ","),
                            fmt::join(pod.images, ","), pod.hostPorts.size(), pod.hasNodeSelector, equivalenceKey(pod));
    for (const auto* resources : {&pod.requests, &pod.filterRequests, &pod.fitRequests}) text += fmt::format(" {}m {}B", resources->milliCpu, resources->memory);
    for (const auto& [name, value] : pod.labels) text += fmt::format(" {}={}", name, value);
    return text + fmt::format(" {} {} {} {} {} {}", pod.tolerations.size(), pod.spread.size(), pod.requiredAntiAffinity.size(), pod.nodeAffinity.required.size(), pod.nonZeroCpu, pod.volumes ? pod.volumes->size() : 0);
}

// Whichever Pod comes before another one, that is read as if it were the first.
TEST(PodInfo, ReadsTheSameFromAPodThatIsAlike) {
    const auto base = testing::parseObject(R"({"kind":"Pod","metadata":{"name":"p","namespace":"default","uid":"u","labels":{"app":"web"}},"spec":{
        "volumes":[{"name":"kube-api-access-abcde","projected":{"sources":[]}}],
        "containers":[{"name":"c","image":"nginx","resources":{"requests":{"cpu":"1"}},"volumeMounts":[{"name":"kube-api-access-abcde","mountPath":"/x"}]}]}})");
    const auto merge = [&](std::string_view patch) {
        auto patched = api::applyMergePatch(base, testing::parseObject(patch));
        EXPECT_TRUE(patched.has_value());
        return api::Object::make(patched->as_object());
    };
    // What is like the first, and what is not.
    const std::vector alike{merge("{}"), merge(R"({"metadata":{"name":"q","uid":"v"}})"), merge(R"({"spec":{"nodeName":"n"},"status":{"startTime":"2026-01-01T00:00:00Z","nominatedNodeName":"n"}})"),
                            merge(R"({"metadata":{"deletionTimestamp":"2026-01-01T00:00:00Z"}})"),
                            merge(R"({"spec":{"volumes":[{"name":"kube-api-access-vwxyz","projected":{"sources":[]}},{"name":"data","persistentVolumeClaim":{"claimName":"claim"}},{"name":"own","ephemeral":{}}]}})"),
                            merge(R"({"spec":{"containers":[{"name":"c","image":"nginx","resources":{"requests":{"cpu":"1"}},"volumeMounts":[{"name":"kube-api-access-vwxyz","mountPath":"/x"}]}]}})"), merge(R"({"spec":{"volumes":null}})")};
    const std::vector unlike{merge(R"({"metadata":{"labels":{"app":"db"}}})"), merge(R"({"metadata":{"labels":null}})"), merge(R"({"metadata":{"namespace":"other"}})"),
                             merge(R"({"metadata":{"ownerReferences":[{"kind":"ReplicaSet","name":"r","controller":true}]}})"), merge(R"({"spec":{"nodeSelector":{}}})"), merge(R"({"spec":{"priority":7}})"),
                             merge(R"({"spec":{"containers":[{"name":"c","image":"nginx","resources":{"requests":{"cpu":"2"}}}]}})"),
                             merge(R"({"spec":{"containers":[{"name":"c","image":"nginx","resources":{"requests":{"cpu":"1"}},"ports":[{"hostPort":80}]}]}})"),
                             merge(R"({"spec":{"initContainers":[{"name":"i","resources":{"requests":{"cpu":"9"}}}]}})"), merge(R"({"spec":{"schedulingGates":[{"name":"g"}]}})"),
                             merge(R"({"spec":{"tolerations":[{"operator":"Exists"}]}})"), merge(R"({"status":{"containerStatuses":[{"name":"c","resources":{"requests":{"cpu":"3"}}}]}})")};
    std::vector<api::ObjectPtr> all(alike);
    all.insert(all.end(), unlike.begin(), unlike.end());
    for (const auto& before : all)
        for (const auto& pod : all) {
            const auto known = PodInfo::make(before);
            const auto read = PodInfo::make(pod, known), fresh = PodInfo::make(pod);
            EXPECT_EQ(shown(*read), shown(*fresh)) << json::serialize(before->tree());
            EXPECT_EQ(read->object, pod);
            const auto isAlike = [&](const auto& one) { return std::ranges::find(alike, one) != alike.end(); };
            if (isAlike(before) && isAlike(pod)) {
                EXPECT_EQ(read->likeness, known->likeness);
            } else if (before != pod) {
                EXPECT_NE(read->likeness, known->likeness);
            }
        }
    EXPECT_EQ(shown(*PodInfo::make(all[0], nullptr)), shown(*PodInfo::make(all[0])));
}

// kube-scheduler keeps a set (HostPortInfo): of two Pods with one port on a Node, which the kubelet refused one of, the end of either frees it.
TEST(NodeInfo, AHostPortIsFreeWhenOneOfItsPodsIsGone) {
    const auto pod = [](const char* name) {
        return PodInfo::make(api::Object::make(testing::parseObject(fmt::format(
            R"({{"metadata":{{"name":"{0}","namespace":"default","uid":"{0}"}},"spec":{{"containers":[{{"name":"c","ports":[{{"hostPort":80}}]}}]}}}})", name))));
    };
    auto node = NodeInfo::make(api::Object::make(testing::parseObject(R"({"metadata":{"name":"n"},"status":{"allocatable":{"cpu":"4","pods":"10"}}})")));
    node.addPod(pod("a"));
    node.addPod(pod("b"));
    EXPECT_EQ(node.usedPorts.size(), 1u);
    EXPECT_TRUE(node.removePod(pod("b")));
    EXPECT_TRUE(node.usedPorts.empty());
    EXPECT_TRUE(node.removePod(pod("a")));
    EXPECT_FALSE(node.removePod(pod("a")));
}

}  // namespace
}  // namespace kubarium::scheduler
