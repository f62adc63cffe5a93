"""nats.conf: a typed tree, its parser and writer, and the way nats-server reads it."""

from natsop_core.conf.digest import Unknown
from natsop_core.conf.errors import ConfError, Place
from natsop_core.conf.expand import Expanded, expand
from natsop_core.conf.parser import parse
from natsop_core.conf.restart import restart_digest
from natsop_core.conf.values import Block, Datetime, Include, Item, Value, Variable
from natsop_core.conf.writer import write

__all__ = [
    "Block",
    "ConfError",
    "Datetime",
    "Expanded",
    "Include",
    "Item",
    "Place",
    "Unknown",
    "Value",
    "Variable",
    "expand",
    "parse",
    "restart_digest",
    "write",
]
