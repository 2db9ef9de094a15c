/** The list of alert cards, life-safety first. */

import { Card } from "./card";
import { el, say } from "./dom";
import { pictureAgeMs, state } from "./store";
import { t } from "./texts";
import type { Alert, Picture, Plan } from "./types";
import { age, isOpen, unknownZones } from "./words";

export class CardsView {
  readonly node = el("section", { class: "alerts" });
  private readonly load = el("p", { class: "load" });
  private readonly list = el("ul", { role: "list", class: "cards" });
  private readonly none = el("div", { class: "none" });
  private readonly more = el("p", { class: "more" });
  private readonly spoken = el("p", { class: "hidden", "aria-live": "polite", role: "status" });
  private readonly cards = new Map<string, Card>();
  private isFirst = true;
  private readonly showCamera: (id: string) => void;

  constructor(showCamera: (id: string) => void) {
    this.showCamera = showCamera;
    this.node.append(this.none, this.list, el("div", { class: "below" }, this.more, this.load), this.spoken);
  }

  /** Forget the cards of another mode. */
  reset(): void {
    this.cards.clear();
    this.list.replaceChildren();
    this.isFirst = true;
  }

  update(plan: Plan, picture: Picture): void {
    const shown = picture.alerts.filter((alert) => alert.card);
    const watched = picture.alerts.filter((alert) => !alert.card && isOpen(alert)).length;
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
    const card = new Card(alert, plan, this.showCamera);
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
