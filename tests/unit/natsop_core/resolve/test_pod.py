"""What the pods become: images, pull secrets, probes, security contexts, the exporter, low ports."""

from __future__ import annotations

from typing import Any

import pytest

from natsop_core.resolve.images import EXPORTER, RELOADER, SERVER
from natsop_core.resolve.types import Cluster, Container, Exporter
from tests.unit.natsop_core.world import Object, box, cluster, inputs, one_of, plan_of, resolved, secret

CERTIFICATE = secret("tls", **{"tls.crt": "x", "tls.key": "x", "ca.crt": "x"})
TLS = {"enabled": True, "secretName": "tls"}
CA = {"secret": {"name": "tls", "key": "ca.crt"}}
PROBES = ("startup", "readiness", "liveness")


def resolve(spec: Object) -> Cluster:
    return resolved(cluster(spec), CERTIFICATE).cluster


def pod_spec(spec: Object) -> Object:
    cr = cluster(spec)
    return dict(one_of(plan_of(cr, inputs(cr, CERTIFICATE)).apply, "StatefulSet")["spec"]["template"]["spec"])


def reloader(spec: Object) -> Container:
    found = resolve(spec).reloader
    assert found is not None
    return found


def exporter(spec: Object, config: Object | None = None) -> Exporter:
    found = resolve({"promExporter": {"enabled": True, **spec}, "config": config or {}}).exporter
    assert found is not None
    return found


# Images


def test_a_registry_goes_before_every_image_that_names_none() -> None:
    spec = {"global": {"imageRegistry": "registry.example/mirror/"}, "promExporter": {"enabled": True}}
    found = resolve(spec)
    assert found.server.image == f"registry.example/mirror/{SERVER}"
    assert found.reloader is not None
    assert found.reloader.image == f"registry.example/mirror/{RELOADER}"
    assert found.exporter is not None
    assert found.exporter.container.image == f"registry.example/mirror/{EXPORTER}"


@pytest.mark.parametrize(
    ("repository", "image"),
    [
        ("team/nats", f"r.example/team/nats:{SERVER.tag}"),
        ("quay.io/nats", f"quay.io/nats:{SERVER.tag}"),
        ("localhost/nats", f"localhost/nats:{SERVER.tag}"),
        ("host:5000/nats", f"host:5000/nats:{SERVER.tag}"),
        ("nats@sha256:abc", "r.example/nats@sha256:abc"),
        ("quay.io/nats@sha256:abc", "quay.io/nats@sha256:abc"),
    ],
)
def test_an_image_with_a_registry_of_its_own_keeps_it(repository: str, image: str) -> None:
    spec = {"global": {"imageRegistry": "r.example"}, "image": {"repository": repository}}
    assert resolve(spec).server.image == image


def test_a_container_s_own_pull_policy_wins_over_the_global_one() -> None:
    found = resolve({"global": {"imagePullPolicy": "Always"}, "image": {"pullPolicy": "Never"}})
    assert (found.server.pull_policy, found.reloader and found.reloader.pull_policy) == ("Never", "Always")


def test_pull_secrets_are_those_of_all_and_of_the_pods_each_once() -> None:
    everybody, pods = [{"name": "a"}, {"name": "b"}], [{"name": "b"}, {"name": "c"}, {"name": ""}]
    spec = {"global": {"imagePullSecrets": everybody}, "podTemplate": {"imagePullSecrets": pods}}
    assert resolve(spec).pod.pull_secrets == ("a", "b", "c")


# Probes


def test_a_timing_of_the_user_s_goes_over_the_default_s_and_the_handler_stays() -> None:
    default = resolve({}).probes.readiness
    changed = resolve({"container": {"readinessProbe": {"periodSeconds": 7}}}).probes.readiness
    assert changed == {**default, "periodSeconds": 7}


def test_a_handler_of_the_user_s_replaces_the_default_one() -> None:
    handler: Object = {"exec": {"command": ["true"]}}
    probe = resolve({"container": {"livenessProbe": handler}}).probes.liveness
    assert (probe["exec"], "httpGet" in probe, probe["periodSeconds"]) == (handler["exec"], False, 30)


def test_probes_speak_https_where_the_monitor_does() -> None:
    probes = resolve({"config": {"nats": {"tls": TLS}, "monitor": {"tlsEnabled": True}}}).probes
    assert {getattr(probes, name)["httpGet"]["scheme"] for name in PROBES} == {"HTTPS"}


# Security contexts


def test_a_security_context_is_overridden_field_by_field() -> None:
    found = resolve({"podTemplate": {"securityContext": {"fsGroup": 7}}})
    assert found.pod.security_context["fsGroup"] == 7
    assert found.pod.security_context["runAsUser"] == 1000
    found = resolve({"container": {"securityContext": {"readOnlyRootFilesystem": False}}})
    assert found.server.security_context["readOnlyRootFilesystem"] is False
    assert found.server.security_context["allowPrivilegeEscalation"] is False


def test_the_reloader_runs_as_the_server_does() -> None:
    identity = {"runAsUser": 7, "runAsGroup": 8}
    found = reloader({"container": {"securityContext": {**identity, "readOnlyRootFilesystem": False}}})
    assert identity.items() <= found.security_context.items()
    assert found.security_context["readOnlyRootFilesystem"] is True


def test_unless_it_is_told_otherwise() -> None:
    spec = {"container": {"securityContext": {"runAsUser": 7}}, "reloader": {"securityContext": {"runAsUser": 9}}}
    assert reloader(spec).security_context["runAsUser"] == 9


ROOT = {"runAsUser": 0}


def test_pods_of_root_are_allowed_to_start() -> None:
    found = resolve({"podTemplate": {"securityContext": ROOT}})
    assert found.pod.security_context["runAsUser"] == 0
    assert "runAsNonRoot" not in found.pod.security_context
    assert "runAsNonRoot" not in found.server.security_context


def test_a_container_of_root_is_allowed_to_start_beside_others_that_are_not_root() -> None:
    found = resolve({"container": {"securityContext": ROOT}, "promExporter": {"enabled": True}})
    for signals in (found.server, found.reloader):
        assert signals is not None
        assert {"runAsUser": 0, "runAsNonRoot": False}.items() <= signals.security_context.items()
    assert found.exporter is not None
    assert "runAsUser" not in found.exporter.container.security_context
    assert {"runAsUser": 1000, "runAsNonRoot": True}.items() <= found.pod.security_context.items()


@pytest.mark.parametrize("level", ["podTemplate", "container"])
def test_who_forbids_root_as_well_gets_what_was_asked_for(level: str) -> None:
    own = {**ROOT, "runAsNonRoot": True}
    found = resolve({level: {"securityContext": own}})
    context = found.pod.security_context if level == "podTemplate" else found.server.security_context
    assert own.items() <= context.items()


def test_root_in_a_container_does_not_undo_what_is_said_of_all_of_them() -> None:
    spec = {"podTemplate": {"securityContext": {"runAsNonRoot": True}}, "container": {"securityContext": ROOT}}
    assert "runAsNonRoot" not in resolve(spec).server.security_context


def test_the_platform_may_give_users_and_groups() -> None:
    found = resolve({"podTemplate": {"platformIdentity": True, "securityContext": {"fsGroup": 7}}})
    context = found.pod.security_context
    assert not {"runAsUser", "runAsGroup"} & context.keys()
    assert (context["fsGroup"], context["runAsNonRoot"]) == (7, True)
    assert found.reloader is not None
    assert not {"runAsUser", "runAsGroup"} & found.reloader.security_context.keys()


@pytest.mark.parametrize(("template", "has_token"), [({}, False), ({"automountServiceAccountToken": True}, True)])
def test_no_pod_has_a_token_for_the_api_server_unless_told_so(template: Object, has_token: bool) -> None:
    of_box = box({"podTemplate": template})
    deployment = one_of(plan_of(of_box, inputs(of_box)).apply, "Deployment")
    assert deployment["spec"]["template"]["spec"]["automountServiceAccountToken"] is has_token
    assert pod_spec({"podTemplate": template})["automountServiceAccountToken"] is has_token


# The exporter

ALWAYS = ("-connz", "-routez", "-subz", "-varz", "-prefix=nats", "-use_internal_server_id")


@pytest.mark.parametrize(
    ("config", "flags"),
    [
        ({}, ()),
        ({"jetstream": {"enabled": True}}, ("-jsz=all",)),
        ({"leafnodes": {"enabled": True}, "gateway": {"enabled": True}}, ("-leafz", "-gatewayz")),
    ],
)
def test_the_exporter_asks_for_what_is_on(config: Object, flags: tuple[str, ...]) -> None:
    found = exporter({"port": 7000}, config)
    assert (found.flags, found.url, found.port) == ((*ALWAYS, *flags), "http://localhost:8222/", 7000)


SECURE = {"nats": {"tls": TLS}, "monitor": {"tlsEnabled": True, "port": 8443}}


def test_the_exporter_reaches_a_monitor_with_tls_by_the_name_in_its_certificate() -> None:
    spec = {"promExporter": {"enabled": True, "monitorDomain": "nats.example"}, "config": SECURE, "tlsCA": CA}
    found = resolve(spec).exporter
    assert found is not None
    assert found.url == "https://nats.example:8443/"
    assert [dict(each) for each in found.container.env] == [
        {"name": "SSL_CERT_FILE", "value": "/etc/nats-ca-cert/ca.crt"}
    ]
    pod = pod_spec(spec)
    assert pod["hostAliases"] == [{"ip": "127.0.0.1", "hostnames": ["nats.example"]}]
    metrics = [each for each in pod["containers"] if each["name"] == "metrics"]
    assert [mount["mountPath"] for mount in metrics[0]["volumeMounts"]] == ["/etc/nats-ca-cert"]


def test_without_a_monitor_there_is_no_exporter_and_a_word_about_it() -> None:
    found = resolved(cluster({"promExporter": {"enabled": True}, "config": {"monitor": {"enabled": False}}}))
    assert (found.cluster.exporter, found.reasons) == (None, ["ExporterWithoutMonitor"])


# Ports that only root may listen on

LOW_PORTS = {"name": "net.ipv4.ip_unprivileged_port_start", "value": "0"}


@pytest.mark.parametrize(("port", "sysctls"), [(1023, [LOW_PORTS]), (1024, None)])
def test_a_low_port_is_opened_to_everybody_in_the_pod(port: int, sysctls: Any) -> None:
    assert resolve({"config": {"monitor": {"port": port}}}).pod.security_context.get("sysctls") == sysctls


def test_a_sysctl_of_the_user_s_stays() -> None:
    theirs = [{"name": LOW_PORTS["name"], "value": "80"}]
    spec = {"config": {"nats": {"port": 80}}, "podTemplate": {"securityContext": {"sysctls": theirs}}}
    assert resolve(spec).pod.security_context["sysctls"] == theirs
