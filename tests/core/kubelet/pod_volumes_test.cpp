#include "core/kubelet/container_log.h"
#include "core/kubelet/pod_files.h"
#include "core/kubelet/pod_worker.h"
#include "core/kubelet/sub_path.h"
#include "tests/core/kubelet/forwarding_runtime.h"
#include "tests/core/kubelet/kubelet_fixture.h"

#include <filesystem>
#include <fstream>
#include <iterator>
#include <sys/stat.h>
#include <unistd.h>

namespace kubarium::kubelet {
namespace {

namespace fs = std::filesystem;

std::string contentOf(const fs::path& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

int modeOf(const fs::path& path) {
    struct stat info {};
    return ::stat(path.c_str(), &info) == 0 ? static_cast<int>(info.st_mode & 07777) : -1;
}

// The simulated runtime, but with directories: what the kubelet prepares for real containers can be looked at.
class RuntimeWithDirectories final : public ForwardingRuntime {
public:
    RuntimeWithDirectories(SimulatedRuntime& inner, Executor& executor, fs::path root) : ForwardingRuntime(inner), executor_(executor), root_(std::move(root)) {}

    std::vector<ContainerSpec> started;
    std::map<std::string, std::int64_t> memory;  // sizes of volumes that are to be a tmpfs

    std::string name() const override { return "crun://1.8.1"; }
    void startContainer(ContainerSpec spec, Reply<WallTime> reply) override {
        started.push_back(spec);
        inner_.startContainer(std::move(spec), std::move(reply));
    }
    std::string podDirectory(const std::string& uid) const override { return (root_ / uid).string(); }
    // As the supervisor does, but that nothing is mounted.
    void setUpVolumes(const std::string&, std::vector<VolumePlan> plans, Reply<std::vector<VolumeError>> reply) override {
        std::vector<VolumeError> failed;
        for (const auto& plan : plans) {
            if (plan.memory) {
                memory[plan.volume] = plan.memoryBytes;
                fs::create_directories(plan.path);
            }
            if (const auto made = carryOut(plan); !made) failed.push_back({plan.volume, made.error().message});
        }
        executor_.post([failed, reply = std::move(reply)]() mutable { reply(failed); });
    }
    void prepareSubPaths(const std::string&, std::vector<SubPath> parts, Reply<std::vector<std::string>> reply) override {
        executor_.post([parts, reply = std::move(reply)]() mutable {
            std::vector<std::string> paths;
            for (const auto& part : parts) {
                auto path = prepareSubPath(part);
                if (!path) return reply(path.error());
                paths.push_back(std::move(*path));
            }
            reply(std::move(paths));
        });
    }
    void removeFiles(const std::string&, const std::string& path, Reply<void> reply) override {
        fs::remove_all(path);
        executor_.post([reply = std::move(reply)]() mutable { reply({}); });
    }

private:
    Executor& executor_;
    fs::path root_;
};

class Volumes : public KubeletFixture {
protected:
    Volumes() {
        auto pattern = (fs::temp_directory_path() / "kubarium-volumes-XXXXXX").string();
        root = ::mkdtemp(pattern.data());
        directories = std::make_unique<RuntimeWithDirectories>(simulated, loop, root);
        runtime = directories.get();
    }
    ~Volumes() override {
        kubelet.reset();
        fs::remove_all(root);
    }
    fs::path podDirectory(const std::string& name) const { return root / std::string(pod(name)->uid()); }
    void putConfigMap(const std::string& data) {
        auto object = testing::parseObject(R"({"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"cm","namespace":"default"}})");
        object["data"] = testing::parseObject(data);
        client.put(resources::configMaps, std::move(object));
    }
    const Mount* mountAt(const std::string& path) const {
        for (const auto& mount : directories->started.back().mounts)
            if (mount.containerPath == path) return &mount;
        return nullptr;
    }

    fs::path root;
    std::unique_ptr<RuntimeWithDirectories> directories;
};

TEST_F(Volumes, AConfigMapIsFilesBehindOneLinkThatChangesAtOnce) {
    startKubelet();
    putConfigMap(R"({"a.txt":"AAA\n","b":"BB"})");
    createPod("p", R"({"volumeMounts":[{"name":"v","mountPath":"/v"},{"name":"i","mountPath":"/i"}]})",
              R"({"volumes":[{"name":"v","configMap":{"name":"cm"}},{"name":"i","configMap":{"name":"cm","items":[{"key":"b","path":"d/x","mode":384}]}}]})");
    ASSERT_TRUE(eventually([&] { return ready("p"); }, 10s));
    const auto volume = podDirectory("p") / "volumes/kubernetes.io~configmap/v";
    EXPECT_EQ(contentOf(volume / "a.txt"), "AAA\n");
    EXPECT_EQ(fs::read_symlink(volume / "a.txt"), "..data/a.txt");
    EXPECT_EQ(modeOf(volume / "b"), 0644);
    EXPECT_EQ(modeOf(podDirectory("p") / "volumes/kubernetes.io~configmap/i/d/x"), 0600);
    ASSERT_NE(mountAt("/v"), nullptr);
    EXPECT_TRUE(mountAt("/v")->readOnly);
    const auto before = fs::read_symlink(volume / "..data");
    putConfigMap(R"({"a.txt":"changed","c":"new"})");
    ASSERT_TRUE(eventually([&] { return contentOf(volume / "a.txt") == "changed"; }, 100s));
    EXPECT_NE(fs::read_symlink(volume / "..data"), before);
    EXPECT_FALSE(fs::exists(volume / "b"));
    EXPECT_FALSE(fs::exists(volume / before));
    EXPECT_EQ(contentOf(volume / "c"), "new");
}

TEST_F(Volumes, SecretsDownwardAndProjectedVolumesAreWritten) {
    startKubelet();
    putConfigMap(R"({"k":"v"})");
    client.put(resources::secrets, testing::parseObject(R"({"apiVersion":"v1","kind":"Secret","metadata":{"name":"s","namespace":"default"},"data":{"p":"cQ=="}})"));
    createPod("p", R"({"resources":{"limits":{"cpu":"250m","memory":"30Mi"}},"volumeMounts":[{"name":"pr","mountPath":"/pr"}]})",
              R"({"volumes":[{"name":"pr","projected":{"defaultMode":292,"sources":[{"configMap":{"name":"cm","items":[{"key":"k","path":"cm/k"}]}},{"secret":{"name":"s"}},
                 {"downwardAPI":{"items":[{"path":"labels","fieldRef":{"fieldPath":"metadata.labels"}},
                 {"path":"cpu","resourceFieldRef":{"containerName":"c","resource":"limits.cpu","divisor":"1m"}}]}}]}}]})",
              R"({"labels":{"a":"b","c":"d"}})");
    ASSERT_TRUE(eventually([&] { return ready("p"); }, 10s));
    const auto volume = podDirectory("p") / "volumes/kubernetes.io~projected/pr";
    EXPECT_EQ(contentOf(volume / "cm/k"), "v");
    EXPECT_EQ(contentOf(volume / "p"), "q");
    EXPECT_EQ(contentOf(volume / "labels"), "a=\"b\"\nc=\"d\"");
    EXPECT_EQ(contentOf(volume / "cpu"), "250");
    EXPECT_EQ(modeOf(volume / "p"), 0444);
}

TEST_F(Volumes, EveryContainerFindsItsHostsResolverNameAndLog) {
    startKubelet({.name = "node1", .clusterDNS = "10.96.0.10", .nameservers = {"10.90.0.53"}, .searches = {"example.test"}});
    createPod("p", R"({"volumeMounts":[{"name":"m","mountPath":"/m"}]})", R"({"hostname":"myhost","subdomain":"mysub","volumes":[{"name":"m","emptyDir":{"medium":"Memory","sizeLimit":"1Mi"}}]})");
    ASSERT_TRUE(eventually([&] { return ready("p"); }, 10s));
    EXPECT_TRUE(contentOf(podDirectory("p") / "etc-hosts").ends_with(status("p").podIP + "\tmyhost.mysub.default.svc.cluster.local\tmyhost\n"));
    EXPECT_EQ(contentOf(podDirectory("p") / "resolv.conf"),
              "search default.svc.cluster.local svc.cluster.local cluster.local example.test\nnameserver 10.96.0.10\noptions ndots:5\n");
    EXPECT_EQ(contentOf(podDirectory("p") / "hostname"), "myhost\n");
    ASSERT_NE(mountAt("/etc/hosts"), nullptr);
    ASSERT_NE(mountAt("/dev/termination-log"), nullptr);
    EXPECT_TRUE(directories->started.back().logPath.ends_with("/logs/c/0.log"));
    EXPECT_EQ(directories->memory["m"], 1 << 20);
    const auto directory = podDirectory("p");
    deletePod("p", 1);
    ASSERT_TRUE(eventually([&] { return pod("p") == nullptr; }, 10s));
    loop.advance(1s);
    EXPECT_FALSE(fs::exists(directory));
}

TEST_F(Volumes, LastWordsComeFromTheFileOrFromTheLog) {
    startKubelet();
    createPod("file", R"({"command":["sh","-c","sleep 2; exit 1"]})", R"({"restartPolicy":"Never"})");
    createPod("log", R"({"command":["sh","-c","sleep 2; exit 1"],"terminationMessagePolicy":"FallbackToLogsOnError"})", R"({"restartPolicy":"Never"})");
    ASSERT_TRUE(eventually([&] { return ready("file") && ready("log"); }, 10s));
    for (const auto& spec : directories->started)
        for (const auto& mount : spec.mounts)
            if (mount.containerPath == "/dev/termination-log" && spec.podUid == pod("file")->uid()) std::ofstream(mount.hostPath) << "from file";
    std::ofstream(podDirectory("log") / "logs/c/0.log") << "2026-01-01T00:00:00.000000000Z stderr P half \n2026-01-01T00:00:00.000000001Z stderr F line\n";
    ASSERT_TRUE(eventually([&] { return phase("file") == "Failed" && phase("log") == "Failed"; }, 10s));
    EXPECT_EQ(container("file").state->terminated->message, "from file");
    EXPECT_EQ(container("log").state->terminated->message, "half line\n");
}

TEST_F(Volumes, HostPathsAreOfTheKindThatIsAskedFor) {
    startKubelet();
    std::ofstream(root / "file") << "x";
    const auto hostPath = [&](const std::string& path, const std::string& type) {
        return fmt::format(R"({{"volumes":[{{"name":"v","hostPath":{{"path":"{}","type":"{}"}}}}]}})", (root / path).string(), type);
    };
    createPod("bad", R"({"volumeMounts":[{"name":"v","mountPath":"/v"}]})", hostPath("file", "Directory"));
    createPod("good", R"({"volumeMounts":[{"name":"v","mountPath":"/v"}]})", hostPath("new", "DirectoryOrCreate"));
    ASSERT_TRUE(eventually([&] { return ready("good"); }, 10s));
    EXPECT_TRUE(fs::is_directory(root / "new"));
    EXPECT_EQ(eventText("FailedMount"), "MountVolume.SetUp failed for volume \"v\" : hostPath type check failed: " + (root / "file").string() + " is not a directory");
    EXPECT_EQ(phase("bad"), "Pending");
}

TEST_F(Volumes, AVolumeThatFailsIsTriedAgainAfterABackOffOfItsOwnAndAtNoOtherTime) {
    startKubelet();
    putConfigMap(R"({"a":"1"})");
    createPod("p", R"({"volumeMounts":[{"name":"v","mountPath":"/v"},{"name":"w","mountPath":"/w"}]})",
              R"({"volumes":[{"name":"v","configMap":{"name":"late"}},{"name":"w","configMap":{"name":"cm"}},{"name":"unused","configMap":{"name":"never"}}]})");
    std::vector<int> counts;
    const auto begun = loop.monotonic();
    for (const int milliseconds : {300, 700, 1700, 3700, 7700}) {
        loop.advance(begun + std::chrono::milliseconds(milliseconds) - loop.monotonic());
        counts.push_back(eventCount("FailedMount"));
        // The Pod changes: its worker looks at it, but not at the volume.
        auto changed = pod("p")->tree();
        changed["metadata"].get_object()["annotations"] = boost::json::object{{"at", milliseconds}};
        client.put(resources::pods, std::move(changed));
    }
    EXPECT_EQ(counts, (std::vector<int>{1, 2, 3, 4, 5}));
    EXPECT_EQ(eventText("FailedMount"), "MountVolume.SetUp failed for volume \"v\" : configmap \"late\" not found");
    EXPECT_TRUE(fs::exists(podDirectory("p") / "volumes/kubernetes.io~configmap/w/a")) << "the other one does not wait";
    client.put(resources::configMaps, testing::parseObject(R"({"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"late","namespace":"default"},"data":{"b":"2"}})"));
    ASSERT_TRUE(eventually([&] { return ready("p"); }, 9s)) << "a volume that no container mounts is not asked for";
}

TEST_F(Volumes, AClaimThatLeadsToNoVolumeIsToldOfWithEverySync) {
    startKubelet();
    createPod("p", R"({"volumeMounts":[{"name":"v","mountPath":"/v"}]})", R"({"volumes":[{"name":"v","persistentVolumeClaim":{"claimName":"c"}}]})");
    ASSERT_TRUE(eventually([&] { return eventCount("FailedMount") > 0; }, 1s));
    EXPECT_EQ(eventText("FailedMount"), "Unable to attach or mount volumes: unmounted volumes=[v], unattached volumes=[], failed to process volumes=[v]: "
                                        "error processing PVC default/c: failed to fetch PVC from API server: persistentvolumeclaims \"c\" not found");
    loop.advance(9s);
    EXPECT_EQ(eventCount("FailedMount"), 1);
    loop.advance(7s);
    EXPECT_EQ(eventCount("FailedMount"), 2);
}

TEST_F(Volumes, WhatARunningPodCanNoLongerReadIsToldOf) {
    startKubelet();
    putConfigMap(R"({"a":"1"})");
    createPod("p", R"({"volumeMounts":[{"name":"v","mountPath":"/v"}]})", R"({"volumes":[{"name":"v","configMap":{"name":"cm","items":[{"key":"a","path":"a"}]}}]})");
    ASSERT_TRUE(eventually([&] { return ready("p"); }, 10s));
    putConfigMap(R"({"b":"1"})");
    ASSERT_TRUE(eventually([&] { return eventCount("FailedMount") > 2; }, 100s));
    EXPECT_EQ(eventText("FailedMount"), "MountVolume.SetUp failed for volume \"v\" : configmap references non-existent config key: a");
    EXPECT_TRUE(ready("p"));
}

// A claim that is bound to a volume of kubarium.dev/hostpath with this handle.
class ProvisionedVolumes : public Volumes {
protected:
    ProvisionedVolumes() {
        fs::create_directories(root / "volumes/pvc-1");
        NodeOptions options;
        options.volumesDirectory = (root / "volumes").string();
        startKubelet(options);
    }
    void putClaim(const std::string& handle, const std::string& claimUid = "u1") {
        client.put(resources::persistentVolumes, testing::parseObject(fmt::format(
            R"({{"apiVersion":"v1","kind":"PersistentVolume","metadata":{{"name":"pv"}},"spec":{{"csi":{{"driver":"hostpath.kubarium.dev","volumeHandle":"{}"}},"claimRef":{{"namespace":"default","name":"c","uid":"u1"}}}},"status":{{"phase":"Bound"}}}})",
            handle)));
        client.put(resources::persistentVolumeClaims, testing::parseObject(fmt::format(
            R"({{"apiVersion":"v1","kind":"PersistentVolumeClaim","metadata":{{"name":"c","namespace":"default","uid":"{}"}},"spec":{{"volumeName":"pv"}},"status":{{"phase":"Bound"}}}})", claimUid)));
    }
    void createUser(const std::string& more = "") {
        createPod("p", R"({"volumeMounts":[{"name":"v","mountPath":"/data"}]})",
                  fmt::format(R"({{"volumes":[{{"name":"v","persistentVolumeClaim":{{"claimName":"c"{}}}}}]}})", more));
    }
};

TEST_F(ProvisionedVolumes, TheDirectoryOfItsHandleIsMounted) {
    putClaim("pvc-1");
    createUser();
    ASSERT_TRUE(eventually([&] { return ready("p"); }, 10s));
    ASSERT_NE(mountAt("/data"), nullptr);
    EXPECT_EQ(mountAt("/data")->hostPath, (root / "volumes/pvc-1").string());
    EXPECT_FALSE(mountAt("/data")->readOnly);
    // It is the cluster's, not the Pod's.
    deletePod("p", 0);
    ASSERT_TRUE(eventually([&] { return !pod("p"); }, 60s));
    EXPECT_TRUE(fs::exists(root / "volumes/pvc-1"));
}

TEST_F(ProvisionedVolumes, AReadOnlyClaimIsReadOnlyForEveryContainer) {
    putClaim("pvc-1");
    createUser(R"(,"readOnly":true)");
    ASSERT_TRUE(eventually([&] { return ready("p"); }, 10s));
    EXPECT_TRUE(mountAt("/data")->readOnly);
}

TEST_F(ProvisionedVolumes, AHandleThatLeadsElsewhereIsNotMounted) {
    fs::create_directories(root / "secret");
    putClaim("../secret");
    createUser();
    ASSERT_TRUE(eventually([&] { return eventCount("FailedMount") > 0; }, 60s));
    EXPECT_NE(eventText("FailedMount").find("is no name of a volume of hostpath.kubarium.dev"), std::string::npos) << eventText("FailedMount");
    EXPECT_FALSE(ready("p"));
}

TEST_F(ProvisionedVolumes, ADirectoryThatIsGoneIsNotReplacedByAnEmptyOne) {
    fs::remove_all(root / "volumes/pvc-1");
    putClaim("pvc-1");
    createUser();
    ASSERT_TRUE(eventually([&] { return eventCount("FailedMount") > 0; }, 60s));
    EXPECT_NE(eventText("FailedMount").find("the directory of the volume is gone"), std::string::npos) << eventText("FailedMount");
    EXPECT_FALSE(fs::exists(root / "volumes/pvc-1"));
}

TEST_F(ProvisionedVolumes, AVolumeOfAnotherClaimIsNotMounted) {
    putClaim("pvc-1", "u2");
    createUser();
    ASSERT_TRUE(eventually([&] { return eventCount("FailedMount") > 0; }, 60s));
    EXPECT_NE(eventText("FailedMount").find("does not point to claim.UID"), std::string::npos) << eventText("FailedMount");
}

TEST_F(Volumes, TheKubeletTellsWhichVolumeDriversItsNodeHas) {
    startKubelet();
    ASSERT_TRUE(eventually([&] { return client.find({"storage.k8s.io", "v1", "csinodes"}, "node1") != nullptr; }, 10s));
    const auto node = client.find({"storage.k8s.io", "v1", "csinodes"}, "node1");
    EXPECT_EQ(api::stringAt(node->find({"spec", "drivers"})->as_array().at(0), {"name"}), "hostpath.kubarium.dev");
}

TEST_F(Volumes, TheEnvironmentHasReferencesExpansionsAndServices) {
    startKubelet();
    putConfigMap(R"({"k":"from-map"})");
    client.put(resources::services, testing::parseObject(
        R"({"apiVersion":"v1","kind":"Service","metadata":{"name":"web-a","namespace":"default"},"spec":{"clusterIP":"10.96.0.9","ports":[{"name":"http","port":80,"protocol":"TCP"}]}})"));
    loop.advance(1s);
    createPod("p", R"j({"command":["run","$(A)-$(NONE)","$$(A)"],"env":[{"name":"A","valueFrom":{"configMapKeyRef":{"name":"cm","key":"k"}}},{"name":"B","value":"$(A)!"},
                      {"name":"IP","valueFrom":{"fieldRef":{"fieldPath":"status.podIP"}}}]})j");
    ASSERT_TRUE(eventually([&] { return ready("p"); }, 10s));
    const auto& spec = directories->started.back();
    const auto value = [&](const std::string& name) {
        for (const auto& [key, text] : spec.environment)
            if (key == name) return text;
        return std::string("(absent)");
    };
    EXPECT_EQ(value("A"), "from-map");
    EXPECT_EQ(value("B"), "from-map!");
    EXPECT_EQ(value("IP"), status("p").podIP);
    EXPECT_EQ(value("HOSTNAME"), "p");
    EXPECT_EQ(value("WEB_A_SERVICE_HOST"), "10.96.0.9");
    EXPECT_EQ(value("WEB_A_SERVICE_PORT_HTTP"), "80");
    EXPECT_EQ(value("WEB_A_PORT_80_TCP"), "tcp://10.96.0.9:80");
    EXPECT_EQ(spec.command, (std::vector<std::string>{"run", "from-map-$(NONE)", "$(A)"}));
}

TEST(ContainerLog, FiltersByTailTimeAndLimit) {
    const std::string log = "2026-01-01T00:00:01.000000000Z stdout F one\n2026-01-01T00:00:02.000000000Z stdout P t\n"
                            "2026-01-01T00:00:02.100000000Z stdout F wo\n2026-01-01T00:00:03.000000000Z stderr F three\n";
    EXPECT_EQ(LogReader({}).feed(log), "one\ntwo\nthree\n");
    EXPECT_EQ(LogReader({}).feed(std::string_view(log).substr(tailOffset(log, 2))), "two\nthree\n");
    EXPECT_EQ(LogReader({}).feed(std::string_view(log).substr(tailOffset(log, 0))), "");
    EXPECT_EQ(LogReader({.limitBytes = 5}).feed(log), "one\nt");
    EXPECT_EQ(LogReader({.since = parseTime("2026-01-01T00:00:03Z")}).feed(log), "three\n");
    EXPECT_EQ(LogReader({.timestamps = true}).feed(log).substr(0, 35), "2026-01-01T00:00:01.000000000Z one\n");
    LogReader pieces({});
    EXPECT_EQ(pieces.feed(log.substr(0, 20)), "");
    EXPECT_EQ(pieces.feed(log.substr(20)), "one\ntwo\nthree\n");
}

}  // namespace
}  // namespace kubarium::kubelet
