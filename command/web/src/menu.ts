/** What may be done with an alert beside taking it: offered by the rights of the post and the state of the work. */

import { open } from "./dialogs";
import { button, el } from "./dom";
import type { Field, Values } from "./forms";
import { ask } from "./forms";
import type { Act } from "./net";
import { act, giveOrder } from "./net";
import { askOrder } from "./order_form";
import { author, may, post, state, wallNowUs } from "./store";
import type { Key } from "./texts";
import { of, t } from "./texts";
import type { Alert, Level, Plan } from "./types";
import { RANK, clock, isLifeSafety, isOpen, placeName, ruleName } from "./words";

const LEVELS: Level[] = ["watch", "caution", "warning", "critical", "act_now"];
const CLOSINGS = ["handled", "false", "duplicate", "drill", "handed_over"] as const;
const SHELVES_MIN = [5, 10, 15, 30, 60];

interface Offer {
  name: string;
  /** Why it is not to be had; a sentence instead of a button. */
  never?: Key;
}

/** The acts to offer for *alert* to whoever works here. */
export function offers(alert: Alert): Offer[] {
  const found: Offer[] = [];
  const add = (isOffered: boolean, name: string): void => void (isOffered && found.push({ name }));
  const p1 = isLifeSafety(alert);
  const latched = alert.latched && alert.condition === "active";
  if (alert.work === "closed") return found;
  add(may("assign"), "assign");
  add(may("verify"), "verify_real");
  add(may("verify"), "verify_false");
  add(may("acknowledge") && alert.work === "in_progress", "hold");
  add(may("acknowledge") && alert.work === "on_hold", "resume");
  add(may("acknowledge"), "order");
  if (isOpen(alert)) {
    add(may("escalate") && alert.level !== "act_now", "escalate");
    add(may("downgrade") && RANK[alert.level] > RANK.watch && (!p1 || may("clear")), "downgrade");
    if (p1 && may("shelve")) found.push({ name: "shelve", never: "act.shelve_never" });
    else add(may("shelve") && !alert.shelved_until_us, "shelve");
    add(may("acknowledge") && alert.shelved_until_us > 0, "unshelve");
  }
  add(latched && may("clear"), "clear");
  if (latched && may("close") && !may("clear")) found.push({ name: "close", never: "act.clear_not_close" });
  else add(may("close") && !latched, "close");
  add(may("clear"), "retract");
  return found;
}

/** The menu of a card. */
export function openMenu(alert: Alert, plan: Plan): void {
  const what = `${ruleName(plan, alert)} – ${placeName(plan, alert.place)}`;
  const rows = offers(alert).map((offer) => {
    const label = t(`act.${offer.name}` as Key);
    if (offer.never) return el("p", { class: "never" }, el("b", {}, label), ` ${t(offer.never)}`);
    return button("post", label, () => {
      node.close();
      start(alert, plan, offer.name, what);
    });
  });
  if (!rows.length) rows.push(el("p", {}, t("act.needs", { post: post()?.call_sign ?? "" })));
  const node = open(what, el("p", {}, t("act.title")), el("div", { class: "posts" }, ...rows), el("div", { class: "dialog-acts" }, button("quiet", t("dialog.cancel"), () => node.close())));
}

/** Send an act that needs no more words. */
export function send(alert: Alert, asked: Omit<Act, "mode" | "actor" | "actor_role">): Promise<string | null> {
  const me = author();
  return me ? act(alert.alert_id, { ...me, ...asked }) : Promise.resolve(t("bar.nobody"));
}

const REASON: Field = { name: "reason", label: "", kind: "words", required: true };
const reason = (label: Key = "act.reason"): Field => ({ ...REASON, label: t(label) });

function posts(plan: Plan, alert: Alert): Field {
  const rows = plan.posts.map((row): [string, string] => [row.call_sign, `${row.call_sign} ${of(row.role)}`]);
  return { name: "target", label: t("act.post"), kind: "select", required: true, options: [["", t("act.choose")], ...rows], value: alert.owner };
}

function levels(alert: Alert, up: boolean): Field {
  const rows = LEVELS.filter((level) => (up ? RANK[level] > RANK[alert.level] : RANK[level] < RANK[alert.level] && RANK[level] >= RANK[alert.measured_level]));
  const options = rows.map((level): [string, string] => [level, `${t(`level.${level}`)} ${t(`word.${level}`)}`]);
  return { name: "choice", label: t("act.level"), kind: "select", required: true, options, value: (up ? rows[0] : rows.at(-1)) ?? "" };
}

function shelves(alert: Alert, plan: Plan): Field {
  const most = RANK[alert.level] >= RANK.caution ? (plan.handling?.shelve_s ?? 900) / 60 : 60;
  const now = wallNowUs();
  const options = SHELVES_MIN.filter((count) => count <= most).map((count): [string, string] => [String(count), t("act.minutes", { count, time: clock(now + count * 60e6, false) })]);
  return { name: "minutes", label: t("act.until"), kind: "select", options, value: options[0]?.[0] ?? "5" };
}

function closings(): Field {
  return { name: "choice", label: t("act.closing"), kind: "select", options: CLOSINGS.map((row) => [row, t(`closing.${row}`)]), value: "handled" };
}

/** Begin an act: at once, or with what it asks for. */
export function start(alert: Alert, plan: Plan, name: string, what: string): void {
  const form = (fields: Field[], asked: (values: Values) => Omit<Act, "mode" | "actor" | "actor_role">, more: { lead?: Key; second?: boolean } = {}): void =>
    ask({
      title: t(`act.${name}` as Key).replace("…", "").trim(),
      lead: [what, more.lead ? t(more.lead) : ""],
      fields,
      send: t("act.send"),
      second: () => more.second ?? false,
      shows: (field, values) => field !== "target" || name === "assign" || values["choice"] === "handed_over",
      done: (values) => send(alert, { second_gesture: more.second ?? false, ...asked(values) }),
    });
  if (name === "order") return askOrder(alert, null, [what]);
  if (name === "retract") return askRetract(alert, what);
  if (name === "assign") return form([posts(plan, alert)], ({ target = "" }) => ({ action: "assign", target }));
  if (name === "verify_real" || name === "resume" || name === "unshelve") return form([], () => (name === "verify_real" ? { action: "verify", choice: "real" } : { action: name }));
  if (name === "verify_false") return form([reason("act.reason_scene")], (row) => ({ action: "verify", choice: "false", reason: row["reason"] ?? "" }), { lead: "act.false_text" });
  if (name === "hold") return form([reason()], (row) => ({ action: "hold", reason: row["reason"] ?? "" }));
  if (name === "clear") return form([reason("act.reason_scene")], (row) => ({ action: "clear", reason: row["reason"] ?? "", second_gesture: isLifeSafety(alert) }), { lead: "clear.text" });
  if (name === "shelve") return form([shelves(alert, plan), reason()], (row) => ({ action: "shelve", reason: row["reason"] ?? "", until_us: Math.round(wallNowUs() + Number(row["minutes"]) * 60e6) - 1_000_000 }));
  if (name === "escalate") return form([levels(alert, true), { ...reason(), required: false }], (row) => ({ action: "escalate", choice: row["choice"] ?? "", reason: row["reason"] ?? "" }));
  if (name === "downgrade") return form([levels(alert, false), reason()], (row) => ({ action: "downgrade", choice: row["choice"] ?? "", reason: row["reason"] ?? "" }), { lead: "act.downgrade_text", second: isLifeSafety(alert) });
  if (name === "close") askClose(alert, plan, what);
}

/** Close with how it ended; a duplicate names the other alert, a hand-over the post. */
function askClose(alert: Alert, plan: Plan, what: string): void {
  const others = (state.picture?.alerts ?? []).filter((row) => row.alert_id !== alert.alert_id).map((row): [string, string] => [row.alert_id, `${ruleName(plan, row)} – ${placeName(plan, row.place)} ${clock(row.start_us, false)}`]);
  const other: Field = { name: "other", label: t("act.duplicate_of"), kind: "select", options: [["", t("act.choose")], ...others] };
  ask({
    title: t("act.close").replace("…", "").trim(),
    lead: [what],
    fields: [closings(), { ...posts(plan, alert), value: "" }, other, reason()],
    send: t("act.send"),
    shows: (field, { choice }) => (field !== "target" || choice === "handed_over") && (field !== "other" || choice === "duplicate"),
    needs: (field) => field === "other",
    done: ({ choice = "", target = "", other: twin = "", reason: why = "" }) => send(alert, { action: "close", choice, reason: why, target: choice === "handed_over" ? target : choice === "duplicate" ? twin : "" }),
  });
}

function askRetract(alert: Alert, what: string): void {
  ask({
    title: t("act.retract").replace("…", "").trim(),
    lead: [what, t("act.retract_text")],
    fields: [reason()],
    send: t("act.send"),
    second: () => true,
    done: async (values) => {
      const me = author();
      return me ? giveOrder({ ...me, kind: "retract", alert_id: alert.alert_id, reason: values["reason"] ?? "", second_gesture: true }) : t("bar.nobody");
    },
  });
}
