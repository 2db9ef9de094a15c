/** One alert's card: what, where, the number, how long, who has it, who is next; one main act, one proposed, and the rest behind "more". */

import { askWho } from "./dialogs";
import { button, el, say, set } from "./dom";
import { climbsText, hasText, leastText, marks, numberText, refusedText, signText, soonText, timeText, toldText, whereText } from "./card_texts";
import { getNearest } from "./net";
import { askOrder } from "./order_form";
import { openMenu, send, start } from "./menu";
import type { Proposal } from "./proposals";
import { proposalOf, rolesFor } from "./proposals";
import { may, post, state, who } from "./store";
import { of, t, tOr } from "./texts";
import type { Alert, Picture, Plan } from "./types";
import { isLifeSafety, isOpen, placeName, roleIn, ruleName, utc } from "./words";

const ARMED_MS = 3000;
const CAMERAS = 2;
let queue: Promise<void> = Promise.resolve();

export class Card {
  readonly node = el("li", { class: "card", tabindex: 0 });
  private readonly roman = el("span", { class: "roman" });
  private readonly title = el("h3");
  private readonly marks = el("p", { class: "marks" });
  private readonly where = el("span", { class: "where" });
  private readonly number = el("span", { class: "number" });
  private readonly soon = el("span", { class: "soon" });
  private readonly least = el("p", { class: "least" });
  private readonly time = el("span", { class: "time" });
  private readonly has = el("span", { class: "has" });
  private readonly todo = el("p", { class: "todo" });
  private readonly climbs = el("span", { class: "climbs" });
  private readonly told = el("span", { class: "has" });
  private readonly failed = el("span", { class: "failed" });
  private readonly sign = el("span", { class: "has" });
  private readonly cameras = el("span", { class: "near", hidden: true });
  private readonly wrong = el("p", { class: "wrong", role: "alert" });
  private readonly ack = button("main ack", "", () => this.press());
  private readonly clear = button("quiet", "", () => this.withPost(() => start(this.alert, this.plan, "clear", this.name().join(" – "))));
  private readonly propose = button("propose", "", () => this.order());
  private readonly more = button("quiet more-acts", "", () => this.menu());
  private alert: Alert;
  private plan: Plan;
  private proposal: Proposal | null = null;
  private armed = 0;
  private failure = "";

  constructor(alert: Alert, plan: Plan, showCamera: (id: string) => void) {
    this.alert = alert;
    this.plan = plan;
    const line = (...nodes: Node[]): HTMLElement => el("p", { class: "facts-line" }, ...nodes);
    const acts = el("div", { class: "acts" }, this.ack, this.clear, this.propose, this.more);
    const body = el("div", { class: "body" }, this.title, this.marks, line(this.where, this.number, this.soon), this.least, line(this.time, this.has, this.climbs), acts, this.wrong, this.todo, line(this.sign, this.told, this.failed, this.cameras));
    this.node.append(el("div", { class: "side" }, this.roman), body);
    this.node.dataset["alert"] = alert.alert_id;
    set(this.more, "aria-haspopup", "dialog");
    queue = queue.then(() => this.findCameras(showCamera));
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
    say(this.marks, marks(alert).join(" · "));
    say(this.where, whereText(alert, where));
    say(this.number, numberText(alert, plan, picture));
    say(this.soon, soonText(alert, picture));
    say(this.least, leastText(alert, plan, picture));
    say(this.time, timeText(alert));
    set(this.time, "title", utc(alert.start_us));
    say(this.has, hasText(alert, plan));
    say(this.climbs, climbsText(alert));
    const [told, failed] = toldText(alert);
    say(this.told, told);
    say(this.failed, failed);
    say(this.sign, signText(alert));
    say(this.wrong, refusedText(alert) || this.failure);
    this.updateActs(what, where);
  }

  private updateActs(what: string, where: string): void {
    const { alert, plan } = this;
    const fresh = alert.work === "new" && isOpen(alert);
    this.ack.hidden = !fresh;
    this.ack.disabled = alert.asked?.action === "acknowledge";
    set(this.ack, "aria-label", t("ack.name", { what, where }));
    if (!this.armed) say(this.ack, t("ack.do"));
    this.clear.hidden = !(alert.latched && alert.work === "in_progress" && isOpen(alert) && may("clear"));
    say(this.clear, t("card.clear"));
    this.more.hidden = alert.work === "closed";
    say(this.more, t("act.more"));
    set(this.more, "aria-label", t("act.more_name", { what, where }));
    this.proposal = isOpen(alert) ? proposalOf(plan, alert) : null;
    const roles = this.proposal ? rolesFor(plan, this.proposal.kind) : [];
    const mine = post();
    const allowed = !who() || (mine !== null && roles.includes(mine.role.en));
    this.propose.hidden = !this.proposal || !allowed;
    say(this.propose, this.proposal ? `${this.proposal.label} …` : "");
    const advice = isOpen(alert) ? tOr(`do.${alert.rule}`, "do.other") : "";
    const only = this.proposal && !allowed ? t("propose.only", { action: this.proposal.label, roles: roles.map((role) => roleIn(plan, role)).join(", ") }) : "";
    set(this.propose, "title", advice);
    const isNeeded = isLifeSafety(alert) || !this.proposal || !allowed; // else the proposed order says it, and its form again
    say(this.todo, [this.proposal?.seen ?? "", isNeeded ? advice : "", only].filter(Boolean).join(" · "));
  }

  private async findCameras(showCamera: (id: string) => void): Promise<void> {
    if (!state.mode || !this.node.isConnected) return;
    const found = (await getNearest(state.mode, this.alert.alert_id)) ?? [];
    const links = found.slice(0, CAMERAS).map((row) => button("link", of(row.name), () => showCamera(row.camera)));
    this.cameras.replaceChildren(el("span", { class: "has" }, t("card.cameras")), ...links);
    this.cameras.hidden = !links.length;
  }

  private withPost(then: () => void): void {
    if (who()) then();
    else askWho(then);
  }

  /** Give the order that the card proposes. */
  order(): void {
    const made = this.proposal;
    if (made && !this.propose.hidden) this.withPost(() => askOrder(this.alert, made, [this.name().join(" – "), tOr(`do.${this.alert.rule}`, "do.other")]));
  }

  /** Everything else. */
  menu(): void {
    if (!this.more.hidden) this.withPost(() => openMenu(this.alert, this.plan));
  }

  /** The main act: a life-safety alert arms first, and is acknowledged by the second press. */
  press(): void {
    if (this.ack.hidden || this.ack.disabled) return;
    if (!who()) return askWho(() => undefined);
    if (isLifeSafety(this.alert) && !this.armed) return this.arm();
    this.disarm();
    void this.acknowledge();
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

  private async acknowledge(): Promise<void> {
    this.ack.disabled = true;
    const why = await send(this.alert, { action: "acknowledge", second_gesture: isLifeSafety(this.alert) });
    this.ack.disabled = false;
    this.failure = why === null ? "" : t("ack.failed", { why });
    say(this.wrong, this.failure);
  }
}
