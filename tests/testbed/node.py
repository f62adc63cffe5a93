"""The whole cluster: a control plane, and one node that runs containers. Only for inside the namespaces, as root."""

import os
import subprocess
import sys
from pathlib import Path

from tests.testbed import node_config, parts, paths
from tests.testbed.client import ApiError
from tests.testbed.cluster import Cluster
from tests.testbed.control_plane import ControlPlane, link_binaries
from tests.testbed.errors import StartError
from tests.testbed.images import written_images
from tests.testbed.isolation import NODE_ADDRESS, NODE_NAME
from tests.testbed.process import Component
from tests.testbed.wait import WaitError, wait_until

READY_TIMEOUT = 300


class Node:
    """Everything is killed with the namespaces: there is a start, and no stop."""

    def __init__(self, folder: Path, cgroup: str) -> None:
        self._binaries = parts.binaries(parts.NODE | parts.IN_IMAGES)
        self._plane = ControlPlane(folder, address=NODE_ADDRESS, controller_manager=True)
        self._cgroup = cgroup
        link_binaries(folder, self._binaries)

    @property
    def cluster(self) -> Cluster:
        return self._plane.cluster

    def start(self) -> None:
        """Start all of it, as much as possible at the same time, and return when pods run and have DNS."""
        node_config.write(self.cluster.folder, self._cgroup)
        self._plane.start()
        containerd = self._containerd()
        containerd.start()
        containerd.await_ready()
        imports = [self._import(image) for image in written_images(self._binaries)]
        self._plane.await_ready()
        components = [self._scheduler(), self._kubelet(), self._kube_proxy(), self._provisioner()]
        for component in components:
            component.start()
        self.cluster.kubectl("apply", "--server-side", "-f", str(paths.MANIFESTS / "cluster.yaml"))
        for process in imports:
            _finish(process)
        try:
            wait_until(lambda: self._works(components), timeout=READY_TIMEOUT, what="the node and its DNS are ready")
        except WaitError as error:
            raise StartError(
                "\n".join([str(error), *(part.log_tail() for part in [*components, containerd])])
            ) from error

    def _works(self, components: list[Component]) -> bool:
        for component in components:
            if not component.running:
                raise StartError(f"{component.name} ended.\n{component.log_tail()}")
        try:
            node = self.cluster.client.get("Node", NODE_NAME)
            dns = self.cluster.client.get("Deployment", "coredns", namespace="kube-system")
        except ApiError as error:
            raise WaitError(str(error)) from error
        ready = any(c["type"] == "Ready" and c["status"] == "True" for c in node["status"].get("conditions", []))
        assert ready, f"node conditions: {node['status'].get('conditions')}"
        assert dns.get("status", {}).get("readyReplicas"), f"CoreDNS: {dns.get('status')}"
        return True

    def _containerd(self) -> Component:
        socket = node_config.CONTAINERD_SOCKET
        return self._component(
            "containerd",
            f"--config={self.cluster.folder / 'containerd.toml'}",
            ready=lambda: self._ctr("version").wait() == 0 if Path(socket).exists() else False,
        )

    def _kubelet(self) -> Component:
        folder = self.cluster.folder
        return self._component(
            "kubelet",
            f"--config={folder / 'kubelet.json'}",
            f"--kubeconfig={self.cluster.kubeconfig}",
            f"--root-dir={folder / 'kubelet'}",
            f"--cert-dir={folder / 'kubelet-certificates'}",
            f"--hostname-override={NODE_NAME}",
            f"--node-ip={NODE_ADDRESS}",
        )

    def _kube_proxy(self) -> Component:
        return self._component("kube-proxy", f"--config={self.cluster.folder / 'kube-proxy.json'}")

    def _scheduler(self) -> Component:
        return self._component(
            "kube-scheduler",
            f"--kubeconfig={self.cluster.kubeconfig}",
            "--leader-elect=false",
            f"--cert-dir={self.cluster.folder / 'scheduler'}",
        )

    def _provisioner(self) -> Component:
        argv = [sys.executable, "-m", "tests.testbed.provisioner", str(self.cluster.folder)]
        return Component("provisioner", argv, log=self.cluster.logs / "provisioner.log")

    def _component(self, name: str, *arguments: str, ready: "node_config.Ready" = lambda: True) -> Component:
        path = f"{self.cluster.folder / 'bin'}:{os.environ['PATH']}"
        log = self.cluster.logs / f"{name}.log"
        return Component(name, [self.cluster.binary(name), *arguments], log=log, env={"PATH": path}, ready=ready)

    def _import(self, image: Path) -> subprocess.Popen[str]:
        return self._ctr("images", "import", str(image))

    def _ctr(self, *argv: str) -> subprocess.Popen[str]:
        command = [
            str(self.cluster.binary("ctr")),
            f"--address={node_config.CONTAINERD_SOCKET}",
            "--namespace=k8s.io",
            *argv,
        ]
        return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)


def _finish(process: subprocess.Popen[str]) -> None:
    _, errors = process.communicate()
    if process.returncode != 0:
        raise StartError(f"{process.args!r} ended with status {process.returncode}: {errors}")
