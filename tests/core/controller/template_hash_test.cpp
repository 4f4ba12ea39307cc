// pod-template-hash is what a real cluster computes: the texts and hashes below were printed by its own code.
#include "core/controller/template_hash.h"

#include <boost/json.hpp>
#include <gtest/gtest.h>

namespace kubarium::controller {
namespace {

const char* const web = R"({"metadata":{"labels":{"app":"d"}},"spec":{"containers":[{"name":"c","image":"reg.local/web:1","resources":{},
  "terminationMessagePath":"/dev/termination-log","terminationMessagePolicy":"File","imagePullPolicy":"IfNotPresent"}],"restartPolicy":"Always",
  "terminationGracePeriodSeconds":5,"dnsPolicy":"ClusterFirst","securityContext":{},"schedulerName":"default-scheduler"}})";

const char* const rich = R"({"metadata":{"labels":{"app":"d"}},"spec":{"containers":[{"name":"c","image":"reg.local/web:1","resources":{"limits":
  {"cpu":"500m","memory":"64Mi"}},"terminationMessagePath":"/dev/termination-log","terminationMessagePolicy":"File","imagePullPolicy":"IfNotPresent",
  "ports":[{"containerPort":80}],"livenessProbe":{"httpGet":{"port":"http"}}}],"restartPolicy":"Always","terminationGracePeriodSeconds":5,
  "dnsPolicy":"ClusterFirst","securityContext":{},"schedulerName":"default-scheduler"}})";

TEST(TemplateHash, aPlainTemplateHashesAsOnARealCluster) { EXPECT_EQ(podTemplateHash(json::parse(web), std::nullopt), "8f749c7dd"); }

TEST(TemplateHash, quantitiesPointersAndPortsPrintAsGoPrintsThem) {
    const auto text = goTemplateText(json::parse(rich));
    EXPECT_NE(text.find("memory:{i:(resource.int64Amount){value:(int64)67108864 scale:(resource.Scale)0} d:(resource.infDecAmount){Dec:(*inf.Dec)<nil>} "
                        "s:(string) Format:(resource.Format)BinarySI}"),
              std::string::npos)
        << text;
    EXPECT_EQ(podTemplateHash(json::parse(rich), std::nullopt), "5ccdf8fcf");
}

TEST(TemplateHash, theOrderOfKeysDoesNotMatterAndACollisionDoes) {
    const auto a = json::parse(R"({"metadata":{"labels":{"a":"1","b":"2"}},"spec":{}})");
    const auto b = json::parse(R"({"spec":{},"metadata":{"labels":{"b":"2","a":"1"}}})");
    EXPECT_EQ(podTemplateHash(a, std::nullopt), podTemplateHash(b, std::nullopt));
    EXPECT_NE(podTemplateHash(a, std::nullopt), podTemplateHash(a, 1));
    EXPECT_NE(podTemplateHash(a, 1), podTemplateHash(a, 2));
}

}  // namespace
}  // namespace kubarium::controller
