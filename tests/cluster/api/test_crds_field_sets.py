"""The field set that we compute for an apply, against the managedFields that the real API server records."""

from typing import Any

import pytest

from natsop_core.kubernetes.field_set import field_set
from tests.testbed.control_plane import ControlPlane
from tests.testbed.refresh_openapi import KINDS

MANAGER = "nats-operator"
LABELS = {"app.kubernetes.io/name": "nats", "nats.crewlet.cloud/cluster": "c"}

POD_SPEC: dict[str, Any] = {
    "enableServiceLinks": False,
    "imagePullSecrets": [{"name": "registry"}],
    "securityContext": {"runAsUser": 1000, "sysctls": [{"name": "net.ipv4.ip_unprivileged_port_start", "value": "0"}]},
    "hostAliases": [{"ip": "127.0.0.1", "hostnames": ["monitor.example"]}],
    "tolerations": [{"key": "a", "operator": "Exists"}],
    "topologySpreadConstraints": [
        {
            "maxSkew": 1,
            "topologyKey": "kubernetes.io/hostname",
            "whenUnsatisfiable": "DoNotSchedule",
            "labelSelector": {"matchLabels": LABELS},
        }
    ],
    "affinity": {
        "nodeAffinity": {
            "requiredDuringSchedulingIgnoredDuringExecution": {
                "nodeSelectorTerms": [{"matchExpressions": [{"key": "a", "operator": "In", "values": ["b"]}]}]
            }
        }
    },
    "containers": [
        {
            "name": "nats",
            "image": "nats:2.12.6-alpine",
            "args": ["--config", "/etc/nats-config/nats.conf"],
            "env": [
                {"name": "POD_NAME", "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}},
                {"name": "A<&>.B", "value": "x"},
            ],
            "envFrom": [{"configMapRef": {"name": "more"}}],
            "ports": [{"name": "nats", "containerPort": 4222}, {"containerPort": 53, "protocol": "UDP"}],
            "resources": {"requests": {"cpu": "10m"}, "limits": {"memory": "64Mi"}},
            "readinessProbe": {"httpGet": {"path": "/healthz", "port": "nats"}},
            "lifecycle": {"preStop": {"exec": {"command": ["true"]}}},
            "securityContext": {"capabilities": {"drop": ["ALL"]}, "seccompProfile": {"type": "RuntimeDefault"}},
            "volumeMounts": [
                {"name": "config", "mountPath": "/etc/nats-config"},
                {"name": "extra", "mountPath": '/ü "a"\\\u2028\t', "readOnly": True},
            ],
        }
    ],
    "volumes": [
        {"name": "config", "configMap": {"name": "c-config", "items": [{"key": "nats.conf", "path": "nats.conf"}]}},
        {"name": "pid", "emptyDir": {}},
        {"name": "extra", "projected": {"sources": [{"secret": {"name": "s", "optional": True}}]}},
    ],
}
TEMPLATE: dict[str, Any] = {"metadata": {"labels": LABELS, "annotations": {"a/b": "c"}}, "spec": POD_SPEC}
SELECTOR: dict[str, Any] = {"matchLabels": LABELS}
CLAIM: dict[str, Any] = {
    "accessModes": ["ReadWriteOnce"],
    "resources": {"requests": {"storage": "1Gi"}},
    "selector": {"matchLabels": {"a": "b"}},
}
BACKEND: dict[str, Any] = {"service": {"name": "c", "port": {"number": 8080}}}

CONTENTS: dict[str, dict[str, Any]] = {
    "ConfigMap": {"data": {"nats.conf": "port: 4222\n"}},
    "Secret": {"type": "Opaque", "data": {"key": "dmFsdWU="}},
    "Service": {
        "spec": {
            "type": "LoadBalancer",
            "selector": LABELS,
            "publishNotReadyAddresses": True,
            "ports": [
                {"name": "nats", "port": 4222, "targetPort": "nats", "appProtocol": "tcp"},
                {"name": "dns", "port": 53, "protocol": "UDP"},
            ],
        }
    },
    "ServiceAccount": {"automountServiceAccountToken": False, "imagePullSecrets": [{"name": "registry"}]},
    "PersistentVolumeClaim": {"spec": CLAIM},
    "StatefulSet": {
        "spec": {
            "replicas": 3,
            "serviceName": "c-headless",
            "podManagementPolicy": "Parallel",
            "selector": SELECTOR,
            "template": TEMPLATE,
            "updateStrategy": {"rollingUpdate": {"partition": 0}},
            "volumeClaimTemplates": [{"metadata": {"name": "jetstream", "labels": LABELS}, "spec": CLAIM}],
        }
    },
    "Deployment": {
        "spec": {"replicas": 1, "selector": SELECTOR, "template": TEMPLATE, "strategy": {"type": "Recreate"}}
    },
    "PodDisruptionBudget": {"spec": {"maxUnavailable": 1, "selector": SELECTOR}},
    "Ingress": {
        "spec": {
            "ingressClassName": "x",
            "tls": [{"hosts": ["a.example"], "secretName": "tls"}],
            "rules": [
                {
                    "host": "a.example",
                    "http": {"paths": [{"path": "/", "pathType": "Exact", "backend": BACKEND}]},
                }
            ],
        }
    },
}


def manifest(api_version: str, kind: str) -> dict[str, Any]:
    owner = {
        "apiVersion": "nats.crewlet.cloud/v1alpha1",
        "kind": "NatsCluster",
        "name": "c",
        "uid": "11111111-2222-3333-4444-555555555555",
        "controller": True,
        "blockOwnerDeletion": True,
    }
    metadata = {
        "name": "c",
        "namespace": "default",
        "labels": LABELS,
        "annotations": {"nats.crewlet.cloud/applied": "0"},
        "finalizers": ["nats.crewlet.cloud/test"],
        "ownerReferences": [owner],
    }
    return {"apiVersion": api_version, "kind": kind, "metadata": metadata, **CONTENTS[kind]}


@pytest.mark.parametrize(("api_version", "kind"), KINDS, ids=[kind for _, kind in KINDS])
def test_it_is_what_the_api_server_records(control_plane: ControlPlane, api_version: str, kind: str) -> None:
    client = control_plane.cluster.client
    applied = manifest(api_version, kind)
    live = client.apply(applied, field_manager=MANAGER)
    [entry] = [entry for entry in live["metadata"]["managedFields"] if entry["manager"] == MANAGER]
    assert field_set(applied) == entry["fieldsV1"]
    assert field_set(applied | {"metadata": {**applied["metadata"], "uid": live["metadata"]["uid"]}}) == field_set(
        applied
    )
