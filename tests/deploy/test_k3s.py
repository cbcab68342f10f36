from __future__ import annotations

import contextlib
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

from edgeinfer import assembly
from edgeinfer.sections import Config
from edgeinfer.sinks.dashboard import password
from tests.conftest import ROOT
from tests.deploy.tools import quiet, tool

FOLDER = ROOT / "deploy/k3s"
MANIFESTS = [FOLDER / "edgeinfer/daemonset.yaml", FOLDER / "devices.yaml"]
Document = dict[str, Any]


def documents(path: Path) -> list[Document]:
    return list(yaml.safe_load_all(path.read_text()))


@pytest.fixture
def daemonset() -> Document:
    return next(one for one in documents(MANIFESTS[0]) if one["kind"] == "DaemonSet")


@pytest.fixture
def coral(daemonset: Document) -> Document:
    """As kustomize patches it, by the library for the same standard, RFC 6902."""
    jsonpatch = pytest.importorskip("jsonpatch", reason="pip install -e .[deploy]")
    patch = yaml.safe_load((FOLDER / "coral/kustomization.yaml").read_text())["patches"][0]["patch"]
    patched: Document = jsonpatch.apply_patch(daemonset, yaml.safe_load(patch))
    return patched


def container(document: Document) -> Document:
    first: Document = document["spec"]["template"]["spec"]["containers"][0]
    return first


def validate(*paths: Path) -> None:
    validator = tool("kubernetes-validate", "pip install -e .[deploy]")
    for version in ("1.30.0", "1.33.0"):
        quiet(validator, "--strict", "--kubernetes-version", version, *paths)


def test_every_manifest_keeps_to_the_published_schemas() -> None:
    validate(*MANIFESTS)


def test_the_one_with_a_coral_does_too(coral: Document, tmp_path: Path) -> None:
    (tmp_path / "coral.yaml").write_text(yaml.safe_dump(coral))
    validate(tmp_path / "coral.yaml")


def test_every_resource_of_a_kustomization_is_there() -> None:
    for path in FOLDER.rglob("kustomization.yaml"):
        for resource in documents(path)[0]["resources"]:
            assert (path.parent / resource).exists(), f"{path}: {resource}"


def test_a_node_without_a_camera_is_left_alone(daemonset: Document) -> None:
    assert daemonset["spec"]["template"]["spec"]["nodeSelector"]["edgeinfer/camera"] == "true"


def test_each_device_has_the_name_of_its_node(daemonset: Document) -> None:
    args = container(daemonset)["args"]
    assert args[-2:] == ["--device", "$(NODE)"]
    assert container(daemonset)["env"][0]["valueFrom"]["fieldRef"]["fieldPath"] == "spec.nodeName"


def test_a_coral_is_a_resource_of_its_node(coral: Document) -> None:
    assert container(coral)["resources"]["limits"]["devic.es/coral"] == 1
    assert coral["spec"]["template"]["spec"]["nodeSelector"]["edgeinfer/coral"] == "true"


def test_what_is_asked_for_is_what_the_plugin_gives(coral: Document) -> None:
    plugin = container(documents(FOLDER / "devices.yaml")[0])
    given = {yaml.safe_load(word)["name"] for word in plugin["args"] if word.startswith("{")}
    asked = container(coral)["resources"]["limits"]
    assert {f"devic.es/{name}" for name in given} == set(asked) - {"memory"}


def test_the_container_has_no_right_that_it_does_not_need(daemonset: Document) -> None:
    context = container(daemonset)["securityContext"]
    assert context["runAsNonRoot"]
    assert context["readOnlyRootFilesystem"]
    assert not context["allowPrivilegeEscalation"]
    assert context["capabilities"] == {"drop": ["ALL"]}


@pytest.mark.parametrize(
    ("probe", "path", "sink_type"),
    [
        ("startupProbe", "/healthz", "dashboard"),
        ("readinessProbe", "/healthz", "dashboard"),
        ("livenessProbe", "/metrics", "metrics"),
    ],
)
def test_the_probes_ask_where_the_configuration_answers(
    daemonset: Document, settings: Config, probe: str, path: str, sink_type: str
) -> None:
    ask = container(daemonset)[probe]["httpGet"]
    ports = {port["name"]: port["containerPort"] for port in container(daemonset)["ports"]}
    options: Any = next(sink.options for sink in settings.sinks if sink.type == sink_type)
    assert (ask["path"], ports[ask["port"]]) == (path, options.port)
    assert options.address == "0.0.0.0"


def configuration() -> Document:
    config_map = next(one for one in documents(MANIFESTS[0]) if one["kind"] == "ConfigMap")
    return tomllib.loads(config_map["data"]["edgeinfer.toml"])


@pytest.fixture
def settings(tmp_path: Path) -> Config:
    """With the files of the secret beside it."""
    (tmp_path / "mqtt-password").write_text("secret\n")
    (tmp_path / "dashboard-password").write_text(f"{password.hashed('a-password-of-ours')}\n")
    with contextlib.chdir(tmp_path):
        return assembly.configure(configuration())


def test_its_configuration_is_valid(settings: Config) -> None:
    assert settings.limits.max_temp_c == 75
