/** The last half hour: people, and where alerts began. */

import { el, svg } from "./dom";
import { isDead } from "./store";
import { t } from "./texts";
import type { Picture, Plan } from "./types";
import { clock, placeName, ruleName, whole } from "./words";

const SPAN_S = 1800;
const PAD = 10;

export class TimelineView {
  readonly node = el("section", { class: "timeline" });
  private readonly draw = svg("svg", { role: "img" });
  private last: [Plan, Picture] | null = null;

  constructor() {
    this.node.append(this.draw);
    new ResizeObserver(() => this.last && this.update(...this.last)).observe(this.node);
  }

  update(plan: Plan, picture: Picture): void {
    this.last = [plan, picture];
    const { width, height } = this.node.getBoundingClientRect();
    if (width < 20) return;
    const line = picture.timeline;
    const nowS = (picture.clock_us - line.since_us) / 1e6;
    const spanS = Math.min(Math.max(nowS, 120), SPAN_S);
    const fromS = nowS - spanS;
    const x = (second: number): number => PAD + ((second - fromS) / spanS) * (width - 2 * PAD);
    const isInside = line.inside.some((value) => value !== null);
    const values: (number | null)[] = isInside ? line.inside : line.people;
    const known = values.filter((value): value is number => value !== null);
    const [low, high] = [Math.min(...known, Infinity), Math.max(...known, -Infinity)];
    const spread = Math.max(high - low, high * 0.1, 5);
    const y = (value: number): number => height - 8 - ((value - low) / spread) * (height - 34);
    const name = t(isInside ? "time.inside" : "time.people");
    this.draw.setAttribute("viewBox", `0 0 ${width} ${height}`);
    this.draw.setAttribute("aria-label", name);
    const marks = line.marks.flatMap((mark) => {
      const at = x((mark.at_us - line.since_us) / 1e6);
      if (at < PAD) return [];
      const node = svg("rect", { x: at - 2, y: 24, width: 4, height: height - 28, rx: 1, class: `mark l-${mark.level}` });
      const what = ruleName(plan, mark, picture.cameras[mark.place]);
      node.append(svg("title", {}, t("time.mark", { level: t(`level.${mark.level}`), what, where: placeName(plan, mark.place), time: clock(mark.at_us) })));
      return [node];
    });
    const startUs = picture.clock_us - spanS * 1e6;
    const last = values.at(-1);
    this.draw.replaceChildren(
      svg("path", { d: path(line.at_s, values, x, y, fromS), class: "time-line" }),
      ...marks,
      svg("line", { x1: width - PAD, x2: width - PAD, y1: 4, y2: height - 4, class: "time-now" }),
      svg("text", { x: PAD, y: 18, class: "time-text start" }, `${picture.clock_us ? clock(startUs, false) : ""}  ${name}`),
      svg("text", { x: width - PAD - 8, y: 18, class: "time-text end" }, last == null || isDead() ? "" : whole(last)),
    );
  }
}

function path(at: number[], values: (number | null)[], x: (s: number) => number, y: (v: number) => number, fromS: number): string {
  let pen = "M";
  let made = "";
  at.forEach((second, order) => {
    const value = values[order];
    if (value == null || second < fromS) return;
    const gap = order > 0 && second - (at[order - 1] ?? second) > 10;
    made += `${gap ? "M" : pen}${x(second).toFixed(1)} ${y(value).toFixed(1)}`;
    pen = "L";
  });
  return made;
}
