/** The 1 m² grid: density in absolute bands, one colour each, never scaled to what is there. */

import type { View } from "./view";

export const BANDS = ["#14212c", "#163b4d", "#1b5a6e", "#22808c", "#43aaa0", "#9bd5b4", "#f4fbe6"] as const;
const GREYS = ["#1a2026", "#232a31", "#2d353d", "#38414a", "#434d57", "#4f5a65", "#5c6874"] as const;
const ROW_BYTES = 12;

/** Draw packed cells: rows of int16 x, int16 y, uint16 density in 0.01 p/m², int16 vx, vy, uint16 pressure. */
export function drawGrid(canvas: HTMLCanvasElement, view: View, cells: string, live: boolean): void {
  const ratio = Math.min(window.devicePixelRatio || 1, 2);
  const [width, height] = [Math.round(view.width * ratio), Math.round(view.height * ratio)];
  if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, { width, height });
  const pen = canvas.getContext("2d");
  if (!pen) return;
  pen.setTransform(ratio, 0, 0, ratio, 0, 0);
  pen.clearRect(0, 0, view.width, view.height);
  const colours = live ? BANDS : GREYS;
  const gap = view.scale >= 6 ? 1 : 0;
  const snap = (px: number): number => Math.round(px * ratio) / ratio; // a blended edge would be another colour
  const rows = bytesOf(cells);
  for (let at = 0; at + ROW_BYTES <= rows.byteLength; at += ROW_BYTES) {
    const x = rows.getInt16(at, true);
    const y = rows.getInt16(at + 2, true);
    const band = Math.min(Math.floor(rows.getUint16(at + 4, true) / 100), BANDS.length - 1);
    pen.fillStyle = colours[band] ?? BANDS[0];
    const [left, top] = [snap(view.x(x)), snap(view.y(y + 1))];
    pen.fillRect(left, top, snap(view.x(x + 1)) - left - gap, snap(view.y(y)) - top - gap);
  }
}

function bytesOf(base64: string): DataView {
  const text = atob(base64);
  const bytes = new Uint8Array(text.length);
  for (let at = 0; at < text.length; at += 1) bytes[at] = text.charCodeAt(at);
  return new DataView(bytes.buffer);
}
