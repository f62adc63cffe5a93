"""Quantities: apimachinery's grammar, exact sizes, clear refusals."""

import pytest

from natsop_core.kubernetes.quantity import rounded_bytes, to_bytes

NOT_A_NUMBER = "a size must be a number with an optional unit, such as 500Mi, 1.5Gi or 1073741824"


@pytest.mark.parametrize(
    ("quantity", "size"),
    [
        (1024, 1024),
        ("0", 0),
        ("-0", 0),
        ("+5", 5),
        ("5.", 5),
        (".5Ki", 512),
        ("1.5Gi", 1610612736),
        ("10Gi", 10 * 2**30),
        ("1k", 1000),
        ("1e3", 1000),
        ("1E", 10**18),
        ("1E3", 1000),
        ("120e-1", 12),
        ("1000m", 1),
        ("1000000000n", 1),
        ("7.5Ei", 15 * 2**59),
        ("9223372036854775806", 2**63 - 2),
        ("0.9999999999", 1),  # nine decimal places, rounded up
    ],
)
def test_a_size_is_exact(quantity: int | str, size: int) -> None:
    assert to_bytes(quantity) == size


@pytest.mark.parametrize(
    ("quantity", "reason"),
    [
        ("-1", "a size cannot be negative"),
        ("-1m", "a size cannot be negative"),
        ("0.1Gi", "a size must be a whole number of bytes"),
        ("1m", "a size must be a whole number of bytes"),
        ("1e-99", "a size must be a whole number of bytes"),
        ("8Ei", "a size must be less than 8Ei"),
        (2**63 - 1, "a size must be less than 8Ei"),
        ("1e99", "a size must be less than 8Ei"),
        ("", NOT_A_NUMBER),
        (".", NOT_A_NUMBER),
        ("1K", NOT_A_NUMBER),
        ("1e1000000000", NOT_A_NUMBER),
        ("9" * 100_000, NOT_A_NUMBER),
        ("\uff11", NOT_A_NUMBER),
        ("1\n", NOT_A_NUMBER),
    ],
)
def test_what_is_no_size_is_refused_with_the_reason(quantity: int | str, reason: str) -> None:
    with pytest.raises(ValueError, match=r"^a size") as refusal:
        to_bytes(quantity)
    assert str(refusal.value) == reason


@pytest.mark.parametrize(
    ("quantity", "size"), [("1.2Gi", 1288490189), ("1m", 1), ("2Gi", 2**31), ("-1", None), ("8Ei", None), ("x", None)]
)
def test_a_container_s_memory_is_rounded_up(quantity: str, size: int | None) -> None:
    assert rounded_bytes(quantity) == size
