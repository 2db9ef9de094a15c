/** Puts the page together, and follows one mode at a time. */

import { Bar, applyTheme } from "./bar";
import { CameraView, listCameras } from "./camera";
import { CardsView } from "./cards";
import { el, say } from "./dom";
import { listen } from "./keys";
import { OrdersView } from "./orders";
import { askReport } from "./report";
import { SideView } from "./side";
import { follow, getHealth, getModes, getPicture, getPlan } from "./net";
import { PlanView } from "./plan";
import { state } from "./store";
import { t } from "./texts";
import { TimelineView } from "./timeline";
import { TotalsView } from "./totals";
import type { Mode, Picture } from "./types";

const LIVE_MS = 2000;
const MODES_MS = 2000;
const HEALTH_MS = 3000;
const TICK_MS = 250;

const camera = new CameraView(() => undefined);
const showCamera = (id: string): void => camera.show(id, false);
const plan = new PlanView(showCamera);
const cards = new CardsView(showCamera);
const side = new SideView(cards, new OrdersView());
const totals = new TotalsView(() => listCameras(showCamera));
const timeline = new TimelineView();
const bar = new Bar({ language: changeLanguage, mode: (mode) => void choose(mode), find });
const empty = el("div", { class: "empty" });
const hint = el("p", { class: "hint" });
let leave: () => void = () => undefined;

function build(): void {
  applyTheme();
  const left = el("div", { class: "left" }, el("div", { class: "place" }, plan.node, camera.node), totals.node);
  const right = el("aside", { class: "right" }, side.node, hint);
  const main = el("main", {}, left, right, timeline.node);
  document.querySelector("#page")?.append(bar.node, bar.downBanner, bar.liveBanner, bar.stripe, bar.banner, main, empty);
  listen(cards, { back, find: () => bar.find.focus(), orders: () => side.toggle(), report: askReport });
  showAll();
}

function changeLanguage(): void {
  side.reset();
  showAll();
}

function showAll(): void {
  bar.show();
  say(hint, t("keys.hint"));
  const isEmpty = state.modes !== null && state.modes.length === 0;
  document.body.classList.toggle("is-empty", isEmpty || !state.plan);
  empty.replaceChildren(el("b", {}, t(isEmpty ? "app.no_mode" : "app.loading")), el("p", {}, isEmpty ? t("app.no_mode_hint") : ""));
  document.body.classList.toggle("camera-only", state.plan?.camera_only ?? false);
  if (state.plan) plan.show(state.plan);
  update();
}

function update(): void {
  bar.tick();
  camera.update();
  if (!state.plan || !state.picture) return;
  if (!state.plan.camera_only) plan.update(state.picture);
  side.update(state.plan, state.picture);
  totals.update(state.picture);
  timeline.update(state.plan, state.picture);
}

function find(text: string): void {
  state.find = text;
  update();
}

function back(): void {
  if (state.camera && !state.plan?.camera_only) return camera.hide();
  bar.find.value = "";
  bar.find.blur();
  find("");
}

async function choose(mode: string): Promise<void> {
  leave();
  Object.assign(state, { mode, plan: null, picture: null, arrivedMs: 0, startedMs: performance.now(), live: null });
  const url = new URL(location.href);
  url.searchParams.set("mode", mode);
  history.replaceState(null, "", url);
  camera.reset();
  side.reset();
  showAll();
  const loaded = await getPlan(mode);
  if (state.mode !== mode) return;
  if (!loaded) {
    window.setTimeout(() => state.mode === mode && void choose(mode), MODES_MS);
    return;
  }
  state.plan = loaded;
  const only = loaded.cameras[0];
  if (loaded.camera_only && only) camera.show(only.id, true);
  showAll();
  leave = follow(mode, { picture: take, modes: takeModes, broken: (isBroken) => (state.broken = isBroken) });
}

function take(picture: Picture): void {
  if (picture.mode !== state.mode) return;
  if (state.plan && picture.plan_hash !== state.plan.hash) return void choose(picture.mode);
  state.picture = picture;
  state.arrivedMs = performance.now();
  update();
}

function takeModes(modes: Mode[]): void {
  if (JSON.stringify(modes) === JSON.stringify(state.modes)) return;
  state.modes = modes;
  const asked = new URLSearchParams(location.search).get("mode");
  const first = modes.find((mode) => mode.mode === asked) ?? modes.find((mode) => mode.state === "running") ?? modes[0];
  if (!modes.some((mode) => mode.mode === state.mode) && first) void choose(first.mode);
  else showAll();
}

async function lookForModes(): Promise<void> {
  const modes = await getModes();
  if (modes) takeModes(modes);
  window.setTimeout(() => void lookForModes(), MODES_MS);
}

async function watchLive(): Promise<void> {
  const isDrill = state.mode !== null && state.mode !== "live";
  const isLive = state.modes?.some((mode) => mode.mode === "live" && mode.state === "running") ?? false;
  if (isDrill && isLive) {
    state.live = await getPicture("live");
    state.livePlan ??= await getPlan("live");
  } else state.live = null;
  window.setTimeout(() => void watchLive(), LIVE_MS);
}

async function watchHealth(): Promise<void> {
  const health = await getHealth();
  if (health) Object.assign(state, { parts: health.not_ready, watchdogs: health.watchdogs });
  window.setTimeout(() => void watchHealth(), HEALTH_MS);
}

build();
void lookForModes();
void watchLive();
void watchHealth();
window.setInterval(update, TICK_MS);

