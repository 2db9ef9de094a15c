/** The bar on top, the stripe of an exercise, and the loud banner when the picture cannot be trusted. */

import { askStopDrill, askWho } from "./dialogs";
import { button, el, say, set } from "./dom";
import { eventNowUs, isLost, pictureAgeMs, roleName, sinceArrivalMs, state, who } from "./store";
import { lang, of, setLanguage, t } from "./texts";
import type { Mode, Picture } from "./types";
import { age, clock, isOpen, placeName, ruleName, utc } from "./words";

const THEME = "muster.theme";

export interface BarActs {
  language(): void;
  mode(mode: string): void;
  find(text: string): void;
}

/** Put the chosen theme on the page. */
export function applyTheme(): void {
  const chosen = localStorage.getItem(THEME);
  if (chosen) document.documentElement.dataset["theme"] = chosen;
}

export class Bar {
  readonly node = el("header", { class: "bar" });
  readonly stripe = el("div", { class: "stripe", role: "note", id: "exercise" });
  readonly banner = el("div", { class: "banner", role: "alert", hidden: true });
  readonly downBanner = el("div", { class: "banner down", role: "alert", hidden: true, id: "down" });
  readonly liveBanner = el("div", { class: "banner live-alert", role: "alert", hidden: true });
  readonly find = el("input", { type: "search", class: "find" });
  private readonly acts: BarActs;
  private readonly event = el("span", { class: "pill event" });
  private readonly plan = el("span", { class: "pill planhash" });
  private readonly language = el("span", { class: "pill language", role: "group" });
  private readonly modes = el("select", { class: "pill modes" });
  private readonly clock = el("time", { class: "clock" });
  private readonly played = el("span", { class: "played" });
  private readonly me = button("pill me", "", () => askWho(() => this.show()));
  private readonly theme = button("pill theme", "◐", () => this.toggleTheme());

  constructor(acts: BarActs) {
    this.acts = acts;
    const space = el("span", { class: "space" });
    this.node.append(el("b", { class: "brand" }, "Muster"), this.modes, this.event, this.plan, this.language, this.theme, space, this.find, this.played, this.clock, this.me);
    this.modes.addEventListener("change", () => acts.mode(this.modes.value));
    this.find.addEventListener("input", () => acts.find(this.find.value.trim()));
    for (const code of ["en", "zh"] as const) {
      this.language.append(button("", code === "en" ? "EN" : "中文", () => {
        setLanguage(code);
        acts.language();
      }));
    }
  }

  /** Write what changes with language, mode and plan. */
  show(): void {
    document.documentElement.lang = lang() === "zh" ? "zh-CN" : "en";
    const plan = state.plan;
    say(this.event, plan ? of(plan.event.name) : "");
    say(this.plan, plan ? t("bar.plan", { hash: plan.hash.slice(0, 4), version: plan.version }) : "");
    set(this.plan, "title", plan?.hash ?? "");
    this.event.hidden = this.plan.hidden = !plan;
    [...this.language.children].forEach((node, index) => set(node, "aria-pressed", String((index === 1) === (lang() === "zh"))));
    set(this.language, "aria-label", t("bar.language"));
    set(this.theme, "aria-label", t("bar.theme"));
    set(this.theme, "title", t("bar.theme"));
    set(this.find, "placeholder", `${t("bar.find")}  ${t("bar.find_key")}`);
    set(this.find, "aria-label", t("bar.find"));
    this.showModes();
    this.showMe();
    this.showStripe();
  }

  private showModes(): void {
    const rows = (state.modes ?? []).map((mode) => el("option", { value: mode.mode }, modeName(mode)));
    this.modes.replaceChildren(...rows);
    this.modes.value = state.mode ?? "";
    set(this.modes, "aria-label", t("bar.mode"));
    this.modes.hidden = rows.length === 0;
  }

  private showMe(): void {
    const me = who();
    const phase = state.plan?.phases.find((row) => row.id === state.plan?.phase);
    const name = me ? t("bar.who", { call: me.call, role: roleName(me) }) : t("bar.nobody");
    say(this.me, phase ? `${name} · ${t("bar.phase", { phase: of(phase.name) })}` : name);
    set(this.me, "class", me ? "pill me" : "pill me nobody");
  }

  private showStripe(): void {
    const exercise = state.modes?.find((mode) => mode.mode === state.mode)?.exercise ?? false;
    this.stripe.hidden = !exercise;
    const words = el("span", { class: "stripe-words" }, `${t("drill.stripe")} `.repeat(3).trim());
    const other = lang() === "zh" ? "STOP DRILL – REAL" : "终止演练 转入实战";
    const stop = button("stop", "", () => askStopDrill(() => this.acts.mode("live")));
    stop.append(el("b", {}, t("drill.stop")), ` ${other}`);
    this.stripe.replaceChildren(words, stop);
  }

  /** Bring what changes with each picture and each second. */
  tick(): void {
    const picture = state.picture;
    const now = eventNowUs();
    say(this.clock, clock(now));
    set(this.clock, "title", `${t("bar.clock")} · ${utc(now)}`);
    say(this.played, picture?.clock === "player" ? t("bar.played") : "");
    const text = trouble(picture);
    this.banner.hidden = text === "";
    set(this.banner, "class", picture?.ended && !isLost() ? "banner calm" : "banner");
    say(this.banner, text);
    this.tellDown();
    this.tellLive();
  }

  /** What the watchdog of this mode called out: by a way of its own, not with the picture. */
  private tellDown(): void {
    const said = state.watchdogs.find((row) => row.mode === state.mode);
    const isDown = said?.state === "down" || said?.state === "silent";
    this.downBanner.hidden = !said || !(isDown || said.state === "degraded");
    if (!said || this.downBanner.hidden) return;
    set(this.downBanner, "class", isDown ? "banner down" : "banner calm");
    say(this.downBanner, t(isDown ? "down.path" : "down.part", { why: lang() === "zh" ? said.sentence_zh : said.sentence_en }));
  }

  /** A live alert paints over a drill. */
  private tellLive(): void {
    const alert = state.live?.alerts.find((row) => row.card && isOpen(row) && row.work === "new");
    const plan = state.livePlan;
    this.liveBanner.hidden = !alert || !plan;
    if (!alert || !plan) return;
    const text = t("drill.live_alert", { what: ruleName(plan, alert), where: placeName(plan, alert.place) });
    if (this.liveBanner.dataset["text"] === text) return;
    this.liveBanner.dataset["text"] = text;
    this.liveBanner.replaceChildren(el("b", {}, text), button("danger", t("drill.go_live"), () => this.acts.mode("live")));
  }

  private toggleTheme(): void {
    const dark = document.documentElement.dataset["theme"] ?? (matchMedia("(prefers-color-scheme: light)").matches ? "light" : "dark");
    const next = dark === "light" ? "dark" : "light";
    localStorage.setItem(THEME, next);
    document.documentElement.dataset["theme"] = next;
  }
}

function modeName(mode: Mode): string {
  const kind = t(mode.exercise ? "bar.mode_drill" : "bar.mode_live");
  const ended = mode.state === "ended" ? ` (${t("bar.ended")})` : "";
  return `${kind} · ${of(mode.title)}${ended}`;
}

function trouble(picture: Picture | null): string {
  const old = pictureAgeMs();
  if (!picture) return sinceArrivalMs() > 5000 && state.mode ? t("link.lost", { age: age(sinceArrivalMs()) }) : "";
  if (isLost()) return t("link.lost", { age: age(Math.max(old ?? 0, sinceArrivalMs())) });
  if (picture.ended) return t("link.ended", { time: clock(picture.clock_us) });
  if (picture.silent) return old === null ? t("link.never") : t("link.silent", { age: age(old) });
  return "";
}
