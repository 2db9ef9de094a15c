/** Alert cards: what, where, the number, how long, who has it, and one main action. */

import { askReason, askWho } from "./dialogs";
import { button, el, say, set } from "./dom";
import { act } from "./net";
import { eventNowUs, mayClear, pictureAgeMs, state, who } from "./store";
import { t, tOr } from "./texts";
import type { Alert, Picture, Plan } from "./types";
import { age, clock, isLifeSafety, isOpen, placeName, ruleName, signed, stopwatch, unknownZones, utc, valueOf } from "./words";

const ARMED_MS = 3000;
const EVERYONE_US = 60e6;

class Card {
  readonly node = el("li", { class: "card", tabindex: 0 });
  private readonly roman = el("span", { class: "roman" });
  private readonly title = el("h3");
  private readonly where = el("span", { class: "where" });
  private readonly number = el("span", { class: "number" });
  private readonly time = el("span", { class: "time" });
  private readonly todo = el("p", { class: "todo" });
  private readonly has = el("span", { class: "has" });
  private readonly wrong = el("p", { class: "wrong", role: "alert" });
  private readonly ack = button("main ack", "", () => this.press());
  private readonly clear = button("quiet", "", () => this.askClear());
  private alert: Alert;
  private plan: Plan;
  private armed = 0;

  constructor(alert: Alert, plan: Plan) {
    this.alert = alert;
    this.plan = plan;
    const body = el("div", { class: "body" }, this.title, el("p", { class: "facts-line" }, this.where, this.number), el("p", { class: "facts-line" }, this.time, this.has), el("div", { class: "acts" }, this.ack, this.clear, this.todo), this.wrong);
    this.node.append(el("div", { class: "side" }, this.roman), body);
    this.node.dataset["alert"] = alert.alert_id;
  }

  /** What the card says of itself in one line. */
  name(): [string, string] {
    return [ruleName(this.plan, this.alert, state.picture?.cameras[this.alert.place]), placeName(this.plan, this.alert.place)];
  }

  matches(find: string): boolean {
    return !find || `${this.name().join(" ")} ${this.alert.place}`.toLowerCase().includes(find.toLowerCase());
  }

  update(alert: Alert, plan: Plan, picture: Picture): void {
    this.alert = alert;
    this.plan = plan;
    const [what, where] = this.name();
    const unknown = alert.rule === "unknown_while_filling" || alert.rule === "camera_health";
    set(this.node, "class", `card l-${alert.level}${unknown ? " unseen" : ""}${isOpen(alert) ? "" : " cleared"}${alert.level === "act_now" && isOpen(alert) ? " pulse" : ""}`);
    set(this.node, "aria-label", `${t(`level.${alert.level}`)} ${t(`word.${alert.level}`)}: ${what}, ${where}`);
    say(this.roman, alert.rule === "unknown_while_filling" ? `? ${t(`level.${alert.level}`)}` : t(`level.${alert.level}`));
    set(this.roman, "title", t(`word.${alert.level}`));
    say(this.title, what);
    say(this.where, this.whereText(where));
    say(this.number, this.numberText(picture));
    say(this.time, this.timeText());
    set(this.time, "title", utc(alert.start_us));
    say(this.todo, isOpen(alert) ? tOr(`do.${alert.rule}`, "do.other") : "");
    this.updateActs(what, where);
  }

  private whereText(where: string): string {
    const { alert } = this;
    const source = alert.source && alert.source !== alert.place ? t(alert.rule.startsWith("fire") ? "card.detector" : "card.source", { source: alert.source.toUpperCase() }) : "";
    return [where, source, alert.verified ? "" : t("card.unverified")].filter(Boolean).join(" · ");
  }

  private numberText(picture: Picture): string {
    const { alert, plan } = this;
    const vehicle = picture.vehicles.find((row) => row.id === alert.source);
    if (vehicle && isOpen(alert)) {
      const key = vehicle.ahead_zone === alert.place ? "card.away" : "card.ahead";
      const ahead = vehicle.ahead_zone && vehicle.ahead_m !== null ? t(key, { zone: placeName(plan, vehicle.ahead_zone), distance: vehicle.ahead_m.toFixed(0) }) : "";
      return [t("unit.kmh", { value: vehicle.speed_kmh.toFixed(0) }), ahead].filter(Boolean).join(" · ");
    }
    const zone = picture.zones[alert.place];
    if (alert.rule !== "crowd_density" || !isOpen(alert)) return valueOf(alert);
    if (zone && !zone.known) return `${valueOf(alert)} → ${t("zone.unknown")}`;
    const now = zone?.local_peak ?? alert.value;
    const trend = zone?.trend == null ? "" : t("zone.trend", { value: signed(zone.trend) });
    const fell = alert.measured_level !== alert.level ? t("card.was", { level: t(`level.${alert.level}`) }) : "";
    return [t("zone.peak", { value: now.toFixed(1) }), trend, fell].filter(Boolean).join(" · ");
  }

  private timeText(): string {
    const { alert } = this;
    if (!isOpen(alert)) return `${t("card.cleared")} ${clock(alert.event_time_us)}`;
    const time = stopwatch(eventNowUs() - alert.start_us);
    return `${t(alert.latched ? "card.latched" : "card.for", { time })} · ${clock(alert.start_us)}`;
  }

  private updateActs(what: string, where: string): void {
    const { alert } = this;
    const fresh = alert.work === "new" && isOpen(alert);
    this.ack.hidden = !fresh;
    this.ack.disabled = alert.asked?.action === "acknowledge";
    set(this.ack, "aria-label", t("ack.name", { what, where }));
    if (!this.armed) say(this.ack, t("ack.do"));
    this.clear.hidden = !(alert.latched && alert.work === "in_progress" && isOpen(alert) && mayClear());
    say(this.clear, t("card.clear"));
    say(this.has, this.hasText());
  }

  private hasText(): string {
    const { alert } = this;
    const refused = alert.receipts.filter((row) => row.state !== "delivered");
    const arrived = alert.receipts.filter((row) => row.state === "delivered");
    const last = arrived.at(-1);
    const texts: string[] = [];
    if (alert.asked) texts.push(t("card.asked", { who: alert.asked.actor }));
    else if (alert.acknowledged_by) texts.push(`${t("card.has", { who: `${alert.acknowledged_by} ${this.roleOf()}` })} ${clock(alert.acknowledged_us)}`);
    else if (isOpen(alert)) texts.push(isLifeSafety(alert) ? this.everyoneText() : t("card.new"));
    if (last && last.delay_ms !== null) texts.push(t("card.delivered_in", { who: names(arrived), delay: age(last.delay_ms) }));
    else if (last) texts.push(t("card.delivered", { who: names(arrived) }));
    if (alert.refused) texts.push(t("ack.failed", { why: alert.refused.why }));
    if (refused.length) texts.push(t("card.refused", { who: names(refused) }));
    return texts.join(" · ");
  }

  private everyoneText(): string {
    const left = EVERYONE_US - (eventNowUs() - this.alert.start_us);
    return left > 0 ? t("card.everyone_in", { time: stopwatch(left) }) : t("card.everyone");
  }

  private roleOf(): string {
    const post = this.plan.posts.find((row) => row.role.en === this.alert.acknowledged_role);
    return post ? (document.documentElement.lang.startsWith("zh") ? post.role.zh : post.role.en) : this.alert.acknowledged_role;
  }

  /** The main action: a life-safety alert arms first, and is acknowledged by the second press. */
  press(): void {
    if (this.ack.hidden || this.ack.disabled) return;
    if (!who()) return askWho(() => undefined);
    if (isLifeSafety(this.alert) && !this.armed) return this.arm();
    this.disarm();
    void this.ask("acknowledge", "");
  }

  private arm(): void {
    this.armed = window.setTimeout(() => this.disarm(), ARMED_MS);
    say(this.ack, `${t("ack.do")} – ${t("ack.again")}`);
    this.ack.classList.add("armed");
  }

  private disarm(): void {
    window.clearTimeout(this.armed);
    this.armed = 0;
    this.ack.classList.remove("armed");
    say(this.ack, t("ack.do"));
  }

  private askClear(): void {
    askReason(this.name().join(" – "), (reason) => void this.ask("clear", reason));
  }

  private async ask(action: "acknowledge" | "clear", reason: string): Promise<void> {
    const me = who();
    if (!me || !state.mode) return;
    this.ack.disabled = true;
    const why = await act(this.alert.alert_id, { mode: state.mode, action, actor: me.call, actor_role: me.role, second_gesture: isLifeSafety(this.alert), reason });
    this.ack.disabled = false;
    say(this.wrong, why === null ? "" : t("ack.failed", { why }));
  }
}

function names(receipts: { recipient: string }[]): string {
  const shown = receipts.slice(-2).map((row) => row.recipient).join(", ");
  return receipts.length > 2 ? `${shown} +${receipts.length - 2}` : shown;
}

export class CardsView {
  readonly node = el("section", { class: "alerts" });
  private readonly title = el("h2");
  private readonly load = el("span", { class: "load" });
  private readonly list = el("ul", { role: "list", class: "cards" });
  private readonly none = el("div", { class: "none" });
  private readonly more = el("p", { class: "more" });
  private readonly spoken = el("p", { class: "hidden", "aria-live": "polite", role: "status" });
  private readonly cards = new Map<string, Card>();
  private isFirst = true;

  constructor() {
    this.node.append(el("header", {}, this.title, this.load), this.none, this.list, this.more, this.spoken);
  }

  /** Forget the cards of another mode. */
  reset(): void {
    this.cards.clear();
    this.list.replaceChildren();
    this.isFirst = true;
  }

  update(plan: Plan, picture: Picture): void {
    const shown = picture.alerts.filter((alert) => alert.card);
    const open = shown.filter(isOpen);
    const watched = picture.alerts.filter((alert) => !alert.card && isOpen(alert)).length;
    say(this.title, t("alerts.title", { count: open.length }));
    say(this.load, t("alerts.load", { load: picture.alert_load.per_operator.toFixed(1) }));
    say(this.more, watched ? t("alerts.watched", { count: watched }) : "");
    this.updateNone(picture, shown.length === 0);
    for (const alert of shown) this.cardOf(alert, plan).update(alert, plan, picture);
    this.order(shown.map((alert) => alert.alert_id));
    this.isFirst = false;
  }

  /** The card that has the focus. */
  focused(): Card | null {
    const id = document.activeElement?.closest<HTMLElement>(".card")?.dataset["alert"];
    return (id && this.cards.get(id)) || null;
  }

  /** Move the focus by *step* cards. */
  move(step: number): void {
    const nodes = [...this.list.children].filter((node) => node instanceof HTMLElement && !node.hidden) as HTMLElement[];
    const now = nodes.findIndex((node) => node.contains(document.activeElement));
    const next = now < 0 ? (step > 0 ? 0 : nodes.length - 1) : Math.max(0, Math.min(now + step, nodes.length - 1));
    nodes[next]?.focus();
    nodes[next]?.scrollIntoView({ block: "nearest" });
  }

  private updateNone(picture: Picture, isNone: boolean): void {
    this.none.hidden = !isNone;
    if (!isNone) return;
    const unseen = unknownZones(picture).length;
    const hint = t("alerts.none_hint", { age: age(pictureAgeMs() ?? 0), live: picture.cameras_live, all: picture.cameras_all });
    this.none.replaceChildren(el("b", {}, t("alerts.none")), el("p", {}, hint), el("p", {}, unseen ? t("alerts.none_blind", { count: unseen }) : ""));
  }

  private cardOf(alert: Alert, plan: Plan): Card {
    const known = this.cards.get(alert.alert_id);
    if (known) return known;
    const card = new Card(alert, plan);
    this.cards.set(alert.alert_id, card);
    const [what, where] = card.name();
    if (!this.isFirst) say(this.spoken, t("alerts.new", { what, where }));
    return card;
  }

  private order(ids: string[]): void {
    for (const [id, card] of this.cards) {
      if (ids.includes(id)) continue;
      card.node.remove();
      this.cards.delete(id);
    }
    const focus = document.activeElement;
    ids.forEach((id, index) => {
      const card = this.cards.get(id);
      if (!card) return;
      card.node.hidden = !card.matches(state.find);
      if (this.list.children[index] !== card.node) this.list.insertBefore(card.node, this.list.children[index] ?? null);
    });
    if (focus instanceof HTMLElement && document.activeElement !== focus && this.list.contains(focus)) focus.focus();
  }
}
