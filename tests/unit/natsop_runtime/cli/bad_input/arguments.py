"""Wrong usage, and kubeconfigs that name no cluster."""

from __future__ import annotations

from tests.unit.natsop_runtime.cli.bad_input.table import Content, Row, usage

NO_CLUSTER = "No Kubernetes cluster to work with:"

ARGUMENTS = (
    usage("", "natsop: error: the following arguments are required: COMMAND"),
    usage("validate", "natsop validate: error: the following arguments are required: -f/--filename"),
    usage("render -f", "natsop render: error: argument -f/--filename: expected one argument"),
    usage("render -f a --outputdir b", "natsop: error: unrecognized arguments: --outputdir b"),
    usage("validate -f - -f -", "natsop validate: error: standard input (-) can be read only once"),
    usage("diff - -", "natsop diff: error: standard input (-) can be read only once"),
    usage("diff a b c", "natsop diff: error: PATH goes with --git"),
    usage("conf -f a --list --file x", "natsop conf: error: argument --file: not allowed with argument --list"),
    usage("status", "natsop status: error: the following arguments are required: NAME"),
    usage("explain UnsafeScal",
          "natsop explain: there is no condition, reason or event UnsafeScal: did you mean UnsafeScale?"),
    usage("explain \x1b[31mx",
          "natsop explain: there is no condition, reason or event \\x1b[31mx: `natsop explain` lists all."),
    usage("render -f a --b\x1bd", "natsop: error: unrecognized arguments: --b\\x1bd"),
    usage("explain x", "natsop explain: there is no condition, reason or event x: `natsop explain` lists all."),
)  # fmt: skip


def kubeconfig(content: Content, says: str, options: str = "") -> Row:
    return Row(f"status c --kubeconfig k {options}", f"{NO_CLUSTER} {says}", {"k": content})


KUBECONFIGS = (
    Row("status c --kubeconfig absent", f"{NO_CLUSTER} absent not found; pass --kubeconfig, or set $KUBECONFIG."),
    Row("doctor --kubeconfig ~nobody-here/k",
        f"{NO_CLUSTER} ~nobody-here/k not found; pass --kubeconfig, or set $KUBECONFIG."),
    Row("report c --kubeconfig .", f"{NO_CLUSTER} the kubeconfig . cannot be read: Is a directory."),
    Row(f"restart c --kubeconfig {'x' * 300}",
        f"{NO_CLUSTER} the kubeconfig {'x' * 300} cannot be read: File name too long."),
    kubeconfig("", "the kubeconfig k is empty."),
    kubeconfig("a: [", "the kubeconfig is not YAML: k:2:1: did not find expected node content."),
    kubeconfig("[" * 1_000_000, "the kubeconfig is not YAML: k:1:201: nested too deeply."),
    kubeconfig(b"\xff\xfe", "the kubeconfig k is not YAML: not UTF-8 text."),
    kubeconfig("- a list", "k is no kubeconfig."),
    kubeconfig("clusters: []", "k is no kubeconfig: contexts is missing."),
    kubeconfig("{clusters: [], contexts: []}", "the kubeconfig k has no current context; pass --context."),
    kubeconfig("{clusters: [], contexts: []}", "Context 'x' not found in k.", "--context x"),
)  # fmt: skip
