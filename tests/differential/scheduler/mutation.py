"""Mutants of the recorded cases: fields, objects and configurations of one case put where another has its own, elements added and
taken away, quantities and numbers at their limits. What a mutant holds at a place, some case holds at such a place."""
import collections
import copy
import gzip
import json
import os
import random

OBJECTS = ('nodes', 'pods', 'namespaces', 'pvcs', 'pvs', 'storageClasses', 'csiNodes', 'csiDrivers', 'csiStorageCapacities', 'volumeAttachments', 'pdbs', 'services',
           'replicaSets', 'statefulSets', 'replicationControllers')
VOLUME_OBJECTS = ('pvcs', 'pvs', 'storageClasses', 'csiNodes', 'csiDrivers', 'csiStorageCapacities', 'pdbs')
# Below these a key is any name.
MAPS = {'labels', 'annotations', 'matchLabels', 'requests', 'limits', 'allocatable', 'capacity', 'nodeSelector', 'overhead', 'allocatedResources', 'disruptedPods', 'volumeAttributes'}
QUANTITY_MAPS = {'requests', 'limits', 'allocatable', 'overhead', 'allocatedResources'}
QUANTITIES = ('0', '1', '100m', '1500m', '0.5', '1.5Gi', '200Mi', '1e3', '1e9', '500000u', '1500001n', '3', '4', '10', '1Ki', '12345', '1T', '100Mi', '64Gi', '2500m', '7.25', '1E',
              '9223372036854775807')
POD_PARTS = ('affinity', 'tolerations', 'topologySpreadConstraints', 'containers', 'initContainers', 'nodeSelector', 'volumes', 'resources', 'overhead', 'priority', 'schedulingGates',
             'preemptionPolicy')
NEEDED = {'metadata', 'name', 'spec', 'key', 'operator', 'topologyKey', 'maxSkew', 'whenUnsatisfiable', 'weight', 'podAffinityTerm', 'preference', 'nodeSelectorTerms', 'containers',
          'image', 'effect'}
IDENTITY = {'name', 'namespace', 'uid'}
NUMBERS = {'weight': range(1, 101), 'maxSkew': range(1, 7), 'minDomains': range(1, 7), 'hostPort': (80, 443, 8080, 9000), 'containerPort': (80, 443, 8080, 9000),
           'priority': (-2147483648, -10, 0, 5, 100, 2000000000, 2147483647)}


def read_cases(folder):
    cases = []
    for name in sorted(os.listdir(folder)):
        if name.endswith('.jsonl.gz'):
            with gzip.open(os.path.join(folder, name), 'rt') as file:
                cases += [case for case in map(json.loads, file) if 'pod' in case or 'pending' in case]
    return cases


def sites(value, path):
    """(container, key, path) of everything below `value`."""
    if isinstance(value, dict):
        for key in value:
            below = path + ('*' if path[-1] in MAPS else key,)
            yield value, key, below
            yield from sites(value[key], below)
    elif isinstance(value, list):
        for index, element in enumerate(value):
            yield value, index, path + ('[]',)
            yield from sites(element, path + ('[]',))


def sites_of(case, part):
    value = case.get(part)
    if value is None:
        return
    root = 'pod' if part in ('pods', 'pending') else part
    for each in [value] if part == 'pod' else value:
        yield from sites(each, (root,))


def normal(path):
    return tuple('containers' if step == 'initContainers' else step for step in path)


class Mutation:
    def __init__(self, cases, seed):
        self.cases = cases
        self.random = random.Random(seed)
        self.seed = seed
        values, keys = collections.defaultdict(dict), collections.defaultdict(lambda: collections.defaultdict(dict))
        for case in cases:
            for part in ('pod', 'pending', *OBJECTS):
                for container, key, path in sites_of(case, part):
                    value, place = container[key], normal(path)
                    if value is None:
                        continue
                    text = json.dumps(value, sort_keys=True)
                    if len(values[place]) < 400:
                        values[place][text] = value
                    if isinstance(container, dict) and len(keys[place[:-1]][key]) < 200:
                        keys[place[:-1]][key][text] = value
        self.values = {place: list(found.values()) for place, found in values.items()}
        self.keys = {place: {key: list(found.values()) for key, found in below.items()} for place, below in keys.items()}
        self.configurations = [case['config'] for case in cases if 'config' in case]

    def take(self, choices):
        return copy.deepcopy(self.random.choice(choices))

    def mutants(self, count):
        for number in range(count):
            case = self.take(self.cases)
            case.pop('expect', None)
            for _ in range(self.random.choice((1, 1, 2, 2, 3, 4, 6, 10))):
                self.mutate(case)
            tidy(case)
            case['name'] = 'mutant-%d-%d of %s' % (self.seed, number, case['name'])
            yield case

    def mutate(self, case):
        part = self.random.choices(('pod', 'nodes', 'pods', 'others', 'config', 'transplant'), (45, 18, 15, 8, 6, 8))[0]
        if part == 'config':
            case['config'] = self.take(self.configurations)
        elif part == 'transplant':
            self.transplant(case)
        else:
            if part == 'others':
                part = self.random.choice([name for name in OBJECTS[2:] if case.get(name)] or ['pod'])
            if part == 'pod' and 'pending' in case:
                part = 'pending'
            found = [site for site in sites_of(case, part) if site[1] not in IDENTITY]
            if found:
                self.change(found)

    def change(self, found):
        container, key, path = self.random.choice(found)
        place = normal(path)
        how = self.random.choices(('replace', 'remove', 'insert', 'quantity', 'number'), (40, 12, 28, 14, 6))[0]
        if how == 'replace' and self.values.get(place):
            container[key] = self.take(self.values[place])
        elif how == 'remove' and (isinstance(container, list) or key not in NEEDED):
            del container[key]
        elif how == 'insert' and isinstance(container, list):
            container.insert(self.random.randrange(len(container) + 1), self.take(self.values[place]))
        elif how == 'insert':
            known = {name: values for name, values in self.keys.get(place[:-1], {}).items() if name not in IDENTITY}
            if known:
                name = self.random.choice(list(known))
                container[name] = self.take(known[name])
        elif how == 'quantity':
            quantities = [site for site in found if len(site[2]) >= 2 and site[2][-2] in QUANTITY_MAPS]
            if quantities:
                container, key, _ = self.random.choice(quantities)
                container[key] = self.random.choice(QUANTITIES)
        elif how == 'number':
            numbers = [site for site in found if type(site[0][site[1]]) is int]
            if numbers:
                container, key, path = self.random.choice(numbers)
                container[key] = self.random.choice(NUMBERS[path[-1]]) if path[-1] in NUMBERS else max(0, container[key] + self.random.randint(-3, 3))

    def transplant(self, case):
        donor = self.random.choice(self.cases)
        what = self.random.choice(('pod', 'node', 'pods', 'volumes'))
        if what == 'pod':
            part = self.random.choice(POD_PARTS)
            mine, other = (self.random.choice(each['pending']) if 'pending' in each else each['pod'] for each in (case, donor))
            if part in other.get('spec', {}):
                mine.setdefault('spec', {})[part] = copy.deepcopy(other['spec'][part])
        elif what == 'node' and case.get('nodes') and donor.get('nodes'):
            index = self.random.randrange(len(case['nodes']))
            node = self.take(donor['nodes'])
            node['metadata']['name'] = case['nodes'][index]['metadata']['name']
            case['nodes'][index] = node
        elif what == 'pods' and case.get('nodes') and donor.get('pods'):
            for pod in copy.deepcopy(self.random.sample(donor['pods'], min(3, len(donor['pods'])))):
                if pod.get('spec', {}).get('nodeName'):
                    pod['spec']['nodeName'] = self.random.choice(case['nodes'])['metadata']['name']
                case.setdefault('pods', []).append(pod)
        elif what == 'volumes':
            for name in VOLUME_OBJECTS:
                if name in donor and name not in case:
                    case[name] = copy.deepcopy(donor[name])


def tidy(case):
    """Every name once, no incoming Pod that has a Node, and in a sequence none that waits for one: there each comes when it is its turn."""
    incoming = case.get('pending') or [case['pod']]
    for pod in incoming:
        pod.get('spec', {}).pop('nodeName', None)
        if 'pending' in case:
            pod.get('status', {}).pop('nominatedNodeName', None)
    for part in ('pending', *OBJECTS):
        if part not in case:
            continue
        seen = {key(pod) for pod in incoming} if part == 'pods' else set()
        kept = []
        for each in case[part]:
            if key(each) not in seen:
                seen.add(key(each))
                kept.append(each)
        case[part] = kept


def key(each):
    return each['metadata'].get('namespace'), each['metadata'].get('name')
