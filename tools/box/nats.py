"""Three NATS servers on the loopback as one MQTT broker, for tests: nats-server of Debian.

Each node listens for MQTT under an address of its own, 127.0.0.1 to 127.0.0.3, on one port. What
they acknowledge is stored by two of the three (JetStream with three replicas).
"""

import shutil
import subprocess
import time
import urllib.request
from pathlib import Path

from box.brokers import free_port

NODES = 3
CONF = """\
server_name: n{k}
listen: 127.0.0.{k}:{client}
http: 127.0.0.{k}:{monitor}
jetstream {{ store_dir: "{folder}/n{k}", max_mem: 64M, max_file: 256M }}
mqtt {{ listen: "127.0.0.{k}:{mqtt}", ack_wait: "5s" }}
cluster {{
  name: boxes
  listen: 127.0.0.{k}:{cluster}
  routes: [{routes}]
}}
"""
START_S = 30.0


def binary():
    """Return the path of nats-server, or None."""
    return shutil.which("nats-server") or shutil.which("/usr/sbin/nats-server")


class Cluster:
    """folder: where it keeps what it stores. Use as a context.

    addresses: of the nodes; port: one for all.
    """

    def __init__(self, folder: Path):
        self._folder = folder
        self._ports = {name: free_port() for name in ("client", "monitor", "mqtt", "cluster")}
        self._children = {}
        self.addresses = ["127.0.0.%d" % k for k in range(1, NODES + 1)]
        self.port = self._ports["mqtt"]

    def __enter__(self):
        try:
            for address in self.addresses:
                self.start(address)
            self._await_all()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        for address in list(self._children):
            self.kill(address)

    def start(self, address):
        k = int(address[-1])
        routes = ["nats://%s:%d" % (node, self._ports["cluster"]) for node in self.addresses]
        text = CONF.format(k=k, folder=self._folder, routes=", ".join(routes), **self._ports)
        path = self._folder / ("n%d.conf" % k)
        path.write_text(text)
        log = open(self._folder / ("n%d.log" % k), "a")
        self._children[address] = subprocess.Popen([binary(), "-c", str(path)], stderr=log)

    def kill(self, address):
        """End a node as a power cut does."""
        child = self._children.pop(address)
        child.kill()
        child.wait()

    def _await_all(self):
        end = time.monotonic() + START_S
        while not all(self._is_healthy(address) for address in self.addresses):
            if time.monotonic() > end:
                raise RuntimeError("nats-server: no cluster after %d s" % START_S)
            time.sleep(0.2)

    def _is_healthy(self, address):
        try:
            url = "http://%s:%d/healthz" % (address, self._ports["monitor"])
            return urllib.request.urlopen(url, timeout=1).status == 200
        except OSError:
            return False
