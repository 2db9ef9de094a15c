/** Requests to the fire panel: press and hold for two seconds, in a dialog of their own, never beside the acts on alerts. */

import { open } from "./dialogs";
import { button, el, say } from "./dom";
import { gesture } from "./net";
import { author, may, state } from "./store";
import type { Key } from "./texts";
import { lang, t, tOr } from "./texts";
import type { Equipment, PanelRequest, Plan } from "./types";
import { clock, placeName } from "./words";

const HOLD_MS = 2200; // LINKAGE asks for two seconds between the gestures

/** Whether this page may ask the panel for anything: live, enabled in the plan, and a post with the right. */
export function mayAskPanel(plan: Plan): boolean {
  return state.mode === "live" && plan.linkage?.outputs.enabled === true && may("fire_output");
}

function nameOf(plan: Plan, equipment: string): string {
  const found = plan.linkage?.equipment.find((row) => row.id === equipment);
  return found ? `${tOr(`output.${found.kind}`, "fire.panel")} · ${placeName(plan, found.zone)}` : equipment;
}

function requestId(): string {
  return [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

function holdButton(plan: Plan, equipment: Equipment, said: HTMLElement): HTMLButtonElement {
  const name = nameOf(plan, equipment.id);
  let id = "";
  let timer = 0;
  const send = (kind: "press" | "held" | "release"): void => {
    const me = author();
    if (!me) return;
    void gesture({ ...me, request_id: id, equipment: equipment.id, gesture: kind }).then((why) => {
      if (why === null) return;
      stop();
      say(said, t("ack.failed", { why }));
    });
  };
  const stop = (): void => {
    window.clearTimeout(timer);
    timer = 0;
    node.classList.remove("holding");
  };
  const press = (): void => {
    if (timer) return;
    id = requestId();
    say(said, t("panel.holding", { name }));
    node.classList.add("holding");
    timer = window.setTimeout(() => {
      stop();
      send("held");
      say(said, t("panel.sent", { name }));
    }, HOLD_MS);
    send("press");
  };
  const release = (): void => {
    if (!timer) return;
    stop();
    send("release");
    say(said, t("panel.released", { name }));
  };
  const node = button("hold", t("panel.hold", { name }), () => undefined);
  node.addEventListener("pointerdown", (event) => event.button === 0 && press());
  for (const kind of ["pointerup", "pointerleave", "pointercancel", "blur"]) node.addEventListener(kind, release);
  node.addEventListener("contextmenu", (event) => event.preventDefault());
  const isKey = (event: KeyboardEvent): boolean => event.key === " " || event.key === "Enter";
  node.addEventListener("keydown", (event) => {
    if (!isKey(event)) return event.key === "Escape" ? release() : undefined;
    event.preventDefault();
    if (!event.repeat) press();
  });
  node.addEventListener("keyup", (event) => isKey(event) && release());
  return node;
}

function outcome(plan: Plan, row: PanelRequest): string {
  const why = lang() === "zh" ? row.reason_zh : row.reason_en;
  return t("panel.outcome", { time: clock(row.at_us), name: nameOf(plan, row.equipment), state: tOr(`panel.${row.state}` as Key, "panel.other", { why }) });
}

/** The dialog with a button for each output that a right may request, and what became of the last requests. */
export function openPanel(plan: Plan): void {
  const asked = plan.linkage?.outputs.requests.filter((row) => row.by.includes("right")).map((row) => row.equipment) ?? [];
  const said = el("p", { class: "wrong", role: "status", "aria-live": "assertive" });
  const buttons = (plan.linkage?.equipment ?? []).filter((row) => asked.includes(row.id)).map((row) => holdButton(plan, row, said));
  const list = el("ul", { class: "outcomes", role: "list" });
  const node = open(t("panel.title"), el("p", {}, t("panel.text")), el("div", { class: "holds" }, ...buttons), said, list, el("div", { class: "dialog-acts" }, button("quiet", t("dialog.close"), () => node.close())));
  let told = "";
  const show = (): void => {
    const rows = (state.picture?.panel_requests ?? []).map((row) => outcome(plan, row));
    if (rows.join() !== told) list.replaceChildren(...rows.map((row) => el("li", {}, row)));
    told = rows.join();
  };
  show();
  const timer = window.setInterval(show, 500);
  node.addEventListener("close", () => {
    window.clearInterval(timer);
    if (document.activeElement instanceof HTMLElement) document.activeElement.blur();
  });
}
