// The text of the files that kubelet writes for every Pod. Pure functions.
#pragma once

#include "core/api/types/pod.h"
#include "core/kubelet/field_reference.h"
#include "core/kubelet/node_options.h"

#include <string>

namespace kubarium::kubelet {

std::string hostsFile(const api::Pod&, const PodAddresses&, const std::string& hostname, const NodeOptions&);
// By dnsPolicy and dnsConfig.
std::string resolvConf(const api::Pod&, const NodeOptions&);

}  // namespace kubarium::kubelet
