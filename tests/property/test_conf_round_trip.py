"""nats.conf for any tree and any text."""

from hypothesis import given
from hypothesis import strategies as st

from natsop_core.conf import Block, ConfError, Item, Unknown, Value, parse, restart_digest, write
from natsop_core.conf.restart import RELOADABLE
from tests.config_digests import config_digest
from tests.property.trees import all_trees, plain_trees, scalars, texts, unhurried


def exact(value: Value) -> object:
    """The value with its types, since in Python 1 == 1.0 == True."""
    match value:
        case Block():
            return [entry if not isinstance(entry, tuple) else (entry[0], exact(entry[1])) for entry in value.entries]
        case tuple():
            return tuple(map(exact, value))
        case _:
            return type(value), repr(value)


@unhurried
@given(all_trees)
def test_what_is_written_reads_back_as_the_same_tree(tree: Block) -> None:
    assert exact(parse(write(tree))) == exact(tree), write(tree)


@unhurried
@given(st.one_of(texts, st.text()))
def test_any_text_is_read_or_refused_with_a_place(text: str) -> None:
    try:
        parse(text, "x.conf")
    except ConfError as error:
        assert str(error).startswith(f"x.conf:{error.place.line}:{error.place.column}: ")
        assert 1 <= error.place.line <= text.count("\n") + 1


@unhurried
@given(st.one_of(texts, st.text()), st.dictionaries(st.just("X"), texts), st.dictionaries(st.just("a"), texts))
def test_a_digest_is_known_or_not_but_never_fails(
    text: str, environment: dict[str, str], includes: dict[str, str]
) -> None:
    assert isinstance(config_digest(text, environment, includes), str | Unknown)


@unhurried
@given(plain_trees)
def test_a_tree_and_its_text_have_the_same_digest(tree: Block) -> None:
    assert config_digest(tree, {}) == config_digest(write(tree), {})


RELOADABLE_PATHS = [
    f"{row.path}.{option}" if option else row.path for row in RELOADABLE for option in row.options or ("",)
]
"""Where a row is about some options of a block, these."""


def with_option(tree: Block, path: str, value: Item) -> Block:
    """The tree with an option such as `cluster.routes`, in a block that is made when it is not there."""
    key, _, rest = path.partition(".")
    if not rest:
        return tree | Block((key, value))
    inner = tree.get(key)
    return tree | Block((key, with_option(inner if isinstance(inner, Block) else Block(), rest, value)))


@unhurried
@given(plain_trees, st.sampled_from(RELOADABLE_PATHS), scalars, scalars)
def test_an_option_that_reloads_is_not_in_the_restart_digest(tree: Block, path: str, old: Item, new: Item) -> None:
    assert restart_digest(with_option(tree, path, old)) == restart_digest(with_option(tree, path, new))


@unhurried
@given(plain_trees, st.sampled_from(["jetstream.max_file_store", "lame_duck_duration", "unheard_of", "cluster.port"]))
def test_any_other_option_is_in_it(tree: Block, path: str) -> None:
    assert restart_digest(with_option(tree, path, 1)) != restart_digest(with_option(tree, path, 2))
