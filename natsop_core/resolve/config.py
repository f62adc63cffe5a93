"""What the servers read beside the rendered nats.conf, checked: certificates, CA, includes, an existing ConfigMap."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from natsop_core import names
from natsop_core.conf.errors import ConfError
from natsop_core.conf.parser import ConfText
from natsop_core.findings import Finding
from natsop_core.references import KeyReference
from natsop_core.resolve.answer import Answer, Answers
from natsop_core.resolve.files import authority_folder, certificate_folders, included_files, includes_folder
from natsop_core.resolve.referred import find
from natsop_core.resolve.types import ExistingConfig, Folder, IncludedFile
from natsop_core.resolve.variables import undefined_variable

if TYPE_CHECKING:
    from collections.abc import Iterable

    from natsop_core.api.natscluster import NatsCluster
    from natsop_core.conf.values import Block
    from natsop_core.lookup import Lookup


@dataclass(frozen=True, slots=True)
class ExternalFiles:
    """The folders to mount and what is in them."""

    folders: tuple[Folder, ...]
    ca_file: str
    includes: tuple[IncludedFile, ...]
    existing_config: ExistingConfig | None


def external_files(cr: NatsCluster, lookup: Lookup) -> Answer[ExternalFiles]:
    """Look up everything that the configuration refers to."""
    answers = Answers()
    certificates = answers.take(certificate_folders(cr, lookup))
    ca = answers.take(authority_folder(cr, lookup))
    existing = answers.take(_existing_config(cr, lookup))
    includes = answers.take(included_files(cr, lookup))
    unreadable = tuple(finding for file in includes if (finding := _unreadable(cr, file)))
    extra = includes_folder(cr, includes)
    files = ExternalFiles(
        folders=(*certificates, *(each for each in (ca, extra) if each)),
        ca_file=f"{ca.path}/{ca.files[0]}" if ca else "",
        includes=includes,
        existing_config=existing,
    )
    return Answer(files, (*answers.blocking, *unreadable), blocks=True)


def existing_config_reference(cr: NatsCluster) -> KeyReference | None:
    """The reference to the user's own nats.conf, or None where it is rendered."""
    name = cr.spec.config_map.existing_name
    field = "spec.configMap.existingName"
    return KeyReference("ConfigMap", cr.metadata.namespace, name, names.CONFIG_KEY, field) if name else None


def included_trees(files: Iterable[IncludedFile]) -> dict[str, Block]:
    """What is in the user's files, by name; they were found readable when they were resolved."""
    return {file.name: file.text.tree for file in files}


def _existing_config(cr: NatsCluster, lookup: Lookup) -> Answer[ExistingConfig | None]:
    reference = existing_config_reference(cr)
    found = find(reference, lookup) if reference else None
    if isinstance(found, Finding):
        return Answer(None, (found,), blocks=True)
    if reference is None or found is None:
        return Answer(None)
    text = ConfText(found.decode("utf-8", "surrogateescape"), names.CONFIG_FILE)
    return Answer(ExistingConfig(reference.name, text))


def _unreadable(cr: NatsCluster, file: IncludedFile) -> Finding | None:
    """A file that nats-server could not read would stop every server that starts with it."""
    try:
        undefined = undefined_variable(file.text.tree, cr)
    except ConfError as error:
        return Finding("InvalidInclude", f"spec.config.includes[{file.name}] is no nats.conf: {error}.")
    if undefined is None:
        return None
    return Finding(
        "InvalidInclude",
        f"spec.config.includes[{file.name}] has a variable at {undefined.place} that is neither a key of the file nor"
        " in spec.container.env, so that nats-server would not start: put the value in quotes if it is text.",
    )
