// The part of OciRuntime that asks for volumes: they are made by the supervisor (volume_table.h).
#include "core/kubelet/runtime/oci_runtime.h"
#include "core/kubelet/runtime/wire.h"

#include <boost/json.hpp>

namespace kubarium::kubelet {

void OciRuntime::setUpVolumes(const std::string& podUid, std::vector<VolumePlan> plans, Reply<std::vector<VolumeError>> reply) {
    json::array encoded;
    for (const auto& plan : plans) encoded.push_back(wire::encode(plan));
    ask({{"op", "setUpVolumes"}, {"podUid", podUid}, {"plans", std::move(encoded)}}, {}, [reply = std::move(reply)](Result<SupervisorReply> answer) mutable {
        if (!answer) return reply(std::move(answer.error()));
        std::vector<VolumeError> failed;
        for (const auto& [volume, message] : answer->body) failed.push_back({volume, std::string(message.as_string())});
        reply(std::move(failed));
    });
}

void OciRuntime::prepareSubPaths(const std::string& podUid, std::vector<SubPath> parts, Reply<std::vector<std::string>> reply) {
    json::array encoded;
    for (const auto& part : parts)
        encoded.push_back({{"volumePath", part.volumePath}, {"path", part.path}, {"volume", part.volume}, {"container", part.container}});
    ask({{"op", "prepareSubPaths"}, {"podUid", podUid}, {"parts", std::move(encoded)}}, {}, [reply = std::move(reply)](Result<SupervisorReply> answer) mutable {
        if (!answer) return reply(std::move(answer.error()));
        reply(wire::texts(answer->body, "paths"));
    });
}

void OciRuntime::removeFiles(const std::string& podUid, const std::string& path, Reply<void> reply) {
    askPlain({{"op", "removeFiles"}, {"podUid", podUid}, {"path", path}}, std::move(reply));
}

}  // namespace kubarium::kubelet
