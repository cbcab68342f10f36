"""Changing the set-up: what it is, what it would be, trying it, saving it."""

from __future__ import annotations

import asyncio
import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any, Literal

from edgeinfer.core.geometry import Region, check_region
from edgeinfer.errors import ConfigError, EdgeinferError
from edgeinfer.sinks.dashboard import file, toml_text, trial
from edgeinfer.sinks.dashboard.board import Board
from edgeinfer.sinks.dashboard.exchange import (
    NOTHING,
    Answer,
    Ask,
    RefusedError,
    Route,
    Visitor,
    said,
)
from edgeinfer.sinks.dashboard.incoming import refuse
from edgeinfer.sinks.dashboard.told import Told
from edgeinfer.sinks.dashboard.updates import Updates
from edgeinfer.sinks.dashboard.work import Work

# Whether a polygon crosses itself is asked of each pair of its sides.
_MOST_RULES, _MOST_POINTS = 50, 64
_NO_FILE = "set-up: the service was started without a file; start it with --config FILE"
_ANSWERED_S = 0.2  # before the restart, so that the answer is out


@dataclass(frozen=True, slots=True)
class Draft:
    """`region` as in [source], `rules` all that there should be; null: as they are."""

    region: Region | None = None
    rules: tuple[dict[str, Any], ...] | None = None

    def __post_init__(self) -> None:
        if self.region is not None:
            check_region(self.region)


@dataclass(frozen=True, slots=True)
class TrialDraft:
    """Tried on what comes, or on the last minute."""

    region: Region | None = None
    rules: tuple[dict[str, Any], ...] | None = None
    on: Literal["live", "minute"] = "live"


@dataclass(frozen=True, slots=True)
class Save:
    """`base` is that of the text which `toml` was made from: changed since then is 409; "": any."""

    toml: str
    base: str = ""


class Changing:
    """Once a file is saved, the pipeline is restarted."""

    def __init__(  # noqa: PLR0913 - each is one part of the dashboard, by name
        self,
        board: Board,
        updates: Updates,
        tried: trial.Trial,
        work: Work,
        *,
        told: Told,
        may_change: Callable[[Visitor], bool],
    ) -> None:
        self._told = told
        self._board = board
        self._updates = updates
        self._trial = tried
        self._work = work
        self._may_change = may_change

    def routes(self) -> list[Route]:
        setup = "/api/v1/setup"
        return [
            Route("GET", setup, "The set-up as it is", self._get, {200: "Setup"}),
            Route(
                "POST",
                f"{setup}/preview",
                "The file as it would be",
                self._preview,
                {200: "Preview"},
                body=Draft,
                tries=True,
            ),
            Route(
                "POST",
                f"{setup}/trial",
                "Try rules",
                self._try,
                {200: "Tried", 204: "they run beside the others; their events come as updates"},
                body=TrialDraft,
                tries=True,
            ),
            Route(
                "DELETE", f"{setup}/trial", "End the trial", self._end, {204: "done"}, tries=True
            ),
            Route(
                "POST",
                f"{setup}/save",
                "Save the file, and restart the pipeline",
                self._save,
                {204: "saved; the pipeline restarts"},
                body=Save,
            ),
        ]

    async def _get(self, ask: Ask) -> Answer:
        """The text only to who may change it: an address in it may hold a camera's password."""
        setup = self._told.needed_setup
        text = await self._work.do(self._text) if self._may_change(ask.visitor) else None
        return said(
            {
                "toml": text,
                "base": None if text is None else file.base_of(text),
                "path": None if setup.path is None else str(setup.path),
                "rule_types": await self._work.do(
                    lambda: [asdict(kind) for kind in setup.rule_types()]
                ),
                "labels": list(setup.labels),
                "region": list(setup.region),
                "rules": list(setup.rules),
            }
        )

    async def _preview(self, ask: Ask) -> Answer:
        draft = ask.body
        _check_size(draft.rules or ())
        shows_file = self._may_change(ask.visitor)
        return said(await self._work.do(lambda: self._previewed(draft, shows_file=shows_file)))

    def _previewed(self, draft: Draft, *, shows_file: bool) -> dict[str, Any]:
        """Who may not see the file gets the sections that it would have."""
        text = (self._text() if shows_file else None) or ""
        base = file.base_of(text)
        try:
            after = toml_text.edited(text, draft.region, draft.rules)
        except ConfigError as error:
            return {"toml": text, "base": base, "problems": list(error.problems)}
        problems = self._problems(after if shows_file else "", draft)
        return {"toml": after, "base": base, "problems": problems}

    def _problems(self, text: str, draft: Draft) -> list[str]:
        """Without a file nobody knows the rest of the configuration: then of the rules alone."""
        setup = self._told.needed_setup
        try:
            if setup.path is None or not text:
                trial.replayed(partial(setup.make_rules, draft.rules or ()), ())
            else:
                setup.check(tomllib.loads(text))
        except ConfigError as error:
            return list(error.problems)
        except EdgeinferError as error:
            return [str(error)]
        return []

    async def _try(self, ask: Ask) -> Answer:
        draft = ask.body
        rules = draft.rules or ()
        _check_size(rules)
        make = partial(self._told.needed_setup.make_rules, rules)
        try:
            if draft.on == "live":
                await self._work.do(lambda: self._trial.begin(make))
                return NOTHING
            results = self._board.last_minute()
            events = await self._work.do(lambda: trial.replayed(make, results))
        except ConfigError as error:
            refuse(error.problems)
        return said({"events": events})

    async def _end(self, ask: Ask) -> Answer:
        await self._work.do(self._trial.end)
        return NOTHING

    async def _save(self, ask: Ask) -> Answer:
        path = self._told.needed_setup.path
        if path is None:
            raise RefusedError(409, _NO_FILE)
        await self._work.do(lambda: self._saved(path, ask.body))
        self._updates.tell("setup", {"path": str(path)})
        loop = asyncio.get_running_loop()
        loop.call_later(_ANSWERED_S, self._told.on_command, "restart", "PRESS")
        return NOTHING

    def _saved(self, path: Path, wanted: Save) -> None:
        """Raises: RefusedError: it is wrong, another one was saved meanwhile, or it cannot be."""
        if wanted.base and wanted.base != file.base_of(file.read(path)):
            raise RefusedError(409, f"{path}: was changed by someone else meanwhile; load it anew")
        try:
            table = tomllib.loads(wanted.toml)
            _check_size(table.get("rule", ()))
            self._told.needed_setup.check(table)
        except ConfigError as error:
            refuse(error.problems)
        except (EdgeinferError, ValueError, RecursionError) as error:
            refuse([f"{path}: {error}"])
        file.replace(path, wanted.toml)

    def _text(self) -> str | None:
        """Of the file as it is now."""
        path = self._told.needed_setup.path
        return None if path is None else file.read(path)


def _check_size(rules: Sequence[object] | object) -> None:
    """Raises: RefusedError: to check it would take longer than anybody waits."""
    tables = rules if isinstance(rules, list | tuple) else []
    if len(tables) > _MOST_RULES:
        refuse([f"rules: {len(tables)} of them; at most {_MOST_RULES}"])
    for number, table in enumerate(tables, start=1):
        points = table.get("polygon") if isinstance(table, Mapping) else None
        if isinstance(points, list | tuple) and len(points) > _MOST_POINTS:
            refuse([f"rule {number}.polygon: {len(points)} points; at most {_MOST_POINTS}"])
