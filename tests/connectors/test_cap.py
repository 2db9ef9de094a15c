"""CAP 1.2: what each message becomes, and that it holds against the schema whatever is in it."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st
from xmlschema import XMLResource, XMLSchema10

from connectors.cap.build import NAMESPACE, build, cap_time, identifier, to_xml
from connectors.cap.checked import cap_format, check_xml
from pipelines.errors import ConfigError, RefusedError
from pipelines.levels import LEVELS
from pipelines.messages import Message, Texts
from tests.connectors.messages import ALERT_ID, SENT_US, change, message, order

ROOT = Path(__file__).resolve().parents[2]
SENDER = "muster@stadium.example"
CAP = cap_format(sender=SENDER, expires_s=600)
# The schema that OASIS publishes is not part of this project; where somebody has put it beside the footage, it is asked too.
OASIS = Path(os.environ.get("MUSTER_DATA", ROOT / "shared" / "data")) / "CAP-v1.2.xsd"


def tree(sent: Message) -> ET.Element:
    """As a reader of another house would parse it, after the check that refuses entities."""
    xml = CAP.encode(sent)
    check_xml(xml)
    return ET.fromstring(xml)


def said(element: ET.Element, path: str) -> list[str | None]:
    return [found.text for found in element.findall("/".join(f"{{{NAMESPACE}}}{step}" for step in path.split("/")))]


def one(sent: Message, path: str) -> str | None:
    return said(tree(sent), path)[0]


@pytest.mark.parametrize(("mode", "status"), [("live", "Actual"), ("drill-t1", "Exercise"), ("drill-channel-test", "Test")])
def test_the_status_says_whether_to_act(mode: str, status: str) -> None:
    assert one(message(mode), "status") == status


def test_every_text_of_an_exercise_says_so_and_none_of_a_live_one() -> None:
    for path in ("note", "info/event", "info/headline", "info/description", "info/instruction"):
        texts = said(tree(message()), path)
        assert texts
        assert all(text is not None and text.startswith("EXERCISE 演练") for text in texts)
        assert not [text for text in said(tree(message("live")), path) if text and "演练" in text]


@pytest.mark.parametrize(("kind", "expected"), [("alert", "Update"), ("update", "Update"), ("cancel", "Cancel"), ("order", "Update")])
def test_the_type_and_the_references_say_what_came_before(kind: str, expected: str) -> None:
    earlier = ((f"drill-t1:{ALERT_ID}:condition:1:C2", SENT_US - 60_000_000), ("other id,1", SENT_US - 30_000_000))
    sent = message(kind=kind, references=earlier)
    assert one(sent, "msgType") == expected
    assert one(sent, "references") == (
        f"{SENDER},drill-t1:{ALERT_ID}:condition:1:C2,2026-01-01T11:59:00-00:00 {SENDER},drill-t1:other%20id%2C1,2026-01-01T11:59:30-00:00"
    )


@pytest.mark.parametrize("kind", ["alert", "update", "cancel", "order"])
def test_what_refers_to_nothing_is_an_alert_of_its_own(kind: str) -> None:
    assert one(message(kind=kind), "msgType") == "Alert"
    assert said(tree(message(kind=kind)), "references") == []


def test_a_reference_is_the_triple_under_which_the_earlier_message_went() -> None:
    first = message()
    later = message(kind="cancel", message_id="drill-t1:x:2", references=((first.message_id, first.sent_us),))
    parts = tree(first)
    assert one(later, "references") == ",".join(str(said(parts, path)[0]) for path in ("sender", "identifier", "sent"))


def test_there_is_one_info_for_each_language() -> None:
    assert said(tree(message()), "info/language") == ["zh-CN", "en"]
    assert said(tree(message(texts={"en": Texts(radio="r", screen="s")})), "info/language") == ["en"]


@pytest.mark.parametrize(
    ("level", "severity", "urgency"),
    [
        ("watch", "Minor", "Future"),
        ("caution", "Moderate", "Expected"),
        ("warning", "Severe", "Expected"),
        ("critical", "Extreme", "Immediate"),
        ("act_now", "Extreme", "Immediate"),
    ],
)
def test_a_level_is_a_severity_and_an_urgency(level: str, severity: str, urgency: str) -> None:
    sent = message(change=change(level=level))
    assert (one(sent, "info/severity"), one(sent, "info/urgency")) == (severity, urgency)


def test_every_level_of_the_plan_has_its_severity() -> None:
    assert all(one(message(change=change(level=level)), "info/severity") != "Unknown" for level in LEVELS)


@pytest.mark.parametrize(
    ("fields", "certainty", "response"),
    [
        ({}, "Observed", "Execute"),
        ({"priority": "P2"}, "Observed", "Monitor"),
        ({"verified": False}, "Possible", "Assess"),
        ({"verified": False, "verdict": "real"}, "Observed", "Execute"),
        ({"verdict": "false"}, "Unlikely", "Execute"),
        ({"rule": "time_to_act"}, "Likely", "Execute"),
        ({"condition": "cleared"}, "Observed", "AllClear"),
    ],
)
def test_certainty_and_response_go_by_evidence(fields: dict[str, Any], certainty: str, response: str) -> None:
    sent = message(change=change(**fields))
    assert (one(sent, "info/certainty"), one(sent, "info/responseType")) == (certainty, response)


@pytest.mark.parametrize(
    ("rule", "categories"),
    [
        ("fire", ["Fire", "Safety"]),
        ("wrong_way", ["Transport", "Safety"]),
        ("camera_health", ["Infra", "Safety"]),
        ("crowd_density", ["Safety"]),
        ("a_rule_of_tomorrow", ["Safety"]),
    ],
)
def test_a_rule_belongs_to_a_category(rule: str, categories: list[str]) -> None:
    sent = message(change=change(rule=rule), texts={"en": Texts(radio="r", screen="s")})
    assert said(tree(sent), "info/category") == categories


def test_what_is_over_is_past_and_all_clear() -> None:
    sent = message(kind="cancel", references=(("x", SENT_US),))
    assert (one(sent, "info/urgency"), one(sent, "info/responseType")) == ("Past", "AllClear")


def test_an_outline_is_latitude_longitude_and_closed() -> None:
    closed = "31.000000,121.000000 31.000000,121.001000 31.001000,121.001000 31.000000,121.000000"
    assert one(message(), "info/area/polygon") == closed
    assert one(message(polygon=message().polygon[:-1]), "info/area/polygon") == closed
    assert said(tree(message(polygon=())), "info/area/polygon") == []
    assert said(tree(message()), "info/area/areaDesc") == ["C口排队区", "Gate C queue"]


def test_times_are_whole_seconds_with_an_offset() -> None:
    assert cap_time(SENT_US) == one(message(), "sent") == "2026-01-01T12:00:00-00:00"
    assert one(message(), "info/expires") == "2026-01-01T12:10:00-00:00"


def test_it_is_private_to_its_recipient_and_names_the_incident() -> None:
    assert (one(message(), "scope"), one(message(), "addresses")) == ("Private", '"C2 gate C sector lead"')
    assert one(message(), "incidents") == f"drill-t1:{ALERT_ID}"


def test_an_order_without_an_alert_is_a_message_too() -> None:
    sent = message(kind="order", change=None, order=order())
    assert (one(sent, "info/responseType"), one(sent, "info/severity"), one(sent, "info/urgency")) == ("Execute", "Unknown", "Immediate")
    assert "issued" in said(tree(sent), "info/parameter/value")


def test_the_identifier_is_the_outward_id_without_forbidden_characters() -> None:
    assert identifier(f"live:{ALERT_ID}:condition:1", "live") == f"live:{ALERT_ID}:condition:1"
    assert identifier("m-1", "drill-t1") == "drill-t1:m-1"
    hostile = ["a b", "a,b", "a<b", "a&b", "a%20b", "a\u202eb", "甲", "a\x00b"]
    made = [identifier(text, "live") for text in hostile]
    assert len(set(made)) == len(hostile)
    assert not [text for text in made if re.search(r"[\s,<&]|[^!-~]", text)]


def test_a_number_that_is_a_lower_bound_has_its_sign() -> None:
    for least, expected in ((True, "≥ 3.25 p/m2"), (False, "3.25 p/m2")):
        sent = message(change=change(value=3.25, unit="p/m2", at_least=least))
        assert expected in said(tree(sent), "info/parameter/value")


@given(text=st.text(max_size=300), name=st.text(max_size=200), message_id=st.text(min_size=1, max_size=60))
def test_whatever_is_in_a_text_the_message_holds_and_says_it_as_text(text: str, name: str, message_id: str) -> None:
    sent = message(
        message_id=message_id,
        recipient=name,
        texts={"en": Texts(radio=text, screen=text)},
        place_name={"en": name},
        change=change(place=name, unit=text, rule=text),
    )
    xml = CAP.encode(sent)
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ufffe\uffff]", xml.decode())
    assert {element.tag.removeprefix(f"{{{NAMESPACE}}}") for element in ET.fromstring(xml).iter()} <= {
        *("alert", "identifier", "sender", "sent", "status", "msgType", "source", "scope", "addresses", "note", "incidents", "info"),
        *("language", "category", "event", "responseType", "urgency", "severity", "certainty", "eventCode", "effective", "onset"),
        *("expires", "senderName", "headline", "description", "instruction", "parameter", "area", "areaDesc", "polygon"),
        *("valueName", "value"),
    }


@pytest.mark.parametrize(
    "xml",
    [
        b'<!DOCTYPE alert [<!ENTITY a "b">]><alert xmlns="urn:oasis:names:tc:emergency:cap:1.2">&a;</alert>',
        b'<!DOCTYPE alert SYSTEM "file:///etc/hostname"><alert xmlns="urn:oasis:names:tc:emergency:cap:1.2"/>',
        b'<alert xmlns="urn:oasis:names:tc:emergency:cap:1.2"/>',
        b"<alert/>",
        b"alert",
        b"\xff\xfe",
        b"",
        b"<",
    ],
)
def test_what_is_no_cap_message_is_refused_with_a_sentence(xml: bytes) -> None:
    with pytest.raises(RefusedError, match="CAP: "):
        check_xml(xml)


@pytest.mark.parametrize("sender", ["", "a b", "a,b", "a<b", "a&b"])
def test_a_sender_that_cap_forbids_is_refused(sender: str) -> None:
    with pytest.raises(ConfigError, match="sender"):
        cap_format(sender=sender)


def test_the_same_message_gives_the_same_bytes() -> None:
    assert to_xml(build(message(), sender=SENDER, expires_s=600)) == CAP.encode(message()) == CAP.encode(message())


def test_the_classes_are_those_that_the_schema_gives(tmp_path: Path) -> None:
    program = Path(sys.executable).with_name("xsdata")
    command = [program, "generate", "cap-1.2.xsd", "--package", "connectors.cap.classes", "--structure-style", "single-package"]
    (tmp_path / "cap-1.2.xsd").write_bytes((ROOT / "schemas" / "cap" / "cap-1.2.xsd").read_bytes())
    environment = os.environ | {"PATH": f"{program.parent}:{os.environ['PATH']}"}
    subprocess.run(
        [*command, "--slots", "--relative-imports", "--max-line-length", "140"],
        cwd=tmp_path,
        env=environment,
        check=True,
        capture_output=True,
    )
    made = (tmp_path / "connectors" / "cap" / "classes.py").read_text()
    assert made == (ROOT / "connectors" / "cap" / "classes.py").read_text()


@pytest.mark.skipif(
    not OASIS.exists(), reason="the schema of OASIS is not part of the project: put CAP-v1.2.xsd into MUSTER_DATA to ask it"
)
@pytest.mark.parametrize("kind", ["alert", "update", "cancel", "order"])
def test_the_schema_of_oasis_agrees(kind: str) -> None:
    schema = XMLSchema10(str(OASIS))
    for mode in ("live", "drill-t1", "drill-channel-test"):
        for references in ((), (("x y", SENT_US),)):
            sent = message(mode, kind=kind, references=references, recipient='a "b" <c>', order=order(mode=mode))
            schema.validate(XMLResource(CAP.encode(sent).decode(), defuse="always", allow="none"))
