"""Which error an answer is, in whose words, and when to try again."""

from __future__ import annotations

from typing import Any

import httpx2
import pytest

from natsop_runtime.api_server.errors import (
    ApiError,
    Cause,
    ConflictError,
    ForbiddenError,
    GoneError,
    InvalidError,
    NotFoundError,
    RefusedError,
    TerminatingError,
    UnauthorizedError,
    UnavailableError,
)
from natsop_runtime.api_server.status_errors import (
    MAX_MESSAGE_LENGTH,
    MAX_RETRY_AFTER,
    error_in_stream,
    raise_for_status,
    unreachable,
)
from tests.unit.natsop_runtime.small_api import failure

PROXY = "HTTP status 404 from something in front of the API server, such as a proxy"


def error_of(response: httpx2.Response) -> ApiError:
    with pytest.raises(ApiError) as error:
        raise_for_status(response)
    return error.value


@pytest.mark.parametrize("code", [200, 201, 202])
def test_a_success_is_no_error(code: int) -> None:
    raise_for_status(httpx2.Response(code, json={"kind": "Status", "status": "Failure", "code": 500}))


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        (302, RefusedError),
        (400, RefusedError),
        (401, UnauthorizedError),
        (403, ForbiddenError),
        (404, NotFoundError),
        (408, UnavailableError),
        (409, ConflictError),
        (410, GoneError),
        (413, RefusedError),
        (422, InvalidError),
        (429, UnavailableError),
        (499, RefusedError),
        (500, UnavailableError),
        (503, UnavailableError),
        (504, UnavailableError),
    ],
)
def test_an_error_is_known_by_its_status_and_told_in_the_words_of_the_api_server(
    code: int, kind: type[ApiError]
) -> None:
    error = error_of(failure(code, "in words"))
    assert (type(error), error.message) == (kind, "in words")


@pytest.mark.parametrize("body", [b"<html>", b'["a"]', b'{"kind": "ConfigMap", "message": "no"}', b""])
@pytest.mark.parametrize("code", [403, 503])
def test_an_answer_without_a_status_is_told_by_its_number(code: int, body: bytes) -> None:
    assert error_of(httpx2.Response(code, content=body)).message == f"HTTP status {code}"


def test_a_page_that_is_not_found_is_a_missing_object_only_if_an_api_server_says_so() -> None:
    by_proxy = error_of(httpx2.Response(404, text="404 page not found"))
    assert (type(by_proxy), by_proxy.message) == (UnavailableError, PROXY)
    audited = error_of(httpx2.Response(404, text="404 page not found", headers={"Audit-Id": "1"}))
    assert (type(audited), audited.message) == (NotFoundError, "HTTP status 404")


@pytest.mark.parametrize(
    ("code", "reason", "kind"),
    [
        (403, "NamespaceTerminating", TerminatingError),
        (403, "FieldValueForbidden", ForbiddenError),
        (409, "NamespaceTerminating", ConflictError),
    ],
)
def test_a_namespace_that_is_being_terminated_is_told_by_the_cause_of_a_403(
    code: int, reason: str, kind: type[ApiError]
) -> None:
    error = error_of(failure(code, "in words", causes=[{"reason": "x"}, {"reason": reason}]))
    assert (type(error), error.message) == (kind, "in words")


@pytest.mark.parametrize(
    "message", ["etcdserver: request is too large", "rpc error: trying to send message larger than max (2 vs. 1)"]
)
def test_an_object_that_is_too_large_is_refused_though_the_api_server_calls_it_its_own_failure(message: str) -> None:
    refused = error_of(failure(500, message))
    assert (type(refused), refused.message) == (RefusedError, message)
    assert type(error_of(failure(503, message))) is UnavailableError


@pytest.mark.parametrize("details", [None, {}, {"causes": None}])
def test_an_invalid_object_may_have_no_causes(details: dict[str, Any] | None) -> None:
    status = {"kind": "Status", "message": "in words", "details": details}
    error = error_of(httpx2.Response(422, json=status))
    assert isinstance(error, InvalidError)
    assert (error.message, error.causes) == ("in words", ())


def test_an_invalid_object_has_its_causes_as_far_as_they_are_named() -> None:
    error = error_of(failure(422, "in words", causes=[{"field": "a"}, {"message": "b"}]))
    assert isinstance(error, InvalidError)
    assert error.causes == (Cause("a", ""), Cause("", "b"))


def test_an_object_of_another_uid_is_a_conflict_whatever_else_is_wrong_with_it() -> None:
    error = error_of(failure(422, "in words", causes=[{"field": "data"}, {"field": "metadata.uid"}]))
    assert (type(error), error.message) == (ConflictError, "in words")


def test_a_message_is_cut_off_beyond_its_greatest_length() -> None:
    longest = "x" * MAX_MESSAGE_LENGTH
    assert error_of(failure(400, longest)).message == longest
    assert error_of(failure(400, longest + "x")).message == f"{longest}… (cut off)"


@pytest.mark.parametrize(
    ("header", "seconds"),
    [("0", 0.0), ("59", 59.0), ("60", MAX_RETRY_AFTER), ("61", MAX_RETRY_AFTER), ("", 0.0), ("-1", 0.0), ("1.5", 0.0)],
)
def test_a_pause_that_is_asked_for_is_kept_up_to_a_minute(header: str, seconds: float) -> None:
    error = error_of(failure(429, headers={"Retry-After": header}))
    assert isinstance(error, UnavailableError)
    assert error.retry_after == seconds
    without = error_of(failure(429))
    assert isinstance(without, UnavailableError)
    assert without.retry_after == 0.0


@pytest.mark.parametrize(
    ("status", "kind", "message"),
    [
        ({"code": 504, "message": "too slow"}, GoneError, "too slow"),
        ({"code": 504}, GoneError, ""),
        ({"code": 410, "message": "too old"}, GoneError, "too old"),
        ({"code": 403, "message": "no right"}, ForbiddenError, "no right"),
        ({}, UnavailableError, "HTTP status 500"),
    ],
)
def test_an_error_in_a_watch_is_the_same_and_one_that_is_too_slow_has_to_list_again(
    status: dict[str, Any], kind: type[ApiError], message: str
) -> None:
    error = error_in_stream(status)
    assert (type(error), error.message) == (kind, message)
    assert getattr(error, "retry_after", 0.0) == 0.0


def test_a_failure_of_the_network_is_told_by_its_kind_and_its_words() -> None:
    assert unreachable(OSError("no route")).message == "OSError: no route"
    assert unreachable(httpx2.ReadTimeout("")).message == "ReadTimeout"
