"""Orders over HTTP."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from pipelines.events import OrderChange, OrderCommand
from plan.load import load
from tests.command.show import Made
from tests.command.test_api import ask

MODE = "drill-test"
GIVEN: dict[str, Any] = {
    "mode": MODE,
    "kind": "hold_upstream",
    "place": "gate-c-queue",
    "recipient": "C2",
    "actor": "S1",
    "actor_role": "shift leader",
}


@pytest.fixture
def source() -> Made:
    made = Made({MODE: load(Path(__file__).resolve().parents[2] / "plan" / "examples" / "stadium.yaml")})
    for number, state in ((1, "issued"), (2, "delivered")):
        made.pictures[MODE].apply("orders.changes", change(number, state), 0)
    return made


def change(number: int, state: str) -> OrderChange:
    return OrderChange(
        order_id="o1",
        alert_id="",
        mode=MODE,
        number=number,
        state=state,
        kind="stop_show",
        place="field",
        recipient="P4",
        text_en="stop",
        text_zh="停演",
        issued_by="S1",
        issued_role="shift leader",
        actor="S1",
        actor_role="shift leader",
        at_us=number,
        due_us=9,
        effect="",
        effect_due_us=0,
        reason="",
        plan="h",
    )


def test_an_order_goes_to_dispatch_with_its_person_and_time(source: Made) -> None:
    answer = ask(source, "POST", "/api/orders", json=GIVEN)
    ((mode, sent),) = source.sent
    assert (answer.status_code, mode) == (202, MODE)
    assert isinstance(sent, OrderCommand)
    assert (sent.command_id, sent.action, sent.actor, sent.received_us) == (answer.json()["command_id"], "issue", "S1", source.now_us())


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({"kind": "dance"}, 422),
        ({"place": "moon"}, 422),
        ({"recipient": "X9"}, 422),
        ({"kind": "stop_show"}, 403),
        ({"actor": "M1", "actor_role": "monitor"}, 403),
        ({"alert_id": "0a"}, 404),
        ({"mode": "live"}, 404),
        ({"unknown": 1}, 422),
        ({"kind": "free", "text_en": "explosion", "text_zh": "快"}, 403),
    ],
)
def test_an_order_that_must_not_be_given_is_refused_with_a_sentence(source: Made, fields: dict[str, Any], status: int) -> None:
    answer = ask(source, "POST", "/api/orders", json=GIVEN | fields)
    assert answer.status_code == status
    assert source.sent == []


def test_what_somebody_reports_of_an_order_goes_to_dispatch(source: Made) -> None:
    body = {"mode": MODE, "action": "accept", "actor": "P4", "actor_role": "patrol, bowl"}
    assert ask(source, "POST", "/api/orders/o1/commands", json=body).status_code == 202
    assert [(row.order_id, row.action) for _, row in source.sent] == [("o1", "accept")]
    assert ask(source, "POST", "/api/orders/gone/commands", json=body).status_code == 404
    assert ask(source, "POST", "/api/orders/o1/commands", json=body | {"action": "dance"}).status_code == 422
    assert ask(source, "POST", "/api/orders/o1/commands", json=body | {"actor": " "}).status_code == 422
    assert ask(source, "POST", "/api/orders/o1/commands", json=body | {"action": "approve"}).status_code == 403


def test_all_orders_are_listed_with_who_did_what_and_when(source: Made) -> None:
    source.pictures[MODE].apply("orders.changes", change(1, "issued"), 0)
    (order,) = ask(source, "GET", f"/api/orders?mode={MODE}").json()
    assert (order["state"], order["recipient"]) == ("delivered", "P4")
    assert [(step["state"], step["at_us"], step["actor"]) for step in order["steps"]] == [("issued", 1, "S1"), ("delivered", 2, "S1")]
    assert ask(source, "GET", "/api/orders?mode=live").status_code == 404
