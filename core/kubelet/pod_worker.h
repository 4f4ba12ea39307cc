// The life of one Pod on its Node (kubelet's pod worker): a sync compares what the spec wants with what runs, does what is
// missing one step after the other, and reports the status. Syncs come from changes of the Pod, from containers that ended
// and from probes; a sync in which something failed is repeated after 10 to 15 s of cluster time, which is also why
// CrashLoopBackOff shows up that late. When the Pod is deleted, has finished or is past its deadline, the worker stops the
// containers (preStop, the stop signal, grace, KILL; sidecars last), reports the end and, if it was deleted, confirms
// with a DELETE of grace 0.
//
// Engine thread only. Destroying a worker leaves its containers alone.
#pragma once

#include "core/kubelet/admission.h"
#include "core/kubelet/container_spec.h"
#include "core/kubelet/kubelet_context.h"
#include "core/kubelet/pod_actions.h"
#include "core/kubelet/pod_state.h"
#include "core/kubelet/pod_status.h"
#include "core/kubelet/pod_volumes.h"
#include "core/kubelet/prober.h"

#include <deque>
#include <functional>
#include <memory>
#include <unordered_map>

namespace kubarium::kubelet {

class PodWorker : public std::enable_shared_from_this<PodWorker> {
public:
    struct Hooks {
        std::function<void(const std::string& id, PodWorker&)> containerStarting;
        std::function<void(const std::string& id)> containerForgotten;
        // Why the Node cannot give the Pod these resources instead of those it has; nothing if it can.
        std::function<std::optional<Refusal>(const PodWorker&, const api::Pod& desired)> resizeRefusal;
        std::function<void(PodWorker&)> gone;  // nothing of the Pod is left here; the worker may be destroyed
    };
    // Whether a container ran here before (its Node or the kubelet was restarted) is read from the Pod's status.
    PodWorker(const KubeletContext&, Hooks, api::ObjectPtr pod);
    ~PodWorker();

    void begin();
    void podChanged(api::ObjectPtr pod);
    // The API object is gone: what still runs is stopped.
    void podRemoved();
    void containerExited(const std::string& id, const ExitInfo&);
    void configurationChanged(const api::GroupVersionResource&, const std::string& key);
    // The API can be reached again.
    void reconnected();

    const api::ObjectPtr& pod() const { return pod_; }
    // With the resources that the Node has given it: not those of a resize that is pending.
    const api::Pod& allocated() const { return spec(); }
    // Something has ended here: a resize that was put off may be possible now.
    void retryResize();
    const PodActual& actual() const { return actual_; }
    const PodVolumes& volumes() const { return volumes_; }
    // Counts for admission: not ended.
    bool active() const { return stage_ == Stage::Running || stage_ == Stage::Stopping; }

private:
    enum class Stage : std::uint8_t { Running, Stopping, Ended, Gone };
    struct BackOff {
        Duration delay{};
        ClusterTime updated{};
    };
    struct Kill;
    struct Resize {
        std::unique_ptr<api::Pod> allocated;  // the Pod as the Node grants it, while that is not as it wants to be
        std::optional<Refusal> pending;
        std::int64_t pendingGeneration = 0, generation = 0;  // generation: of the resize in progress; 0 if none is
        std::string error;
        bool busy = false;
    };
    using Step = std::move_only_function<void()>;

    // pod_worker.cpp: syncing and status
    const api::Pod& spec() const { return resize_.allocated ? *resize_.allocated : pod_->as<api::Pod>(); }
    void adoptHistory();
    void requestSync();
    void sync();
    void runActions(PodActions);
    void nextStep();
    void endSteps();
    void retryLater(Duration);
    void armDeadline();
    void writeStatus();
    void sendStatus();
    void onStatusWritten(Result<api::ObjectPtr>);
    void refreshVolumes();
    void event(std::string type, std::string reason, std::string message, std::string fieldPath = {});
    PodAddresses addresses() const;
    std::string hostname() const;

    // pod_sandbox.cpp
    void createSandbox();
    void tellOfVolumes(const VolumeSetUp&);
    void chooseHandler();
    std::optional<Error> sandboxRefusal(const std::string& handler) const;
    void startSandbox(const std::string& handler);
    void onSandbox(Result<SandboxInfo>);

    // pod_storage.cpp
    void watchStorage();
    void measureStorage();

    // pod_resize.cpp: in-place resize
    void allocate(const api::Pod& before);
    void actuateResize();
    void updateContainers(std::vector<std::string> names);
    void onResized(const std::string& name, const std::string& id, const api::ResourceRequirements&, const Result<void>&);
    void endResize(const Result<void>&);
    std::vector<ResizeCondition> resizeConditions() const;

    // pod_containers.cpp: starting
    const api::Container& containerOf(const ContainerStart&) const;
    void startContainer(ContainerStart);
    void startFailed(const std::string& container, std::string reason, std::string message);
    bool inBackOff(const api::Container&, const ContainerInstance* exited, const std::string& fieldPath);
    Result<ImageInfo> ensureImage(const api::Container&, const std::string& fieldPath);
    void launch(ContainerStart, const ImageInfo&, const FetchedObjects&);
    void create(ContainerStart, const ImageInfo&, const Environment&, ContainerInstance, std::vector<Mount>);
    void refuseStart(const ContainerStart&, const char* reason, const std::string& message);
    void onLaunched(ContainerStart, ContainerInstance, Result<WallTime>);
    void postStart(ContainerStart);
    void onPostStart(ContainerStart, const HandlerOutcome&);
    void containerUp(ContainerStart);
    void keepInstance(ContainerActual&, ContainerInstance);
    void noteExit(const std::string& name, ContainerActual&, const ExitInfo&);
    void forget(const ContainerInstance&);
    void onProbe(const std::string& container, ProbeKind, bool success);

    // pod_termination.cpp: stopping
    void beginKill(const std::string& name, const std::string& message, std::int64_t graceSeconds, bool inOrder, Step done = {});
    void killStopping(Kill&);
    void killWaitTurn(Kill&);
    void killSignal(Kill&);
    void stop(std::string reason = {}, std::string message = {}, std::optional<std::int64_t> graceSeconds = {});
    void continueStopping();
    void end();
    void tearDownVolumes();
    void onStatusIdle();
    void confirmDeletion();
    void vanish();
    std::int64_t graceSeconds() const;
    std::string fieldPathOf(const std::string& container) const;
    const api::Container* findContainer(const std::string& name) const;

    const KubeletContext& context_;
    Hooks hooks_;
    api::ObjectPtr pod_;  // the newest that is known
    PodActual actual_;
    PodVolumes volumes_;
    Stage stage_ = Stage::Running;
    std::string endReason_, endMessage_;  // DeadlineExceeded, Evicted
    std::optional<std::int64_t> stopGrace_;
    WallTime stopSince_{};
    std::map<std::string, std::unique_ptr<Prober>> probers_;
    ClusterTime probingSince_{};
    std::map<std::string, BackOff> backOffs_;
    std::map<std::string, std::unique_ptr<Kill>> kills_;
    std::unordered_map<std::string, ExitInfo> earlyExits_;  // arrived before the reply of the start
    std::unique_ptr<HandlerRun> hook_;
    Resize resize_;
    std::deque<ContainerStart> steps_;
    std::string startingId_;
    boost::json::object wantedStatus_;
    Timer retryTimer_, deadlineTimer_, statusTimer_, refreshTimer_, resizeTimer_, storageTimer_;
    int statusFailures_ = 0;
    bool stepping_ = false, syncPosted_ = false, syncAgain_ = false, changed_ = false, failed_ = false;
    bool diedAtStart_ = false, settling_ = false;
    bool sandboxReady_ = false, sandboxGone_ = false, statusBusy_ = false, statusWanted_ = false, apiGone_ = false, confirming_ = false;
    bool hadSandbox_ = false, final_ = false;
    bool finishedByItself_ = false;  // its last sidecars had to be stopped
};

}  // namespace kubarium::kubelet
