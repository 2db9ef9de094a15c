"""Alert rules for the platform's health, and whom Grafana tells of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from connectors.grafana import difference
from connectors.grafana.client import Grafana
from connectors.grafana.outcome import Did, Outcome
from connectors.grafana.platform_rules import GROUP, INTERVAL_S, LABEL, RULES, Rule, model_of
from connectors.grafana.wanted import Contacts, Policy, secrets_of
from pipelines.errors import MusterError, TransientError

_MATCHER: Final = ["muster", "=", LABEL]
_FROM_FILE: Final = "comes from a file on Grafana's server, and is changed there"


def ensure_rules(grafana: Grafana, *, folder_uid: str, dry_run: bool) -> Iterator[Outcome]:
    """Each rule, and how often they are asked. Rules that others made, in this folder too, stay as they are."""
    from_file = False
    for rule in RULES:
        try:
            outcome = _rule(grafana, rule, folder_uid=folder_uid, dry_run=dry_run)
        except TransientError:
            raise
        except MusterError as error:
            outcome = Outcome(step="rules", thing=rule.title, did=Did.FAILED, sentence=str(error))
        from_file = from_file or outcome.sentence == _FROM_FILE
        yield outcome
    if not from_file:
        yield _interval(grafana, folder_uid, dry_run=dry_run)


def _rule(grafana: Grafana, rule: Rule, *, folder_uid: str, dry_run: bool) -> Outcome:
    thing = f"rule '{rule.title}'"
    model = model_of(rule, folder_uid=folder_uid)
    found = grafana.find(thing, lambda api: api.alertingprovisioning.get_alertrule(rule.uid))
    if found is None:
        if not dry_run:
            grafana.ask(thing, lambda api: api.alertingprovisioning.create_alertrule(model))
        return Outcome(step="rules", thing=rule.title, did=Did.MADE)
    from_file = found.get("provenance") == "file"
    # A file makes the folder by its title, so there the uid is the server's.
    ours = {key: value for key, value in model.items() if key != "folderUID"} if from_file else model
    apart = difference.lines(found, ours, more=False)
    if from_file:
        return Outcome(step="rules", thing=rule.title, did=Did.KEPT if apart else Did.SAME, sentence=_FROM_FILE, lines=apart)
    if apart and not dry_run:
        grafana.ask(thing, lambda api: api.alertingprovisioning.update_alertrule(rule.uid, model))
    return Outcome(step="rules", thing=rule.title, did=Did.CHANGED if apart else Did.SAME, lines=apart)


def _interval(grafana: Grafana, folder_uid: str, *, dry_run: bool) -> Outcome:
    thing = f"every {INTERVAL_S} s"
    found = grafana.find("the group of rules", lambda api: api.alertingprovisioning.get_rule_group(folder_uid, GROUP))
    now_s = None if found is None else found.get("interval")
    if now_s == INTERVAL_S:
        return Outcome(step="rules", thing=thing, did=Did.SAME)
    if not dry_run:
        if found is None:
            return Outcome(
                step="rules",
                thing=thing,
                did=Did.FAILED,
                sentence="Grafana does not find the group of rules that was just made; push again",
            )
        # The group goes back with the rules as they came: a list that lacks one would delete it.
        changed = {**found, "interval": INTERVAL_S}
        grafana.ask("the group of rules", lambda api: api.alertingprovisioning.update_rule_group(folder_uid, GROUP, changed))
    return Outcome(step="rules", thing=thing, did=Did.CHANGED, lines=[f"interval: {now_s or 'the default'} s → {INTERVAL_S} s"])


def ensure_contacts(grafana: Grafana, contacts: Contacts, file: Path, *, dry_run: bool, renew_secrets: bool) -> Iterator[Outcome]:
    """The contact point, then the policy that leads the platform's rules to it."""
    yield _contact_point(grafana, contacts, file, dry_run=dry_run, renew_secrets=renew_secrets)
    yield _policy(grafana, contacts, dry_run=dry_run)


def _contact_point(grafana: Grafana, contacts: Contacts, file: Path, *, dry_run: bool, renew_secrets: bool) -> Outcome:
    wanted = contacts.contact_point
    thing = f"contact point '{wanted.name}'"
    found = grafana.ask(thing, lambda api: api.alertingprovisioning.get_contactpoints())
    there = next((point for point in found or () if point.get("name") == wanted.name), None)
    plain = {"name": wanted.name, "type": wanted.type, "settings": dict(wanted.settings)}
    body = {**plain, "settings": {**wanted.settings, **secrets_of(contacts, file)}, "disableResolveMessage": False}
    if there is None:
        if not dry_run:
            grafana.ask(thing, lambda api: api.alertingprovisioning.create_contactpoint(body))
        return Outcome(step="contacts", thing=thing, did=Did.MADE)
    apart = difference.lines(there, plain, more=False)
    apart += [f"settings.{key}: nothing → a secret" for key in wanted.secrets if key not in there.get("settings", {})]
    if there.get("provenance") == "file":
        return Outcome(step="contacts", thing=thing, did=Did.KEPT if apart else Did.SAME, sentence=_FROM_FILE if apart else "", lines=apart)
    renewed = renew_secrets and bool(wanted.secrets)
    if not apart and not renewed:
        return Outcome(step="contacts", thing=thing, did=Did.SAME)
    if not dry_run:
        uid = str(there["uid"])
        grafana.ask(thing, lambda api: api.alertingprovisioning.update_contactpoint(uid, {**body, "uid": uid}))
    return Outcome(
        step="contacts", thing=thing, did=Did.CHANGED, sentence="its secrets are set anew" if wanted.secrets else "", lines=apart
    )


def _policy(grafana: Grafana, contacts: Contacts, *, dry_run: bool) -> Outcome:
    """One branch of the tree is ours, known by its matcher; the rest is written back as it came."""
    thing = f"policy to '{contacts.contact_point.name}'"
    tree = grafana.ask(thing, lambda api: api.alertingprovisioning.get_notification_policy_tree())
    route = _route(contacts.policy, contacts.contact_point.name)
    routes = list(tree.get("routes") or ())
    at = next((index for index, other in enumerate(routes) if other.get("object_matchers") == [_MATCHER]), None)
    apart = ["branch: nothing → ours"] if at is None else difference.lines(routes[at], route, more=False)
    if not apart:
        return Outcome(step="contacts", thing=thing, did=Did.SAME)
    if tree.get("provenance") == "file":
        return Outcome(step="contacts", thing=thing, did=Did.KEPT, sentence=_FROM_FILE, lines=apart)
    if not dry_run:
        # First, so that no branch of others takes these alerts before it.
        others = routes if at is None else [*routes[:at], *routes[at + 1 :]]
        changed = {key: value for key, value in tree.items() if key != "provenance"} | {"routes": [route, *others]}
        grafana.ask(
            thing, lambda api: api.alertingprovisioning.set_notification_policy_tree(changed, disable_provenance=not tree.get("provenance"))
        )
    return Outcome(step="contacts", thing=thing, did=Did.CHANGED, lines=apart)


def _route(policy: Policy, receiver: str) -> Mapping[str, Any]:
    return {
        "receiver": receiver,
        "object_matchers": [_MATCHER],
        "group_by": list(policy.group_by),
        "group_wait": policy.group_wait,
        "group_interval": policy.group_interval,
        "repeat_interval": policy.repeat_interval,
    }
