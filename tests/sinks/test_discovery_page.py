"""docs/home-assistant.md names entities that there are, and messages.md the keys of every state."""

from __future__ import annotations

import re
import tomllib

from edgeinfer import plugins
from edgeinfer.core.about import About, AboutRule
from edgeinfer.core.contracts import ShowingRule
from edgeinfer.sinks.discovery import Offers, document
from edgeinfer.sinks.topics import Topics
from tests.conftest import ROOT

PAGE = (ROOT / "docs/home-assistant.md").read_text(encoding="utf-8")
MESSAGES = (ROOT / "docs/messages.md").read_text(encoding="utf-8")
NEEDED = {"crossing": {"line": ((0.5, 0.0), (0.5, 1.0))}}


def rule(type_: str, name: str) -> ShowingRule:
    found = plugins.find("rule", type_)
    made = found(name, found.Options(**NEEDED.get(type_, {})))
    assert isinstance(made, ShowingRule)
    return made


def test_the_entities_of_the_page_are_those_of_its_configuration() -> None:
    (block,) = re.findall(r"```toml\n(.*?)```", PAGE, re.DOTALL)
    table = tomllib.loads(block)
    rules = [rule(one["type"], one["name"]) for one in table["rule"]]
    about = About("0.1.0", "echo", tuple(AboutRule(r.name, r.shows, r.kinds) for r in rules))
    readings = frozenset({"temperature_c", "under_voltage", "throttled"})
    topics = Topics("edgeinfer", table["device"]["name"])
    there = document(topics, about, Offers(commands=True, snapshots=True), readings)
    entities = {one["default_entity_id"] for one in there["components"].values()}
    named = set(re.findall(r"\b[a-z_]+\.porch_[a-z0-9_]+", PAGE))
    assert named - entities == set()
    others = {"event.porch_bay_3_event", "image.porch_bay_3_picture"}  # as those of the train
    assert entities - named == others


def test_the_page_on_messages_names_every_key_of_every_rule() -> None:
    lines = re.findall(r"^\| `(\w+)` \| (.*) \|$", MESSAGES.partition("## State")[2], re.MULTILINE)
    said = {name: keys for name, keys in lines if name in plugins.names("rule")}
    assert said.keys() == set(plugins.names("rule"))
    for name, keys in said.items():
        assert {key for key in rule(name, "x").shows if f"`{key}`" not in keys} == set()
