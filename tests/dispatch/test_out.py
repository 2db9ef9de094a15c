"""An alert that is real leaves by a channels file: a signed webhook with CAP, a receipt for each, and a Cancel when it was false."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest
import xmlschema
import yaml
from standardwebhooks.webhooks import Webhook

from connectors.kafka import Sender, Tail, producer
from pipelines.dispatch.app import build
from pipelines.events import DispatchReceipt
from pipelines.settings import Settings
from tests.brokers import ROOT, kafka_alone
from tests.connectors.peers import http_peer
from tests.dispatch.town import change

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
CAP = xmlschema.XMLSchema(ROOT / "schemas" / "cap" / "cap-1.2.xsd")
SPACE = "{urn:oasis:names:tc:emergency:cap:1.2}"


def settings_of(folder: Path, kafka: str, url: str, mode: str) -> Settings:
    """A plan with its frame on the earth and two bearers a post, and the channels file that carries them."""
    plain = yaml.safe_load((ROOT / "plan" / "examples" / "stadium.yaml").read_text(encoding="utf-8"))
    plain["georeference"] = {"crs": "WGS-84", "latitude_deg": 22.5, "longitude_deg": 113.9, "bearing_deg": 12.0}
    (folder / "plan.yaml").write_text(yaml.safe_dump(plain, allow_unicode=True))
    secret = folder / "secret"
    secret.write_text(SECRET)
    secret.chmod(0o600)
    ways = [
        {"name": row["channel"], "kind": "webhook", "network": row["network"], "takes_live": True, "takes_drills": False, "format": "cap"}
        | {"url": url, "secret_file": "secret"}
        for row in plain["duty"]["channels"]
    ]
    (folder / "channels.yaml").write_text(yaml.safe_dump({"sender": "muster@stadium.example", "expires_s": 3600, "channels": ways}))
    return Settings(mode=mode, kafka=kafka, plan=folder / "plan.yaml", run=folder, channels=folder / "channels.yaml")


def receipts(kafka: str, mode: str) -> list[DispatchReceipt]:
    tail = Tail(kafka, mode=mode, things=("dispatch.receipts",))
    found = [row.record for row in tail.read_to_end()]
    tail.close()
    return found


def turned(dispatch: Any, seconds: float) -> None:
    until_s = time.monotonic() + seconds
    while time.monotonic() < until_s:
        dispatch.turn()


@pytest.mark.stack
def test_a_real_alarm_goes_out_signed_as_cap_with_receipts_and_is_cancelled_when_it_was_false(tmp_path: Path) -> None:
    (tmp_path / "home").mkdir()
    with kafka_alone(tmp_path / "home", "live", "drill-x") as kafka, http_peer() as peer:
        settings = settings_of(tmp_path, kafka, peer.url, "live")
        sender = Sender(producer(kafka, linger_ms=0), "live")
        fire = {"rule": "fire", "level": "critical", "priority": "P1"}
        raised = change(mode="live", place="hall-2", **fire)
        sender.send("alerts.changes", raised)
        sender.send("alerts.changes", change(mode="drill-x", place="hall-1", alert_id="e" * 32, **fire))
        sender.flush()
        dispatch = build(settings)
        turned(dispatch, 3)
        false = change(
            mode="live", rule="fire", place="hall-2", level="critical", priority="P1", axis="work", work="in_progress", verdict="false"
        )
        sender.send("alerts.changes", false)
        sender.flush()
        turned(dispatch, 3)
        dispatch.close()
        told = receipts(kafka, "live")
        letters = Tail(kafka, mode="live", things=("deadletter.stages",))
        refused = [row.record.reason for row in letters.read_to_end()]
        letters.close()
    documents = []
    for request in peer.requests:
        Webhook(SECRET).verify(request.body, request.headers, json_parse=False)
        CAP.validate(request.body.decode())
        documents.append(xmlschema.XMLResource(request.body.decode()).root)
    kinds = [row.findtext(f"{SPACE}msgType") for row in documents]
    assert {row.findtext(f"{SPACE}status") for row in documents} == {"Actual"}
    assert "Alert" in kinds
    assert kinds[-1] == "Cancel"
    assert documents[-1].findtext(f"{SPACE}references")
    assert all(
        row.find(f"{SPACE}info/{SPACE}area/{SPACE}polygon") is not None for row in documents if row.findtext(f"{SPACE}msgType") == "Alert"
    )
    first = {row.recipient for row in told if row.axis == "condition" and row.state == "delivered"}
    assert {"S1", "F1", "P3"} <= first
    assert [row.state for row in told if row.state in ("refused", "failed", "escalated")] == []
    assert len(refused) == 1
    assert "drill-x" in refused[0]
