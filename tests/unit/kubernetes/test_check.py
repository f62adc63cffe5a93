"""Values against vendored types that no model of ours passes through yet."""

from natsop_core.kubernetes.check import Fault, check


def test_a_sound_value_comes_back_without_its_nulls() -> None:
    value = {"httpGet": {"path": "/", "port": "monitor", "host": None}, "periodSeconds": 10, "exec": None}
    assert check(value, "Probe") == ({"httpGet": {"path": "/", "port": "monitor"}, "periodSeconds": 10}, ())


def test_each_fault_has_its_path() -> None:
    value = {
        "httpGet": {"scheme": "FTP", "httpHeaders": [{"name": 1}]},
        "periodSeconds": 2**31,
        "exec": {"command": ""},
    }
    _, faults = check(value, "Probe")
    assert set(faults) == {
        Fault(("httpGet", "port"), "is required"),
        Fault(("httpGet", "scheme"), "must be 'HTTP' or 'HTTPS'"),
        Fault(("httpGet", "httpHeaders", 0, "name"), "must be a string"),
        Fault(("httpGet", "httpHeaders", 0, "value"), "is required"),
        Fault(("periodSeconds",), "must be an integer"),
        Fault(("exec", "command"), "must be a list"),
    }


def test_list_items_are_told_apart_by_all_their_keys() -> None:
    ports = [{"containerPort": 53, "protocol": "UDP"}, {"containerPort": 53, "protocol": "TCP"}]
    assert check({"name": "dns", "ports": ports}, "Container")[1] == ()
    assert check({"name": "dns", "ports": [*ports, ports[0]]}, "Container")[1] == (
        Fault(("ports", 2), "has the same containerPort and protocol as another item"),
    )
