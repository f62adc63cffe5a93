"""Tokens from a program that a kubeconfig names (`exec`). lightkube does not know its v1, nor what the program is told.

https://kubernetes.io/docs/reference/access-authn-authz/authentication/#client-go-credential-plugins
"""

from __future__ import annotations

import asyncio
import base64
import json
import os
import signal
from collections.abc import AsyncGenerator
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import httpx2

from natsop_runtime.api_server.errors import CredentialsError

if TYPE_CHECKING:
    from lightkube.config.kubeconfig import SingleConfig
    from lightkube.config.models import UserExec

EXEC_VERSIONS: Final = tuple(f"client.authentication.k8s.io/{version}" for version in ("v1", "v1beta1", "v1alpha1"))

PROGRAM_SECONDS: Final = 60.0
"""How long the program may take; it must not hang on a question that nobody answers."""


class ExecAuth(httpx2.Auth):
    """Asks the program for a token, and again when the API server no longer takes it."""

    def __init__(self, program: UserExec, config: SingleConfig) -> None:
        with_folder = os.sep in program.command  # a bare name is looked up in $PATH
        self._command = [str(config.abs_file(program.command)) if with_folder else program.command]
        self._command += program.args or []
        self._plugin = f"exec plugin {self._command[0]} (user {config.context.user} of kubeconfig {config.fname})"
        told = {"interactive": False, "cluster": _cluster(config)}
        info = {"apiVersion": program.apiVersion, "kind": "ExecCredential", "spec": told}
        self._environment = {each.name: each.value for each in program.env or ()}
        self._environment["KUBERNETES_EXEC_INFO"] = json.dumps(info)
        self._token = ""
        self._asking = asyncio.Lock()

    async def async_auth_flow(self, request: httpx2.Request) -> AsyncGenerator[httpx2.Request, httpx2.Response]:
        """Send the request with a token, and once more with another if it is refused."""
        used = await self._other_than("")
        request.headers["Authorization"] = f"Bearer {used}"
        if (yield request).status_code == 401:
            request.headers["Authorization"] = f"Bearer {await self._other_than(used)}"
            yield request

    async def _other_than(self, refused: str) -> str:
        async with self._asking:  # one program for all requests that wait
            if self._token == refused:
                self._token = self._token_in(await self._output())
            return self._token

    async def _output(self) -> bytes:
        pipe, nothing = asyncio.subprocess.PIPE, asyncio.subprocess.DEVNULL
        environment = {**os.environ, **self._environment}
        try:
            program = await asyncio.create_subprocess_exec(
                *self._command, env=environment, stdin=nothing, stdout=pipe, stderr=pipe, start_new_session=True
            )
        except OSError as error:
            raise CredentialsError(f"{self._plugin} cannot be started: {error.strerror}") from error
        try:
            output, complaint = await asyncio.wait_for(program.communicate(), PROGRAM_SECONDS)
        except TimeoutError as error:
            raise CredentialsError(f"{self._plugin} gave no token in {PROGRAM_SECONDS:g} s") from error
        finally:
            if program.returncode is None:
                os.killpg(program.pid, signal.SIGKILL)  # with all that it started
                await program.wait()
        if program.returncode:
            said = complaint.decode(errors="replace").strip() or "no error message"
            raise CredentialsError(f"{self._plugin} failed with exit code {program.returncode}: {said}")
        return output

    def _token_in(self, output: bytes) -> str:
        try:
            token = json.loads(output)["status"]["token"]
        except (ValueError, LookupError, TypeError) as error:
            raise CredentialsError(f"{self._plugin} printed no ExecCredential with a status.token") from error
        if not (isinstance(token, str) and token.isascii() and token.isprintable() and token):
            raise CredentialsError(f"{self._plugin} printed an invalid status.token")
        return token


def _cluster(config: SingleConfig) -> dict[str, Any]:
    """What the program may know of the cluster. Programs that do not ask for it (provideClusterInfo) do not mind."""
    cluster = config.cluster
    told: dict[str, Any] = {"server": cluster.server}
    if cluster.insecure:
        told["insecure-skip-tls-verify"] = True
    if cluster.certificate_auth:
        told["certificate-authority-data"] = base64.b64encode(
            Path(config.abs_file(cluster.certificate_auth)).read_bytes()
        ).decode()
    elif cluster.certificate_auth_data:
        told["certificate-authority-data"] = cluster.certificate_auth_data
    return told
