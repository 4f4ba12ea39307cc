"""Random writes: objects that the recorded API server accepted, with fields replaced, added, doubled and taken away. What comes in is
made along the types of the API, of values that are sometimes right, sometimes nearly."""
import copy
import json
import os
import random

GOLDEN = ('defaults.jsonl', 'validation-config.jsonl', 'validation-pod.jsonl', 'validation-policy.jsonl', 'validation-services.jsonl', 'validation-workloads.jsonl')
# Of kinds of which the recorded server accepted none.
SMALLEST = (
    ('/api/v1/namespaces/default/configmaps', {'apiVersion': 'v1', 'kind': 'ConfigMap', 'metadata': {'name': 'x'}, 'data': {'a': 'b'}}),
    ('/api/v1/namespaces', {'apiVersion': 'v1', 'kind': 'Namespace', 'metadata': {'name': 'x'}}),
    ('/api/v1/namespaces/default/serviceaccounts', {'apiVersion': 'v1', 'kind': 'ServiceAccount', 'metadata': {'name': 'x'}}),
    ('/apis/scheduling.k8s.io/v1/priorityclasses', {'apiVersion': 'scheduling.k8s.io/v1', 'kind': 'PriorityClass', 'metadata': {'name': 'x'}, 'value': 5}),
    ('/apis/storage.k8s.io/v1/csidrivers', {'apiVersion': 'storage.k8s.io/v1', 'kind': 'CSIDriver', 'metadata': {'name': 'x.y'}, 'spec': {'attachRequired': False}}),
    ('/apis/node.k8s.io/v1/runtimeclasses', {'apiVersion': 'node.k8s.io/v1', 'kind': 'RuntimeClass', 'metadata': {'name': 'x'}, 'handler': 'x'}),
    ('/apis/rbac.authorization.k8s.io/v1/namespaces/default/roles', {'apiVersion': 'rbac.authorization.k8s.io/v1', 'kind': 'Role', 'metadata': {'name': 'x'},
                                                                    'rules': [{'apiGroups': [''], 'resources': ['pods'], 'verbs': ['get']}]}))
# The server's own, admission's and the allocators'.
NOT_TOUCHED = {'managedFields', 'creationTimestamp', 'deletionTimestamp', 'deletionGracePeriodSeconds', 'uid', 'selfLink', 'resourceVersion', 'generation', 'apiVersion', 'kind',
               'serviceAccountToken', 'healthCheckNodePort', 'clusterIP', 'clusterIPs', 'ipFamilies', 'ipFamilyPolicy'}
STRINGS = ('a', '', 'Bad!', 'x' * 64, 'a.b', 'example.com/a')
STRINGS_OF = {
    'name': ('a', 'b', 'web', 'Bad', 'a b', '-x', 'a/b', 'x' * 64, '', 'x.y'), 'image': ('i', 'nginx:1', '', ' x'), 'key': ('a', 'example.com/a', 'a b', '', 'a/b/c'),
    'operator': ('In', 'NotIn', 'Exists', 'DoesNotExist', 'Gt', 'Equal', 'Foo', ''), 'effect': ('NoSchedule', 'NoExecute', 'PreferNoSchedule', 'Foo', ''),
    'protocol': ('TCP', 'UDP', 'SCTP', 'FOO', ''), 'topologyKey': ('kubernetes.io/hostname', 'zone', 'a b', ''), 'whenUnsatisfiable': ('DoNotSchedule', 'ScheduleAnyway', 'Foo', ''),
    'path': ('/a', 'a', '/a/../b', '../x', ''), 'mountPath': ('/a', '/b', 'a', '', '/a:b'), 'subPath': ('a', '../b', '/c', ''),
    'type': ('', 'RollingUpdate', 'Recreate', 'OnDelete', 'Directory', 'File', 'ClusterIP', 'NodePort', 'LoadBalancer', 'ExternalName', 'RuntimeDefault', 'Localhost', 'Foo'),
    'restartPolicy': ('Always', 'OnFailure', 'Never', 'Foo', ''), 'dnsPolicy': ('ClusterFirst', 'Default', 'None', 'Foo'), 'imagePullPolicy': ('Always', 'IfNotPresent', 'Never', 'Foo'),
    'ip': ('10.0.0.1', '::1', 'x', ''), 'hostIP': ('10.0.0.1', 'x', ''), 'addresses': ('10.0.0.1', '::1', 'a.b', 'x'), 'host': ('a.b', 'A.B', '10.0.0.1', ''), 'scheme': ('HTTP', 'HTTPS', 'FOO'),
    'terminationMessagePolicy': ('File', 'FallbackToLogsOnError', 'Foo'), 'accessModes': ('ReadWriteOnce', 'ReadOnlyMany', 'ReadWriteMany', 'ReadWriteOncePod', 'Foo'),
    'preemptionPolicy': ('Never', 'PreemptLowerPriority', 'Foo'), 'fieldPath': ('metadata.name', 'status.podIP', "metadata.labels['a']", 'metadata.labels', 'foo', ''),
    'resource': ('limits.cpu', 'requests.memory', 'foo', ''), 'nodeAffinityPolicy': ('Honor', 'Ignore', 'Foo'), 'nodeTaintsPolicy': ('Honor', 'Ignore', 'Foo'),
    'persistentVolumeReclaimPolicy': ('Retain', 'Delete', 'Recycle', 'Foo'), 'volumeMode': ('Filesystem', 'Block', 'Foo'), 'internalTrafficPolicy': ('Cluster', 'Local', 'Foo'),
    'externalTrafficPolicy': ('Cluster', 'Local', 'Foo'), 'sessionAffinity': ('None', 'ClientIP', 'Foo'), 'addressType': ('IPv4', 'IPv6', 'FQDN', 'Foo'),
    'concurrencyPolicy': ('Allow', 'Forbid', 'Replace', 'Foo'), 'schedule': ('* * * * *', '@hourly', 'x', ''), 'podManagementPolicy': ('OrderedReady', 'Parallel', 'Foo')}
INTEGERS = (0, 1, 2, 5, 30, 80, 100, 101, 420, 511, 512, 8080, 30000, 65535, 65536, 2147483647, -1)
PORTS = (0, 1, 80, -1, 70000, '25%', '101%', '-1%', 'http', '', '70000', 'a b')
QUANTITIES = ('1', '100m', '1Gi', '0', '-1', '1500m', '2Mi', '1.5', '3', 'abc')
RESOURCES = ('cpu', 'memory', 'nvidia.com/gpu', 'hugepages-2Mi', 'ephemeral-storage', 'pods', 'storage', 'foo', 'a b')
RESOURCE_MAPS = {'requests', 'limits', 'capacity', 'allocatable', 'overhead'}


class Requests:
    def __init__(self, top, seed):
        self.random = random.Random(seed)
        with open(os.path.join(top, 'resources', 'api', 'types.json')) as file:
            self.types = json.load(file)
        self.bases = [{'path': path, 'body': body} for path, body in SMALLEST]
        for name in GOLDEN:
            with open(os.path.join(top, 'tests', 'golden', 'api', name)) as file:
                for line in map(json.loads, file):
                    text = json.dumps(line['body'])
                    if line['status'] == 201 and isinstance(line['body'], dict) and not any(word in text for word in ('${', 'managedFields', 'serviceAccountToken')):
                        self.bases.append({'path': line['path'], 'body': line['body']})

    def creations(self, count, kinds):
        bases = [base for base in self.bases if self.type_of(base['body']) and (not kinds or base['body']['kind'] in kinds)]
        for _ in range(count):
            request = copy.deepcopy(self.random.choice(bases))
            self.change(request['body'], self.random.choice((1, 1, 2, 2, 3, 5)))
            yield request

    def updates(self, count, accepted):
        """Changes of what was created: `accepted` are exchanges with the objects of the real server as their answers."""
        made = 0
        while made < count:
            exchange = self.random.choice(accepted)
            old = copy.deepcopy(exchange['answer'])
            old['metadata'].update(uid='00000000-0000-4000-8000-000000000000', resourceVersion='5', creationTimestamp='2024-01-01T00:00:00Z')
            new = copy.deepcopy(old)
            self.change(new, self.random.choice((0, 1, 1, 1, 2, 3)))
            if isinstance(new.get('metadata'), dict):
                new['metadata'].update({key: old['metadata'][key] for key in ('name', 'namespace', 'uid', 'resourceVersion', 'creationTimestamp') if key in old['metadata']})
                made += 1
                yield {'path': exchange['path'], 'body': new, 'old': old}

    def type_of(self, body):
        group, _, version = body.get('apiVersion', '').rpartition('/')
        name = 'io.k8s.api.%s.%s.%s' % (group.split('.')[0] or 'core', version, body.get('kind'))
        return name if name in self.types else None

    def fields(self, name):
        return self.types[name].get('fields', {}) if name in self.types else {}

    def change(self, body, times):
        for _ in range(times):
            found = list(self.below(body, self.type_of(body)))
            value, of = self.random.choice(found)
            if isinstance(value, list):
                self.change_list(value, of[len('array<'):-1])
            elif self.fields(of):
                self.change_object(value, of, value is body)

    def below(self, value, of):
        of = of['type'] if isinstance(of, dict) else of
        if of.startswith('array<') and isinstance(value, list):
            yield value, of
            for element in value:
                yield from self.below(element, of[len('array<'):-1])
        elif of in self.types and isinstance(value, dict):
            yield value, of
            for key, field in self.fields(of).items():
                if key in value:
                    yield from self.below(value[key], field)

    def change_list(self, value, of):
        what = self.random.random()
        if what < 0.4 and value:
            value.append(copy.deepcopy(self.random.choice(value)))
        elif what < 0.8:
            value.append(self.make(of, '', 2))
        elif value:
            value.pop(self.random.randrange(len(value)))

    def change_object(self, value, of, whole):
        key = self.random.choice(list(self.fields(of)))
        if key in NOT_TOUCHED or (whole and key == 'status') or (of.endswith('ObjectMeta') and key in ('name', 'generateName')):
            return
        what = self.random.random()
        if what < 0.12 and key in value:
            del value[key]
        elif what < 0.9 or key not in value:
            value[key] = self.make(self.fields(of)[key], key, 2)
        else:
            value[key] = self.random.choice((None, 1, 'x', [], {}, True))

    def make(self, of, key, depth):
        of = of['type'] if isinstance(of, dict) else of
        choose = self.random.choice
        if of.startswith('array<'):
            return [self.make(of[len('array<'):-1], key, depth + 1) for _ in range(choose((0, 1, 1, 2)))]
        if of.startswith('map<'):
            inner = of[len('map<'):-1].split(',')[-1].strip()
            names = RESOURCES if key in RESOURCE_MAPS else ('a', 'example.com/b', 'a b', '', 'x' * 64)
            return {choose(names): self.make(inner, '', depth + 1) for _ in range(choose((0, 1, 1, 2)))}
        if of == 'string':
            return choose(STRINGS_OF.get(key, STRINGS)) if self.random.random() < 0.93 else choose(STRINGS)
        if of.startswith('integer'):
            return choose(INTEGERS)
        if of.startswith('number'):
            return choose((0, 1.5, -1))
        if of == 'boolean':
            return choose((True, False))
        if of.endswith('resource.Quantity'):
            return choose(QUANTITIES)
        if of.endswith('IntOrString'):
            return choose(PORTS)
        if of.endswith('.Time'):
            return '2024-01-01T00:00:00Z'
        if of.endswith('MicroTime'):
            return '2024-01-01T00:00:00.000000Z'
        if of not in self.types or depth >= 6:
            return {}
        required = self.types[of].get('required', ())
        likely = 0.25 if depth < 3 else 0.15
        return {name: self.make(field, name, depth + 1) for name, field in self.fields(of).items()
                if name not in NOT_TOUCHED and self.random.random() < (0.9 if name in required else likely)}
