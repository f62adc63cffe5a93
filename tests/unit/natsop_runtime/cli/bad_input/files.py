"""Files that cannot be read, and what is no YAML or JSON."""

from __future__ import annotations

from tests.unit.natsop_runtime.cli.bad_input.table import VALID, Row, one

LONG = "x" * 300

FILES = (
    Row("validate -f absent.yaml", "absent.yaml: No such file or directory"),
    Row(f"validate -f {LONG}", f"{LONG}: File name too long"),
    Row("validate -f ''", "An empty file name was given."),
    Row("validate -f 'a\0'", "'a\\x00': not a file name"),
    Row("validate -f a.yaml/x", "a.yaml/x: Not a directory", {"a.yaml": VALID}),
    Row("validate -f a", "a: no file in this folder or below ends in .yaml, .yml, .json", {"a/readme.md": ""}),
    Row("validate -f /dev/zero", "/dev/zero: larger than 8 MiB"),
    one("#" * (8 * 2**20 + 1), "a.yaml: larger than 8 MiB"),
    one(b"a: 1\nb: gr\xf6\xdfer\n", "a.yaml:2: not UTF-8 text"),
    one("a: 1".encode("utf-16"), "a.yaml: UTF-16 text; save it as UTF-8"),
    one("a: 1".encode("utf-32"), "a.yaml: UTF-16 text; save it as UTF-8"),
    one("a: 1".encode("utf-16-be"), "a.yaml:1:1: control characters are not allowed"),
    one("", "There is no NatsCluster or NatsBox in the input."),
    one("# nothing\n---\n...\n", "There is no NatsCluster or NatsBox in the input."),
)

SYNTAX = (
    one("kind: [", "a.yaml:2:1: did not find expected node content"),
    one("a: 1\n b: 2", "a.yaml:2:3: mapping values are not allowed in this context"),
    one("a:\n\t- 1", "a.yaml:2:1: found character that cannot start any token"),
    one("a: @x", "a.yaml:1:4: found character that cannot start any token"),
    one("a: 'x", "a.yaml:1:6: found unexpected end of stream"),
    one("a: [x: 1", "a.yaml:2:1: did not find expected ',' or ']'"),
    one("a: [nats://x:1", "a.yaml:1:15: expected ',' or ']', but got '<stream end>'"),
    one("a: b\x07", "a.yaml:1:5: control characters are not allowed"),
    one('{"a": 1', "a.yaml:2:1: did not find expected ',' or '}'"),
    one('{"a": "\\ud83d"}', "a.yaml:1:10: found invalid Unicode character escape code"),
    one("a: 1\na: 2", "a.yaml:2:1: the key a is there twice"),
    one("{x: 1, <<: {x: 2}}", "a.yaml:1:8: the key x is there twice: put << above it"),
    one("<<: 5", "a.yaml:1:1: << takes a map or a list of maps"),
    one("? [a]\n: b", "a.yaml:1:3: a map, a list or null cannot be a key"),
    one("~: b", "a.yaml:1:1: a map, a list or null cannot be a key"),
    one("a: *b", "a.yaml:1:4: there is no anchor b before this alias"),
    one("a: &a [*a]", "a.yaml:1:8: there is no anchor a before this alias"),
    one("a: !!binary YQ==", "a.yaml:1:4: the tag !!binary is not supported"),
    one("a: !x {}", "a.yaml:1:4: the tag !x is not supported"),
    one("a: !!int x", "a.yaml:1:4: not a value of the type !!int"),
    one("a: .nan", "a.yaml:1:4: infinite numbers and not-a-number cannot be sent to Kubernetes"),
)

TOO_MUCH = (
    one("[" * 1_000_000, "a.yaml:1:201: nested too deeply"),
    one("{a: " * 1_000_000, "a.yaml:1:801: nested too deeply"),
    one("- " * 1_000_000, "a.yaml:1:401: nested too deeply"),
    one(f"a: &a {'[' * 150}{']' * 150}\nb: {'[' * 60}*a{']' * 60}", "a.yaml:2:64: nested too deeply"),
    one(f'{{"a": "\\ud83d\\ude00", "b": {"[" * 300}{"]" * 300}}}', "a.yaml:1:1: nested too deeply"),
    one(
        "\n".join(
            [
                "a: &a [x, x, x, x, x, x, x, x, x, x]",
                "b: &b [*a, *a, *a, *a, *a, *a, *a, *a, *a, *a]",
                "c: &c [*b, *b, *b, *b, *b, *b, *b, *b, *b, *b]",
                "d: &d [*c, *c, *c, *c, *c, *c, *c, *c, *c, *c]",
                "e: &e [*d, *d, *d, *d, *d, *d, *d, *d, *d, *d]",
            ]
        ),
        "a.yaml:5:36: aliases stand for too many values",
    ),
    one(VALID.replace("{}", "{replicas: " + "9" * 5_000 + "}"),
        "a.yaml:4: NatsCluster c: spec.replicas: must be an integer"),
)  # fmt: skip

OBJECTS = (
    one("hello", "a.yaml:1: expected a Kubernetes object: a map with apiVersion, kind and metadata"),
    one("---\n---\n- a", "a.yaml:3: expected a Kubernetes object: a map with apiVersion, kind and metadata"),
    one("kind: List\nitems: 5", "a.yaml:1: the items of a List must be a list"),
    one("kind: List\nitems:\n- 5", "a.yaml:3: expected a Kubernetes object: a map with apiVersion, kind and metadata"),
    one("kind: [x]", "There is no NatsCluster or NatsBox in the input."),
    one("kind: ConfigMap", "There is no NatsCluster or NatsBox in the input."),
    Row("validate -f a",
        "a/b.yml:2:1: did not find expected node content\na/c.json:2:1: did not find expected node content",
        {"a/a.yaml": VALID, "a/b.yml": "{", "a/c.json": "["}),
)  # fmt: skip
