// Answers creations and updates with kube-apiserver's own code, up to where it would store: reads requests from standard input, one JSON
// object ({"path", "body"}, for an update also "old", the object that is there) per line, and writes each with the `status` and the
// `answer` of the real one: decoding, defaults, preparation and validation, without admission and without the allocators of Services.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"strings"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	request "k8s.io/apiserver/pkg/endpoints/request"
	"k8s.io/apiserver/pkg/registry/rest"
	"k8s.io/kubernetes/pkg/api/legacyscheme"
	_ "k8s.io/kubernetes/pkg/apis/apps/install"
	_ "k8s.io/kubernetes/pkg/apis/autoscaling/install"
	_ "k8s.io/kubernetes/pkg/apis/batch/install"
	_ "k8s.io/kubernetes/pkg/apis/coordination/install"
	_ "k8s.io/kubernetes/pkg/apis/core/install"
	_ "k8s.io/kubernetes/pkg/apis/discovery/install"
	_ "k8s.io/kubernetes/pkg/apis/networking/install"
	_ "k8s.io/kubernetes/pkg/apis/node/install"
	_ "k8s.io/kubernetes/pkg/apis/policy/install"
	_ "k8s.io/kubernetes/pkg/apis/rbac/install"
	_ "k8s.io/kubernetes/pkg/apis/scheduling/install"
	_ "k8s.io/kubernetes/pkg/apis/storage/install"
	"k8s.io/kubernetes/pkg/capabilities"
	"k8s.io/kubernetes/pkg/registry/apps/daemonset"
	"k8s.io/kubernetes/pkg/registry/apps/deployment"
	"k8s.io/kubernetes/pkg/registry/apps/replicaset"
	"k8s.io/kubernetes/pkg/registry/apps/statefulset"
	"k8s.io/kubernetes/pkg/registry/autoscaling/horizontalpodautoscaler"
	"k8s.io/kubernetes/pkg/registry/batch/cronjob"
	"k8s.io/kubernetes/pkg/registry/batch/job"
	"k8s.io/kubernetes/pkg/registry/coordination/lease"
	"k8s.io/kubernetes/pkg/registry/core/configmap"
	"k8s.io/kubernetes/pkg/registry/core/endpoint"
	"k8s.io/kubernetes/pkg/registry/core/limitrange"
	"k8s.io/kubernetes/pkg/registry/core/namespace"
	"k8s.io/kubernetes/pkg/registry/core/node"
	"k8s.io/kubernetes/pkg/registry/core/persistentvolume"
	"k8s.io/kubernetes/pkg/registry/core/persistentvolumeclaim"
	"k8s.io/kubernetes/pkg/registry/core/pod"
	"k8s.io/kubernetes/pkg/registry/core/podtemplate"
	"k8s.io/kubernetes/pkg/registry/core/replicationcontroller"
	"k8s.io/kubernetes/pkg/registry/core/resourcequota"
	"k8s.io/kubernetes/pkg/registry/core/secret"
	"k8s.io/kubernetes/pkg/registry/core/service"
	"k8s.io/kubernetes/pkg/registry/core/serviceaccount"
	"k8s.io/kubernetes/pkg/registry/discovery/endpointslice"
	"k8s.io/kubernetes/pkg/registry/networking/ingress"
	"k8s.io/kubernetes/pkg/registry/networking/ingressclass"
	"k8s.io/kubernetes/pkg/registry/networking/networkpolicy"
	"k8s.io/kubernetes/pkg/registry/node/runtimeclass"
	"k8s.io/kubernetes/pkg/registry/policy/poddisruptionbudget"
	"k8s.io/kubernetes/pkg/registry/rbac/clusterrole"
	"k8s.io/kubernetes/pkg/registry/rbac/clusterrolebinding"
	"k8s.io/kubernetes/pkg/registry/rbac/role"
	"k8s.io/kubernetes/pkg/registry/rbac/rolebinding"
	"k8s.io/kubernetes/pkg/registry/scheduling/priorityclass"
	"k8s.io/kubernetes/pkg/registry/storage/csidriver"
	"k8s.io/kubernetes/pkg/registry/storage/storageclass"
)

type resource struct {
	kind     string
	strategy rest.RESTCreateStrategy
}

var resources = map[string]resource{
	"/v1/pods": {"Pod", pod.Strategy}, "/v1/services": {"Service", service.Strategy}, "/v1/configmaps": {"ConfigMap", configmap.Strategy}, "/v1/secrets": {"Secret", secret.Strategy},
	"/v1/namespaces": {"Namespace", namespace.Strategy}, "/v1/nodes": {"Node", node.Strategy}, "/v1/serviceaccounts": {"ServiceAccount", serviceaccount.Strategy},
	"/v1/persistentvolumes": {"PersistentVolume", persistentvolume.Strategy}, "/v1/persistentvolumeclaims": {"PersistentVolumeClaim", persistentvolumeclaim.Strategy},
	"apps/v1/deployments": {"Deployment", deployment.Strategy}, "apps/v1/replicasets": {"ReplicaSet", replicaset.Strategy}, "apps/v1/statefulsets": {"StatefulSet", statefulset.Strategy},
	"apps/v1/daemonsets": {"DaemonSet", daemonset.Strategy}, "batch/v1/jobs": {"Job", job.Strategy}, "batch/v1/cronjobs": {"CronJob", cronjob.Strategy},
	"coordination.k8s.io/v1/leases": {"Lease", lease.Strategy}, "discovery.k8s.io/v1/endpointslices": {"EndpointSlice", endpointslice.Strategy},
	"networking.k8s.io/v1/ingresses": {"Ingress", ingress.Strategy}, "networking.k8s.io/v1/networkpolicies": {"NetworkPolicy", networkpolicy.Strategy},
	"policy/v1/poddisruptionbudgets": {"PodDisruptionBudget", poddisruptionbudget.Strategy}, "scheduling.k8s.io/v1/priorityclasses": {"PriorityClass", priorityclass.Strategy},
	"storage.k8s.io/v1/storageclasses": {"StorageClass", storageclass.Strategy}, "storage.k8s.io/v1/csidrivers": {"CSIDriver", csidriver.Strategy},
	"/v1/endpoints": {"Endpoints", endpoint.Strategy}, "/v1/limitranges": {"LimitRange", limitrange.Strategy}, "/v1/resourcequotas": {"ResourceQuota", resourcequota.Strategy},
	"/v1/replicationcontrollers": {"ReplicationController", replicationcontroller.Strategy}, "/v1/podtemplates": {"PodTemplate", podtemplate.Strategy},
	"autoscaling/v2/horizontalpodautoscalers": {"HorizontalPodAutoscaler", horizontalpodautoscaler.Strategy},
	"networking.k8s.io/v1/ingressclasses":     {"IngressClass", ingressclass.Strategy}, "node.k8s.io/v1/runtimeclasses": {"RuntimeClass", runtimeclass.Strategy},
	"rbac.authorization.k8s.io/v1/roles": {"Role", role.Strategy}, "rbac.authorization.k8s.io/v1/clusterroles": {"ClusterRole", clusterrole.Strategy},
	"rbac.authorization.k8s.io/v1/rolebindings": {"RoleBinding", rolebinding.Strategy}, "rbac.authorization.k8s.io/v1/clusterrolebindings": {"ClusterRoleBinding", clusterrolebinding.Strategy},
}

// "/apis/apps/v1/namespaces/x/deployments" -> its resource, its kind and "x".
func parsePath(path string) (resource, schema.GroupVersionKind, string, error) {
	parts := strings.Split(strings.TrimPrefix(path, "/"), "/")
	group, ns := "", ""
	if parts[0] == "apis" {
		group, parts = parts[1], parts[1:]
	}
	version := parts[1]
	if parts = parts[2:]; parts[0] == "namespaces" && len(parts) > 2 {
		ns, parts = parts[1], parts[2:]
	}
	found, ok := resources[group+"/"+version+"/"+parts[0]]
	if !ok {
		return found, schema.GroupVersionKind{}, "", fmt.Errorf("no strategy for %s", path)
	}
	return found, schema.GroupVersionKind{Group: group, Version: version, Kind: found.kind}, ns, nil
}

func statusOf(err error) *metav1.Status {
	if status, ok := err.(apierrors.APIStatus); ok {
		answer := status.Status()
		return &answer
	}
	answer := apierrors.NewInternalError(err).Status()
	return &answer
}

func answer(path string, body, old []byte) (code int, answer any, failure error) {
	defer func() {
		if panicked := recover(); panicked != nil {
			failure = fmt.Errorf("panic: %v", panicked)
		}
	}()
	target, kind, ns, err := parsePath(path)
	if err != nil {
		return 0, nil, err
	}
	info, _ := runtime.SerializerInfoForMediaType(legacyscheme.Codecs.SupportedMediaTypes(), runtime.ContentTypeJSON)
	hub := schema.GroupVersion{Group: kind.Group, Version: runtime.APIVersionInternal}
	decoded, got, err := legacyscheme.Codecs.DecoderToVersion(info.Serializer, hub).Decode(body, &kind, target.strategyObject(kind))
	if err != nil {
		if _, ok := err.(apierrors.APIStatus); ok {
			status := statusOf(err)
			return int(status.Code), status, nil
		}
		// transformDecodeError
		text := err.Error()
		if got != nil && len(got.Kind) > 0 {
			text = fmt.Sprintf("%s in version %q cannot be handled as a %s: %v", got.Kind, got.Version, kind.Kind, err)
		}
		status := statusOf(apierrors.NewBadRequest(text))
		return int(status.Code), status, nil
	}
	accessor, err := meta.Accessor(decoded)
	if err != nil {
		return 0, nil, err
	}
	ctx := request.WithNamespace(request.NewContext(), ns)
	if target.strategy.NamespaceScoped() {
		if err := rest.EnsureObjectNamespaceMatchesRequestNamespace(ns, accessor); err != nil {
			status := statusOf(err)
			return int(status.Code), status, nil
		}
	}
	if old != nil {
		before, err := runtime.Decode(legacyscheme.Codecs.DecoderToVersion(info.Serializer, hub), old)
		if err != nil {
			return 0, nil, err
		}
		if err := rest.BeforeUpdate(target.strategy.(rest.RESTUpdateStrategy), ctx, decoded, before); err != nil {
			status := statusOf(err)
			return int(status.Code), status, nil
		}
		return stored(decoded, kind, info, 200)
	}
	ctx = request.WithRequestInfo(ctx, &request.RequestInfo{APIGroup: kind.Group, APIVersion: kind.Version, Namespace: ns})
	rest.FillObjectMetaSystemFields(accessor)
	accessor.SetUID("00000000-0000-4000-8000-000000000000")
	// As long as a generated name, and always the same.
	if base := accessor.GetGenerateName(); accessor.GetName() == "" && base != "" {
		accessor.SetName(base[:min(len(base), 58)] + "aaaaa")
	}
	if err := rest.BeforeCreate(target.strategy, ctx, decoded); err != nil {
		status := statusOf(err)
		return int(status.Code), status, nil
	}
	return stored(decoded, kind, info, 201)
}

// What is stored is read again, and with that defaulted again.
func stored(object runtime.Object, kind schema.GroupVersionKind, info runtime.SerializerInfo, code int) (int, any, error) {
	text, err := runtime.Encode(legacyscheme.Codecs.EncoderForVersion(info.Serializer, kind.GroupVersion()), object)
	if err != nil {
		return 0, nil, err
	}
	hub := schema.GroupVersion{Group: kind.Group, Version: runtime.APIVersionInternal}
	read, err := runtime.Decode(legacyscheme.Codecs.DecoderToVersion(info.Serializer, hub), text)
	if err != nil {
		return 0, nil, err
	}
	versioned, err := legacyscheme.Scheme.ConvertToVersion(read, kind.GroupVersion())
	return code, versioned, err
}

func (r resource) strategyObject(kind schema.GroupVersionKind) runtime.Object {
	into, err := legacyscheme.Scheme.New(schema.GroupVersionKind{Group: kind.Group, Version: runtime.APIVersionInternal, Kind: kind.Kind})
	if err != nil {
		return nil
	}
	return into
}

func main() {
	capabilities.Initialize(capabilities.Capabilities{AllowPrivileged: true})
	in := bufio.NewScanner(os.Stdin)
	in.Buffer(make([]byte, 1<<20), 1<<26)
	out := bufio.NewWriter(os.Stdout)
	defer out.Flush()
	for in.Scan() {
		var line struct {
			Path string          `json:"path"`
			Body json.RawMessage `json:"body"`
			Old  json.RawMessage `json:"old"`
		}
		if err := json.Unmarshal(in.Bytes(), &line); err != nil {
			fmt.Fprintln(os.Stderr, err)
			continue
		}
		status, result, err := answer(line.Path, line.Body, line.Old)
		if err != nil {
			fmt.Fprintf(os.Stderr, "%s left out: %v\n", line.Path, err)
			continue
		}
		exchange := map[string]any{"path": line.Path, "body": line.Body, "status": status, "answer": result}
		if line.Old != nil {
			exchange["old"] = line.Old
		}
		text, _ := json.Marshal(exchange)
		out.Write(append(text, '\n'))
	}
}
