/** One camera's preview with the boxes found in it; the list of cameras. */

import { open } from "./dialogs";
import { button, el, say, set } from "./dom";
import { getPreview } from "./net";
import { state } from "./store";
import { of, t, tOr } from "./texts";
import type { Preview } from "./types";
import { clock, doubts } from "./words";

const POLL_MS = 250;

export class CameraView {
  readonly node = el("section", { class: "panel camera-view", hidden: true });
  private readonly title = el("h2");
  private readonly close = button("quiet", "", () => this.hide());
  private readonly frame = el("div", { class: "frame" });
  private readonly canvas = el("canvas", { role: "img" });
  private readonly nothing = el("p", { class: "nothing" });
  private readonly facts = el("p", { class: "facts" });
  private readonly count = el("p", { class: "count" });
  private readonly warning = el("p", { class: "camera-warning" });
  private timer = 0;
  private alone = false;
  private shownUs = 0;
  private readonly hidden: () => void;

  constructor(hidden: () => void) {
    this.hidden = hidden;
    this.frame.append(this.canvas, this.nothing);
    this.node.append(el("header", {}, this.title, this.close), this.frame, el("footer", {}, this.count, this.warning, this.facts));
  }

  /** Show a camera; *alone* when the plan has nothing but it. */
  show(camera: string, alone: boolean): void {
    state.camera = camera;
    this.alone = alone;
    this.shownUs = 0;
    this.canvas.hidden = true;
    this.nothing.hidden = false;
    this.node.hidden = false;
    this.update();
    window.clearTimeout(this.timer);
    void this.poll(camera);
    if (!alone) this.close.focus();
  }

  hide(): void {
    if (this.alone) return;
    this.reset();
    this.hidden();
  }

  /** Let go of the camera. */
  reset(): void {
    window.clearTimeout(this.timer);
    this.alone = false;
    state.camera = null;
    this.node.hidden = true;
  }

  /** Write what is known of the camera. */
  update(): void {
    const camera = state.plan?.cameras.find((row) => row.id === state.camera);
    if (!camera) return;
    const now = state.picture?.cameras[camera.id];
    const kind = now?.state ?? "silent";
    say(this.title, `${of(camera.name)} · ${tOr(`state.${kind}`, "state.fault")}`);
    set(this.node, "class", `panel camera-view${kind === "ok" ? "" : " bad"}${this.alone ? " alone" : ""}`);
    say(this.close, t("dialog.close"));
    this.close.hidden = this.alone;
    say(this.nothing, t("camera.no_preview"));
    say(this.count, now?.people == null || kind !== "ok" ? t("camera.people_unknown") : t(now.saturated ? "camera.people_least" : "camera.people", { count: now.people }));
    const uncalibrated = now?.calibrated === false || state.plan?.camera_only ? t("camera.density_unknown") : "";
    const blinds = (state.plan?.zones ?? []).filter((zone) => state.picture?.zones[zone.id]?.blind.includes(camera.id)).map((zone) => of(zone.name));
    const unknown = blinds.length ? t("camera.blinds", { zones: blinds.join(", ") }) : "";
    say(this.warning, [uncalibrated, unknown, now?.saturated ? t("camera.hides") : ""].filter(Boolean).join(" · "));
    const facts = [
      now?.fps == null ? "" : t("camera.fps", { fps: now.fps.toFixed(1) }),
      now?.below_1080p ? t("camera.low") : "",
      now?.night ? t("camera.night") : "",
      kind !== "ok" && now?.since_us ? t("camera.since", { state: tOr(`state.${kind}`, "state.fault"), time: clock(now.since_us) }) : "",
      this.shownUs ? t("camera.preview_age", { time: clock(this.shownUs) }) : "",
    ];
    say(this.facts, facts.filter(Boolean).join(" · "));
  }

  private async poll(camera: string): Promise<void> {
    const isThere = state.picture?.cameras[camera]?.preview === true;
    const preview = state.mode && isThere ? await getPreview(state.mode, camera) : null;
    if (state.camera !== camera) return;
    if (preview && preview.event_time_us !== this.shownUs) await this.draw(preview);
    this.timer = window.setTimeout(() => void this.poll(camera), POLL_MS);
  }

  private async draw(preview: Preview): Promise<void> {
    const picture = new Image();
    picture.src = `data:image/jpeg;base64,${preview.jpeg_base64}`;
    try {
      await picture.decode();
    } catch {
      return;
    }
    const pen = this.canvas.getContext("2d");
    if (!pen) return;
    Object.assign(this.canvas, { width: picture.naturalWidth, height: picture.naturalHeight });
    pen.drawImage(picture, 0, 0);
    const sx = picture.naturalWidth / Math.max(preview.width_px, 1);
    const sy = picture.naturalHeight / Math.max(preview.height_px, 1);
    pen.lineWidth = Math.max(picture.naturalWidth / 480, 1);
    pen.strokeStyle = "#7ee0c4";
    for (const [x0, y0, x1, y1] of preview.boxes) pen.strokeRect(x0 * sx, y0 * sy, (x1 - x0) * sx, (y1 - y0) * sy);
    this.shownUs = preview.event_time_us;
    this.canvas.hidden = false;
    this.nothing.hidden = true;
    set(this.canvas, "aria-label", `${this.title.textContent ?? ""}, ${t("camera.people", { count: preview.boxes.length })}`);
    this.update();
  }
}

/** A dialog with every camera, the faulty ones first. */
export function listCameras(show: (id: string) => void): void {
  const now = state.picture?.cameras ?? {};
  const rows = (state.plan?.cameras ?? []).map((camera) => ({ camera, state: now[camera.id]?.state ?? "silent", doubts: doubts(now[camera.id]) }));
  const worth = (row: (typeof rows)[number]): number => (row.state !== "ok" ? 0 : row.doubts.length ? 1 : 2);
  rows.sort((a, b) => worth(a) - worth(b));
  const items = rows.map((row) => {
    const item = button(`post${row.state === "ok" ? "" : " bad"}`, "", () => {
      node.close();
      show(row.camera.id);
    });
    item.append(el("b", {}, of(row.camera.name)), ` ${[tOr(`state.${row.state}`, "state.fault"), ...row.doubts].join(" · ")}`);
    return item;
  });
  const node = open(t("cameras.title"), el("div", { class: "posts many" }, ...items), el("div", { class: "dialog-acts" }, button("quiet", t("dialog.close"), () => node.close())));
}
