"""Collecting pictures, and what is asked of the running service."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from edgeinfer.sinks.dashboard.collection import Automatic, Collection
from edgeinfer.sinks.dashboard.exchange import NOTHING, Answer, Ask, RefusedError, Route, said
from edgeinfer.sinks.dashboard.pictures import Pictures
from edgeinfer.sinks.dashboard.work import Work


@dataclass(frozen=True, slots=True)
class Keep:
    """The newest picture is kept under that label."""

    label: str


@dataclass(frozen=True, slots=True)
class Command:
    """`pause` takes ON or OFF, the others PRESS."""

    command: Literal["pause", "restart", "snapshot"]
    word: Literal["ON", "OFF", "PRESS"]

    def __post_init__(self) -> None:
        if (self.command == "pause") == (self.word == "PRESS"):
            raise ValueError(f"{self.command} does not take {self.word}; pause takes ON or OFF")


class Collecting:
    def __init__(
        self,
        collection: Collection,
        pictures: Pictures,
        work: Work,
        on_command: Callable[[str, str], None],
    ) -> None:
        self._collection = collection
        self._pictures = pictures
        self._work = work
        self._on_command = on_command

    def routes(self) -> list[Route]:
        collect = "/api/v1/collect"
        return [
            Route("GET", collect, "Pictures for training", self._get, {200: "Collection"}),
            Route("POST", collect, "Keep the newest picture", self._keep, {200: "Kept"}, body=Keep),
            Route(
                "PUT",
                f"{collect}/automatic",
                "Keep a picture whenever a rule says something",
                self._choose,
                {204: "done"},
                body=Automatic,
            ),
            Route(
                "POST",
                "/api/v1/control",
                "Pause, restart, take a snapshot",
                self._control,
                {204: "asked for"},
                body=Command,
            ),
        ]

    async def _get(self, ask: Ask) -> Answer:
        return said(await self._work.do(self._collection.facts))

    async def _keep(self, ask: Ask) -> Answer:
        frame = self._pictures.newest
        if frame is None:
            raise RefusedError(503, "collect: no picture has come yet; ask again")
        label = ask.body.label.strip()
        kept = await self._work.do(lambda: self._collection.keep(frame, label))
        return said({"label": label, "kept": kept})

    async def _choose(self, ask: Ask) -> Answer:
        await self._work.do(lambda: self._collection.choose(ask.body))
        return NOTHING

    async def _control(self, ask: Ask) -> Answer:
        self._on_command(ask.body.command, ask.body.word)
        return NOTHING
