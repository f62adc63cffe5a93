"""What keeps servers from starting, or makes them start differently, in a configuration that can be read."""

import pytest

from natsop_core.conf.environment import Environment
from natsop_core.conf.faults import (
    ambiguous_options,
    faults,
    overridden,
    redefined_with_jetstream,
    refused_beside_operator,
    unknown_options,
    wrong_kinds,
)
from natsop_core.conf.listen import has_secure_monitor, ports
from natsop_core.conf.paths import files_outside
from tests.unit.natsop_core.conf.configurations import MAIN, effective, said, with_include

A = "/etc/x/a.conf"


@pytest.mark.parametrize(
    ("text", "where", "option"),
    [
        ("debug: true\nmax_paylaod: 1\n", "2:1", "max_paylaod"),
        ("mqtt {\n  stream_replcas: 3\n}\n", "2:3", "stream_replcas"),
        ("leafnodes { remotes: [ {url: 'nats://a:1', cred: x} ] }", "1:44", "cred"),
        ("accounts { A { users: [ {user: a, pasword: b} ] } }", "1:35", "pasword"),
        ("tls { cert: x }", "1:7", "cert"),
        ("a: 1\nmax_payload: $a\na: 2\n", "3:1", "a"),
    ],
)
def test_an_option_that_no_server_knows_is_named_with_its_place(text: str, where: str, option: str) -> None:
    [fault] = said(unknown_options(with_include(text)))
    assert fault.startswith(f"{A}:{where}: no nats-server from 2.10 to 2.15 knows the option {option};")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('max_payload: "1MB"', "a number, such as 1000 or 1MB, without quotes"),
        ("port: yes", "a number"),
        ("debug: 'true'", "true or false"),
        ("authorization { password: 1234 }", "a text"),
        ("cluster { routes: 'nats://a:1' }", "a list in [ ]"),
        ("mqtt { tls: on }", "a block in { }"),
    ],
)
def test_a_value_of_a_kind_that_the_server_does_not_take_is_refused(text: str, expected: str) -> None:
    [fault] = said(wrong_kinds(with_include(text)))
    assert f"has the wrong type; it must be {expected}" in fault


@pytest.mark.parametrize(
    "text",
    [
        "limit: 1\nmax_payload: $limit\n",
        "resolver { type: full, any: 1 }",
        "accounts { any: {}, $SYS: {} }",
        "server_metadata { a: b }",
        "WS { Port: 1, no_tls: true }",
        "users: [ {user: a} ]\nauthorization { users: $users }",
    ],
)
def test_what_the_server_takes_is_no_fault(text: str) -> None:
    assert said(faults(with_include(text))) == []


@pytest.mark.parametrize(
    ("ours", "text", "message"),
    [
        ("port: 4222\n", "Port: 4333\n", f"{A}:1:1: Port sets the same option as port at {MAIN}:1:1, and"),
        (
            "port: 4222\n",
            "listen: '0.0.0.0:4333'\n",
            f"{A}:1:1: listen sets the same option as port at {MAIN}:1:1, and",
        ),
        ("http_port: 8222\n", "monitor_port: 8223\n", f"{A}:1:1: monitor_port sets the same option as http_port at"),
        ("http_port: 8222\n", "http: 8223\n", f"{A}:1:1: http sets the same option as http_port at"),
        ("leafnodes { port: 1 }\n", "leaf { port: 2 }\n", f"{A}:1:1: leaf sets the same option as leafnodes at"),
        ("", "mqtt { port: 1\n host: a\n net: b }\n", f"{A}:3:2: net sets the same option as host at {A}:2:2"),
    ],
)
def test_an_option_that_is_set_twice_in_two_spellings_is_refused(ours: str, text: str, message: str) -> None:
    [fault] = said(ambiguous_options(with_include(text, ours=ours)))
    assert fault.startswith(message)


@pytest.mark.parametrize(
    ("ours", "text"),
    [
        ("port: 4222\n", "port: 4333\n"),
        ("port: 4222\n", "PORT: 4222\n"),
        ("port: 4222\n", "listen: '0.0.0.0:4222'\n"),
        ("http_port: 8222\n", "https_port: 8223\n"),
    ],
)
def test_it_is_not_when_there_is_nothing_to_choose(ours: str, text: str) -> None:
    assert said(ambiguous_options(with_include(text, ours=ours))) == []


OURS = "server_name: c\njetstream { store_dir: /data }\ncluster { port: 6222 }\nport: 4222\n"


@pytest.mark.parametrize(
    ("text", "option"),
    [
        ("jetstream { domain: hub }", "jetstream"),
        ("JetStream: enabled", "JetStream"),
        ("Cluster { name: c }", "Cluster"),
        ("server_name: mine", "server_name"),
    ],
)
def test_with_jetstream_an_include_must_not_redefine_what_streams_depend_on(text: str, option: str) -> None:
    [fault] = said(redefined_with_jetstream(with_include(text, ours=OURS)))
    assert fault.startswith(f"{A}:1:1: an included file must not set {option} while JetStream is on, because")


def test_other_options_may_be_redefined_and_are_named() -> None:
    config = with_include("PORT: 4222\nport: 4222\ndebug: true\nleafnodes {}\n", ours=OURS)
    assert said(redefined_with_jetstream(config)) == []
    assert [option.key for option in overridden(config, config.own)] == ["port", "PORT"]


@pytest.mark.parametrize("path", ["accounts { A {} }", "NO_AUTH_USER: a", "authorization { Users: [ {user: a} ] }"])
def test_nothing_else_may_say_who_gets_in_beside_an_operator(path: str) -> None:
    [fault] = said(refused_beside_operator(with_include(path, ours="operator: ey\n")))
    assert "and an operator, which requires" in fault
    assert said(refused_beside_operator(with_include(path))) == []


@pytest.mark.parametrize(
    ("text", "is_refused"),
    [
        ("leafnodes { port: 1 }\ngateway { name: a }", True),
        ("leafnodes { port: 1 }\ngateway { name: a }\naccounts { A {} }", True),
        ("leafnodes { port: 1 }\ngateway { name: a }\naccounts { A {} }\nsystem: A", False),
        ("leafnodes { remotes: [] }\ngateway { name: a }", False),
        ("leafnodes { port: 1 }", False),
        ("websocket { port: 1 }", True),
        ("websocket { port: 1, no_tls: true }", False),
        ("websocket { same_origin: true }", False),
        ("jetstream {}\ngateway { name: g, port: 1 }", True),
        ("jetstream {}\ncluster { name: g, port: 1 }", True),
        ("jetstream {}\ncluster { name: g, port: 1, routes: ['nats://a:1'] }", False),
        ("jetstream {}\ncluster { name: g, routes: [] }", False),
        ("jetstream: off\ngateway { name: g, port: 1 }", False),
    ],
)
def test_what_only_a_start_minds(text: str, is_refused: bool) -> None:
    assert bool(said(faults(effective(text)))) == is_refused


def test_the_ports_that_a_configuration_opens() -> None:
    config = effective(
        "listen: 0.0.0.0:4333\nhttps: 8223\nprof_port: 0\ncluster { listen: 6222 }\nleaf { port: $P }\nmqtt {}\n"
        "ws { port: 1 }",
        environment=Environment(opaque=frozenset("P")),
    )
    assert ports(config) == {"nats": 4333, "monitor": 8223, "cluster": 6222, "leafnodes": None, "websocket": 1}
    assert has_secure_monitor(config)
    assert ports(effective("debug: true")) == {"nats": 4222}


def test_files_that_are_named_and_lie_in_no_folder_of_the_pod() -> None:
    text = (
        "tls { cert_file: /etc/nats-certs/nats/tls.crt, ca_file: /etc/ssl/certs/ca.pem }\n"
        "leafnodes { remotes: [\n{ credentials: '/etc/nats-creds/leaf.creds' },\n { creds: 'leaf.creds' } ] }\n"
    )
    outside = files_outside(effective(text), ["/etc/nats-certs/nats"])
    assert [(each.path, each.option, str(each.place)) for each in outside] == [
        ("/etc/nats-creds/leaf.creds", "credentials", f"{MAIN}:3:3"),
        ("/leaf.creds", "creds", f"{MAIN}:4:4"),
    ]
