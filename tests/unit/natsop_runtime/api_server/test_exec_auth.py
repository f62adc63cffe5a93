"""Programs that make tokens for a kubeconfig's user."""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path
from typing import Any

import httpx2
import pytest

from natsop_core.kinds import CONFIG_MAPS
from natsop_runtime.api_server.connection import connected
from natsop_runtime.api_server.errors import CredentialsError
from natsop_runtime.api_server.kubeconfig import load_config
from tests.unit.natsop_runtime.api_server.kubeconfigs import V1, kubeconfig_with

PROGRAM = """\
import json, os, pathlib, sys
count = pathlib.Path(sys.argv[1])
with count.open("a") as file:
    print(os.environ["KUBERNETES_EXEC_INFO"], os.environ["MORE"], file=file)
made = len(count.read_text().splitlines())
print(json.dumps({"kind": "ExecCredential", "status": {"token": f"token-{made}"}}))
"""


def exec_user(folder: Path) -> dict[str, Any]:
    (folder / "program.py").write_text(PROGRAM)
    arguments = [str(folder / "program.py"), str(folder / "told")]
    environment = [{"name": "MORE", "value": "more"}]
    return {"exec": {"apiVersion": V1, "command": sys.executable, "args": arguments, "env": environment}}


def test_a_program_of_v1_makes_the_token_and_another_when_it_is_refused(tmp_path: Path) -> None:
    seen: list[str] = []

    def answer(request: httpx2.Request) -> httpx2.Response:
        seen.append(request.headers["Authorization"])
        return httpx2.Response(401 if seen[-1] == "Bearer token-1" else 200, json={})

    async def story() -> None:
        config = load_config(str(kubeconfig_with(tmp_path, exec_user(tmp_path))), None)
        async with connected(config, httpx2.MockTransport(answer)) as kube:
            await asyncio.gather(*(kube.get(CONFIG_MAPS, CONFIG_MAPS.key("prod", "a")) for _ in range(3)))

    asyncio.run(story())
    assert sorted(seen) == ["Bearer token-1"] * 3 + ["Bearer token-2"] * 3
    told = (tmp_path / "told").read_text().splitlines()
    assert len(told) == 2, "one program for all requests that wait"
    spec = {"interactive": False, "cluster": {"server": "https://127.0.0.1:1"}}
    assert json.loads(told[0].removesuffix(" more")) == {"apiVersion": V1, "kind": "ExecCredential", "spec": spec}


def test_a_program_that_hangs_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("natsop_runtime.api_server.exec_auth.PROGRAM_SECONDS", 0.05)
    user = {"exec": {"apiVersion": V1, "command": "sleep", "args": ["60"]}}

    async def story() -> None:
        async with connected(load_config(str(kubeconfig_with(tmp_path, user)), None)) as kube:
            await kube.get(CONFIG_MAPS, CONFIG_MAPS.key("prod", "a"))

    plugin = rf"exec plugin sleep \(user u of kubeconfig {tmp_path / 'config'}\)"
    with pytest.raises(CredentialsError, match=f"{plugin} gave no token in"):
        asyncio.run(story())
