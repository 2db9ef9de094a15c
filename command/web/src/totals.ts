/** The row of totals: people inside against the permit, in, out, seen by cameras, cameras. */

import { button, el, svg } from "./dom";
import { eventNowUs, isDead } from "./store";
import type { Key } from "./texts";
import { t } from "./texts";
import type { Occupancy, Picture } from "./types";
import { clock, whole } from "./words";

const MARKS = [80, 90, 95, 100];

export class TotalsView {
  readonly node = el("section", { class: "totals" });
  private readonly showCameras: () => void;
  private told = "";

  constructor(showCameras: () => void) {
    this.showCameras = showCameras;
  }

  update(picture: Picture): void {
    const dead = isDead() && !picture.ended;
    const occupancy = picture.occupancy;
    const told = JSON.stringify([t("total.inside"), dead, occupancy, picture.people_seen, picture.people_at_least, Math.floor(eventNowUs() / 15e6), picture.cameras_live, picture.cameras_all]);
    if (told === this.told) return;
    this.told = told;
    const rate = (value: number | null | undefined): [string, string] => (dead || value == null ? ["–", t("total.unknown")] : [whole(value), t("total.per_min")]);
    const seen = dead || picture.people_seen === null ? null : picture.people_seen;
    const tiles = occupancy ? [this.inside(occupancy, dead), passing(rate(occupancy.in_per_min), rate(occupancy.out_per_min)), full(occupancy, dead), difference(occupancy, dead)] : [];
    this.node.classList.toggle("with-area", occupancy !== null);
    this.node.replaceChildren(
      ...tiles.filter((node) => node !== null),
      tile(t("total.seen"), seen === null ? "–" : whole(seen), t(seen === null ? "total.unknown" : picture.people_at_least ? "total.least" : "total.people")),
      this.cameras(picture),
    );
  }

  private inside(now: Occupancy, dead: boolean): HTMLElement {
    const known = now.inside !== null && !dead;
    const small = el("div", { class: "tile-small" });
    const half = known && now.balance && !now.balance.suspect ? t("total.error", { error: whole((now.balance.high - now.balance.low) / 2) }) : "";
    const facts = [half, t("total.permit", { approved: whole(now.approved) }), now.percent !== null && known ? t("total.percent", { percent: now.percent.toFixed(0) }) : "", dead ? "" : t("total.turnstiles", { seen: now.turnstiles_seen, all: now.turnstiles_expected })];
    facts.filter(Boolean).forEach((fact, order) => small.append(order ? el("span", {}, fact) : fact));
    const node = tile(t("total.inside"), known && now.inside !== null ? whole(now.inside) : "–", "");
    node.classList.add("wide");
    node.lastElementChild?.append(small);
    node.append(meter(known ? (now.percent ?? 0) : 0));
    return node;
  }

  private cameras(picture: Picture): HTMLElement {
    const node = tile(t("total.cameras"), String(picture.cameras_live), t("total.cameras_of", { all: picture.cameras_all }));
    const show = button("tile-button", "", () => this.showCameras());
    show.setAttribute("aria-label", t("total.cameras_open"));
    show.append(...node.childNodes);
    show.classList.add("tile");
    return show;
  }
}

function tile(name: string, value: string, unit: string): HTMLElement {
  return el("div", { class: "tile" }, el("div", { class: "tile-name" }, name), el("div", { class: "tile-value" }, el("b", {}, value), el("span", {}, unit)));
}

/** In and out a minute. */
function passing([into, unit]: [string, string], [out]: [string, string]): HTMLElement {
  return tile(`${t("total.in")} / ${t("total.out")}`, `${into} / ${out}`, unit);
}

/** When the approved number is reached, if people come and go as they do. */
function full(now: Occupancy, dead: boolean): HTMLElement {
  if (dead || !now.balance) return tile(t("total.full"), "–", t("total.unknown"));
  if (!now.full) return tile(t("total.full"), "–", t("total.full_never"));
  const at = (seconds: number): string => clock(eventNowUs() + seconds * 1e6, false);
  const values = { low: at(now.full.low_s), high: at(now.full.high_s ?? 0) };
  return tile(t("total.full"), at(now.full.s), t(now.full.high_s === null ? "total.full_open" : "total.full_interval", values));
}

/** Turnstiles against what else counts the same people; null where nothing else does. */
function difference(now: Occupancy, dead: boolean): HTMLElement | null {
  const row = now.balance;
  const other = row?.seen ?? row?.lines ?? null;
  if (dead || !row || row.turnstiles === null || other === null) return null;
  const value = Math.round(row.turnstiles - other);
  const suspect = row.suspect === "disagree" ? t("total.disagree") : row.suspect ? t("total.suspect", { source: t(`suspect.${row.suspect}` as Key) }) : t("total.agree");
  const node = tile(t(row.seen === null ? "total.difference_lines" : "total.difference"), `${value > 0 ? "+" : value < 0 ? "−" : "±"}${whole(Math.abs(value))}`, suspect);
  if (row.suspect) node.classList.add("doubt");
  return node;
}

/** How full, with the marks of the permit at 80, 90, 95 and 100 %. */
function meter(percent: number): SVGSVGElement {
  const top = 110;
  const node = svg("svg", { class: "meter", viewBox: "0 0 110 4", preserveAspectRatio: "none", "aria-hidden": "true" });
  node.append(svg("rect", { width: top, height: 4, class: "meter-back" }), svg("rect", { width: Math.min(percent, top), height: 4, class: "meter-full" }));
  for (const mark of MARKS) node.append(svg("rect", { x: mark - 0.2, width: 0.5, height: 4, class: "meter-mark" }));
  return node;
}
