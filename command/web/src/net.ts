/** Talks to the interface: a stream of pictures, plans, previews, acts. */

import { of as inTheirs } from "./texts";
import type { Mode, Picture, Plan, Preview, Watchdog } from "./types";

async function json<T>(url: string): Promise<T | null> {
  try {
    const answer = await fetch(url);
    return answer.ok ? ((await answer.json()) as T) : null;
  } catch {
    return null;
  }
}

const of = (mode: string): string => `mode=${encodeURIComponent(mode)}`;

export const getModes = (): Promise<Mode[] | null> => json("/api/modes");
export const getPlan = (mode: string): Promise<Plan | null> => json(`/api/plan?${of(mode)}`);
export const getPicture = (mode: string): Promise<Picture | null> => json(`/api/picture?${of(mode)}`);
export const getHealth = (): Promise<{ not_ready: string[]; watchdogs: Watchdog[] } | null> => json("/api/health");
export const getPreview = (mode: string, camera: string): Promise<Preview | null> =>
  json(`/api/cameras/${encodeURIComponent(camera)}/preview?${of(mode)}`);

export interface Listener {
  picture(picture: Picture): void;
  modes(modes: Mode[]): void;
  broken(isBroken: boolean): void;
}

/** Follow a mode; the browser dials again by itself, and a stream that stays closed is opened anew. */
export function follow(mode: string, listener: Listener): () => void {
  let source: EventSource | null = null;
  let again = 0;
  const open = (): void => {
    source = new EventSource(`/api/stream?${of(mode)}`);
    source.addEventListener("picture", (event) => {
      listener.broken(false);
      listener.picture(JSON.parse((event as MessageEvent<string>).data) as Picture);
    });
    source.addEventListener("modes", (event) => listener.modes(JSON.parse((event as MessageEvent<string>).data) as Mode[]));
    source.addEventListener("error", () => {
      listener.broken(true);
      if (source?.readyState === EventSource.CLOSED) again = window.setTimeout(open, 1000);
    });
  };
  open();
  return () => {
    window.clearTimeout(again);
    source?.close();
  };
}

/** What refuses it, in the reader's language where it was said in both. */
function sentence(detail: unknown): string | null {
  if (typeof detail === "string") return detail;
  const { en, zh } = (detail ?? {}) as { en?: unknown; zh?: unknown };
  return typeof en === "string" && typeof zh === "string" ? inTheirs({ en, zh }) : null;
}

/** Send *body*; null when it was taken, else the sentence that refuses it. */
async function send(url: string, body: object): Promise<string | null> {
  try {
    const answer = await fetch(url, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) });
    if (answer.ok) return null;
    const told = (await answer.json().catch(() => ({}))) as { detail?: unknown };
    return sentence(told.detail) ?? `HTTP ${answer.status}`;
  } catch (error) {
    return String(error);
  }
}

/** Who acts, in which mode. */
export interface Author {
  mode: string;
  actor: string;
  actor_role: string;
}
export interface Act extends Author {
  action: string;
  second_gesture?: boolean;
  reason?: string;
  target?: string;
  choice?: string;
  until_us?: number;
}
export interface Given extends Author {
  kind: string;
  place?: string;
  recipient?: string;
  alert_id?: string;
  text_en?: string;
  text_zh?: string;
  second_gesture?: boolean;
  reason?: string;
}
export interface Gesture extends Author {
  request_id: string;
  equipment: string;
  gesture: "press" | "held" | "release";
  alert_id?: string;
}

export const act = (alertId: string, asked: Act): Promise<string | null> => send(`/api/alerts/${encodeURIComponent(alertId)}/commands`, asked);
export const report = (asked: Act): Promise<string | null> => send("/api/reports", asked);
export const giveOrder = (given: Given): Promise<string | null> => send("/api/orders", given);
export const actOnOrder = (orderId: string, asked: Act): Promise<string | null> => send(`/api/orders/${encodeURIComponent(orderId)}/commands`, asked);
export const gesture = (made: Gesture): Promise<string | null> => send("/api/linkage/gestures", made);
export const getNearest = (mode: string, alertId: string): Promise<{ camera: string; name: { en: string; zh: string } }[] | null> =>
  json(`/api/alerts/${encodeURIComponent(alertId)}/cameras?${of(mode)}`);
