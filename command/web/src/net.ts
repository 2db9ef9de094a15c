/** Talks to the interface: a stream of pictures, plans, previews, acts. */

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

export interface Act {
  mode: string;
  action: "acknowledge" | "clear";
  actor: string;
  actor_role: string;
  second_gesture: boolean;
  reason: string;
}

/** Ask for an act; null when it was taken, else why not. */
export async function act(alertId: string, asked: Act): Promise<string | null> {
  try {
    const answer = await fetch(`/api/alerts/${encodeURIComponent(alertId)}/commands`, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(asked),
    });
    if (answer.ok) return null;
    const told = (await answer.json().catch(() => ({}))) as { detail?: unknown };
    return typeof told.detail === "string" ? told.detail : `HTTP ${answer.status}`;
  } catch (error) {
    return String(error);
  }
}
