"""A Go module that depends on Kubernetes' own code, for the tests and benchmarks that run it beside ours.

Needs Go. Modules are downloaded by Go, and what is built from them is kept in ${XDG_CACHE_HOME:-~/.cache}/kubarium/NAME/VERSION
(some 400 MB in all; a first build takes minutes). Nothing is written into the repository."""
import json
import os
import re
import shutil
import subprocess
import sys

KUBERNETES = 'v1.34.4'
STAGING = 'v0.' + KUBERNETES[3:]


def run(command, **options):
    result = subprocess.run(command, text=True, **options)
    if result.returncode != 0:
        sys.exit('%s failed (exit code %d)' % (' '.join(command), result.returncode))
    return result


class KubernetesModule:
    def __init__(self, name, requirements=()):
        if not shutil.which('go'):
            sys.exit("Go is not installed: Kubernetes' own code cannot be built. Install Go 1.25 or later (https://go.dev/dl) and run this again.")
        base = os.environ.get('XDG_CACHE_HOME') or os.path.expanduser('~/.cache')
        self.directory = os.path.join(base, 'kubarium', name, KUBERNETES)
        os.makedirs(self.directory, exist_ok=True)
        self.environment = dict(os.environ, GOFLAGS='-mod=mod', GOTOOLCHAIN='auto')
        self.requirements = ('k8s.io/kubernetes ' + KUBERNETES, *requirements)

    def go(self, *arguments, capture=False):
        return run(['go', *arguments], cwd=self.directory, env=self.environment, stdout=subprocess.PIPE if capture else None).stdout

    def prepare(self, main):
        """Writes go.mod, with the replacements of k8s.io/kubernetes for its staging modules, which do not count for others, and main.go."""
        if not os.path.exists(os.path.join(self.directory, 'go.mod')):
            with open(os.path.join(self.directory, 'go.mod'), 'w') as file:
                file.write('module reference\n\ngo 1.25.0\n')
        module = json.loads(self.go('mod', 'download', '-json', 'k8s.io/kubernetes@' + KUBERNETES, capture=True))
        with open(module['GoMod']) as file:
            text = file.read()
        # GODEBUG as the real programs have it.
        debug = '.'.join(re.search(r'^go (\S+)', text, re.M).group(1).split('.')[:2])
        staging = sorted(set(re.findall(r'^\s*(k8s\.io/\S+) => ./staging', text, re.M)))
        with open(os.path.join(self.directory, 'go.mod'), 'w') as file:
            file.write('module reference\n\ngo 1.25.0\n\ngodebug default=go%s\n\nrequire (\n%s)\n\n' % (debug, ''.join('\t%s\n' % line for line in self.requirements)))
            for name in staging:
                file.write('replace %s => %s %s\n' % (name, name, STAGING))
        with open(os.path.join(self.directory, 'main.go'), 'w') as file:
            file.write(main)
        self.sources = module['Dir']

    def oracle(self, source):
        """The program that is made of this Go file."""
        with open(source) as file:
            self.prepare(file.read())
        print('building the oracle (minutes, the first time) ...', file=sys.stderr)
        self.go('build', '-o', 'oracle', 'main.go')
        return os.path.join(self.directory, 'oracle')
