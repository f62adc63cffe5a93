"""Looks up the files that the servers read besides nats.conf: certificates, CA, includes, an existing ConfigMap."""

from __future__ import annotations

from dataclasses import field
from typing import TYPE_CHECKING

from natsop_core import names
from natsop_core.findings import Finding
from natsop_core.frozen import frozen
from natsop_core.references import KeyReference
from natsop_core.resolve.answer import Answer, Answers
from natsop_core.resolve.env_sources import environment_values
from natsop_core.resolve.files import authority_folder, certificate_folders, included_files, includes_folder
from natsop_core.resolve.referred import find, texts_beside
from natsop_core.resolve.types import ExistingConfig, Folder, IncludedFile

if TYPE_CHECKING:
    from collections.abc import Mapping

    from natsop_core.api.natscluster import NatsCluster
    from natsop_core.lookup import Lookup


@frozen
class ExternalFiles:
    """The folders to mount, and their content.

    environment: values of the servers' environment variables from Secrets and ConfigMaps, by name. Secret.
    """

    folders: tuple[Folder, ...]
    ca_file: str
    includes: tuple[IncludedFile, ...]
    existing_config: ExistingConfig | None
    environment: Mapping[str, str] = field(repr=False)


def external_files(cr: NatsCluster, lookup: Lookup) -> Answer[ExternalFiles]:
    """Look up everything that the configuration refers to."""
    answers = Answers()
    certificates = answers.take(certificate_folders(cr, lookup))
    ca = answers.take(authority_folder(cr, lookup))
    existing = answers.take(_existing_config(cr, lookup))
    includes = answers.take(included_files(cr, lookup))
    environment = answers.take(environment_values(cr, lookup))
    extra = includes_folder(cr, includes)
    files = ExternalFiles(
        folders=(*certificates, *(each for each in (ca, extra) if each)),
        ca_file=f"{ca.path}/{ca.files[0]}" if ca else "",
        includes=includes,
        existing_config=existing,
        environment=environment,
    )
    return Answer(files, answers.blocking, blocks=True)


def existing_config_reference(cr: NatsCluster) -> KeyReference | None:
    """The reference to the user's own nats.conf; None if nats.conf is rendered."""
    name = cr.spec.config_map.existing_name
    field = "spec.configMap.existingName"
    return KeyReference("ConfigMap", cr.metadata.namespace, name, names.CONFIG_KEY, field) if name else None


def _existing_config(cr: NatsCluster, lookup: Lookup) -> Answer[ExistingConfig | None]:
    reference = existing_config_reference(cr)
    found = find(reference, lookup) if reference else None
    if isinstance(found, Finding):
        return Answer(None, (found,), blocks=True)
    if reference is None or found is None:
        return Answer(None)
    return Answer(ExistingConfig(reference.name, texts_beside(reference, lookup)))
