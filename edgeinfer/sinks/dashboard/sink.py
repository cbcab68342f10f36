"""DashboardSink: a page served by the device itself."""

from __future__ import annotations

import errno
import logging
import socket
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, ClassVar, Self

from edgeinfer import state
from edgeinfer.core.results import Event, Health, Message, Result, State
from edgeinfer.core.setup import Setup
from edgeinfer.errors import ConfigError, SinkError, lacking
from edgeinfer.sinks.dashboard.options import Bounds, DashboardOptions

if TYPE_CHECKING:
    from edgeinfer.sinks.dashboard.parts import Parts

_HINTS = {
    errno.EADDRINUSE: "give another port, or end the program that has it",
    errno.EADDRNOTAVAIL: "give an address of this machine",
    errno.EACCES: "give a port from 1024 on",
}
_log = logging.getLogger(__name__)


class DashboardSink:
    """Answers from its first message until it is left. `send` never waits for a viewer."""

    argument: ClassVar[str] = "port"
    wants: ClassVar[tuple[type[Message], ...]] = (Result, Event, Health, State)
    wants_pixels: ClassVar[bool] = True
    Options = DashboardOptions

    def __init__(
        self, options: DashboardOptions, device: str, *, bounds: Bounds | None = None
    ) -> None:
        """Raises: ConfigError: with every problem of the files. PluginError: no such library."""
        self._options = options
        self._device = device
        self._bounds = bounds or Bounds()
        self._line = _checked(options)
        self.on_command: Callable[[str, str], None] = lambda _command, _word: None
        self.ask_health: Callable[[], Health] | None = None
        self._setup: Setup | None = None
        self._parts: Parts | None = None

    @property
    def name(self) -> str:
        return f"dashboard {self._options.url}"

    def equip(self, setup: Setup) -> None:
        self._setup = setup

    def __enter__(self) -> Self:
        """The first message opens the port: one that is taken is waited for, and stops no frame."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        parts, self._parts = self._parts, None
        if parts is not None:
            parts.end()

    def send(self, message: Message) -> None:
        """Show it.

        Raises: SinkError: the port cannot be had.
        """
        parts = self._parts or self._open()
        match message:
            case Result():
                parts.board.put_result(message)
                parts.live.show(message)
                parts.keeping.see(message)
                parts.tried.update(message)
            case Event():
                parts.keeping.keep(message)
            case Health():
                parts.board.put_health(message)
                parts.updates.tell("health", message.facts)
            case State():
                parts.board.put_state(message)
                parts.updates.tell("state", {"rule": message.rule, **message.facts})

    def _open(self) -> Parts:
        from edgeinfer.sinks.dashboard import parts
        from edgeinfer.sinks.dashboard.told import Told

        listening = self._listen()
        told = Told(self._device, self.on_command, self.ask_health, self._setup)
        made = parts.build(self._options, told, self._line, self._folder(), self._bounds)
        made.keeping.open()
        made.server.start(listening)
        self._parts = made
        _log.info("dashboard: %s", self._options.url)
        return made

    def _listen(self) -> socket.socket:
        options = self._options
        family = socket.AF_INET6 if ":" in options.address else socket.AF_INET
        listening = socket.socket(family)
        try:
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listening.bind((options.address, options.port))
            listening.listen(64)
        except OSError as error:
            listening.close()
            what = (error.strerror or str(error)).lower()
            hint = _HINTS.get(error.errno or 0)
            said = f"{self.name}: {what}"
            raise SinkError(f"{said}; {hint}" if hint else said) from error
        return listening

    def _folder(self) -> Path | None:
        if self._options.folder is not None:
            return self._options.folder
        own = state.directory()
        return own / "dashboard" if own else None


def _checked(options: DashboardOptions) -> str:
    """The password's hash, or "". The libraries are loaded here, and not before.

    Raises: ConfigError, PluginError
    """
    try:
        import_module("edgeinfer.sinks.dashboard.parts")
        from edgeinfer.sinks.dashboard import password, server
    except ModuleNotFoundError as error:
        raise lacking("sink 'dashboard'", str(error.name), "web") from error
    problems: list[str] = []
    line = password.read(options.password_file, problems) if options.password_file else ""
    if options.key and not options.certificate:
        problems.append("key: is for a certificate; give that, too")
    if options.tls:
        wrong = server.load_check(*options.tls)
        problems += [f"certificate: {options.certificate}: {wrong}"] if wrong else []
    if problems:
        raise ConfigError([f"sink dashboard: {problem}" for problem in problems])
    return line
