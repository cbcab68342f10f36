"""Which output of a model plays which part: said by the card, or plain from the model itself."""

from __future__ import annotations

from collections.abc import Sequence

from edgeinfer.core.tensor import Head, TensorSpec
from edgeinfer.errors import ModelError


def check_roles(head: Head, known: Sequence[str]) -> None:
    """Hold the roles of the card to the outputs that there are.

    Raises: ModelError: a role that the decoder has no use for, or an output that is not there or
    plays two parts.
    """
    for role, index in head.roles.items():
        if role not in known:
            raise ModelError(f"roles.{role}: unknown; this decoder knows {', '.join(known)}")
        if not 0 <= index < len(head.outputs):
            raise ModelError(
                f"roles.{role}: there is no output {index}; the model has {listed(head)}"
            )
    if len(set(head.roles.values())) < len(head.roles):
        raise ModelError(f"roles: two name the same output; the model has {listed(head)}")


def only_output(head: Head, role: str) -> tuple[int, TensorSpec]:
    """The output that plays the one part there is.

    Raises: ModelError: there are several, and no role says which.
    """
    check_roles(head, (role,))
    if role not in head.roles and len(head.outputs) != 1:
        raise ModelError(
            f"outputs: which one holds the {role} is not said; "
            f"write roles = {{ {role} = … }} in the card, the model has {listed(head)}"
        )
    index = head.roles.get(role, 0)
    return index, head.outputs[index]


def listed(head: Head) -> str:
    """Every output in words: `0 'boxes' (1, 10, 4), 1 …`."""
    outputs = (f"{i} {spec.name!r} {spec.shape}" for i, spec in enumerate(head.outputs))
    return ", ".join(outputs) or "no output"
