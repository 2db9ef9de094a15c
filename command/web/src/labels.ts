/** The label of each zone: numeral, word, number, unit and scale; placed so that none covers another. */

import { svg } from "./dom";
import { of, t, tOr } from "./texts";
import type { CameraNow, Level, Plan, Zone, ZoneNow } from "./types";
import type { Box, View } from "./view";
import { place, shared, textWidth } from "./view";
import { RANK, higher, nextText, peakText, signed } from "./words";

const FAMILY = "system-ui, 'Noto Sans', 'Noto Sans CJK SC', 'PingFang SC', 'Microsoft YaHei', sans-serif";
const BIG = `600 15px ${FAMILY}`;
const SMALL = `400 14px ${FAMILY}`;
const LINE = 18;
const SOON_S = 900;
const COVERED = 0.08;

interface Line {
  text: string;
  big: boolean;
}
interface Label {
  zone: Zone;
  level: Level;
  lines: Line[];
  unknown: boolean;
}

/** What the labels tell: each zone, and the cameras that its faults are told from. */
export interface Told {
  plan: Plan;
  zones: Record<string, ZoneNow>;
  cameras: Record<string, CameraNow>;
}

/** Draw the labels into *layer*; *fixed* are boxes that stay free. */
export function drawLabels(layer: SVGGElement, view: View, { plan, zones, cameras }: Told, fixed: Box[], find: string): void {
  const narrow = view.width < 560;
  const labels = plan.zones.flatMap((zone) => {
    const now = zones[zone.id];
    return now ? [labelOf(zone, now, cameras, narrow)] : [];
  });
  labels.sort((a, b) => weight(b) - weight(a));
  const taken = [...fixed];
  const names: Box[] = [];
  const loud = new Set(labels.flatMap((label) => (label.level !== "none" || label.unknown ? [label.zone.id] : [])));
  const others = plan.zones.filter((zone) => !narrow || loud.has(zone.id)).map((zone) => ({ id: zone.id, box: view.box(zone.polygon) }));
  const room = { x: 2, y: 2, w: view.width - 4, h: view.height - 4 };
  layer.replaceChildren(
    ...labels.flatMap((label) => {
      if (narrow && label.level === "none" && !label.unknown) return [];
      const avoid = others.flatMap((other) => (other.id === label.zone.id ? [] : [other.box]));
      const boxed = (w: number, h: number, free: Box[]): Box => place(view.box(label.zone.polygon), w, h, [...taken, ...taken, ...free], room, label.zone.polygon.length >= 3);
      const quiet = label.level === "none" && !label.unknown;
      let [shown, box] = [label, boxed(...sizeOf(label), avoid)];
      if (quiet && taken.some((other) => shared(box, other) > box.w * box.h * COVERED)) return []; // what has a level is never covered
      if (narrow && names.some((other) => shared(box, other) > 0)) {
        shown = { ...label, lines: [{ text: signOf(label), big: true }] }; // a sign says more than names that cover each other
        box = boxed(...sizeOf(shown), Array<Box[]>(9).fill(names).flat());
      }
      names.push(box);
      taken.push(box);
      return [drawn(shown, box, find !== "" && !matches(label.zone, find))];
    }),
  );
}

/** Whether the name of a zone holds what is looked for. */
export function matches(zone: Zone, find: string): boolean {
  return `${zone.name.en} ${zone.name.zh} ${zone.id}`.toLowerCase().includes(find.toLowerCase());
}

function weight(label: Label): number {
  return RANK[label.level] * 2 + (label.unknown ? 1 : 0);
}

function labelOf(zone: Zone, now: ZoneNow, cameras: Record<string, CameraNow>, narrow: boolean): Label {
  const level = higher(now.level, now.alarm);
  const name = of(zone.name);
  if (!now.known) return { zone, level: now.alarm, unknown: true, lines: unknownLines(name, now, cameras, narrow) };
  const peak = peakText(now);
  const scale = now.los ? t("zone.los", { scale: tOr(`scale.${now.los_scale}`, "scale.walkway"), los: now.los }) : "";
  const trend = now.trend === null ? "" : t("zone.trend", { value: signed(now.trend) });
  const soon: Line[] = !narrow && now.next && now.next.s <= SOON_S && now.next.high_s !== null ? [{ text: nextText(now.next, now.at_least), big: false }] : [];
  const least: Line[] = now.at_least && !narrow ? [{ text: t("zone.hides"), big: false }] : [];
  if (now.level === "none") {
    const lines = [{ text: name, big: false }];
    if (level === "none") return { zone, level, unknown: false, lines: narrow ? lines : [...lines, { text: `${peak} · ${scale}`, big: false }, ...least, ...soon] };
    return { zone, level, unknown: false, lines: [{ text: alarmHead(level, now, narrow), big: true }, ...lines, ...least] };
  }
  const head = narrow ? `${t(`level.${now.level}`)}  ${peak}` : `${t(`level.${now.level}`)} ${t(`word.${now.level}`)}  ${peak}`;
  const foot = [scale, trend].filter(Boolean).join(" · ");
  return {
    zone,
    level,
    unknown: false,
    lines: [{ text: head, big: true }, { text: name, big: false }, ...(narrow ? [] : [{ text: foot, big: false }]), ...least, ...soon],
  };
}

function alarmHead(level: Level, now: ZoneNow, narrow: boolean): string {
  const head = narrow ? t(`level.${level}`) : `${t(`level.${level}`)} ${t(`word.${level}`)}`;
  const why = tOr(`short.${now.alarm_rule}`, "do.other");
  return why ? `${head} · ${why}` : head;
}

/** A label where there is no room for a name. */
function signOf(label: Label): string {
  const level = label.level === "none" ? "" : t(`level.${label.level}`);
  return [label.unknown ? "?" : "", level].filter(Boolean).join(" ");
}

function unknownLines(name: string, now: ZoneNow, cameras: Record<string, CameraNow>, narrow: boolean): Line[] {
  const level = now.alarm === "none" ? "" : ` · ${t(`level.${now.alarm}`)}`;
  const head = { text: `? ${t("zone.unknown")}${level}`, big: true };
  const only = now.cameras_expected === 1 && now.blind.length === 1 ? cameras[now.blind[0] ?? ""] : undefined;
  const why = only ? t("zone.unknown_camera", { state: tOr(`state.${only.state}`, "state.fault") }) : "";
  const seen = why || t("zone.unknown_cameras", { seen: now.cameras_seen, all: now.cameras_expected });
  return narrow ? [{ text: `? ${name}`, big: true }] : [head, { text: name, big: false }, { text: seen, big: false }];
}

function sizeOf(label: Label): [number, number] {
  const widths = label.lines.map((line) => textWidth(line.text, line.big ? BIG : SMALL));
  return [Math.max(...widths) + 16, label.lines.length * LINE + 8];
}

function drawn(label: Label, box: Box, faint: boolean): SVGGElement {
  const quiet = label.level === "none" && !label.unknown;
  const back = svg("rect", { x: box.x, y: box.y, width: box.w, height: box.h, rx: 5, class: "label-back" });
  const edge = quiet ? null : svg("rect", { x: box.x, y: box.y, width: 4, height: box.h, rx: 2, class: `label-edge l-${label.level}` });
  const lines = label.lines.map((line, order) =>
    svg("text", { x: box.x + 9, y: box.y + LINE * (order + 1) - 1, class: line.big ? "label-big" : "label-small", "xml:space": "preserve" }, line.text),
  );
  return svg("g", { class: `label${quiet ? " quiet" : ""}${faint ? " faint" : ""}${label.level === "act_now" ? " pulse" : ""}` }, back, edge, ...lines);
}
