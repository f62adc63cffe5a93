"""What the chart renders, over a matrix of values in which every setting meets every other."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Final

import pytest

from natsop_core import rbac
from natsop_core.crd import custom_resource_definitions
from natsop_core.names import MANAGED_BY_LABEL
from natsop_runtime import cli, main
from natsop_runtime.settings import RunSettings
from tests.chart import NAMESPACE, RELEASE, WATCHED, Manifest, Values, matrix, nested, of_kind, render

CLUSTER_SCOPED: Final = {"ClusterRole", "ClusterRoleBinding", "CustomResourceDefinition"}

ROWS: Final = matrix()


@pytest.fixture(scope="module", params=range(len(ROWS)))
def rendered(request: pytest.FixtureRequest) -> tuple[Values, list[Manifest]]:
    """A row of the matrix, and what it becomes."""
    values = ROWS[request.param]
    return values, render(values)


def leaves(tree: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    match tree:
        case dict():
            for key, each in tree.items():
                yield from leaves(each, f"{path}.{key}")
        case list():
            for each in tree:
                yield from leaves(each, f"{path}[]")
        case _:
            yield path, tree


def deployment(manifests: list[Manifest]) -> Manifest:
    (found,) = of_kind(manifests, "Deployment")
    return found


def container(manifests: list[Manifest]) -> dict[str, Any]:
    (only,) = deployment(manifests)["spec"]["template"]["spec"]["containers"]
    assert isinstance(only, dict)
    return only


def port_of(manifests: list[Manifest], name: str) -> int | None:
    return {each["name"]: each["containerPort"] for each in container(manifests).get("ports", ())}.get(name)


@pytest.fixture
def settings_of(monkeypatch: pytest.MonkeyPatch) -> Callable[[list[Manifest]], RunSettings]:
    """What `natsop run` makes of the container's arguments."""
    seen: list[RunSettings] = []

    def record(settings: RunSettings, warnings: tuple[str, ...]) -> int:
        seen.append(settings)
        return len(warnings)

    monkeypatch.setattr(main, "run", record)

    def settings(manifests: list[Manifest]) -> RunSettings:
        assert cli.main(container(manifests)["args"]) == 0
        return seen[-1]

    return settings


def test_the_matrix_turns_every_switch_on_and_off_in_few_rows() -> None:
    assert 4 <= len(ROWS) <= 40
    assert {row["networkPolicy"]["enabled"] for row in ROWS} == {True, False}


def test_no_field_is_null_and_no_object_is_there_twice(rendered: tuple[Values, list[Manifest]]) -> None:
    _, manifests = rendered
    assert [path for path, value in leaves(manifests) if value is None] == []
    keys = [(each["kind"], each["metadata"].get("namespace"), each["metadata"]["name"]) for each in manifests]
    assert len(set(keys)) == len(keys)


def test_every_object_is_where_it_belongs_and_has_the_labels(rendered: tuple[Values, list[Manifest]]) -> None:
    values, manifests = rendered
    namespace = values["namespaceOverride"] or NAMESPACE
    for each in manifests:
        metadata = each["metadata"]
        if each["kind"] in CLUSTER_SCOPED:
            assert "namespace" not in metadata
        else:
            assert metadata["namespace"] == namespace or metadata["namespace"] in WATCHED
        assert metadata["labels"]["app.kubernetes.io/instance"] == RELEASE
        assert values["commonLabels"].items() <= metadata["labels"].items()
        assert len(metadata["name"]) <= 63


def test_selectors_are_those_of_the_go_chart_and_find_the_pods(rendered: tuple[Values, list[Manifest]]) -> None:
    _, manifests = rendered
    selector = {
        "app.kubernetes.io/name": "nats-operator",
        "app.kubernetes.io/instance": RELEASE,
        "control-plane": "controller-manager",
    }
    spec = deployment(manifests)["spec"]
    assert spec["selector"] == {"matchLabels": selector}
    assert selector.items() <= spec["template"]["metadata"]["labels"].items()
    for kind in ("PodDisruptionBudget", "ServiceMonitor", "PodMonitor"):
        assert [each["spec"]["selector"] for each in of_kind(manifests, kind)] in ([], [spec["selector"]])
    assert [each["spec"]["podSelector"] for each in of_kind(manifests, "NetworkPolicy")] in ([], [spec["selector"]])
    assert [each["spec"]["selector"] for each in of_kind(manifests, "Service")] in ([], [selector])


def test_natsop_run_knows_the_arguments_and_does_what_the_values_say(
    rendered: tuple[Values, list[Manifest]], settings_of: Callable[[list[Manifest]], RunSettings]
) -> None:
    values, manifests = rendered
    settings = settings_of(manifests)
    assert list(settings.namespaces) == values["watchNamespaces"]
    assert settings.leader_elect == values["leaderElection"]["enabled"]
    assert settings.nack_integration == values["nackIntegration"]
    assert settings.workers == (2 if values["extraArgs"] else 8)
    assert (settings.metrics_cert_path is None) == ("volumeMounts" not in container(manifests))
    for address, name in ((settings.metrics_bind_address, "metrics"), (settings.health_probe_bind_address, "health")):
        assert (address.port if address else None) == port_of(manifests, name)
    if settings.metrics_bind_address:
        assert settings.metrics_secure == values["metrics"]["secure"]


def test_probes_ask_the_port_that_is_served(rendered: tuple[Values, list[Manifest]]) -> None:
    _, manifests = rendered
    probes = [container(manifests).get(name) for name in ("livenessProbe", "readinessProbe")]
    if port_of(manifests, "health"):
        assert [each["httpGet"]["port"] for each in probes if each] == ["health", "health"]
    else:
        assert probes == [None, None]


def roles_of_operator(manifests: list[Manifest]) -> Iterator[Manifest]:
    """Those that a binding gives to the Deployment's ServiceAccount."""
    spec = deployment(manifests)["spec"]["template"]["spec"]
    account = (spec["serviceAccountName"], deployment(manifests)["metadata"]["namespace"])
    for binding in (*of_kind(manifests, "RoleBinding"), *of_kind(manifests, "ClusterRoleBinding")):
        assert [(each["name"], each["namespace"]) for each in binding["subjects"]] == [account]
        namespace = binding["metadata"].get("namespace")
        (role,) = (
            each
            for each in of_kind(manifests, binding["roleRef"]["kind"])
            if each["metadata"]["name"] == binding["roleRef"]["name"]
            and (each["kind"] == "ClusterRole" or each["metadata"]["namespace"] == namespace)
        )
        yield role


def test_the_operator_gets_the_rights_that_it_asks_for_and_no_more(
    rendered: tuple[Values, list[Manifest]], settings_of: Callable[[list[Manifest]], RunSettings]
) -> None:
    values, manifests = rendered
    found = {
        (role["kind"], role["metadata"].get("namespace")): role["rules"]
        for role in roles_of_operator(manifests)
        if not role["metadata"]["name"].endswith("-metrics-auth-role")
    }
    expected: dict[tuple[str, str | None], Any] = {}
    if values["rbac"]["create"]:
        work = rbac.namespaced_role("")["rules"]
        where = [("Role", each) for each in values["watchNamespaces"]] or [("ClusterRole", None)]
        expected = dict.fromkeys(where, work)
        if values["leaderElection"]["enabled"]:
            election = rbac.leader_election_role("", settings_of(manifests).lease_name)["rules"]
            expected["Role", deployment(manifests)["metadata"]["namespace"]] = election
    assert found == expected


def test_only_secure_metrics_need_reviews(rendered: tuple[Values, list[Manifest]]) -> None:
    values, manifests = rendered
    reviews = [
        role["rules"]
        for role in roles_of_operator(manifests)
        if role["metadata"]["name"].endswith("-metrics-auth-role")
    ]
    secure = values["metrics"]["secure"] and port_of(manifests, "metrics")
    assert reviews == ([rbac.metrics_reviews()] if secure and values["rbac"]["create"] else [])


def test_limited_to_namespaces_there_are_no_further_cluster_roles(rendered: tuple[Values, list[Manifest]]) -> None:
    values, manifests = rendered
    names = {each["metadata"]["name"].removeprefix(prefix(values)) for each in of_kind(manifests, "ClusterRole")}
    if values["watchNamespaces"]:
        assert names <= {"-metrics-auth-role"}


def prefix(values: Values) -> str:
    return str(values["fullnameOverride"] or RELEASE)


def test_the_definitions_are_those_of_this_release(rendered: tuple[Values, list[Manifest]]) -> None:
    values, manifests = rendered
    found = of_kind(manifests, "CustomResourceDefinition")
    specs = {each["metadata"]["name"]: each["spec"] for each in custom_resource_definitions()}
    assert {each["metadata"]["name"]: each["spec"] for each in found} == (specs if values["crds"]["install"] else {})
    for each in found:
        kept = each["metadata"].get("annotations", {}).get("helm.sh/resource-policy")
        assert kept == ("keep" if values["crds"]["keep"] else None)


def test_the_pods_may_run_where_pod_security_is_restricted(rendered: tuple[Values, list[Manifest]]) -> None:
    _, manifests = rendered
    pod = deployment(manifests)["spec"]["template"]["spec"]
    assert pod["securityContext"] == {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}}
    assert container(manifests)["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }


def test_a_disruption_budget_is_made_for_several_replicas_only(rendered: tuple[Values, list[Manifest]]) -> None:
    values, manifests = rendered
    wanted = values["podDisruptionBudget"]["enabled"] and deployment(manifests)["spec"]["replicas"] > 1
    limits = [
        each["spec"].keys() - {"selector", "unhealthyPodEvictionPolicy"}
        for each in of_kind(manifests, "PodDisruptionBudget")
    ]
    limit = "minAvailable" if values["podDisruptionBudget"]["maxUnavailable"] == "" else "maxUnavailable"
    assert limits == ([{limit}] if wanted else [])


def test_a_network_policy_lets_in_and_out_what_the_operator_lives_by(
    rendered: tuple[Values, list[Manifest]],
) -> None:
    values, manifests = rendered
    for policy in of_kind(manifests, "NetworkPolicy"):
        ports = {each["ports"][0]["port"]: each.get("from", []) for each in policy["spec"].get("ingress", ())}
        served = {
            "metrics": values["networkPolicy"]["metricsFrom"],
            "health": [],
        }
        assert ports == {port: who for name, who in served.items() if (port := port_of(manifests, name))}
        dns, api_server, servers = policy["spec"]["egress"]
        assert {each["port"] for each in dns["ports"]} == {53}
        assert "to" not in dns
        assert {each["port"] for each in api_server["ports"]} == {443, 6443}
        assert api_server.get("to", []) == values["networkPolicy"]["apiServerTo"]
        assert {each["port"] for each in servers["ports"]} == {4222, 8222}
        (peer,) = servers["to"]
        assert peer["podSelector"] == {"matchLabels": {MANAGED_BY_LABEL: "nats-operator"}}
        (namespaces,) = peer["namespaceSelector"].get("matchExpressions") or [{"values": []}]
        assert namespaces["values"] == values["watchNamespaces"]


def test_prometheus_is_told_how_to_read_the_metrics(rendered: tuple[Values, list[Manifest]]) -> None:
    values, manifests = rendered
    monitors = (*of_kind(manifests, "ServiceMonitor"), *of_kind(manifests, "PodMonitor"))
    assert not monitors or port_of(manifests, "metrics")
    secure = values["metrics"]["secure"]
    has_certificate = "volumes" in deployment(manifests)["spec"]["template"]["spec"]
    for each in monitors:
        (endpoint,) = each["spec"].get("endpoints") or each["spec"]["podMetricsEndpoints"]
        assert (endpoint["port"], endpoint["honorLabels"]) == ("metrics", True)
        assert endpoint.get("scheme") == ("https" if secure else None)
        assert not secure or endpoint.keys() & {"authorization", "bearerTokenFile"}
        assert endpoint.get("tlsConfig", {}).get("insecureSkipVerify", False) == (secure and not has_certificate)


def test_cert_manager_issues_for_the_name_that_prometheus_asks_for() -> None:
    manifests = render(
        nested({"metrics.certificate.certManager.enabled": True, "metrics.serviceMonitor.enabled": True})
    )
    (certificate,) = of_kind(manifests, "Certificate")
    (monitor,) = of_kind(manifests, "ServiceMonitor")
    (service,) = of_kind(manifests, "Service")
    tls = monitor["spec"]["endpoints"][0]["tlsConfig"]
    assert tls["serverName"] == f"{service['metadata']['name']}.{NAMESPACE}.svc"
    assert tls["serverName"] in certificate["spec"]["dnsNames"]
    assert tls["ca"]["secret"]["name"] == certificate["spec"]["secretName"]
    (volume,) = deployment(manifests)["spec"]["template"]["spec"]["volumes"]
    assert volume["secret"]["secretName"] == certificate["spec"]["secretName"]


def test_operators_of_some_namespaces_have_leases_of_their_own() -> None:
    """The others share one with the Go operator's: two of them must never work at once."""
    everywhere = container(render())["args"]
    assert "--lease-name=5c768438.crewlet.cloud" in everywhere
    limited = container(render({"watchNamespaces": ["orders"], "fullnameOverride": "orders-operator"}))["args"]
    assert "--lease-name=orders-operator" in limited
