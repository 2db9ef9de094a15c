/** What the page knows and what its user has chosen; one place, read by every view. */

import type { Author } from "./net";
import type { Mode, Picture, Plan, Post, Right, Watchdog } from "./types";
import { of } from "./texts";

const WHO = "muster.who";
const LOST_MS = 2500;
const DEAD_MS = 5000;

export interface Who {
  call: string;
  role: string;
}

export const state = {
  modes: null as Mode[] | null,
  mode: null as string | null,
  plan: null as Plan | null,
  picture: null as Picture | null,
  arrivedMs: 0,
  startedMs: performance.now(),
  broken: false,
  parts: [] as string[],
  watchdogs: [] as Watchdog[],
  live: null as Picture | null,
  livePlan: null as Plan | null,
  find: "",
  camera: null as string | null,
};

/** Milliseconds since the last picture came. */
export function sinceArrivalMs(): number {
  return performance.now() - (state.arrivedMs || state.startedMs);
}

/** How old the picture is now, in ms: what it said when it came, and the time since. */
export function pictureAgeMs(): number | null {
  const told = state.picture?.picture_age_ms ?? null;
  if (told === null) return state.picture ? null : sinceArrivalMs();
  return told + (sinceArrivalMs() > 1000 ? sinceArrivalMs() : 0);
}

/** Whether pictures have ceased to come. */
export function isLost(): boolean {
  return state.picture !== null && sinceArrivalMs() > LOST_MS;
}

/** Whether nothing may be shown as if it were live. */
export function isDead(): boolean {
  if (!state.picture || state.picture.silent) return true;
  return sinceArrivalMs() > DEAD_MS;
}

/** Event time now, µs: what the picture said, and the time since. */
export function eventNowUs(): number {
  const picture = state.picture;
  if (!picture) return Date.now() * 1000;
  if (picture.clock === "player") return picture.clock_us;
  return picture.now_us + sinceArrivalMs() * 1000;
}

/** Who works at this page; null until somebody has said so. */
export function who(): Who | null {
  try {
    const kept: unknown = JSON.parse(localStorage.getItem(WHO) ?? "null");
    return isWho(kept) ? kept : null;
  } catch {
    return null;
  }
}

function isWho(value: unknown): value is Who {
  return typeof value === "object" && value !== null && "call" in value && "role" in value;
}

/** Keep who works at this page. */
export function setWho(next: Who): void {
  localStorage.setItem(WHO, JSON.stringify(next));
}

/** The post of whoever works here. */
export function post(): Post | null {
  const me = who();
  return (me && state.plan?.posts.find((row) => row.call_sign === me.call && row.role.en === me.role)) ?? null;
}

/** Whether whoever works here has a right; in a plan without posts everybody may take an alert. */
export function may(right: Right): boolean {
  if (state.plan && !state.plan.posts.length) return right === "acknowledge";
  return post()?.rights.includes(right) ?? false;
}

/** Who acts now, for what is sent; null until somebody has said who they are. */
export function author(): Author | null {
  const me = who();
  return me && state.mode ? { mode: state.mode, actor: me.call, actor_role: me.role } : null;
}

/** Wall clock now, µs, by the clock of the server. */
export function wallNowUs(): number {
  return state.picture ? state.picture.now_us + sinceArrivalMs() * 1000 : Date.now() * 1000;
}

/** The role in the language of the page. */
export function roleName(me: Who): string {
  const found = post();
  return found ? of(found.role) : me.role;
}
