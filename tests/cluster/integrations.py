"""The kinds that others install and that we make objects of: NACK's and the Prometheus operator's, not those two."""

from __future__ import annotations

from functools import partial

from natsop_core.kinds import OPTIONAL
from tests.testbed.client import Client
from tests.testbed.errors import CannotRunError
from tests.testbed.fixtures import cannot_run
from tests.testbed.go_modules import integration_crds
from tests.testbed.wait import wait_until


def install_integrations(client: Client) -> None:
    """Install the definitions and wait until they are served."""
    try:
        definitions = list(integration_crds())
    except CannotRunError as error:
        cannot_run(str(error))
    for definition in definitions:
        client.apply(definition)
    for kind in OPTIONAL:
        path, qualified = f"/apis/{kind.api_version}/{kind.plural}", f"{kind.kind}.{kind.group}"
        wait_until(partial(client.request, "GET", path), what=f"{kind.plural} are served")
        wait_until(partial(client.knows, qualified), what=f"{kind.plural} are found by clients")
