/** The plan of the venue: ground, grid, zones, gates, cameras, vehicles, fire. */

import { el, say, set, svg } from "./dom";
import { BANDS, drawGrid } from "./grid";
import { drawLabels, matches } from "./labels";
import { isDead, isLost, pictureAgeMs, state } from "./store";
import { of, t, tOr } from "./texts";
import type { Alert, Gate, Level, Picture, Plan, Point, Vehicle, ZoneNow } from "./types";
import type { Box } from "./view";
import { View, textWidth } from "./view";
import { about, age, doubts, higher, peakText } from "./words";

const MARGIN = 10;
const NARROW_PX = 560;
const SMALL = "600 14px system-ui, 'Noto Sans', 'Noto Sans CJK SC', sans-serif";

interface GateMark {
  gate: Gate;
  text: SVGTextElement;
  wait: SVGTextElement;
  label: SVGGElement;
  box: Box;
}

export class PlanView {
  readonly node = el("section", { class: "panel plan" });
  private readonly stage = el("div", { class: "stage" });
  private readonly base = svg("svg", { "aria-hidden": "true" });
  private readonly canvas = el("canvas", { "aria-hidden": "true" });
  private readonly over = svg("svg", { role: "group" });
  private readonly list = el("ul", { class: "hidden", id: "zone-list" });
  private readonly trust = el("p", { class: "trust", id: "trust" });
  private readonly legend = el("div", { class: "legend" });
  private readonly least = el("span", { class: "band", hidden: true });
  private readonly layers = { zones: svg("g"), peaks: svg("g"), gates: svg("g"), cameras: svg("g"), labels: svg("g"), moving: svg("g") };
  private view: View | null = null;
  private plan: Plan | null = null;
  private gates: GateMark[] = [];
  private zones = new Map<string, SVGPolygonElement>();
  private cameras = new Map<string, SVGGElement>();
  private readonly showCamera: (id: string) => void;

  constructor(showCamera: (id: string) => void) {
    this.showCamera = showCamera;
    this.stage.append(this.base, this.canvas, this.over);
    this.node.append(this.stage, el("div", { class: "foot" }, this.legend, this.trust), this.list);
    new ResizeObserver(() => this.lay()).observe(this.stage);
  }

  /** Lay out a plan, in the language now. */
  show(plan: Plan): void {
    this.plan = plan;
    this.lay();
    this.drawLegend();
    set(this.over, "aria-label", t("plan.name"));
  }

  /** Bring the newest picture. */
  update(picture: Picture): void {
    const { view, plan } = this;
    if (!view || !plan) return;
    const live = !isDead();
    const zones = live ? picture.zones : blind(picture.zones);
    drawGrid(this.canvas, view, picture.cells, live && !isLost());
    set(this.stage, "class", `stage${live ? "" : " dead"}${isLost() ? " lost" : ""}`);
    this.updateZones(zones);
    this.updateGates(picture, live);
    this.updateCameras(picture, live);
    drawLabels(this.layers.labels, view, { plan, zones, cameras: live ? picture.cameras : {} }, this.fixed(picture), state.find);
    this.drawMoving(picture, live);
    this.tellTrust(picture, zones);
    this.tellZones(zones);
  }

  private lay(): void {
    const { width, height } = this.stage.getBoundingClientRect();
    if (!this.plan || width < 20 || height < 20) return;
    this.view = new View(this.plan, width, height, MARGIN);
    for (const node of [this.base, this.over]) set(node, "viewBox", `0 0 ${width} ${height}`);
    this.base.replaceChildren(pattern(), ...this.ground(this.plan, this.view));
    const layers = this.layers;
    this.over.replaceChildren(layers.zones, layers.peaks, layers.cameras, layers.gates, layers.labels, layers.moving);
    this.layZones(this.plan, this.view);
    this.layCameras(this.plan, this.view);
    this.layGates(this.plan, this.view);
    if (state.picture) this.update(state.picture);
  }

  private ground(plan: Plan, view: View): SVGElement[] {
    const shapes = plan.outlines.map((row) => svg("polygon", { points: view.points(row.polygon), class: `ground-${row.kind}` }));
    const lanes = plan.lanes.flatMap((lane) => {
      const [ax, ay, bx, by] = [view.x(lane.a[0]), view.y(lane.a[1]), view.x(lane.b[0]), view.y(lane.b[1])];
      const line = svg("line", { x1: ax, y1: ay, x2: bx, y2: by, class: "lane" });
      const half = Math.max((lane.width_m * view.scale) / 2, 8);
      const name = svg("text", { x: Math.min(ax, bx) + 6, y: (ay + by) / 2 - half - 3, class: "ground-name start" }, `${of(lane.name)} ${bx > ax ? "→" : "←"}`);
      return [line, name];
    });
    const zoneNames = new Set(plan.zones.map((zone) => zone.name.en));
    const names = plan.outlines
      .filter((row) => row.name && !zoneNames.has(row.name.en) && row.kind === "stage")
      .map((row) => {
        const box = view.box(row.polygon);
        return svg("text", { x: box.x + box.w / 2, y: box.y + box.h / 2 + 5, class: "ground-name stage-name" }, row.name ? of(row.name) : "");
      });
    return [...shapes, ...lanes, ...names];
  }

  private layZones(plan: Plan, view: View): void {
    this.zones = new Map(plan.zones.map((zone) => [zone.id, svg("polygon", { points: view.points(zone.polygon), class: "zone" })]));
    this.layers.zones.replaceChildren(...this.zones.values());
  }

  private layCameras(plan: Plan, view: View): void {
    this.cameras = new Map(
      plan.cameras.map((camera) => {
        const [x, y] = [view.x(camera.at[0]), view.y(camera.at[1])];
        const node = svg("g", { class: "camera", role: "button", tabindex: "-1", transform: `translate(${x.toFixed(1)} ${y.toFixed(1)})` });
        node.append(svg("title"), svg("circle", { r: 10, class: "camera-hit" }), svg("circle", { r: 3.2, class: "camera-dot" }), svg("path", { d: "M-4 -4L4 4M-4 4L4 -4", class: "camera-cross" }));
        node.addEventListener("click", () => this.showCamera(camera.id));
        return [camera.id, node];
      }),
    );
    this.layers.cameras.replaceChildren(...this.cameras.values());
  }

  private layGates(plan: Plan, view: View): void {
    const half = isNarrow(view) ? 10 : 13;
    const middle = view.x((plan.extent[0] + plan.extent[2]) / 2);
    this.gates = plan.gates.map((gate) => {
      const [x, y] = [view.x(gate.at[0]), view.y(gate.at[1])];
      const wide = gate.label.length > 1 ? 4 : 0;
      const mark = svg("rect", { x: x - half - wide, y: y - half, width: 2 * (half + wide), height: 2 * half, rx: 5, class: "gate" });
      const letter = svg("text", { x, y: y + 5, class: "gate-letter" }, gate.label);
      const toLeft = x > middle;
      const text = svg("text", { x: toLeft ? x - half - wide - 6 : x + half + wide + 6, y: y + 5, class: `gate-flow ${toLeft ? "end" : "start"}` });
      const wait = svg("text", { x: toLeft ? x - half - wide - 6 : x + half + wide + 6, y: y + 23, class: `gate-flow gate-wait ${toLeft ? "end" : "start"}` });
      const label = svg("g", { role: "img" }, mark, letter, text, wait);
      return { gate, text, wait, label, box: { x: x - half - wide, y: y - half, w: 2 * (half + wide), h: 2 * half } };
    });
    this.layers.gates.replaceChildren(...this.gates.map((row) => row.label));
  }

  private updateZones(zones: Record<string, ZoneNow>): void {
    for (const [id, node] of this.zones) {
      const now = zones[id];
      const zone = this.plan?.zones.find((row) => row.id === id);
      if (!now || !zone) continue;
      const level: Level = higher(now.level, now.alarm);
      const faint = state.find !== "" && !matches(zone, state.find);
      set(node, "class", `zone l-${level}${now.known ? "" : " unknown"}${now.at_least ? " least" : ""}${level === "act_now" || (!now.known && level !== "none") ? " pulse" : ""}${faint ? " faint" : ""}`);
    }
    this.drawPeaks(zones);
  }

  private drawPeaks(zones: Record<string, ZoneNow>): void {
    const view = this.view;
    if (!view) return;
    const boxes = Object.values(zones).flatMap((now) => {
      if (now.level === "none" || now.peak_x_m === null || now.peak_y_m === null) return [];
      const size = Math.max(2 * view.scale, 7);
      return [svg("rect", { x: view.x(now.peak_x_m) - size / 2, y: view.y(now.peak_y_m) - size / 2, width: size, height: size, class: "peak" })];
    });
    this.layers.peaks.replaceChildren(...boxes);
  }

  private updateGates(picture: Picture, live: boolean): void {
    for (const { gate, text, wait, label } of this.gates) {
      const now = picture.gates[gate.id];
      const known = live && now?.known === true;
      const [inside, out] = known ? [String(now.in_per_min), String(now.out_per_min)] : ["?", "?"];
      say(text, `↦ ${inside} ↤ ${out} ${t("gate.unit")}`);
      const queue = live ? (now?.queue ?? null) : null;
      const queued = queue && (queue.people >= 1 || queue.wait_s) ? t(queue.wait_s === null ? "gate.queue_only" : "gate.queue", { people: queue.people, wait: about(queue.wait_s ?? 0) }) : "";
      say(wait, queued);
      set(label, "aria-label", `${t("gate.label", { label: gate.label, in: inside, out })} ${queued}`.trim());
      set(label, "class", known ? "" : "gate-unknown");
    }
  }

  /** Boxes that labels leave free: gates with their flows, the stage, fires, cameras. */
  private fixed(picture: Picture): Box[] {
    const { view, plan } = this;
    if (!view || !plan) return [];
    const around = ([x, y]: Point, half: number): Box => ({ x: view.x(x) - half, y: view.y(y) - half, w: 2 * half, h: 2 * half });
    const stages = plan.outlines.filter((row) => row.kind === "stage").map((row) => view.box(row.polygon));
    const fires = picture.alerts.filter((alert) => alert.rule === "fire").map((alert) => around([alert.x_m, alert.y_m], 14));
    const lanes = plan.lanes.map((lane) => view.box([lane.a, lane.b])).map((box) => ({ ...box, y: box.y - 8, h: box.h + 16 }));
    const always = [...this.gateBoxes(), ...stages, ...fires, ...lanes];
    return isNarrow(view) ? always : [...always, ...plan.cameras.map((camera) => around(camera.at, 6))];
  }

  private gateBoxes(): Box[] {
    return this.gates.flatMap(({ box, text, wait }) => {
      if (this.view && isNarrow(this.view)) return [box];
      const w = Math.max(textWidth(text.textContent ?? "", SMALL), textWidth(wait.textContent ?? "", SMALL)) + 10;
      const start = text.classList.contains("start");
      return [box, { x: start ? box.x + box.w : box.x - w, y: box.y, w, h: box.h + (wait.textContent ? 18 : 0) }];
    });
  }

  private updateCameras(picture: Picture, live: boolean): void {
    for (const camera of this.plan?.cameras ?? []) {
      const node = this.cameras.get(camera.id);
      if (!node) continue;
      const now = live ? (picture.cameras[camera.id]?.state ?? "silent") : "silent";
      const doubtful = live ? doubts(picture.cameras[camera.id]) : [];
      const name = t("camera.show", { name: of(camera.name), state: [tOr(`state.${now}`, "state.fault"), ...doubtful].join(", ") });
      set(node, "class", `camera${now === "ok" ? "" : " bad"}${live && picture.cameras[camera.id]?.saturated ? " least" : ""}`);
      set(node, "aria-label", name);
      if (node.firstElementChild) say(node.firstElementChild, name);
    }
  }

  private drawMoving(picture: Picture, live: boolean): void {
    const fires = picture.alerts.filter((alert) => alert.rule === "fire" && alert.condition === "active");
    const vehicles = live ? picture.vehicles.map((row) => this.vehicle(row)) : [];
    this.layers.moving.replaceChildren(...vehicles, ...fires.map((alert) => this.fire(alert)));
  }

  private vehicle(row: Vehicle): SVGGElement {
    const view = this.view as View;
    const [x, y] = [view.x(row.x_m), view.y(row.y_m)];
    const text = t(row.wrong_way ? "vehicle.wrong_way" : "vehicle.ok", { speed: row.speed_kmh.toFixed(0) });
    const body = svg("g", { transform: `rotate(${-row.heading_deg})` });
    body.append(svg("rect", { x: -9, y: -6, width: 18, height: 12, rx: 3 }), svg("path", { d: "M12 0h13m-5 -5l5 5l-5 5", class: "arrow" }));
    const w = textWidth(text, SMALL) + 10;
    const behind = Math.cos((row.heading_deg * Math.PI) / 180) < 0 ? 1 : -1;
    const fits = behind > 0 ? x + 14 + w < view.width : x - 14 - w > 0;
    const beside = fits ? behind * (14 + w / 2) : -behind * (30 + w / 2);
    const middle = Math.min(Math.max(beside, w / 2 + 2 - x), view.width - w / 2 - 2 - x); // never cut off,
    const up = Math.abs(middle) < w / 2 + 12 ? -22 : 0; // nor over the vehicle itself
    const back = svg("rect", { x: middle - w / 2, y: up - 10, width: w, height: 20, rx: 4, class: "label-back" });
    const name = svg("text", { x: middle, y: up + 5, class: "vehicle-name" }, text);
    return svg("g", { class: `vehicle${row.wrong_way ? " wrong" : ""}`, transform: `translate(${x.toFixed(1)} ${y.toFixed(1)})` }, row.wrong_way ? back : null, body, name);
  }

  private fire(alert: Alert): SVGGElement {
    const view = this.view as View;
    const zone = this.plan?.zones.find((row) => row.id === alert.place);
    const box = zone ? view.box(zone.polygon) : null;
    const placed = alert.x_m !== 0 || alert.y_m !== 0;
    const x = placed || !box ? view.x(alert.x_m) : box.x + box.w / 2;
    const y = placed || !box ? view.y(alert.y_m) : box.y + box.h / 2;
    const flame = svg("path", { d: "M0 -8C1 -3 6 -1 6 4A6 6 0 0 1 -6 4C-6 1 -3 0 -3 -3C-1 -2 0 -5 0 -8Z", class: "flame" });
    return svg("g", { class: "fire", role: "img", "aria-label": t("fire.here"), transform: `translate(${x.toFixed(1)} ${y.toFixed(1)})` }, svg("circle", { r: 13 }), flame);
  }

  private drawLegend(): void {
    const bands = BANDS.map((colour, order) => {
      const swatch = svg("svg", { width: 34, height: 12, "aria-hidden": "true" }, svg("rect", { width: 34, height: 12, fill: colour }));
      return el("span", { class: "band" }, swatch, order === BANDS.length - 1 ? `${order}+` : String(order));
    });
    const hatch = svg("svg", { width: 34, height: 12, "aria-hidden": "true" }, svg("rect", { width: 34, height: 12, fill: "url(#hatch)", class: "legend-unknown" }));
    this.legend.replaceChildren(el("span", {}, t("plan.legend")), el("span", { class: "bands" }, ...bands), el("span", { class: "band" }, hatch, t("plan.unknown")), this.least);
    const dashes = svg("svg", { width: 34, height: 12, "aria-hidden": "true" }, svg("rect", { x: 1, y: 1, width: 32, height: 10, class: "legend-least" }));
    this.least.replaceChildren(dashes, t("plan.least"));
  }

  private tellTrust(picture: Picture, zones: Record<string, ZoneNow>): void {
    const old = pictureAgeMs();
    const parts: [string, boolean][] = [
      [old === null ? t("trust.no_picture") : t("trust.age", { age: age(old) }), old === null || old > 3000],
      [t("trust.cameras", { live: picture.cameras_live, all: picture.cameras_all }), picture.cameras_live < picture.cameras_all],
    ];
    const least = Object.values(zones).filter((zone) => zone.at_least).length;
    const dark = Object.values(picture.cameras).filter((camera) => camera.night).length;
    this.least.hidden = !least;
    if (least) parts.push([t("trust.least", { count: least }), true]);
    if (dark) parts.push([t("trust.night", { count: dark }), false]);
    const film = picture.recordings;
    if (film && film.recorded < film.wanted) parts.push([t("trust.recorded", { recorded: film.recorded, wanted: film.wanted }), true]);
    if (film && film.disk !== "ok") parts.push([t(`trust.${film.disk}`), true]);
    if (state.parts.length) parts.push([t("trust.parts", { parts: state.parts.join(", ") }), true]);
    this.trust.replaceChildren(...parts.map(([text, bad]) => el("span", { class: bad ? "bad" : "" }, bad ? `! ${text}` : text)));
  }

  /** The same in words, for screen readers and for tests. */
  private tellZones(zones: Record<string, ZoneNow>): void {
    const rows = (this.plan?.zones ?? []).map((zone) => {
      const now = zones[zone.id];
      const level = now ? higher(now.level, now.alarm) : "none";
      const peak = now?.known ? [peakText(now), now.at_least ? t("zone.least") : ""].filter(Boolean).join(", ") : t("zone.unknown");
      return `${of(zone.name)}: ${level === "none" ? "" : `${t(`level.${level}`)} ${t(`word.${level}`)}, `}${peak}`;
    });
    if (rows.join() !== this.list.dataset["rows"]) {
      this.list.dataset["rows"] = rows.join();
      this.list.replaceChildren(...rows.map((row) => el("li", {}, row)));
    }
  }
}

function blind(zones: Record<string, ZoneNow>): Record<string, ZoneNow> {
  const made: Record<string, ZoneNow> = {};
  for (const [id, now] of Object.entries(zones)) made[id] = { ...now, known: false, level: "none", cameras_seen: 0, at_least: false, blind: [] };
  return made;
}

function isNarrow(view: View): boolean {
  return view.width < NARROW_PX;
}

function pattern(): SVGDefsElement {
  const hatch = svg("pattern", { id: "hatch", width: 9, height: 9, patternUnits: "userSpaceOnUse", patternTransform: "rotate(45)" });
  hatch.append(svg("rect", { width: 9, height: 9, fill: "#2b3540" }), svg("rect", { width: 4, height: 9, fill: "#47545f" }));
  return svg("defs", {}, hatch);
}
