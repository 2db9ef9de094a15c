/** What a card says in words: where, the number, how long, who has it, whom it reached, who is next. */

import { eventNowUs, wallNowUs } from "./store";
import { of, t, tOr } from "./texts";
import type { Alert, Picture, Plan } from "./types";
import { age, clock, isOpen, nextText, peakText, placeName, roleIn, signed, stopwatch, valueOf } from "./words";

const SOON_S = 1800;

export function whereText(alert: Alert, where: string): string {
  const source = alert.source && alert.source !== alert.place ? t(alert.rule.startsWith("fire") ? "card.detector" : "card.source", { source: alert.source.toUpperCase() }) : "";
  return [where, source].filter(Boolean).join(" · ");
}

export function numberText(alert: Alert, plan: Plan, picture: Picture): string {
  const vehicle = picture.vehicles.find((row) => row.id === alert.source);
  if (vehicle && isOpen(alert)) {
    const key = vehicle.ahead_zone === alert.place ? "card.away" : "card.ahead";
    const ahead = vehicle.ahead_zone && vehicle.ahead_m !== null ? t(key, { zone: placeName(plan, vehicle.ahead_zone), distance: vehicle.ahead_m.toFixed(0) }) : "";
    return [t("unit.kmh", { value: vehicle.speed_kmh.toFixed(0) }), ahead].filter(Boolean).join(" · ");
  }
  const zone = picture.zones[alert.place];
  if (alert.rule === "cannot_exclude" && isOpen(alert) && zone?.known) return t("card.may_be", { seen: peakText(zone), value: valueOf(alert) });
  if (alert.rule !== "crowd_density" || !isOpen(alert)) return valueOf(alert);
  if (zone && !zone.known) return `${valueOf(alert)} → ${t("zone.unknown")}`;
  const trend = zone?.trend == null ? "" : t("zone.trend", { value: signed(zone.trend) });
  const fell = alert.measured_level !== alert.level ? t("card.was", { level: t(`level.${alert.level}`) }) : "";
  return [peakText(zone, alert.value), trend, fell].filter(Boolean).join(" · ");
}

/** When the place reaches its next level, where that is near enough to say. */
export function soonText(alert: Alert, picture: Picture): string {
  const zone = picture.zones[alert.place];
  return zone?.next && isOpen(alert) && zone.next.s <= SOON_S ? nextText(zone.next, zone.at_least) : "";
}

const OF_DENSITY = ["p/m2", "p/m2/min", "/s2"];

/** That the numbers of its zone are lower bounds, and what that hides; for alerts that rest on them. */
export function leastText(alert: Alert, plan: Plan, picture: Picture): string {
  const rests = OF_DENSITY.includes(alert.unit) || alert.rule === "time_to_act" || alert.rule === "suspected_collapse";
  const zone = picture.zones[alert.place];
  if (!rests || !isOpen(alert) || !zone?.at_least) return "";
  const from = zone.hidden_from.map((camera) => placeName(plan, camera));
  const named = from.length ? t("card.of_camera", { names: from.join(", ") }) : t("card.camera");
  return t("card.least", { cameras: from.length > 2 ? t("card.some_cameras", { count: from.length }) : named });
}

export function timeText(alert: Alert): string {
  if (!isOpen(alert)) return `${t("card.cleared")} ${clock(alert.event_time_us)}`;
  const time = stopwatch(eventNowUs() - alert.start_us);
  return `${t(alert.latched ? "card.latched" : "card.for", { time })} · ${clock(alert.start_us)}`;
}

/** Who has it. */
export function hasText(alert: Alert, plan: Plan): string {
  if (alert.asked) return t("card.asked", { who: alert.asked.actor });
  const texts: string[] = [];
  if (alert.acknowledged_by) texts.push(`${t("card.has", { who: `${alert.acknowledged_by} ${roleIn(plan, alert.acknowledged_role)}` })} ${clock(alert.acknowledged_us)}`);
  else if (isOpen(alert) && !alert.owner && !alert.climbs) texts.push(t("card.new"));
  if (alert.owner && alert.owner !== alert.acknowledged_by) texts.push(t("card.owner", { who: alert.owner }));
  if (alert.work === "on_hold") texts.push(t("card.on_hold", { why: alert.reason }));
  if (alert.closing) texts.push(t("card.closed", { how: tOr(`closing.${alert.closing}`, "do.other") }));
  return texts.join(" · ");
}

/** What stands beside the name of an alert: verified or not, what is under it, why it is quiet. */
export function marks(alert: Alert): string[] {
  const rows = [
    alert.verified ? "" : t("card.unverified"),
    alert.verdict ? t(`card.verdict_${alert.verdict}`) : "",
    alert.grouped ? t("card.grouped", { count: alert.grouped }) : "",
    alert.explains ? t("card.explains", { count: alert.explains }) : "",
    alert.inhibited_by ? t("card.inhibited") : "",
    alert.grouped_under ? t("card.under") : "",
    alert.shelved_until_us > wallNowUs() ? t("card.shelved", { time: clock(alert.shelved_until_us, false) }) : "",
  ];
  return rows.filter(Boolean);
}

/** Who is called next, and when. */
export function climbsText(alert: Alert): string {
  const next = alert.climbs;
  if (!next || !isOpen(alert)) return "";
  const posts = next.posts.length && next.posts.length <= 3 ? ` ${next.posts.join(", ")}` : "";
  const who = `${tOr(`step.${next.step}`, "step.other")}${posts}`;
  const left = next.at_us - wallNowUs();
  return left > 0 ? t("card.climbs", { who, time: stopwatch(left) }) : t("card.climbs_now", { who });
}

/** Whom it reached, whom it did not, and which steps were taken. */
export function toldText(alert: Alert): [string, string] {
  const failed = alert.receipts.filter((row) => row.state !== "delivered");
  const arrived = alert.receipts.filter((row) => row.state === "delivered");
  const last = arrived.at(-1);
  const texts: string[] = [];
  if (last) texts.push(last.delay_ms === null ? t("card.delivered", { who: names(arrived) }) : t("card.delivered_in", { who: names(arrived), delay: age(last.delay_ms) }));
  if (alert.begun.length) texts.push(t("card.begun", { who: alert.begun.map((row) => tOr(`step.${row.step}`, "step.other")).join(", ") }));
  return [texts.join(" · "), failed.length ? t("card.refused", { who: names(failed) }) : ""];
}

function names(receipts: { recipient: string }[]): string {
  const shown = receipts.slice(-3).map((row) => row.recipient).join(", ");
  return receipts.length > 3 ? `${shown} +${receipts.length - 3}` : shown;
}

/** The text of the driver's sign. */
export function signText(alert: Alert): string {
  return alert.prompt && isOpen(alert) ? t("card.sign", { text: of(alert.prompt) }) : "";
}

/** What ALERTS refused, as a sentence. */
export function refusedText(alert: Alert): string {
  if (!alert.refused) return "";
  const action = tOr(`act.${alert.refused.action}`, "act.send").replace("…", "").trim();
  return t("card.refused_act", { action, why: of(alert.refused.why) });
}
