"""NATS JWTs: what is read from one, and every way in which it can be none."""

from __future__ import annotations

import json
from typing import Any

import pytest

from natsop_core.conf.jwt import BadSignatureError, Claims, NotAJwtError, token_in, verified_claims
from natsop_core.conf.nkeys import is_public_key
from tests import tokens
from tests.tokens import Identity, account_jwt, claims_of, decorated, operator_jwt, part, user_jwt

OPERATOR = tokens.operator()
SIGNER = tokens.operator("signer")
APP = tokens.account()
TOKEN = account_jwt(APP, OPERATOR)


def signed(claims: Any, *, by: Identity = OPERATOR, **header: Any) -> str:
    head = part(json.dumps({"typ": "JWT", "alg": "ed25519-nkey", **header}).encode())
    body = part(claims if isinstance(claims, bytes) else json.dumps(claims).encode())
    return f"{head}.{body}.{part(by.keys.sign(f'{head}.{body}'.encode()))}"


def with_nats(**nats: Any) -> str:
    return signed(claims_of(APP, OPERATOR, nats=nats))


def test_an_account_says_who_signed_it_and_whose_it_is() -> None:
    claims = verified_claims(account_jwt(APP, OPERATOR, expires=1_800_000_000))
    assert claims == Claims(
        type="account",
        issuer=OPERATOR.public_key,
        subject=APP.public_key,
        issued_at=tokens.ISSUED,
        not_before=0,
        expires=1_800_000_000,
        signing_keys=(),
        system_account="",
        is_strict=False,
        uses_jetstream=False,
    )


def test_an_operator_trusts_itself_and_its_signing_keys_unless_it_is_strict() -> None:
    keys = [SIGNER.public_key]
    claims = verified_claims(operator_jwt(OPERATOR, signing_keys=keys, system_account=APP.public_key))
    assert claims.trusted_keys == (OPERATOR.public_key, SIGNER.public_key)
    assert claims.system_account == APP.public_key
    strict = verified_claims(operator_jwt(OPERATOR, signing_keys=keys, strict_signing_key_usage=True))
    assert strict.trusted_keys == (SIGNER.public_key,)


def test_signing_keys_of_an_account_may_have_a_scope() -> None:
    scoped = {"kind": "user_scope", "key": "AAAA", "role": "r"}
    assert verified_claims(with_nats(signing_keys=["ABCD", scoped])).signing_keys == ("ABCD", "AAAA")


@pytest.mark.parametrize(
    ("limits", "uses_jetstream"),
    [
        ({}, False),
        ({"mem_storage": 0, "disk_storage": 0, "streams": -1}, False),
        ({"disk_storage": -1}, True),
        ({"mem_storage": 1}, True),
        ({"tiered_limits": {"R1": {"disk_storage": 0}}}, False),
        ({"tiered_limits": {"R1": {}, "R3": {"disk_storage": 5}}}, True),
    ],
)
def test_an_account_with_storage_uses_jetstream(limits: dict[str, Any], uses_jetstream: bool) -> None:
    assert verified_claims(with_nats(limits=limits)).uses_jetstream == uses_jetstream


def test_a_token_of_the_first_version_is_signed_without_its_header() -> None:
    claims = {**claims_of(APP, OPERATOR), "type": "account", "nats": {}}
    assert verified_claims(OPERATOR.sign(claims, version=1)).type == "account"
    with pytest.raises(BadSignatureError):
        verified_claims(OPERATOR.sign(claims))


@pytest.mark.parametrize(
    "content",
    [
        TOKEN,
        f"{TOKEN}\n",
        f" \n{TOKEN}\r\n",
        decorated("NATS ACCOUNT JWT", TOKEN),
        f"-----B-----\r\n{TOKEN}\r\n-----E----",
    ],
)
def test_a_file_holds_the_token_bare_or_between_lines(content: str) -> None:
    assert token_in(content.encode()) == TOKEN


@pytest.mark.parametrize("content", ["-" * 2**20, "---\n" * 2**18, "-\n" * 2**19, f"{'-' * 2**19}\n{'-' * 2**19}"])
def test_a_file_of_nothing_but_dashes_is_read_at_once(content: str) -> None:
    assert token_in(content.encode()) == content.strip()


@pytest.mark.parametrize(
    "content", ["---\ntoken\n------", "-----\ntoken\n-----", "------\ntoken\nx------", "------\nto ken\n------"]
)
def test_what_stands_between_no_such_lines_is_no_token(content: str) -> None:
    assert token_in(content.encode()) == content


def test_of_a_users_credentials_the_token_is_found_and_not_the_seed() -> None:
    user = tokens.user()
    assert token_in(tokens.credentials(user, APP).encode()) == user_jwt(user, APP)


MALFORMED = {
    "nothing": "",
    "a seed": APP.seed,
    "two parts": "a.b",
    "four parts": f"{TOKEN}.a",
    "no base64": "ä.b.c",
    "padded base64": f"{TOKEN}=",
    "base64 of an impossible length": "abcde.abcde.abcde",
    "no JSON": signed(b"{"),
    "no JSON object": signed([1]),
    "deeply nested": signed(b"[" * 100_000),
    "no UTF-8": signed(b'{"sub": "\xff"}'),
    "another kind of token": signed(claims_of(APP, OPERATOR), typ="at+jwt"),
    "another algorithm": signed(claims_of(APP, OPERATOR), alg="none"),
    "a header without a type": signed(claims_of(APP, OPERATOR), typ=None),
    "a newer version": with_nats(version=3),
    "a subject that is no text": signed({**claims_of(APP, OPERATOR), "sub": 1}),
    "a time that is no number": signed({**claims_of(APP, OPERATOR), "exp": "tomorrow"}),
    "a time that is a fraction": signed({**claims_of(APP, OPERATOR), "exp": 1.5}),
    "a time beyond 64 bits": signed({**claims_of(APP, OPERATOR), "exp": 2**63}),
    "a time that is true": signed({**claims_of(APP, OPERATOR), "exp": True}),
    "claims that are no object": signed({**claims_of(APP, OPERATOR), "nats": "x"}),
    "limits that are none": with_nats(limits=[1]),
    "tiers that are none": with_nats(limits={"tiered_limits": {"R1": 1}}),
    "a signing key that is none": with_nats(signing_keys=[1]),
}


@pytest.mark.parametrize("token", MALFORMED.values(), ids=MALFORMED.keys())
def test_what_is_no_jwt_is_refused_without_being_quoted(token: str) -> None:
    with pytest.raises(NotAJwtError) as refusal:
        verified_claims(token)
    assert not any(word in str(refusal.value) for word in (APP.seed, APP.public_key, OPERATOR.public_key))


FORGED = {
    "another's signature": signed(claims_of(APP, OPERATOR), by=SIGNER),
    "changed claims": ".".join(
        (TOKEN.split(".")[0], account_jwt(APP, OPERATOR, name="x").split(".")[1], TOKEN.split(".")[2])
    ),
    "no signature worth the name": f"{TOKEN.rpartition('.')[0]}.AAAA",
    "an issuer that is no key": signed({**claims_of(APP, OPERATOR), "iss": "me"}),
    "an issuer with a typing error": signed({**claims_of(APP, OPERATOR), "iss": OPERATOR.public_key[:-1] + "A"}),
    "no issuer": signed({"sub": APP.public_key}),
}


@pytest.mark.parametrize("token", FORGED.values(), ids=FORGED.keys())
def test_what_its_issuer_did_not_sign_is_refused(token: str) -> None:
    with pytest.raises(BadSignatureError):
        verified_claims(token)


@pytest.mark.parametrize("who", [OPERATOR, APP, tokens.user()])
def test_a_public_key_is_of_one_type(who: Identity) -> None:
    assert [type_ for type_ in ("operator", "account", "user") if is_public_key(who.public_key, type_)] == [who.type]
    assert not is_public_key(who.public_key.lower(), "account")
    assert not is_public_key(who.seed, "account")
