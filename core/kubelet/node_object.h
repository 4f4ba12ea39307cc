// The Node object that a kubelet registers and keeps up to date, and its Lease. Pure functions.
#pragma once

#include "core/base/clock.h"
#include "core/kubelet/node_options.h"
#include "core/kubelet/runtime/container_runtime.h"

#include <boost/json/object.hpp>

#include <map>
#include <string>
#include <vector>

namespace kubarium::kubelet {

namespace json = boost::json;

inline constexpr const char* kubeletVersion = "v1.34.4";
inline constexpr const char* hostpathDriver = "hostpath.kubarium.dev";

std::map<std::string, std::string> nodeLabels(const NodeOptions&);
// What admission counts with: cpu in millis, the rest whole.
std::map<std::string, std::int64_t> nodeAllocatable(const NodeOptions&);
json::object makeNode(const NodeOptions&);
// `before` is the status that is stored: transition times are kept where nothing changed. Conditions of others stay.
json::object makeNodeStatus(const NodeOptions&, const ContainerRuntime&, const json::object* before, WallTime now);
// Whether the two differ in more than heartbeat times.
bool nodeStatusDiffers(const json::object& a, const json::object& b);
// The reasons of the events by which the kubelet tells of conditions that change from `before` (null: there was none) to `now`, which a
// Node that is Ready and under no pressure has (nodestatus/setters.go). A Node that registers becomes Ready at once.
std::vector<std::string> conditionEvents(const json::object* before, const json::object& now);
// `nodeUid` for the owner reference; "" while it is unknown.
json::object makeLease(const NodeOptions&, const std::string& nodeUid, WallTime now);
// storage.k8s.io/v1 CSINode: the volume drivers of the Node, which is hostpath.kubarium.dev alone.
json::object makeCsiNode(const NodeOptions&, const std::string& nodeUid);

}  // namespace kubarium::kubelet
