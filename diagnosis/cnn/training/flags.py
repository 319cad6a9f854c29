"""Options declared once: a field of a dataclass gives default, limits and help, and its flag follows."""

import argparse
import dataclasses
from collections.abc import Collection, Mapping, Sequence
from types import NoneType
from typing import Any, Literal, get_args, get_origin, get_type_hints


def option(default: Any, about: str = "", *, share: bool = False, choices: Sequence[str] = ()) -> Any:
    """A field of a dataclass of options; share: a number from 0 to 1. With a word about it, it has a flag."""
    return dataclasses.field(default=default, metadata={"about": about, "share": share, "choices": choices})


def share_names(kind: Any) -> list[str]:
    """The options of a dataclass that are shares."""
    return [field.name for field in dataclasses.fields(kind) if field.metadata.get("share")]


def check_shares(options: Any, *, of: str = "") -> None:
    """Raise ValueError naming a share that is none; of: what it is a share of."""
    for name in share_names(options):
        if not 0 <= getattr(options, name) <= 1:
            raise ValueError(f"{name} is a share{of}, 0 to 1, not {getattr(options, name)}")


def flag_names(kind: Any) -> list[str]:
    """The options of a dataclass that have a flag."""
    return [field.name for field in dataclasses.fields(kind) if field.metadata.get("about")]


def add_flags(
    parser: argparse.ArgumentParser,
    kind: Any,
    names: Collection[str],
    own: Mapping[str, Mapping[str, Any]] | None = None,
) -> None:
    """A flag for each of the named options. One that is not given is None: `asked` leaves it out.

    own: by architecture, the defaults that differ from the dataclass'.
    """
    hints = get_type_hints(kind)
    for field in dataclasses.fields(kind):
        if field.name not in names:
            continue
        flag, about = field.name.replace("_", "-"), field.metadata["about"]
        if hints[field.name] is bool:  # such are on: the flag takes them away
            parser.add_argument(
                f"--no-{flag}", dest=field.name, action="store_const", const=False, help=about
            )
            continue
        literals = get_args(hints[field.name]) if get_origin(hints[field.name]) is Literal else ()
        parser.add_argument(
            f"--{flag}",
            type=str if literals else _number_or_word(hints[field.name]),
            choices=literals or field.metadata["choices"] or None,
            help=about + _default(field.name, field.default, own or {}),
        )


def _number_or_word(hint: Any) -> Any:
    """`float` of "float | None"; any other type is itself."""
    return next((each for each in get_args(hint) if each is not NoneType), hint)


def _default(name: str, default: Any, own: Mapping[str, Mapping[str, Any]]) -> str:
    values = [] if default is None else [str(default)]
    values += [
        f"{defaults[name]} for {architecture}" for architecture, defaults in own.items() if name in defaults
    ]
    return f" (default: {', '.join(values)})" if values else ""


def asked(arguments: argparse.Namespace, kind: Any) -> dict[str, Any]:
    """The options of a dataclass that were given on the command line."""
    values = {name: getattr(arguments, name, None) for name in flag_names(kind)}
    return {name: value for name, value in values.items() if value is not None}
