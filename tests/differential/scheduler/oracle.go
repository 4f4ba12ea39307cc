// Decides cases with kube-scheduler's own code: reads them from standard input, one JSON object per line in the format of
// tests/golden/scheduler (`expect` is ignored), and writes each with what the real one decides as its `expect`. What it cannot
// decode or configure is left out and named on standard error. Run by scheduler_differential.py.
package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"reflect"
	"slices"
	"strings"
	"sync"
	"unsafe"

	"github.com/go-logr/logr"
	appsv1 "k8s.io/api/apps/v1"
	v1 "k8s.io/api/core/v1"
	policy "k8s.io/api/policy/v1"
	storage "k8s.io/api/storage/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	utilruntime "k8s.io/apimachinery/pkg/util/runtime"
	"k8s.io/apimachinery/pkg/util/sets"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes/fake"
	clienttesting "k8s.io/client-go/testing"
	"k8s.io/client-go/tools/events"
	"k8s.io/klog/v2"
	fwk "k8s.io/kube-scheduler/framework"
	"k8s.io/kubernetes/pkg/scheduler"
	"k8s.io/kubernetes/pkg/scheduler/apis/config"
	"k8s.io/kubernetes/pkg/scheduler/apis/config/scheme"
	"k8s.io/kubernetes/pkg/scheduler/apis/config/validation"
	"k8s.io/kubernetes/pkg/scheduler/framework"
	"k8s.io/kubernetes/pkg/scheduler/framework/plugins/defaultpreemption"
	"k8s.io/kubernetes/pkg/scheduler/framework/plugins/feature"
	"k8s.io/kubernetes/pkg/scheduler/framework/preemption"
)

type object = map[string]any

func strict(raw []byte, into any) error {
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.DisallowUnknownFields()
	return decoder.Decode(into)
}

// What the API server would give.
func complete(o metav1.Object) {
	if o.GetUID() == "" {
		o.SetUID(types.UID(strings.TrimPrefix(o.GetNamespace()+"/"+o.GetName(), "/")))
	}
	if o.GetResourceVersion() == "" {
		o.SetResourceVersion("1")
	}
	if pod, ok := o.(*v1.Pod); ok && pod.Spec.SchedulerName == "" {
		pod.Spec.SchedulerName = v1.DefaultSchedulerName
	}
}

func listAt[T any](from map[string]json.RawMessage, key string, into *[]runtime.Object) error {
	raw, ok := from[key]
	if !ok {
		return nil
	}
	var items []*T
	if err := strict(raw, &items); err != nil {
		return fmt.Errorf("%s: %w", key, err)
	}
	for _, item := range items {
		complete(any(item).(metav1.Object))
		if pod, ok := any(item).(*v1.Pod); ok && (pod.Status.Phase == v1.PodSucceeded || pod.Status.Phase == v1.PodFailed) {
			continue
		}
		*into = append(*into, any(item).(runtime.Object))
	}
	return nil
}

func objectsOf(from map[string]json.RawMessage) ([]runtime.Object, error) {
	var objects []runtime.Object
	for _, read := range []error{
		listAt[v1.Node](from, "nodes", &objects),
		listAt[v1.Pod](from, "pods", &objects),
		listAt[v1.Namespace](from, "namespaces", &objects),
		listAt[v1.PersistentVolumeClaim](from, "pvcs", &objects),
		listAt[v1.PersistentVolume](from, "pvs", &objects),
		listAt[storage.StorageClass](from, "storageClasses", &objects),
		listAt[storage.CSINode](from, "csiNodes", &objects),
		listAt[storage.CSIDriver](from, "csiDrivers", &objects),
		listAt[storage.CSIStorageCapacity](from, "csiStorageCapacities", &objects),
		listAt[storage.VolumeAttachment](from, "volumeAttachments", &objects),
		listAt[policy.PodDisruptionBudget](from, "pdbs", &objects),
		listAt[v1.Service](from, "services", &objects),
		listAt[appsv1.ReplicaSet](from, "replicaSets", &objects),
		listAt[appsv1.StatefulSet](from, "statefulSets", &objects),
		listAt[v1.ReplicationController](from, "replicationControllers", &objects),
	} {
		if read != nil {
			return nil, read
		}
	}
	return objects, nil
}

// The scheduler of one case, with what it needs around it.
type oracle struct {
	ctx     context.Context
	sched   *scheduler.Scheduler
	factory informers.SharedInformerFactory
}

// As cmd/kube-scheduler reads its file.
func readConfiguration(raw []byte) (*config.KubeSchedulerConfiguration, error) {
	decoded, kind, err := scheme.Codecs.UniversalDecoder().Decode(raw, nil, nil)
	if err != nil {
		return nil, err
	}
	configuration, ok := decoded.(*config.KubeSchedulerConfiguration)
	if !ok {
		return nil, fmt.Errorf("couldn't decode as KubeSchedulerConfiguration, got %s", kind)
	}
	configuration.APIVersion = kind.GroupVersion().String()
	if problems := validation.ValidateKubeSchedulerConfiguration(configuration); problems != nil {
		return nil, problems
	}
	return configuration, nil
}

func newOracle(ctx context.Context, from map[string]json.RawMessage, objects []runtime.Object) (*oracle, error) {
	var everyNode int32 = 100
	options := []scheduler.Option{scheduler.WithParallelism(1), scheduler.WithPercentageOfNodesToScore(&everyNode)}
	if raw, ok := from["config"]; ok {
		configuration, err := readConfiguration(raw)
		if err != nil {
			return nil, err
		}
		options = append(options, scheduler.WithProfiles(configuration.Profiles...))
	}
	client := fake.NewClientset(objects...)
	// What preemption would evict and write stays as it is.
	unchanged := func(clienttesting.Action) (bool, runtime.Object, error) { return true, &v1.Pod{}, nil }
	client.PrependReactor("delete", "pods", unchanged)
	client.PrependReactor("patch", "pods", unchanged)
	factory := scheduler.NewInformerFactory(client, 0)
	sched, err := scheduler.New(ctx, client, factory, nil, func(string) events.EventRecorder { return &events.FakeRecorder{} }, options...)
	if err != nil {
		return nil, err
	}
	factory.Start(ctx.Done())
	factory.WaitForCacheSync(ctx.Done())
	return &oracle{ctx, sched, factory}, sched.WaitForHandlersSync(ctx)
}

// A field that the framework keeps to itself.
func privately[T any](from any, name string) T {
	return *(*T)(unsafe.Pointer(reflect.ValueOf(from).Elem().FieldByName(name).UnsafeAddr()))
}

// NodeResourcesFit appends the reasons of extended resources in the order of a map.
func reasonsOf(status *fwk.Status) []string {
	reasons := append([]string{}, status.Reasons()...)
	begin := slices.IndexFunc(reasons, func(reason string) bool {
		name, ok := strings.CutPrefix(reason, "Insufficient ")
		return ok && name != "cpu" && name != "memory" && name != "ephemeral-storage"
	})
	if begin >= 0 {
		slices.Sort(reasons[begin:])
	}
	return reasons
}

func describe(status *fwk.Status) object {
	return object{"code": status.Code().String(), "reasons": reasonsOf(status)}
}

func describeWithPlugin(status *fwk.Status) object {
	text := describe(status)
	if status.Plugin() != "" {
		text["plugin"] = status.Plugin()
	}
	return text
}

// Sorted, without DynamicResources, which Kubarium does not have.
func namesOf(from sets.Set[string]) []string {
	names := []string{}
	for name := range from {
		if name != "DynamicResources" {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

func keysOf(pods []*v1.Pod) []string {
	keys := []string{}
	for _, pod := range pods {
		keys = append(keys, pod.Namespace+"/"+pod.Name)
	}
	return keys
}

// PostFilter, and what a dry run on every Node would find.
func (o *oracle) preempt(profile framework.Framework, state fwk.CycleState, pod *v1.Pod, fit *framework.FitError) (object, []*v1.Pod, error) {
	var plugin *defaultpreemption.DefaultPreemption
	if enabled, ok := privately[map[string]framework.Plugin](profile, "pluginsMap")["DefaultPreemption"]; ok {
		plugin = enabled.(*defaultpreemption.DefaultPreemption)
	} else {
		var err error
		plugin, err = defaultpreemption.New(o.ctx, &config.DefaultPreemptionArgs{MinCandidateNodesPercentage: 10, MinCandidateNodesAbsolute: 100}, profile, feature.Features{EnableAsyncPreemption: true})
		if err != nil {
			return nil, nil, err
		}
	}
	statuses := fit.Diagnosis.NodeToStatus
	out := object{}
	var candidates []preemption.Candidate
	if eligible, _ := plugin.PodEligibleToPreemptOthers(o.ctx, pod, statuses.Get(pod.Status.NominatedNodeName)); eligible {
		potential, err := statuses.NodesForStatusCode(profile.SnapshotSharedLister().NodeInfos(), fwk.Unschedulable)
		if err != nil {
			return nil, nil, err
		}
		if len(potential) > 0 {
			pdbs, err := o.factory.Policy().V1().PodDisruptionBudgets().Lister().List(labels.Everything())
			if err != nil {
				return nil, nil, err
			}
			found, failed, _ := plugin.Evaluator.DryRunPreemption(o.ctx, state.Clone(), pod, potential, pdbs, 0, int32(len(potential)))
			candidates = found
			helped, notHelped := object{}, object{}
			for _, candidate := range found {
				helped[candidate.Name()] = object{"victims": keysOf(candidate.Victims().Pods), "pdbViolations": candidate.Victims().NumPDBViolations}
			}
			for _, node := range potential {
				if _, ok := helped[node.Node().Name]; !ok {
					notHelped[node.Node().Name] = describeWithPlugin(failed.Get(node.Node().Name))
				}
			}
			if len(helped) > 0 {
				out["candidates"] = helped
			}
			if len(notHelped) > 0 {
				out["notHelped"] = notHelped
			}
		}
	}
	result, status := profile.RunPostFilterPlugins(o.ctx, state.Clone(), pod, statuses)
	fit.Diagnosis.PostFilterMsg = status.Message()
	out["code"] = status.Code().String()
	if message := status.Message(); message != "" {
		out["message"] = message
	}
	if result == nil || result.NominatingInfo == nil || result.Mode() != framework.ModeOverride {
		return out, nil, nil
	}
	if result.NominatedNodeName == "" {
		out["clearsNomination"] = true
		return out, nil, nil
	}
	// Of equally good ones it takes any: whatever it takes in many tries is one.
	equal := sets.New(result.NominatedNodeName)
	for range 40 * len(candidates) {
		equal.Insert(plugin.Evaluator.SelectCandidate(o.ctx, candidates).Name())
	}
	names := namesOf(equal)
	out["nominatedNode"] = names[0]
	if len(names) > 1 {
		out["nominatedNodeAnyOf"] = names
	}
	for _, candidate := range candidates {
		if candidate.Name() == names[0] {
			out["victims"] = keysOf(candidate.Victims().Pods)
			return out, candidate.Victims().Pods, nil
		}
	}
	return nil, nil, fmt.Errorf("the nominated Node %s is no candidate", names[0])
}

func sortedNodes(profile framework.Framework) ([]fwk.NodeInfo, error) {
	nodes, err := profile.SnapshotSharedLister().NodeInfos().List()
	if err != nil {
		return nil, err
	}
	nodes = slices.Clone(nodes)
	slices.SortFunc(nodes, func(a, b fwk.NodeInfo) int { return strings.Compare(a.Node().Name, b.Node().Name) })
	return nodes, nil
}

func nodeNames(nodes []fwk.NodeInfo) []string {
	names := []string{}
	for _, node := range nodes {
		names = append(names, node.Node().Name)
	}
	return names
}

// Scores of each Node, and the best ones; or why scoring fails.
func score(ctx context.Context, profile framework.Framework, state fwk.CycleState, pod *v1.Pod, feasible []fwk.NodeInfo) (scores object, best []string, failure error) {
	if status := profile.RunPreScorePlugins(ctx, state, pod, feasible); !status.IsSuccess() {
		return nil, nil, status.AsError()
	}
	raw := map[string]int64{}
	for _, plugin := range privately[[]framework.ScorePlugin](profile, "scorePlugins") {
		if state.GetSkipScorePlugins().Has(plugin.Name()) {
			continue
		}
		for _, node := range feasible {
			points, status := plugin.Score(ctx, state, pod, node)
			if !status.IsSuccess() {
				return nil, nil, status.AsError()
			}
			raw[plugin.Name()+" "+node.Node().Name] = points
		}
	}
	weights := privately[map[string]int](profile, "scorePluginWeight")
	scored, status := profile.RunScorePlugins(ctx, state, pod, feasible)
	if !status.IsSuccess() {
		return nil, nil, status.AsError()
	}
	scores = object{}
	var top int64
	for _, node := range scored {
		entry := object{}
		for _, plugin := range node.Scores {
			entry[plugin.Name] = object{"raw": raw[plugin.Name+" "+node.Name], "normalized": plugin.Score / int64(weights[plugin.Name]), "weighted": plugin.Score}
		}
		total := node.TotalScore
		if !profile.HasScorePlugins() {
			total = 1
		}
		entry["total"] = total
		scores[node.Name] = entry
		if len(best) == 0 || total > top {
			best, top = nil, total
		}
		if total == top {
			best = append(best, node.Name)
		}
	}
	slices.Sort(best)
	return scores, best, nil
}

// All of one decision; `pod` is in the cluster, but for one that has a Node already.
func (o *oracle) decide(pod *v1.Pod) (object, error) {
	profile, ok := o.sched.Profiles[pod.Spec.SchedulerName]
	if !ok {
		return object{"ignored": "no profile for schedulerName " + pod.Spec.SchedulerName}, nil
	}
	for _, plugin := range profile.PreEnqueuePlugins() {
		if status := plugin.PreEnqueue(o.ctx, pod); !status.IsSuccess() {
			refused := describe(status)
			refused["plugin"] = plugin.Name()
			return object{"preEnqueue": refused}, nil
		}
	}
	if pod.DeletionTimestamp != nil {
		return object{"skipped": fmt.Sprintf("skip schedule deleting pod: %s/%s", pod.Namespace, pod.Name)}, nil
	}
	state := framework.NewCycleState()
	result, failure := o.sched.SchedulePod(o.ctx, profile, state, pod)
	if failure == scheduler.ErrNoNodesAvailable {
		return object{"message": failure.Error(), "reason": v1.PodReasonUnschedulable}, nil
	}
	out := object{}
	fit, unschedulable := failure.(*framework.FitError)
	if unschedulable {
		out["reason"] = v1.PodReasonUnschedulable
		if profile.HasPostFilterPlugins() {
			found, _, err := o.preempt(profile, state, pod, fit)
			if err != nil {
				return nil, err
			}
			out["preemption"] = found
		}
		out["message"] = fit.Error()
	} else if failure != nil {
		out["reason"], out["error"] = v1.PodReasonSchedulerError, failure.Error()
	}

	// The details, once more from the beginning.
	state = framework.NewCycleState()
	narrowed, status, narrowing := profile.RunPreFilterPlugins(o.ctx, state, pod)
	prefilter := object{"status": status.Code().String()}
	if !status.IsSuccess() {
		prefilter = describeWithPlugin(status)
		prefilter["status"] = status.Code().String()
		delete(prefilter, "code")
	} else if !narrowed.AllNodes() {
		prefilter["nodeNames"], prefilter["narrowedBy"] = namesOf(narrowed.NodeNames), namesOf(narrowing)
	}
	out["prefilter"] = prefilter
	out["skippedFilter"] = namesOf(state.GetSkipFilterPlugins())
	if !status.IsSuccess() {
		return out, nil
	}
	nodes, err := sortedNodes(profile)
	if err != nil {
		return nil, err
	}
	nominated := pod.Status.NominatedNodeName
	// The plugin that refuses the nominated Node joins those that narrowed.
	narrowedBy := narrowing.Clone()
	verdicts := map[string]*fwk.Status{}
	for _, node := range nodes {
		name := node.Node().Name
		verdicts[name] = profile.RunFilterPluginsWithNominatedPods(o.ctx, state, pod, node)
		if name == nominated && !verdicts[name].IsSuccess() && narrowedBy != nil {
			narrowedBy.Insert(verdicts[name].Plugin())
		}
	}
	filter, all, feasible := object{}, object{}, []fwk.NodeInfo{}
	for _, node := range nodes {
		name := node.Node().Name
		status := verdicts[name]
		if !narrowed.AllNodes() && !narrowed.NodeNames.Has(name) && (name != nominated || status.IsSuccess()) {
			status = fwk.NewStatus(fwk.UnschedulableAndUnresolvable, fmt.Sprintf("node(s) didn't satisfy plugin(s) %v", sets.List(narrowedBy)))
		}
		filter[name] = nil
		if status.IsSuccess() {
			feasible = append(feasible, node)
		} else {
			filter[name] = describeWithPlugin(status)
		}
		refusals := object{}
		for _, plugin := range privately[[]framework.FilterPlugin](profile, "filterPlugins") {
			if state.GetSkipFilterPlugins().Has(plugin.Name()) {
				continue
			}
			if status := plugin.Filter(o.ctx, state.Clone(), pod, node); !status.IsSuccess() {
				refusals[plugin.Name()] = describe(status)
			}
		}
		if len(refusals) > 0 {
			all[name] = refusals
		}
		if name == nominated && failure == nil && verdicts[name].IsSuccess() {
			out["nominatedNodeUsed"] = true
		}
	}
	if out["nominatedNodeUsed"] == true {
		feasible = slices.DeleteFunc(slices.Clone(nodes), func(node fwk.NodeInfo) bool { return node.Node().Name != nominated })
	}
	out["filter"] = filter
	if len(all) > 0 {
		out["filterAll"] = all
	}
	if failure == nil || unschedulable || len(feasible) > 0 {
		out["feasible"] = nodeNames(feasible)
	}
	if failure != nil {
		return out, nil
	}
	if len(feasible) != result.FeasibleNodes {
		return nil, fmt.Errorf("%d feasible Nodes, and %d the second time", result.FeasibleNodes, len(feasible))
	}
	if len(feasible) == 1 {
		out["scoring"] = "skipped"
	}
	scores, best, failed := score(o.ctx, profile, state, pod, feasible)
	if failed != nil {
		out["scoresError"], out["best"] = failed.Error(), nodeNames(feasible)
		return out, nil
	}
	if !slices.Contains(best, result.SuggestedHost) {
		return nil, fmt.Errorf("%s was chosen, which is not of the best: %v", result.SuggestedHost, best)
	}
	out["skippedScore"] = namesOf(state.GetSkipScorePlugins())
	out["scores"], out["best"] = scores, best
	return out, nil
}

// One Pod of a sequence: placed (and assumed), or refused.
func (o *oracle) step(pod *v1.Pod, evict bool) (object, error) {
	out := object{"pod": pod.Namespace + "/" + pod.Name}
	profile, ok := o.sched.Profiles[pod.Spec.SchedulerName]
	if !ok {
		return nil, fmt.Errorf("no profile for schedulerName %s", pod.Spec.SchedulerName)
	}
	logger := klog.FromContext(o.ctx)
	for retry := false; ; retry = true {
		state := framework.NewCycleState()
		_, failure := o.sched.SchedulePod(o.ctx, profile, state, pod)
		fit, unschedulable := failure.(*framework.FitError)
		switch {
		case unschedulable:
			var victims []*v1.Pod
			if profile.HasPostFilterPlugins() {
				found, evicted, err := o.preempt(profile, state, pod, fit)
				if err != nil {
					return nil, err
				}
				if evict && !retry && len(evicted) > 0 {
					victims = evicted
					out["nominatedNode"], out["victims"] = found["nominatedNode"], found["victims"]
				}
			}
			if retry {
				out["retryMessage"] = fit.Error()
				return out, nil
			}
			out["message"] = fit.Error()
			if len(victims) == 0 {
				return out, nil
			}
			for _, victim := range victims {
				remove := o.sched.Cache.RemovePod
				if assumed, _ := o.sched.Cache.IsAssumedPod(victim); assumed {
					remove = o.sched.Cache.ForgetPod
				}
				if err := remove(logger, victim); err != nil {
					return nil, err
				}
			}
			pod = pod.DeepCopy()
			pod.Status.NominatedNodeName = out["nominatedNode"].(string)
			continue
		case failure == scheduler.ErrNoNodesAvailable:
			out["message"] = failure.Error()
			return out, nil
		case failure != nil:
			out["error"] = failure.Error()
			return out, nil
		}
		return out, o.place(profile, state, pod, out)
	}
}

func (o *oracle) place(profile framework.Framework, state fwk.CycleState, pod *v1.Pod, out object) error {
	nodes, err := sortedNodes(profile)
	if err != nil {
		return err
	}
	again := framework.NewCycleState()
	narrowed, status, _ := profile.RunPreFilterPlugins(o.ctx, again, pod)
	if !status.IsSuccess() {
		return status.AsError()
	}
	var feasible []fwk.NodeInfo
	for _, node := range nodes {
		passes := profile.RunFilterPluginsWithNominatedPods(o.ctx, again, pod, node).IsSuccess()
		if passes && node.Node().Name == pod.Status.NominatedNodeName {
			feasible = []fwk.NodeInfo{node}
			break
		}
		if passes && (narrowed.AllNodes() || narrowed.NodeNames.Has(node.Node().Name)) {
			feasible = append(feasible, node)
		}
	}
	best := nodeNames(feasible)
	if len(feasible) == 1 {
		out["scoring"] = "skipped"
	} else {
		scores, found, err := score(o.ctx, profile, again, pod, feasible)
		if err != nil {
			return err
		}
		totals := object{}
		for name, entry := range scores {
			totals[name] = entry.(object)["total"]
		}
		best = found
		out["best"], out["totals"] = best, totals
	}
	out["node"] = best[0]
	assumed := pod.DeepCopy()
	assumed.Spec.NodeName = best[0]
	logger := klog.FromContext(o.ctx)
	if err := o.sched.Cache.AssumePod(logger, assumed); err != nil {
		return err
	}
	o.sched.SchedulingQueue.DeleteNominatedPodIfExists(assumed)
	if status := profile.RunReservePluginsReserve(o.ctx, state, assumed, best[0]); !status.IsSuccess() {
		profile.RunReservePluginsUnreserve(o.ctx, state, assumed, best[0])
		for key := range out {
			if key != "pod" {
				delete(out, key)
			}
		}
		out["error"] = status.AsError().Error()
		return o.sched.Cache.ForgetPod(logger, assumed)
	}
	return nil
}

// Which plugins of each profile run where, and scores' weights; or why the configuration is refused.
func pluginsOf(raw []byte) object {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	o, err := newOracle(ctx, map[string]json.RawMessage{"config": raw}, nil)
	if err != nil {
		return object{"refused": err.Error()}
	}
	out := object{}
	for name, profile := range o.sched.Profiles {
		plugins := profile.ListPlugins()
		lists := object{}
		for point, set := range map[string]config.PluginSet{"preEnqueue": plugins.PreEnqueue, "preFilter": plugins.PreFilter, "filter": plugins.Filter, "postFilter": plugins.PostFilter,
			"preScore": plugins.PreScore, "score": plugins.Score, "reserve": plugins.Reserve, "preBind": plugins.PreBind, "bind": plugins.Bind} {
			names := []string{}
			for _, plugin := range set.Enabled {
				if point == "score" {
					names = append(names, fmt.Sprintf("%s %d", plugin.Name, plugin.Weight))
				} else {
					names = append(names, plugin.Name)
				}
			}
			lists[point] = names
		}
		out[name] = lists
	}
	return object{"plugins": out}
}

func expectOf(from map[string]json.RawMessage) (expect object, failure error) {
	defer func() {
		if panicked := recover(); panicked != nil {
			failure = fmt.Errorf("panic: %v", panicked)
		}
	}()
	if from["pod"] == nil && from["pending"] == nil {
		return pluginsOf(from["config"]), nil
	}
	objects, err := objectsOf(from)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	if raw, ok := from["pending"]; ok {
		var pending []*v1.Pod
		if err := strict(raw, &pending); err != nil {
			return nil, err
		}
		for _, pod := range pending {
			complete(pod)
			objects = append(objects, pod)
		}
		o, err := newOracle(ctx, from, objects)
		if err != nil {
			return nil, err
		}
		steps := []object{}
		for _, pod := range pending {
			step, err := o.step(pod, string(from["evict"]) == "true")
			if err != nil {
				return nil, err
			}
			steps = append(steps, step)
		}
		return object{"steps": steps}, nil
	}
	var pod v1.Pod
	if err := strict(from["pod"], &pod); err != nil {
		return nil, fmt.Errorf("pod: %w", err)
	}
	complete(&pod)
	objects = append(objects, &pod)
	o, err := newOracle(ctx, from, objects)
	if err != nil {
		return nil, err
	}
	return o.decide(&pod)
}

func main() {
	klog.SetLogger(logr.Discard())
	utilruntime.ErrorHandlers = nil
	lines := make(chan []byte)
	out := bufio.NewWriter(os.Stdout)
	var lock sync.Mutex
	var workers sync.WaitGroup
	// A case mostly waits for its informers.
	for range 12 {
		workers.Go(func() {
			for line := range lines {
				var whole map[string]json.RawMessage
				err := json.Unmarshal(line, &whole)
				var text []byte
				if err == nil {
					var expect object
					if expect, err = expectOf(whole); err == nil {
						whole["expect"], _ = json.Marshal(expect)
						text, err = json.Marshal(whole)
					}
				}
				lock.Lock()
				if err != nil {
					fmt.Fprintf(os.Stderr, "%s left out: %v\n", whole["name"], err)
				} else {
					out.Write(append(text, '\n'))
				}
				lock.Unlock()
			}
		})
	}
	in := bufio.NewScanner(os.Stdin)
	in.Buffer(make([]byte, 1<<20), 1<<26)
	for in.Scan() {
		lines <- bytes.Clone(in.Bytes())
	}
	close(lines)
	workers.Wait()
	out.Flush()
	if in.Err() != nil {
		fmt.Fprintln(os.Stderr, in.Err())
		os.Exit(1)
	}
}
