"""A small client of the Kubernetes API for tests and benchmarks: one kept-alive connection, client certificates, JSON."""
import base64
import http.client
import json
import re
import ssl
import tempfile


class Api:
    """`kubeconfig`: the text of a kubeconfig with embedded certificates, as `kubarium kubeconfig` prints it; without `certificate` it is somebody
    else who calls, by the `headers`. One thread each."""

    def __init__(self, kubeconfig, timeout=120, certificate=True, headers=None):
        field = lambda name: base64.b64decode(re.search(name + r":\s*(\S+)", kubeconfig).group(1))
        self.address = re.search(r"server:\s*\"?https://([^\"\s]+)", kubeconfig).group(1)
        self.context = ssl.create_default_context(cadata=field("certificate-authority-data").decode())
        if certificate:
            with tempfile.NamedTemporaryFile() as pem:
                pem.write(field("client-certificate-data") + b"\n" + field("client-key-data"))
                pem.flush()
                self.context.load_cert_chain(pem.name)
        self.timeout, self.headers = timeout, headers or {}
        self.connection = self.connect()

    def connect(self):
        return http.client.HTTPSConnection(self.address, context=self.context, timeout=self.timeout)

    def call(self, method, path, body=None, content_type="application/json"):
        """(HTTP status, decoded body). Raises OSError or HTTPException when the connection breaks."""
        self.connection.request(method, path, json.dumps(body) if body is not None else None, {"Content-Type": content_type} | self.headers)
        answer = self.connection.getresponse()
        return answer.status, json.loads(answer.read())
