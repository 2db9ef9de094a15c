/** From metres of the venue to pixels of the panel, and room for labels. */

import type { Plan, Point } from "./types";

export interface Box {
  x: number;
  y: number;
  w: number;
  h: number;
}

export class View {
  readonly scale: number;
  private readonly left: number;
  private readonly top: number;

  constructor(
    plan: Plan,
    readonly width: number,
    readonly height: number,
    margin: number,
  ) {
    const [x0, y0, x1, y1] = plan.extent;
    this.scale = Math.max(Math.min((width - 2 * margin) / (x1 - x0), (height - 2 * margin) / (y1 - y0)), 0.1);
    this.left = (width - (x1 - x0) * this.scale) / 2 - x0 * this.scale;
    this.top = (height - (y1 - y0) * this.scale) / 2 + y1 * this.scale;
  }

  x(metres: number): number {
    return this.left + metres * this.scale;
  }

  y(metres: number): number {
    return this.top - metres * this.scale;
  }

  points(polygon: Point[]): string {
    return polygon.map(([x, y]) => `${this.x(x).toFixed(1)},${this.y(y).toFixed(1)}`).join(" ");
  }

  box(polygon: Point[]): Box {
    const xs = polygon.map(([x]) => this.x(x));
    const ys = polygon.map(([, y]) => this.y(y));
    const [x, y] = [Math.min(...xs), Math.min(...ys)];
    return { x, y, w: Math.max(...xs) - x, h: Math.max(...ys) - y };
  }
}

/** Area that two boxes share. */
export function shared(a: Box, b: Box): number {
  const w = Math.min(a.x + a.w, b.x + b.w) - Math.max(a.x, b.x);
  const h = Math.min(a.y + a.h, b.y + b.h) - Math.max(a.y, b.y);
  return w > 0 && h > 0 ? w * h : 0;
}

/** Of the places for a box of this size in and around *zone*, in order of liking, the one that covers least. */
export function place(zone: Box, w: number, h: number, taken: Box[], room: Box, inside: boolean): Box {
  const gap = 5;
  const cx = zone.x + zone.w / 2 - w / 2;
  const cy = zone.y + zone.h / 2 - h / 2;
  const right = zone.x + zone.w + gap;
  const below = zone.y + zone.h + gap;
  const left = zone.x - w - gap;
  const above = zone.y - h - gap;
  const around: [number, number][] = [
    [cx, below], [cx, above], [right, cy], [left, cy],
    [zone.x, below], [zone.x + zone.w - w, below], [zone.x, above], [zone.x + zone.w - w, above],
    [right, zone.y], [left, zone.y], [right, zone.y + zone.h - h], [left, zone.y + zone.h - h],
    [right, below], [left, below], [right, above], [left, above],
  ];
  const fits = inside && zone.w >= w + 4 && zone.h >= h + 4;
  const within: [number, number][] = [
    [cx, cy], [cx, zone.y + zone.h - h - 3], [cx, zone.y + 3],
    [zone.x + 3, cy], [zone.x + zone.w - w - 3, cy],
  ];
  const places = fits ? [...within, ...around] : around;
  let best: Box = { x: cx, y: cy, w, h };
  let least = Infinity;
  places.forEach(([x, y], order) => {
    const box = { x, y, w, h };
    const outside = w * h - shared(box, room);
    const cost = taken.reduce((sum, other) => sum + shared(box, other), 0) + outside * 4 + order * 3;
    if (cost < least) [best, least] = [box, cost];
  });
  return { ...best, x: clamp(best.x, room.x, room.x + room.w - w), y: clamp(best.y, room.y, room.y + room.h - h) };
}

function clamp(value: number, low: number, high: number): number {
  return Math.max(low, Math.min(value, high));
}

const pen = document.createElement("canvas").getContext("2d");

/** Width of a text in px. */
export function textWidth(text: string, font: string): number {
  if (!pen) return text.length * 8;
  pen.font = font;
  return pen.measureText(text).width;
}
