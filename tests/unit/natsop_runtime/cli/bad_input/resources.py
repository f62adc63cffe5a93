"""Custom resources that are invalid, changes of them, and revisions of a git repository."""

from __future__ import annotations

from tests.unit.natsop_runtime.cli.bad_input.table import BOX, CLUSTER, VALID, Row, one

CONF = "conf -f a.yaml"
RENDER = "render -f a.yaml"
TWO = {"a.yaml": VALID, "b.yaml": "{"}
LARGER = f"{CLUSTER}{{replicas: 3}}"

RESOURCES = (
    one(
        "kind: NatsCluster",
        "a.yaml:1: NatsCluster: metadata.name: is required\n"
        "a.yaml:1: NatsCluster: apiVersion: is required\n"
        "a.yaml:1: NatsCluster: spec: is required",
    ),
    one(CLUSTER, "a.yaml:4: NatsCluster c: spec: is required"),
    one(f"{CLUSTER}[]", "a.yaml:4: NatsCluster c: spec: must be an object"),
    one(VALID.replace("v1alpha1", "v9"), "a.yaml:1: NatsCluster c: apiVersion: must be 'nats.crewlet.cloud/v1alpha1'"),
    one(VALID.replace("{name: c}", "5"), "a.yaml:3: NatsCluster: metadata: must be an object"),
    one(
        VALID.replace("name: c", "name: C_c"),
        "a.yaml:3: NatsCluster C_c: metadata.name: must be a lowercase DNS name of at most 253 characters",
    ),
    one(f"{CLUSTER}{{replicas: three}}", "a.yaml:4: NatsCluster c: spec.replicas: must be an integer"),
    one(f"{CLUSTER}{{replicas: 1e400}}", "a.yaml:4: NatsCluster c: spec.replicas: must be an integer"),
    one(f"{CLUSTER}{{replicas: -1}}", "a.yaml:4: NatsCluster c: spec.replicas: must be at least 1"),
    one(f"{CLUSTER}\n  config:\n    nats: {{prt: 1}}", "a.yaml:6: NatsCluster c: spec.config.nats.prt: unknown field"),
    one(f'{CLUSTER}{{"a\\nb\\e[31m": 1}}', "a.yaml:4: NatsCluster c: spec.a\\nb\\x1b[31m: unknown field"),
)

RENDERING = (
    one(
        f"{BOX}{{clusterRef: {{name: c}}}}",
        "a.yaml:1: NatsBox b: There is no NatsCluster c in namespace default: create it"
        " (natsclusters.nats.crewlet.cloud), or correct spec.clusterRef.name.",
        RENDER,
    ),
    one(
        f"{VALID}\n---\n{VALID}",
        "a.yaml:6: NatsCluster c: its ConfigMap default/c-config is also that of NatsCluster c at a.yaml:1",
        RENDER,
    ),
    one(
        f"{VALID}\n---\nkind: Secret\nmetadata: {{name: s}}\ndata: {{a: 5}}",
        "a.yaml:8: Secret s: data must be a map of texts; quote numbers",
        RENDER,
    ),
    Row("render -f a.yaml --output-dir o", "o: File exists", {"a.yaml": VALID, "o": ""}),
    Row("crds --output-dir o", "o: File exists", {"o": ""}),
    one(
        VALID,
        "The servers read no file /x as configuration; they read: /etc/nats-config/nats.conf.",
        f"{CONF} --file /x",
    ),
    one(VALID, "There is no NatsCluster x in the input, only: c.", f"{CONF} --cluster x"),
    one(
        f"{VALID}\n---\n{VALID.replace('name: c', 'name: d')}",
        "There are several NatsClusters in the input: c, d. Choose one with --cluster.",
        CONF,
    ),
    one(f"{BOX}{{clusterRef: {{name: c}}}}", "There is no NatsCluster in the input.", CONF),
)

CHANGES = (
    Row("diff absent.yaml a.yaml", "absent.yaml: No such file or directory", TWO),
    Row("diff a.yaml absent.yaml", "absent.yaml: No such file or directory", TWO),
    Row("diff a.yaml b.yaml", "b.yaml:2:1: did not find expected node content", TWO),
    Row("diff a.yaml a.yaml --with b.yaml", "b.yaml:2:1: did not find expected node content", TWO),
    Row(
        "diff b.yaml a.yaml",
        "warning: b.yaml:2:1: did not find expected node content. It is compared with nothing.",
        TWO,
        code=0,
    ),
    Row(
        "validate -f a.yaml --old b.yaml",
        "warning: b.yaml:2:1: did not find expected node content. Its changes are not checked.",
        TWO,
        code=0,
    ),
)

REVISIONS = (
    Row(
        "diff --git valid larger clutsers",
        "clutsers: neither valid nor larger has a file there that ends in .yaml, .yml, .json",
    ),
    Row("diff --git valid lager", "lager: git knows no such revision here"),
    Row("diff --git valid broken", "broken:a.yaml:2:1: did not find expected node content"),
    Row(
        "diff --git broken valid",
        "warning: broken:a.yaml:2:1: did not find expected node content. It is compared with nothing.",
        code=0,
    ),
    Row("diff --git valid invalid", "invalid:a.yaml:4: NatsCluster c: spec.replicas: must be at least 1"),
)
"""In a repository with a tag for each of these contents of a.yaml."""

TAGS = {"valid": VALID, "larger": LARGER, "broken": "{", "invalid": f"{CLUSTER}{{replicas: 0}}"}
