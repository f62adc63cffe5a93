"""Finds values that the schema accepts but that the API server rejects in every object with them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from natsop_core.findings import Finding
from natsop_core.kubernetes.metadata import annotation_faults, label_faults
from natsop_core.resolve.answer import Answer

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from natsop_core.api.natsbox import NatsBox
    from natsop_core.api.natscluster import NatsCluster, NatsClusterSpec
    from natsop_core.api.pods import PodTemplateSpec

    Texts = Mapping[str, str]


def invalid_cluster_values(cr: NatsCluster) -> Answer[None]:
    """The invalid labels, annotations and settings of a NatsCluster."""
    return _answer(*_labels(cr.spec), *_annotations(cr.spec), *_settings(cr.spec))


def invalid_box_values(cr: NatsBox) -> Answer[None]:
    """The invalid labels, annotations and settings of a NatsBox."""
    template = cr.spec.pod_template
    annotations = _annotation_problems("podTemplate.annotations", template.annotations)
    return _answer(*_template_labels(template), *annotations, *_template_settings(template))


def _answer(*problems: str) -> Answer[None]:
    findings = tuple(Finding("InvalidSpec", f"{each}.") for each in problems)
    return Answer(None, findings, blocks=bool(findings))


def _settings(spec: NatsClusterSpec) -> Iterator[str]:
    if spec.service.enabled and spec.service.type == "ExternalName":
        yield (
            "spec.service.type ExternalName is for services outside of Kubernetes and cannot select pods: use"
            " ClusterIP, NodePort or LoadBalancer"
        )
    if (spec.stateful_set.min_ready_seconds or 0) < 0:
        yield "spec.statefulSet.minReadySeconds must be at least 0"
    yield from _template_settings(spec.pod_template)


def _template_settings(template: PodTemplateSpec) -> Iterator[str]:
    if (template.termination_grace_period_seconds or 0) < 0:
        yield "spec.podTemplate.terminationGracePeriodSeconds must be at least 0"


def _labels(spec: NatsClusterSpec) -> Iterator[str]:
    yield from _label_problems("global.labels", spec.global_.labels)
    yield from _label_problems("configMap.labels", spec.config_map.labels)
    yield from _label_problems("service.labels", spec.service.labels)
    yield from _label_problems("headlessService.labels", spec.headless_service.labels)
    yield from _label_problems("statefulSet.labels", spec.stateful_set.labels)
    yield from _label_problems("podDisruptionBudget.labels", spec.pod_disruption_budget.labels)
    yield from _label_problems("promExporter.podMonitor.labels", spec.prom_exporter.pod_monitor.labels)
    yield from _template_labels(spec.pod_template)


def _template_labels(template: PodTemplateSpec) -> Iterator[str]:
    yield from _label_problems("podTemplate.labels", template.labels)
    yield from _label_problems("podTemplate.nodeSelector", template.node_selector)


def _annotations(spec: NatsClusterSpec) -> Iterator[str]:
    yield from _annotation_problems("configMap.annotations", spec.config_map.annotations)
    yield from _annotation_problems("service.annotations", spec.service.annotations)
    yield from _annotation_problems("headlessService.annotations", spec.headless_service.annotations)
    yield from _annotation_problems("serviceAccount.annotations", spec.service_account.annotations)
    yield from _annotation_problems("statefulSet.annotations", spec.stateful_set.annotations)
    yield from _annotation_problems("podDisruptionBudget.annotations", spec.pod_disruption_budget.annotations)
    yield from _annotation_problems("podTemplate.annotations", spec.pod_template.annotations)
    yield from _annotation_problems("config.websocket.ingress.annotations", spec.config.websocket.ingress.annotations)


def _label_problems(field: str, labels: Texts) -> Iterator[str]:
    return (f"spec.{field}: {fault}" for fault in label_faults(labels))


def _annotation_problems(field: str, annotations: Texts) -> Iterator[str]:
    return (f"spec.{field}: {fault}" for fault in annotation_faults(annotations))
