/** The one order that a card proposes: it fits the rule, it may be given, and the place that it sends people to has room. */

import { state } from "./store";
import type { Key } from "./texts";
import { both, of, t } from "./texts";
import type { Alert, Plan, Prepared, Text, ZoneNow } from "./types";
import { RANK, higher, peakText, placeName } from "./words";

const HOLD = ["hold_upstream"];
const PREPARED: Record<string, string[]> = {
  crowd_density: HOLD,
  crowd_pressure: HOLD,
  growth: HOLD,
  stop_and_go: HOLD,
  time_to_act: HOLD,
  standstill_stairs: HOLD,
  suspected_collapse: HOLD,
  bottleneck: [...HOLD, "batch_release"],
  counter_flow: ["one_way", ...HOLD],
  queue_wait: ["divert", "batch_release"],
  approved_number: ["stop_checking_tickets", "batch_release"],
};
type Free = "eyes" | "stop" | "technician" | "supervisor";
const FREE: Record<string, Free> = {
  unknown_while_filling: "eyes",
  blind_rising: "eyes",
  cannot_exclude: "eyes",
  human_report: "eyes",
  breach: "eyes",
  mass_running: "eyes",
  loitering: "eyes",
  person_down: "eyes",
  fire: "eyes",
  gas: "eyes",
  suspected_collapse: "eyes",
  vehicle_towards_people: "stop",
  wrong_way: "stop",
  beyond_permit: "stop",
  speeding: "stop",
  improper_stop: "stop",
  camera_health: "technician",
  camera_doubtful: "technician",
  camera_resolution: "technician",
  device_silent: "technician",
  link_loss: "technician",
  panel_fault: "technician",
  equivocation: "technician",
  pass_back: "supervisor",
  pass_two_gates: "supervisor",
};

export interface Proposal {
  kind: string;
  label: string;
  words: Text | null;
  /** What is seen where people would be sent; empty where nobody is sent anywhere. */
  seen: string;
}

/** Whether people may be sent to a zone: `ok`, `full`, `unknown`, or `least` where people hide each other, so that it may be full. */
export function room(zone: ZoneNow | undefined): "ok" | "full" | "unknown" | "least" {
  if (!zone || !zone.known || state.picture?.silent) return "unknown";
  if (RANK[higher(zone.level, zone.alarm)] >= RANK.caution) return "full";
  return zone.at_least ? "least" : "ok";
}

/** What is seen at the place that an action sends people to; empty where it sends nobody. */
export function seenAt(plan: Plan, action: Prepared | undefined): string {
  if (!action?.to) return "";
  const zone = state.picture?.zones[action.to];
  const level = zone ? higher(zone.level, zone.alarm) : "none";
  const peak = peakText(zone);
  return t(`order.to_${room(zone)}`, { zone: placeName(plan, action.to), state: level === "none" ? peak : `${t(`level.${level}`)} ${t(`word.${level}`)}, ${peak}` });
}

/** Whether an action moves people away from the gate at *place*. */
function divertsFrom(plan: Plan, action: Prepared, place: string): boolean {
  const gate = plan.gates.find((row) => row.id === place || row.queue.includes(place));
  return gate !== undefined && action.id.startsWith(`divert_${gate.label.toLowerCase()}_`) && action.to !== place;
}

/** The order to propose for *alert*; null where nothing prepared fits. */
export function proposalOf(plan: Plan, alert: Alert): Proposal | null {
  for (const stem of PREPARED[alert.rule] ?? []) {
    const action = plan.actions.find((row) => (stem === "divert" ? divertsFrom(plan, row, alert.place) : row.id === stem));
    if (!action || (action.to && room(state.picture?.zones[action.to]) === "full")) continue;
    return { kind: action.id, label: of(action.name), words: null, seen: seenAt(plan, action) };
  }
  const free = FREE[alert.rule];
  if (!free || !plan.posts.length) return null;
  return { kind: "free", label: t(`propose.${free}` as Key), words: both(`say.${free}` as Key), seen: "" };
}

/** English names of the roles that may give an order of that kind. */
export function rolesFor(plan: Plan, kind: string): string[] {
  const action = plan.actions.find((row) => row.id === kind);
  return action ? action.authority : [...new Set(plan.posts.filter((row) => row.rights.includes("acknowledge")).map((row) => row.role.en))];
}

/** Who is on call for a place by the plan: the guard, else the lead, else whoever guards everywhere. */
export function guardOf(plan: Plan, place: string): string {
  const gate = plan.gates.find((row) => row.id === place || row.queue.includes(place)) ?? plan.gates.find((row) => plan.lines.some((line) => line.id === place && line.gate === row.id));
  const near = [place, ...(gate ? [gate.id, ...gate.queue] : [])];
  const shifts = plan.duty?.shifts ?? [];
  const here = shifts.filter((row) => row.places.some((name) => near.includes(name)));
  const found = [...here, ...shifts.filter((row) => !row.places.length)];
  const guards = [...found.filter((row) => row.function === "zone_guard"), ...found.filter((row) => row.function === "sector_lead")];
  return guards[0]?.posts[0] ?? "";
}

/** The place of an order about *alert*: its own, or the zone that its device stands in. */
export function orderPlace(plan: Plan, alert: Alert): string {
  const device = plan.devices.find((row) => row.id === alert.place);
  return device?.zone ?? device?.gate ?? alert.place;
}
