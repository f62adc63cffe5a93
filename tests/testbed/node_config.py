"""The configuration files of what runs on the node, with the reason for each setting that is not the default."""

import json
from collections.abc import Callable
from pathlib import Path

from tests.testbed import versions
from tests.testbed.isolation import NODE_NAME

Ready = Callable[[], bool]

CONTAINERD_SOCKET = "/run/containerd.sock"  # /run is private to the namespaces, and short enough for a socket's path
POD_ADDRESSES = "10.244.0.0/16"
DNS_ADDRESS = "10.96.0.10"  # also in manifests/cluster.yaml


def write(folder: Path, cgroup: str) -> None:
    """Write all of them."""
    network = folder / "cni"
    network.mkdir(exist_ok=True)
    (network / "10-pods.conflist").write_text(json.dumps(_network(folder)))
    (folder / "containerd.toml").write_text(_containerd(folder))
    (folder / "kubelet.json").write_text(json.dumps(_kubelet(folder, cgroup)))
    (folder / "kube-proxy.json").write_text(json.dumps(_kube_proxy(folder)))


def _network(folder: Path) -> dict[str, object]:
    """Every pod hangs on the node by a wire of its own: unlike on a bridge, all that pods say to each other passes
    nftables and hence the Services' rules, whether or not the kernel has br_netfilter."""
    addresses = {
        "type": "host-local",
        "dataDir": str(folder / "pod-addresses"),
        "ranges": [[{"subnet": POD_ADDRESSES}]],
        "routes": [{"dst": "0.0.0.0/0"}],
    }
    return {"cniVersion": "1.0.0", "name": "pods", "plugins": [{"type": "ptp", "ipam": addresses}]}


def _containerd(folder: Path) -> str:
    return f"""\
version = 3
root = "{folder}/containerd"
state = "/run/containerd-state"
disabled_plugins = ["io.containerd.internal.v1.opt", "io.containerd.nri.v1.nri"]

[grpc]
  address = "{CONTAINERD_SOCKET}"

[plugins."io.containerd.cri.v1.images".pinned_images]
  sandbox = "{versions.PAUSE_IMAGE}"

[plugins."io.containerd.cri.v1.runtime"]
  restrict_oom_score_adj = true  # lowering it takes CAP_SYS_RESOURCE, which we may not have
  disable_apparmor = true

  [plugins."io.containerd.cri.v1.runtime".cni]
    bin_dirs = ["/usr/lib/cni"]
    conf_dir = "{folder}/cni"
"""


def _kubelet(folder: Path, cgroup: str) -> dict[str, object]:
    return {
        "apiVersion": "kubelet.config.k8s.io/v1beta1",
        "kind": "KubeletConfiguration",
        # cgroups: one parent for all of this run's containers, so that it can be swept; works with versions 1 and 2.
        "cgroupDriver": "cgroupfs",
        "cgroupRoot": cgroup,
        "cgroupsPerQOS": True,
        "enforceNodeAllocatable": [],
        "failCgroupV1": False,
        # Settings of the kernel that a container may not change: tolerated under this gate.
        "featureGates": {"KubeletInUserNamespace": True},
        "failSwapOn": False,
        "localStorageCapacityIsolation": False,
        "containerRuntimeEndpoint": f"unix://{CONTAINERD_SOCKET}",
        "clusterDNS": [DNS_ADDRESS],
        "clusterDomain": "cluster.local",
        "podLogsDir": str(folder / "pod-logs"),
        "staticPodPath": "",
        "authentication": {"anonymous": {"enabled": True}, "webhook": {"enabled": False}},
        "authorization": {"mode": "AlwaysAllow"},
        # How soon a changed ConfigMap or Secret reaches its pods; a minute by default.
        "syncFrequency": "2s",
        # A full disk is no reason to evict pods or to collect images: nothing could pull them again.
        "imageGCHighThresholdPercent": 100,
        "evictionHard": {"memory.available": "1Mi"},
        "maxPods": 250,
    }


def _kube_proxy(folder: Path) -> dict[str, object]:
    return {
        "apiVersion": "kubeproxy.config.k8s.io/v1alpha1",
        "kind": "KubeProxyConfiguration",
        "mode": "nftables",
        "clientConnection": {"kubeconfig": str(folder / "kubeconfig")},
        "clusterCIDR": POD_ADDRESSES,
        "hostnameOverride": NODE_NAME,
        "conntrack": {"maxPerCore": 0},  # the limit is the machine's, not ours to change
        "nftables": {"minSyncPeriod": "100ms"},
    }
