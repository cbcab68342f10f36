from __future__ import annotations

from pathlib import Path

import pytest

from edgeinfer.sinks import secret
from edgeinfer.sinks.mqtt import MqttSink
from tests.brokers import Mosquitto, write_certificates


def read(path: Path) -> tuple[str, list[str]]:
    problems: list[str] = []
    return secret.read("password_file", path, problems, holds="the password"), problems


@pytest.fixture
def credentials(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working directory, and beside it systemd's folder."""
    folder, here = tmp_path / "credentials", tmp_path / "here"
    folder.mkdir()
    here.mkdir()
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(folder))
    monkeypatch.chdir(here)
    return folder


def test_a_credential_comes_before_a_file_of_its_name(credentials: Path) -> None:
    Path("mqtt-password").write_text("of the file")
    assert read(Path("mqtt-password")) == ("of the file", [])
    (credentials / "mqtt-password").write_text("of systemd\n")
    assert read(Path("mqtt-password")) == ("of systemd", [])


def test_a_credential_of_the_folder_of_secrets_goes_by_the_name_of_its_file(
    credentials: Path,
) -> None:
    (credentials / "secrets_mqtt-password").write_text("of the folder\n")
    assert read(Path("mqtt-password")) == ("of the folder", [])
    (credentials / "mqtt-password").write_text("named by itself\n")
    assert read(Path("mqtt-password")) == ("named by itself", [])


def test_a_path_is_never_looked_for_among_the_credentials(credentials: Path) -> None:
    (credentials / "password").write_text("of systemd")
    Path("password").write_text("of the file")
    assert read(Path.cwd() / "password") == ("of the file", [])
    assert read(Path("../here/password")) == ("of the file", [])
    assert secret.place(Path("../credentials/password")) == Path("../credentials/password")


def test_what_is_absent_in_both_places_is_said_by_its_own_name(credentials: Path) -> None:
    assert credentials.is_dir()
    problem = "password_file: mqtt-password: no such file or directory"
    assert read(Path("mqtt-password")) == ("", [problem])


def test_root_by_hand_has_the_secrets_of_the_unit(
    credentials: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(secret, "FOLDER", tmp_path)
    (tmp_path / "mqtt-password").write_text("of the unit\n")
    Path("mqtt-password").write_text("of the working directory\n")
    assert read(Path("mqtt-password")) == ("of the unit", [])
    (credentials / "secrets_mqtt-password").write_text("of systemd\n")
    assert read(Path("mqtt-password")) == ("of systemd", [])


def test_two_lines_are_no_secret(tmp_path: Path) -> None:
    (tmp_path / "password").write_text("one\ntwo\n")
    (problem,) = read(tmp_path / "password")[1]
    assert problem.endswith(
        "password: has more than one line; it should hold the password and nothing else"
    )


def test_a_secret_without_end_is_not_read_to_its_end() -> None:
    assert read(Path("/dev/zero"))[1] == [
        "password_file: /dev/zero: is too long; it should hold the password and nothing else"
    ]


def test_a_broker_lets_in_who_has_the_password_as_a_credential(
    credentials: Path, tmp_path: Path
) -> None:
    (credentials / "mqtt-password").write_text("open sesame\n")
    with Mosquitto(tmp_path, {"porch": "open sesame"}) as broker:
        file = Path("mqtt-password")
        MqttSink(MqttSink.Options(broker.uri, "porch", password_file=file), "porch").probe()


def test_a_broker_lets_in_who_has_the_key_as_a_credential(
    credentials: Path, tmp_path: Path
) -> None:
    with Mosquitto(tmp_path, client_certificates=True) as broker:
        assert broker.certificates
        broker.certificates.client_key.rename(credentials / "porch-key")
        options = MqttSink.Options(
            broker.uri,
            ca=broker.certificates.ca,
            certificate=broker.certificates.client,
            key=Path("porch-key"),
        )
        MqttSink(options, "porch").probe()


def test_a_key_that_is_absent_is_a_problem(tmp_path: Path) -> None:
    files = write_certificates(tmp_path)
    options = MqttSink.Options(
        "mqtts://localhost", ca=files.ca, certificate=files.client, key=Path("no-key")
    )
    with pytest.raises(ValueError, match="key: no-key: no such file"):
        MqttSink(options, "porch")
