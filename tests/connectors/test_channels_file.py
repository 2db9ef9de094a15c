"""The channels file: what it may say, what is wrong with it in sentences, and the channels that come of it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from cli import asyncapi
from connectors.secret_file import read_secret
from pipelines.dispatch.connect import connect
from pipelines.errors import ConfigError
from pipelines.topics import topic
from plan.channels import Channels, load, parse
from tests.connectors.peers import http_peer

ROOT = Path(__file__).resolve().parents[2]
WEBHOOK_SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
SECRETS = {
    "desk.secret": WEBHOOK_SECRET,
    "mqtt.secret": "mqtt-word",
    "mail.secret": "mail-word",
    "sms.secret": "sms-token",
    "ntfy.secret": "tk_abcdef",
    "wecom.secret": "abcdefgh-1234-1234-1234-abcdefabcdef",
    "dingtalk.secret": "a" * 64,
    "sign.secret": "SEC" + "b" * 40,
    "feishu.secret": "a1b2c3d4-0000-0000-0000-000000000000",
    "push.secret": "json://user:word@127.0.0.1:9/in",
}


def way(kind: str, **keys: Any) -> dict[str, Any]:
    """A sound channel of *kind*."""
    plain: dict[str, dict[str, Any]] = {
        "webhook": {"url": "https://desk.example/in", "secret_file": "desk.secret"},
        "mqtt": {"host": "broker.example", "user": "muster", "password_file": "mqtt.secret"},
        "folder": {"folder": "out"},
        "email": {"host": "mail.example", "sender": "m@s.example", "address": "d@s.example", "user": "m", "password_file": "mail.secret"},
        "sms": {"url": "https://sms.example/send", "secret_file": "sms.secret", "addresses": {"C2": "13800000000"}},
        "ntfy": {"url": "https://ntfy.example", "topic": "duty", "secret_file": "ntfy.secret"},
        "wecom": {"secret_file": "wecom.secret"},
        "dingtalk": {"secret_file": "dingtalk.secret", "sign_secret_file": "sign.secret"},
        "feishu": {"secret_file": "feishu.secret"},
        "push": {"secret_file": "push.secret", "allow_foreign": True},
    }
    return {"name": f"a-{kind}", "kind": kind, "network": "venue-lan", "takes_live": True, "takes_drills": False} | plain[kind] | keys


KINDS = ("webhook", "mqtt", "folder", "email", "sms", "ntfy", "wecom", "dingtalk", "feishu", "push")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, secret in SECRETS.items():
        (tmp_path / name).touch(0o600)
        (tmp_path / name).write_text(secret + "\n")
    return tmp_path


def written(folder: Path, *ways: dict[str, Any], **keys: Any) -> Path:
    path = folder / "channels.yaml"
    path.write_text(yaml.safe_dump({"channels": list(ways), **keys}, allow_unicode=True))
    return path


def wrong(*ways: dict[str, Any]) -> str:
    with pytest.raises(ConfigError) as caught:
        parse({"channels": list(ways)})
    return str(caught.value)


def test_every_kind_becomes_a_channel_of_its_name_network_and_flags(folder: Path) -> None:
    channels = connect(load(written(folder, *(way(kind) for kind in KINDS))))
    assert list(channels) == [f"a-{kind}" for kind in KINDS]
    for name, channel in channels.items():
        assert (channel.name, channel.network, channel.takes_live, channel.takes_drills) == (name, "venue-lan", True, False)
        channel.close()


def test_no_channel_shows_its_secret(folder: Path) -> None:
    shown = repr(connect(load(written(folder, *(way(kind) for kind in KINDS)))))
    assert not [secret for secret in SECRETS.values() if secret in shown]


@pytest.mark.parametrize(
    ("keys", "sentence"),
    [
        ({"kind": "pigeon"}, "channels[0] 'a-webhook': kind: expected one of webhook, mqtt"),
        ({"urll": "x"}, "channels[0] 'a-webhook'.urll is not a key that is known here"),
        ({"secret": "whsec_abc"}, "no secret stands in this file; put it into a file of its own"),
        ({"password": "abc"}, "no secret stands in this file"),
        ({"name": "Desk 1"}, "channels[0] 'Desk 1'.name: String should match pattern"),
        ({"takes_live": False}, "takes neither what is real nor drills"),
        ({"url": ""}, "expected url, or addresses with a URL for each recipient"),
        ({"format": "morse"}, "format: Input should be 'json' or 'cap'"),
        ({"timeouts": {"total_s": 900}}, "timeouts.total_s: Input should be less than or equal to 30"),
        ({"timeouts": {"connect_s": 4, "total_s": 3}}, "connect_s must not be more than total_s"),
        ({"url": "https://hooks.slack.com/x"}, "hooks.slack.com is a service abroad, and those are off by default; allow_foreign: true"),
        ({"addresses": {"C2": "https://NTFY.sh/x"}}, "ntfy.sh is a service abroad"),
    ],
)
def test_what_is_wrong_is_said_with_its_place(keys: dict[str, Any], sentence: str) -> None:
    assert sentence in wrong(way("webhook") | keys)


def test_a_secret_in_the_wrong_place_is_not_repeated() -> None:
    said = wrong(way("webhook") | {"secret": "whsec_abc", "url": 7, "token": "very-secret", "timeouts": "very-secret"})
    assert "whsec_abc" not in said
    assert "very-secret" not in said


def test_what_is_no_yaml_is_not_repeated_either(folder: Path) -> None:
    (folder / "channels.yaml").write_text("channels: [\npassword: {very-secret")
    with pytest.raises(ConfigError, match=r"is not YAML \(line 2\)") as caught:
        load(folder / "channels.yaml")
    assert "very-secret" not in str(caught.value)


@pytest.mark.parametrize("kind", KINDS)
def test_what_a_channel_must_say_is_missed(kind: str) -> None:
    for key in ("name", "network", "takes_live", "takes_drills"):
        plain = way(kind)
        del plain[key]
        assert f"{key} is missing" in wrong(plain)


def test_a_name_is_there_once() -> None:
    assert "the name 'a-folder' is there twice" in wrong(way("folder"), way("folder"))


@pytest.mark.parametrize(
    ("kind", "keys"),
    [("ntfy", {"url": "https://ntfy.sh"}), ("email", {"host": "smtp.gmail.com"}), ("push", {"allow_foreign": False})],
)
def test_services_abroad_are_off_unless_the_channel_says_so(kind: str, keys: dict[str, Any]) -> None:
    assert "off by default" in wrong(way(kind, **keys))
    assert parse({"channels": [way(kind, **(keys | {"allow_foreign": True}))]}).channels


def test_a_file_that_is_none_is_a_sentence(folder: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be read: No such file"):
        load(folder / "nowhere.yaml")
    for plain in (None, [], "x", {}, {"channels": []}):
        with pytest.raises(ConfigError, match="channels file: "):
            parse(plain)


@pytest.mark.parametrize(
    ("kind", "keys", "sentence"),
    [
        ("webhook", {"url": "http://desk.example/"}, "expected https; http is for this machine alone"),
        ("webhook", {"secret_file": "nowhere"}, "secret file nowhere: cannot be read: No such file"),
        ("webhook", {"secret_file": "mqtt.secret"}, "its secret is expected to be 'whsec_'"),
        ("mqtt", {"tls": False}, "tls: false is for a broker on this machine alone"),
        ("mqtt", {"topic": "muster/alerts"}, "expected {mode} in it, or a drill would look like the event"),
        ("mqtt", {"topic": "{mode}/{password}"}, "'password' is none of mode, status"),
        ("mqtt", {"topic": "{mode.__class__}"}, "'mode.__class__' is none of"),
        ("mqtt", {"topic": "{mode}/#"}, "expected no '+', '#'"),
        ("mqtt", {"topic": "{mode"}, "its braces do not match"),
        ("email", {"security": "none"}, "security: none is for a mail server on this machine alone"),
        ("sms", {"url": "http://sms.example/"}, "expected https"),
        ("dingtalk", {"secret_file": "mail.secret"}, "has not the form of one"),
        ("push", {"secret_file": "mail.secret"}, "has not the form of one"),
    ],
)
def test_what_only_the_making_can_tell_is_said_before_anything_is_dialled(
    folder: Path, kind: str, keys: dict[str, Any], sentence: str
) -> None:
    with pytest.raises(ConfigError) as caught:
        connect(load(written(folder, way(kind, **keys))))
    assert f"channel 'a-{kind}': " in str(caught.value)
    assert sentence in str(caught.value)
    assert not [secret for secret in SECRETS.values() if secret in str(caught.value)]


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o644, 0o700 | 0o010])
def test_a_secret_that_others_can_read_is_refused(folder: Path, mode: int) -> None:
    (folder / "desk.secret").chmod(mode)
    with pytest.raises(ConfigError, match="readable by its owner alone"):
        connect(load(written(folder, way("webhook"))))


def test_a_secret_is_the_first_line_of_a_file(folder: Path) -> None:
    path = folder / "one"
    path.touch(0o600)
    path.write_text("  word  \nanother\n")
    assert read_secret(path) == "word"
    path.write_text("\nword")
    with pytest.raises(ConfigError, match="its first line is empty"):
        read_secret(path)
    path.write_bytes(b"\xff")
    with pytest.raises(ConfigError, match="UTF-8"):
        read_secret(path)
    with pytest.raises(ConfigError, match="expected a plain file"):
        read_secret(folder)


def test_a_sender_that_cap_forbids_is_said() -> None:
    with pytest.raises(ConfigError, match="sender: String should match"):
        parse({"sender": "a b", "channels": [way("folder")]})


# -- commands -------------------------------------------------------------------------------------------------------


def muster(*words: str) -> subprocess.CompletedProcess[str]:
    environment = {key: value for key, value in os.environ.items() if not key.startswith("MUSTER_")}
    return subprocess.run(
        [sys.executable, "-m", "cli", *words], cwd=ROOT, env=environment, capture_output=True, text=True, timeout=120, check=False
    )


def test_check_says_what_each_channel_may_carry(folder: Path) -> None:
    ran = muster("channels", "check", str(written(folder, way("webhook"), way("folder", takes_drills=True, network="disk"))))
    assert ran.returncode == 0, ran.stderr
    assert "2 channels over 2 networks" in ran.stderr
    assert "takes live and drills" in ran.stderr
    (folder / "desk.secret").chmod(0o644)
    ran = muster("channels", "check", str(folder / "channels.yaml"))
    assert ran.returncode == 1
    assert "readable by its owner alone" in ran.stderr


def test_test_sends_one_message_marked_as_a_test_and_never_a_live_one(folder: Path) -> None:
    with http_peer() as peer:
        path = written(folder, way("webhook", url=peer.url, takes_drills=True), way("folder"))
        ran = muster("channels", "test", str(path), "a-webhook", "--to", "C2")
        assert ran.returncode == 0, ran.stderr
        (got,) = peer.requests
        sent = json.loads(got.body)
        assert (sent["status"], sent["mark"], sent["mode"]) == ("test", "TEST 测试", "drill-channel-test")
        assert sent["texts"]["zh"]["radio"].startswith("TEST 测试")
        assert json.loads(ran.stdout)["receipt"] == "http 200"
        assert WEBHOOK_SECRET not in ran.stdout + ran.stderr
        peer.status = 503
        assert muster("channels", "test", str(path), "a-webhook").returncode == 3
        peer.status = 404
        assert muster("channels", "test", str(path), "a-webhook").returncode == 1
    ran = muster("channels", "test", str(path), "a-folder")
    assert ran.returncode == 1
    assert "takes what is real only" in ran.stderr
    assert muster("channels", "test", str(path), "nobody").returncode == 2


# -- the topics for systems outside ---------------------------------------------------------------------------------


def test_the_committed_asyncapi_is_the_one_that_the_schemas_give() -> None:
    assert (ROOT / "schemas" / "asyncapi.yaml").read_text(encoding="utf-8") == asyncapi.as_yaml()


def test_every_topic_for_outside_is_there_with_its_schema_and_direction() -> None:
    document = yaml.safe_load(asyncapi.as_yaml())
    ids = json.loads((ROOT / "schemas" / "avro" / "ids.json").read_text())
    for thing in (*asyncapi.SENDS, *asyncapi.TAKES):
        name = thing.replace(".", "_")
        assert document["channels"][name]["address"] == topic(thing).name("{mode}")
        sent = document["components"]["messages"][name]
        entry = ids[f"{thing}.v1-value"]
        assert sent["x-schema-id"] == entry["id"]
        assert sent["payload"]["schema"] == json.loads((ROOT / "schemas" / "avro" / entry["schema"]).read_text())
    actions = {name: operation["action"] for name, operation in document["operations"].items()}
    assert actions == {
        **{f"send_{thing.replace('.', '_')}": "send" for thing in asyncapi.SENDS},
        **{f"take_{thing.replace('.', '_')}": "receive" for thing in asyncapi.TAKES},
    }


def test_every_key_of_the_channels_file_is_documented() -> None:
    from plan import channels as module
    from plan.part import Part

    text = (ROOT / "docs" / "channels.md").read_text(encoding="utf-8")
    kinds = [kind for kind in vars(module).values() if isinstance(kind, type) and issubclass(kind, Part) and kind is not Part]
    assert Channels in kinds
    missing = sorted({key for kind in kinds for key in kind.model_fields if f"`{key}`" not in text})
    assert missing == []


def test_the_example_in_the_documents_is_a_sound_file(folder: Path) -> None:
    text = (ROOT / "docs" / "channels.md").read_text(encoding="utf-8")
    example = text.partition("```yaml\n")[2].partition("```")[0]
    channels = parse(yaml.safe_load(example), folder=folder)
    assert {way.kind for way in channels.channels} == set(KINDS) - {"push"}


def test_a_key_of_the_wrong_form_is_in_no_output(folder: Path) -> None:
    (folder / "dingtalk.secret").write_text("my-Very-secret-key!")
    ran = muster("channels", "check", str(written(folder, way("dingtalk"))))
    assert ran.returncode == 1
    assert "Very-secret" not in ran.stdout + ran.stderr
