/** Numbers, times and names as people read them. */

import type { Alert, CameraNow, Level, Next, Picture, Plan, ZoneNow } from "./types";
import type { Key } from "./texts";
import { lang, of, t, tOr } from "./texts";

export const RANK: Record<Level, number> = { none: -1, watch: 0, caution: 1, warning: 2, critical: 3, act_now: 4 };

/** The higher of two levels. */
export function higher(a: Level, b: Level): Level {
  return RANK[a] >= RANK[b] ? a : b;
}

/** 18,642 in both languages. */
export function whole(value: number): string {
  return Math.round(value).toLocaleString("en-US");
}

/** With a sign, as a trend needs it; a hyphen would be read as a dash. */
export function signed(value: number): string {
  const text = Math.abs(value).toFixed(1);
  return text === "0.0" ? "±0.0" : `${value > 0 ? "+" : "−"}${text}`;
}

/** An age or a delay: 0.4 s, 34 s, 12 min. */
export function age(ms: number): string {
  const seconds = ms / 1000;
  const zh = lang() === "zh";
  if (seconds < 10) return zh ? `${seconds.toFixed(1)} 秒` : `${seconds.toFixed(1)} s`;
  if (seconds < 120) return zh ? `${Math.floor(seconds)} 秒` : `${Math.floor(seconds)} s`;
  return zh ? `${Math.floor(seconds / 60)} 分钟` : `${Math.floor(seconds / 60)} min`;
}

/** 00:41, or 1:02:10. */
export function stopwatch(us: number): string {
  const seconds = Math.max(Math.floor(us / 1e6), 0);
  const parts = [Math.floor(seconds / 60) % 60, seconds % 60].map((part) => String(part).padStart(2, "0"));
  const hours = Math.floor(seconds / 3600);
  return hours ? `${hours}:${parts.join(":")}` : parts.join(":");
}

/** Local time of day. */
export function clock(us: number, seconds = true): string {
  const options: Intl.DateTimeFormatOptions = { hour: "2-digit", minute: "2-digit", hourCycle: "h23" };
  return new Date(us / 1000).toLocaleTimeString("en-GB", seconds ? { ...options, second: "2-digit" } : options);
}

/** The same instant in UTC, for titles. */
export function utc(us: number): string {
  return `${new Date(us / 1000).toISOString().slice(0, 19).replace("T", " ")} UTC`;
}

/** What a place of an alert is called: zone, lane, camera, gate, area, fence, the gate of a line, or the zone of a device. */
export function placeName(plan: Plan, place: string): string {
  const gate = plan.lines.find((row) => row.id === place)?.gate;
  const named = [...plan.zones, ...plan.lanes, ...plan.cameras, ...plan.gates, ...plan.areas, ...(plan.behaviour?.fences ?? [])].find((row) => row.id === (gate ?? place));
  if (named) return of(named.name);
  const device = plan.devices.find((row) => row.id === place);
  const zone = device && plan.zones.find((row) => row.id === device.zone);
  return zone ? `${of(zone.name)} · ${place}` : place;
}

/** What an alert is, in capitals. */
export function ruleName(plan: Plan, alert: { rule: string; source?: string; place: string; unit?: string }, camera?: CameraNow): string {
  const device = plan.devices.find((row) => row.id === (alert.source || alert.place));
  const fault = camera && camera.state !== "ok" ? camera.state : alert.unit;
  return tOr(`rule.${alert.rule}`, "rule.other", {
    rule: alert.rule.replaceAll("_", " ").toUpperCase(),
    kind: tOr(alert.rule === "human_report" ? `report.${alert.unit}` : `fire.${device?.kind ?? alert.unit ?? "alarm"}`, "fire.alarm"),
    state: tOr(`state.${fault || "fault"}`, "state.fault").toUpperCase(),
  });
}

const UNITS: Record<string, Key> = {
  "p/m2": "unit.per_m2",
  "p/min": "unit.filling",
  "km/h": "unit.kmh",
  s: "unit.s",
  "%": "unit.percent",
  min: "unit.min",
  p: "unit.people",
  "p/m/s": "unit.specific_flow",
  "p/m2/min": "unit.growth",
  "m/s": "unit.speed",
  "/s2": "unit.pressure",
  stops: "unit.stops",
};
const DIGITS: Record<string, number> = { "p/m2": 1, "p/m/s": 2, "p/m2/min": 1, "m/s": 2, "/s2": 3 };

/** The number that fired, with its unit; empty where a rule has no number. */
export function valueOf(alert: Alert): string {
  if (alert.rule === "fire_feedback") return t("card.output", { output: tOr(`output.${alert.unit}`, "fire.panel"), seconds: alert.value.toFixed(0) });
  const unit = alert.at_least ? "zone.peak_least" : UNITS[alert.unit];
  return unit ? t(unit, { value: alert.value.toFixed(DIGITS[alert.unit] ?? 0) }) : "";
}

/** Whether it is acknowledged only with a second gesture. */
export function isLifeSafety(alert: Alert): boolean {
  return alert.priority === "P1" || RANK[alert.level] >= RANK.critical;
}

/** Whether the alert can still be acted upon. */
export function isOpen(alert: Alert): boolean {
  return alert.condition === "active" && alert.work !== "closed";
}

/** The local peak of a zone that is known, marked where it is a lower bound. */
export function peakText(zone: ZoneNow | undefined, otherwise = 0): string {
  return t(zone?.at_least ? "zone.peak_least" : "zone.peak", { value: (zone?.local_peak ?? otherwise).toFixed(1) });
}

/** What a camera that works is not good for: people who hide each other, the dark, a picture below the standard. */
export function doubts(camera: CameraNow | undefined): string[] {
  if (camera?.state !== "ok") return [];
  return [camera.saturated ? t("camera.saturated") : "", camera.night ? t("camera.night") : "", camera.below_1080p ? t("camera.low") : ""].filter(Boolean);
}

/** Zones that nobody can judge now. */
export function unknownZones(picture: Picture): string[] {
  return Object.entries(picture.zones).flatMap(([id, zone]) => (zone.known ? [] : [id]));
}

/** A time to come, as roughly as it is known. */
export function about(seconds: number): string {
  if (seconds < 90) return t("next.seconds", { count: Math.max(Math.round(seconds / 5) * 5, 0) });
  return t("next.minutes", { count: Math.round(seconds / 60) });
}

/** When the next level is reached, with its interval; what is seen as a lower bound may have reached it already. */
export function nextText(next: Next, isLeast: boolean): string {
  const values = { level: t(`level.${next.level}`), time: about(next.s), low: about(next.low_s ?? 0) };
  if (isLeast) return t("next.least", values);
  return next.high_s === null ? t("next.open", values) : t("next.level", { ...values, high: about(next.high_s) });
}

/** The name of a post's role in the language now. */
export function roleIn(plan: Plan, role: string): string {
  const found = plan.posts.find((row) => row.role.en === role || row.role.zh === role);
  return found ? of(found.role) : role;
}
