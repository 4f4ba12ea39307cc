"""A cluster that is not ours, as a program outside sees it: it lets one list, and nothing else; and it keeps a record of what was asked."""
import http.server
import json
import pathlib
import re
import ssl
import threading

from api import Api

# /api/v1/..., /apis/GROUP/VERSION/...: a collection, of all namespaces or of one.
COLLECTION = re.compile(r"^/(api/v1|apis/[^/]+/[^/]+)/(namespaces/[^/]+/)?[^/]+$")


class ForeignCluster:
    """In front of one of our engines. `kubeconfig`: of the engine, whose certificates the listener uses too. What only our own
    clusters serve is not there."""

    def __init__(self, kubeconfig, folder, forbidden=()):
        """`forbidden`: resources that may not be listed."""
        self.asked = []  # (method, path)
        text = pathlib.Path(kubeconfig).read_text()
        pki = pathlib.Path(kubeconfig).parent / "pki"
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def answer(self):
                length = int(self.headers.get("Content-Length") or 0)
                self.rfile.read(length)
                path = self.path.split("?")[0]
                outer.asked.append((self.command, path))
                if path == "/configz" or "/kubarium.dev/" in path:
                    code, body = 404, {"kind": "Status", "apiVersion": "v1", "status": "Failure", "reason": "NotFound", "code": 404, "message": "the server could not find the requested resource"}
                elif self.command != "GET" or not COLLECTION.match(path) or path.rsplit("/", 1)[-1] in forbidden:
                    code, body = 403, {"kind": "Status", "apiVersion": "v1", "status": "Failure", "reason": "Forbidden", "code": 403, "message": f"{self.command} {path} is forbidden"}
                else:
                    api = Api(text)
                    code, body = api.call("GET", self.path)
                    api.connection.close()
                data = json.dumps(body).encode()
                self.send_response(code)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = answer

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(pki / "apiserver.crt", pki / "apiserver.key")
        self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
        self.thread = threading.Thread(target=self.server.serve_forever)
        self.thread.start()
        self.kubeconfig = pathlib.Path(folder, "foreign.kubeconfig")
        self.kubeconfig.write_text(re.sub(r"https://[^\"\s]+", f"https://127.0.0.1:{self.server.server_port}", text))

    def close(self):
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()
