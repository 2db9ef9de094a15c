/** The right third: alerts and orders as two tabs, reports of people, and, apart from them, the fire panel. */

import type { CardsView } from "./cards";
import { button, el, say, set } from "./dom";
import type { OrdersView } from "./orders";
import { counts } from "./orders";
import { mayAskPanel, openPanel } from "./panel";
import { askReport } from "./report";
import { may, state, who } from "./store";
import { t } from "./texts";
import type { Picture, Plan } from "./types";
import { isOpen } from "./words";

export class SideView {
  readonly node = el("div", { class: "side-view" });
  private readonly tabs = el("div", { class: "tabs", role: "tablist" });
  private readonly alerts = button("tab", "", () => this.show(false));
  private readonly orders = button("tab", "", () => this.show(true));
  private readonly ordersText = el("span");
  private readonly late = el("b", { class: "loud" });
  private readonly report = button("quiet report", "", () => askReport());
  private readonly panel = button("quiet panel-open", "", () => state.plan && openPanel(state.plan));
  private readonly cards: CardsView;
  private readonly list: OrdersView;
  private isOrders = false;

  constructor(cards: CardsView, list: OrdersView) {
    this.cards = cards;
    this.list = list;
    this.orders.append(this.ordersText, this.late);
    this.tabs.append(this.alerts, this.orders);
    for (const [tab, panel, id] of [[this.alerts, cards.node, "alerts"], [this.orders, list.node, "orders"]] as const) {
      set(tab, "role", "tab");
      set(tab, "id", `tab-${id}`);
      set(tab, "aria-controls", `panel-${id}`);
      set(panel, "role", "tabpanel");
      set(panel, "id", `panel-${id}`);
      set(panel, "aria-labelledby", `tab-${id}`);
    }
    this.tabs.addEventListener("keydown", (event) => {
      if (event.key !== "ArrowLeft" && event.key !== "ArrowRight") return;
      this.toggle();
      (this.isOrders ? this.orders : this.alerts).focus();
    });
    this.panel.hidden = true;
    this.node.append(el("header", {}, this.tabs, this.report), cards.node, list.node, this.panel);
    this.show(false);
  }

  /** The other tab. */
  toggle(): void {
    this.show(!this.isOrders);
  }

  private show(isOrders: boolean): void {
    this.isOrders = isOrders;
    this.cards.node.hidden = isOrders;
    this.list.node.hidden = !isOrders;
    for (const [tab, chosen] of [[this.alerts, !isOrders], [this.orders, isOrders]] as const) {
      set(tab, "aria-selected", String(chosen));
      set(tab, "tabindex", chosen ? 0 : -1);
    }
  }

  reset(): void {
    this.cards.reset();
    this.list.reset();
  }

  update(plan: Plan, picture: Picture): void {
    const { open, late } = counts(picture);
    set(this.tabs, "aria-label", t("tab.name"));
    say(this.alerts, t("tab.alerts", { count: picture.alerts.filter((alert) => alert.card && isOpen(alert)).length }));
    say(this.ordersText, t("tab.orders", { count: open }));
    say(this.late, late ? t("tab.overdue", { count: late }) : "");
    say(this.report, t("report.do"));
    this.report.hidden = who() !== null && !may("report");
    say(this.panel, t("panel.open"));
    this.panel.hidden = !mayAskPanel(plan);
    this.cards.update(plan, picture);
    this.list.update(plan, picture);
  }
}
