/** Orders that are open, or were a moment ago: how far each has come, what is overdue, whether it worked, and the next step. */

import { askWho } from "./dialogs";
import { button, el, say, set } from "./dom";
import { ask } from "./forms";
import { actOnOrder } from "./net";
import { rolesFor } from "./proposals";
import { author, may, post, wallNowUs, who } from "./store";
import type { Key } from "./texts";
import { lang, of, t, tOr } from "./texts";
import type { Order, Picture, Plan } from "./types";
import { clock, placeName, stopwatch, utc } from "./words";

const STEPS = ["issued", "delivered", "read", "accepted", "on_scene", "done"];
const ENDS = ["done", "refused", "cancelled"];
const NEXT: Record<string, string> = { issued: "read", delivered: "read", read: "accept", accepted: "on_scene", on_scene: "done" };
const ARMED_MS = 3000;
const TWO_PERSONS = "waits for a second person"; // DISPATCH says it among the reasons; here `waits` does
const TWO_PERSONS_ZH = "待第二人批准";

export function isOverdue(order: Order): boolean {
  return !ENDS.includes(order.state) && (order.state === "overdue" || (order.due_us > 0 && order.due_us < wallNowUs()));
}

/** How far it had come, whatever it is called now. */
function progress(order: Order): number {
  return Math.max(...order.steps.map((row) => STEPS.indexOf(row.state)), 0);
}

function nameOf(plan: Plan, order: Order): string {
  const action = plan.actions.find((row) => row.id === order.kind);
  if (action) return of(action.name);
  if (order.kind === "retract") return t("order.retract");
  const words = (lang() === "zh" ? order.text_zh : order.text_en) || t("order.free");
  return words.charAt(0).toUpperCase() + words.slice(1);
}

class Row {
  readonly node = el("li", { class: "order", tabindex: 0 });
  private readonly head = el("p", { class: "order-head" });
  private readonly due = el("b", { class: "due" });
  private readonly track = el("ol", { class: "track" });
  private readonly facts = el("p", { class: "facts-line" });
  private readonly acts = el("div", { class: "acts" });
  private readonly wrong = el("p", { class: "wrong", role: "alert" });
  private told = "";

  constructor() {
    this.node.append(el("div", { class: "order-top" }, this.head, this.due), this.track, this.facts, this.acts, this.wrong);
  }

  update(order: Order, plan: Plan): void {
    const over = ENDS.includes(order.state);
    const late = isOverdue(order);
    const left = order.due_us - wallNowUs();
    set(this.node, "class", `order${late ? " late" : ""}${over ? " cleared" : ""}`);
    say(this.due, over ? t(`state_of.${order.state}` as Key) : late ? t("order.overdue", { time: stopwatch(-left) }) : t("order.due", { time: stopwatch(left) }));
    const told = JSON.stringify([order.order_id, order.steps.length, order.effect, order.waits, who(), lang()]);
    if (told === this.told) return;
    this.told = told;
    this.head.replaceChildren(el("b", {}, nameOf(plan, order)), ` · ${placeName(plan, order.place)} ${t("order.to_whom", { who: order.recipient || "–" })}`);
    this.showTrack(order);
    const by = t("order.by", { who: `${order.issued_by}` });
    const [between, waits] = lang() === "zh" && order.reason_zh ? [";", TWO_PERSONS_ZH] : ["; ", TWO_PERSONS];
    const reason = (waits === TWO_PERSONS ? order.reason : order.reason_zh).split(between).filter((part) => part !== waits).join(between);
    const why = reason ? t("order.why", { why: reason }) : "";
    const effect = order.waits ? t("order.waits") : effectText(order);
    const facts = [by, clock(order.steps[0]?.at_us ?? order.at_us, false), effect, why].filter(Boolean);
    this.facts.replaceChildren(...facts.map((fact) => el("span", { class: fact === effect ? "effect" : "has" }, fact)));
    this.showActs(order, plan);
  }

  private showTrack(order: Order): void {
    const far = progress(order);
    const marks = STEPS.map((step, index) => {
      const change = order.steps.find((row) => row.state === step);
      const node = el("li", { class: index <= far ? "past" : "" }, t(`state_of.${step}` as Key));
      if (change) set(node, "title", `${clock(change.at_us)} ${change.actor} · ${utc(change.at_us)}`);
      return node;
    });
    set(this.track, "aria-label", t("order.steps", { state: tOr(`state_of.${order.state}`, "order.free"), step: far + 1 }));
    this.track.replaceChildren(...marks);
  }

  private showActs(order: Order, plan: Plan): void {
    const me = post();
    const role = me?.role.en ?? "";
    const over = ENDS.includes(order.state);
    const mine = me !== null && (me.call_sign === order.recipient || may("acknowledge"));
    const nodes: Node[] = [];
    const simple = (action: string, kind: string): HTMLButtonElement => button(kind, t(`order.${action}` as Key), () => this.send(order, action, ""));
    if (order.waits && order.issued_by !== me?.call_sign && (order.kind === "retract" ? may("clear") : rolesFor(plan, order.kind).includes(role))) nodes.push(this.twice(order));
    const next = NEXT[STEPS[progress(order)] ?? ""];
    if (!over && !order.waits && mine && next) nodes.push(simple(next, "propose"));
    if (!over && me?.call_sign === order.recipient) nodes.push(button("quiet", t("order.refuse"), () => this.askWhy(order, plan, "refuse")));
    if (!over && (me?.call_sign === order.issued_by || may("order"))) nodes.push(button("quiet", t("order.cancel"), () => this.askWhy(order, plan, "cancel")));
    this.acts.replaceChildren(...nodes);
  }

  /** What a second person approves needs two presses. */
  private twice(order: Order): HTMLButtonElement {
    let armed = 0;
    const node = button("main", t("order.approve"), () => {
      if (armed) return this.send(order, "approve", "");
      armed = window.setTimeout(() => {
        armed = 0;
        node.classList.remove("armed");
        say(node, t("order.approve"));
      }, ARMED_MS);
      node.classList.add("armed");
      say(node, `${t("order.approve")} – ${t("act.again")}`);
    });
    return node;
  }

  private askWhy(order: Order, plan: Plan, action: string): void {
    ask({
      title: t(`order.${action}` as Key).replace("…", "").trim(),
      lead: [`${nameOf(plan, order)} – ${placeName(plan, order.place)}`],
      fields: [{ name: "reason", label: t("act.reason"), kind: "words", required: true }],
      send: t("act.send"),
      done: (values) => tell(order, action, values["reason"] ?? ""),
    });
  }

  private send(order: Order, action: string, reason: string): void {
    if (!who()) return askWho(() => undefined);
    void tell(order, action, reason).then((why) => say(this.wrong, why === null ? "" : t("ack.failed", { why })));
  }
}

function tell(order: Order, action: string, reason: string): Promise<string | null> {
  const me = author();
  return me ? actOnOrder(order.order_id, { ...me, action, reason, second_gesture: action === "approve" }) : Promise.resolve(t("bar.nobody"));
}

function effectText(order: Order): string {
  if (!order.effect) return "";
  return order.effect === "pending" ? t("effect.pending", { time: clock(order.effect_due_us, false) }) : t(`effect.${order.effect}`);
}

export class OrdersView {
  readonly node = el("section", { class: "orders" });
  private readonly list = el("ul", { role: "list", class: "cards" });
  private readonly none = el("div", { class: "none" });
  private readonly rows = new Map<string, Row>();

  constructor() {
    this.node.append(this.none, this.list);
  }

  reset(): void {
    this.rows.clear();
    this.list.replaceChildren();
  }

  update(plan: Plan, picture: Picture): void {
    const orders = [...picture.orders].sort((a, b) => rank(a) - rank(b));
    this.none.hidden = orders.length > 0;
    this.none.replaceChildren(el("b", {}, t("order.none")), el("p", {}, t("order.none_hint")));
    const known = new Set(orders.map((order) => order.order_id));
    for (const [id, row] of this.rows) {
      if (known.has(id)) continue;
      row.node.remove();
      this.rows.delete(id);
    }
    orders.forEach((order, index) => {
      const row = this.rows.get(order.order_id) ?? new Row();
      this.rows.set(order.order_id, row);
      row.update(order, plan);
      if (this.list.children[index] !== row.node) this.list.insertBefore(row.node, this.list.children[index] ?? null);
    });
  }
}

/** Overdue first, then what waits, then what is open; what is over comes last. */
function rank(order: Order): number {
  if (ENDS.includes(order.state)) return 3;
  return isOverdue(order) ? 0 : order.waits ? 1 : 2;
}

/** How many are open, and how many of them are overdue. */
export function counts(picture: Picture): { open: number; late: number } {
  const open = picture.orders.filter((order) => !ENDS.includes(order.state));
  return { open: open.length, late: open.filter(isOverdue).length };
}
