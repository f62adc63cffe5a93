"""Which modules are mutated, and by which tests a fault in them should be noticed: none but their own."""

from __future__ import annotations

from pathlib import Path
from typing import Final

_UNIT: Final = Path("tests/unit/natsop_runtime")

TARGETS: Final[dict[str, tuple[str, ...]]] = {
    "leader_election": (
        "test_lease_writes.py",
        "test_two_replicas.py",
        "test_leader_election.py",
        "test_lease_durations.py",
    ),
    "manager": ("test_manager.py", "test_manager_lease.py", "test_manager_parts.py"),
    "transport": ("test_transport_wire.py", "test_transport.py"),
    "api_server.http_client": (
        "api_server/test_http_answers.py",
        "api_server/test_http_client.py",
        "api_server/test_kube.py",
    ),
    "api_server.api_warnings": ("api_server/test_api_warnings.py", "api_server/test_kube.py"),
    "api_server.connection": (
        "api_server/test_connection_settings.py",
        "api_server/test_connection.py",
        "api_server/test_exec_auth.py",
        "api_server/test_kubeconfig.py",
    ),
    "api_server.status_errors": ("api_server/test_status_errors.py",),
    "tls_files": ("test_tls_files.py", "api_server/test_connection.py", "serving/test_certificates.py"),
    "api_server.token_file": ("api_server/test_token_file.py", "api_server/test_connection.py"),
    "nats": ("test_nats_clients.py", "test_nats.py", "test_nats_requests.py"),
    "nats_requests": ("test_nats_outcomes.py", "test_nats_requests.py"),
    "cache.store": ("cache/test_store.py", "cache/test_informers.py"),
    "cache.reflector": ("cache/test_reflector_state.py", "cache/test_reflector.py", "cache/test_reflector_backoff.py"),
    "cache.informer": ("cache/test_informer.py", "cache/test_informers.py"),
    "cache.informers": (
        "cache/test_informers_told.py",
        "cache/test_informers.py",
        "cache/test_optional_kinds.py",
        "cache/test_informers_namespaces.py",
    ),
    "cache.optional_kinds": ("cache/test_optional_kinds_asked.py", "cache/test_optional_kinds.py"),
    "cache.outages": ("cache/test_outages.py", "cache/test_outages_refusals.py"),
    "fetch": ("test_fetch.py",),
    "executor": ("test_executor.py", "test_order_of_steps.py", "test_applier.py", "test_repairs.py"),
    "applier": ("test_applier.py", "test_repairs.py"),
    "deferred_steps": ("test_deferred_steps.py", "test_order_of_steps.py"),
    "reconciler": ("test_reconciler.py", "test_reconciler_details.py"),
    "controller": ("test_controller_parts.py", "test_controller_turns.py", "test_controller.py"),
    "fair_queue": ("test_fair_queue.py",),
    "rate_limiter": ("test_rate_limiter.py",),
}
"""By the module's name in natsop_runtime, the files in tests/unit/natsop_runtime; the quickest first."""


def source_of(target: str) -> Path:
    """The module's file."""
    return Path("natsop_runtime", *target.split(".")).with_suffix(".py")


def tests_of(target: str) -> list[str]:
    """The files of its tests."""
    return [str(_UNIT / each) for each in TARGETS[target]]
