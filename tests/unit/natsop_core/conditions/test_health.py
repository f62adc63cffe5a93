"""What people and tools make of each state: the column Status, kubectl wait, kstatus (Flux), Argo CD's check."""

from __future__ import annotations

from pathlib import Path

import pytest
from lupa import lua51

from natsop_core.reasons import REASONS
from tests.unit.natsop_core.states import STATES, State, ready_reason
from tests.unit.natsop_core.world import Object, box_object, cluster_object, conditions

ARGO_CHECK = (Path(__file__).parents[4] / "docs" / "how-to" / "argo-cd-health.lua").read_text()


def kstatus(resource: Object) -> str:
    """The published rules for a kind that the library does not know (sigs.k8s.io/cli-utils, kstatus README)."""
    metadata, status = resource["metadata"], resource.get("status", {})
    if metadata.get("deletionTimestamp"):
        return "Terminating"
    if status.get("observedGeneration", metadata["generation"]) != metadata["generation"]:
        return "InProgress"
    for each in status.get("conditions", ()):
        if each["status"] == "True" and each["type"] in {"Reconciling", "Stalled"}:
            return "InProgress" if each["type"] == "Reconciling" else "Failed"
    ready = next((each["status"] for each in status.get("conditions", ()) if each["type"] == "Ready"), "True")
    return "Current" if ready == "True" else "InProgress"


def argo(resource: Object) -> tuple[str, str]:
    """Argo CD runs a check in Lua 5.1, with the resource as `obj`."""
    lua = lua51.LuaRuntime()
    lua.globals().obj = lua.table_from(resource, recursive=True)
    found = lua.execute(ARGO_CHECK)
    return str(found.status), str(found.message)


@pytest.mark.parametrize("state", STATES.values(), ids=STATES.keys())
def test_the_column_status_shows_the_reason(state: State) -> None:
    assert ready_reason(state.resource) == state.ready
    assert state.ready in REASONS


@pytest.mark.parametrize("state", STATES.values(), ids=STATES.keys())
def test_kstatus_fails_at_once_only_where_a_person_has_to_act(state: State) -> None:
    assert kstatus(state.resource) == state.kstatus


@pytest.mark.parametrize("state", STATES.values(), ids=STATES.keys())
def test_the_check_for_argo_cd_says_the_health_with_its_reason(state: State) -> None:
    health, message = argo(state.resource)
    assert health == state.argo
    assert health == "Healthy" or message


def test_a_degraded_resource_is_told_in_the_operator_s_words() -> None:
    _, message = argo(STATES["scale-refused"].resource)
    assert message.startswith("UnsafeScale: ")


@pytest.mark.parametrize("resource", [cluster_object(), box_object()])
def test_what_the_operator_has_not_seen_yet_is_progressing_for_argo_cd(resource: Object) -> None:
    assert argo(resource)[0] == argo(resource | {"status": {}})[0] == "Progressing"


@pytest.mark.parametrize("state", STATES.values(), ids=STATES.keys())
def test_ready_is_true_only_where_kubectl_wait_may_go_on(state: State) -> None:
    is_ready = conditions(state.resource["status"])["Ready"][0] == "True"
    assert is_ready == (state.ready == "Ready")
    assert all(
        each["observedGeneration"] == state.resource["status"]["observedGeneration"]
        for each in state.resource["status"]["conditions"]
        if each["type"] != "Paused"  # about the annotation, whatever generation of the spec was carried out
    )
