/** What the interface gives: plan, picture, modes. Lengths are metres in the venue frame, x right, y up. */

export type Level = "none" | "watch" | "caution" | "warning" | "critical" | "act_now";
export type Point = [number, number];
export interface Text {
  en: string;
  zh: string;
}
/** What the watchdog of a mode last said. */
export interface Watchdog {
  mode: string;
  state: "starting" | "ok" | "degraded" | "down" | "silent";
  sentence_en: string;
  sentence_zh: string;
}

export interface Mode {
  mode: string;
  exercise: boolean;
  title: Text;
  state: "running" | "ended";
  since_us: number;
  clock: "wall" | "player";
}
export interface Zone {
  id: string;
  name: Text;
  area_type: string;
  polygon: Point[];
  filled_by: string[];
}
export interface Gate {
  id: string;
  label: string;
  name: Text;
  at: Point;
  queue: string[];
}
export interface Camera {
  id: string;
  name: Text;
  at: Point;
  owns: [number, number, number, number];
}
export interface Lane {
  id: string;
  name: Text;
  a: Point;
  b: Point;
  width_m: number;
}
export interface Device {
  id: string;
  kind: string;
  at: Point;
  gate: string | null;
  zone: string | null;
}
export type Right =
  | "acknowledge"
  | "clear"
  | "stop_drill"
  | "assign"
  | "verify"
  | "close"
  | "shelve"
  | "escalate"
  | "downgrade"
  | "report"
  | "order"
  | "fire_output";
export interface Post {
  call_sign: string;
  role: Text;
  rights: Right[];
}
/** A prepared order of the plan. */
export interface Prepared {
  id: string;
  name: Text;
  text: Text;
  public: Text | null;
  authority: string[];
  gesture: boolean;
  to: string | null;
}
export interface Shift {
  function: string;
  posts: string[];
  places: string[];
}
export interface Equipment {
  id: string;
  kind: string;
  zone: string;
}
export interface Linkage {
  equipment: Equipment[];
  outputs: { enabled: boolean; requests: { equipment: string; by: string[] }[] };
}
export interface Outline {
  name: Text | null;
  kind: "wall" | "field" | "stage" | "road";
  polygon: Point[];
}
export interface Plan {
  version: number;
  hash: string;
  camera_only: boolean;
  event: { id: string; name: Text; venue: Text };
  extent: [number, number, number, number];
  phases: { id: string; name: Text }[];
  phase: string;
  zones: Zone[];
  gates: Gate[];
  lines: { id: string; gate: string }[];
  areas: { id: string; name: Text }[];
  behaviour?: { fences: { id: string; name: Text }[] };
  cameras: Camera[];
  lanes: Lane[];
  devices: Device[];
  posts: Post[];
  actions: Prepared[];
  duty: { shifts: Shift[] } | null;
  handling: { shelve_s: number };
  linkage: Linkage | null;
  outlines: Outline[];
}
/** Time to the next level, s from now; without an upper end where it may never be reached. */
export interface Next {
  level: Level;
  s: number;
  low_s: number | null;
  high_s: number | null;
}
export interface ZoneNow {
  next: Next | null;
  known: boolean;
  cameras_seen: number;
  cameras_expected: number;
  level: Level;
  alarm: Level;
  alarm_rule: string;
  fire: boolean;
  window_end_us: number;
  blind: string[];
  /** People hide each other: people, density and peak are lower bounds. */
  at_least: boolean;
  hidden_from: string[];
  people: number | null;
  density: number | null;
  local_peak: number | null;
  peak_x_m: number | null;
  peak_y_m: number | null;
  trend: number | null;
  speed: number | null;
  los: string | null;
  los_scale: string | null;
}
export interface GateNow {
  known: boolean;
  in_per_min: number | null;
  out_per_min: number | null;
  queue: { people: number; wait_s: number | null; served_per_min: number } | null;
}
export interface Balance {
  inside: number;
  low: number;
  high: number;
  turnstiles: number | null;
  lines: number | null;
  seen: number | null;
  residual: number;
  suspect: string;
}
export interface Occupancy {
  balance: Balance | null;
  full: { s: number; low_s: number; high_s: number | null } | null;
  inside: number | null;
  approved: number;
  percent: number | null;
  in_per_min: number | null;
  out_per_min: number | null;
  turnstiles_seen: number;
  turnstiles_expected: number;
  window_end_us: number;
}
export interface CameraNow {
  state: string;
  since_us: number;
  age_ms: number | null;
  fps: number | null;
  below_1080p: boolean;
  night: boolean;
  saturated: boolean;
  calibrated: boolean | null;
  people: number | null;
  preview: boolean;
}
export interface Vehicle {
  id: string;
  x_m: number;
  y_m: number;
  heading_deg: number;
  speed_kmh: number;
  lane: string;
  wrong_way: boolean;
  ahead_zone: string;
  ahead_m: number | null;
}
export interface Receipt {
  channel: string;
  recipient: string;
  state: string;
  delay_ms: number | null;
}
export interface Alert {
  alert_id: string;
  rule: string;
  place: string;
  priority: string;
  level: Level;
  measured_level: Level;
  condition: "active" | "cleared";
  latched: boolean;
  card: boolean;
  verified: boolean;
  start_us: number;
  event_time_us: number;
  value: number;
  /** The value is a lower bound. */
  at_least: boolean;
  unit: string;
  x_m: number;
  y_m: number;
  source: string;
  levels: { level: Level; event_time_us: number }[];
  work: "new" | "in_progress" | "on_hold" | "closed";
  owner: string;
  verdict: "" | "real" | "false";
  closing: string;
  shelved_until_us: number;
  grouped_under: string;
  inhibited_by: string;
  repeats: number;
  reason: string;
  prompt: Text | null;
  grouped: number;
  explains: number;
  climbs: { step: string; at_us: number; functions: string[]; posts: string[] } | null;
  begun: { step: string; at_us: number; why: string }[];
  actor: string;
  actor_role: string;
  acknowledged_by: string;
  acknowledged_role: string;
  acknowledged_us: number;
  asked: { action: string; actor: string } | null;
  refused: { action: string; actor: string; why: Text } | null;
  receipts: Receipt[];
}
export interface Order {
  order_id: string;
  alert_id: string;
  state: string;
  kind: string;
  place: string;
  recipient: string;
  text_en: string;
  text_zh: string;
  issued_by: string;
  issued_role: string;
  at_us: number;
  due_us: number;
  effect: "" | "pending" | "effective" | "not_effective" | "unknown";
  effect_due_us: number;
  reason: string;
  reason_zh: string;
  waits: boolean;
  steps: { state: string; at_us: number; actor: string; actor_role: string; reason: string; effect: string }[];
}
export interface PanelRequest {
  request_id: string;
  equipment: string;
  state: string;
  reason_en: string;
  reason_zh: string;
  at_us: number;
}
export interface Timeline {
  since_us: number;
  at_s: number[];
  inside: (number | null)[];
  people: number[];
  marks: { alert_id: string; at_us: number; level: Level; rule: string; place: string }[];
}
export interface Picture {
  mode: string;
  exercise: boolean;
  ended: boolean;
  clock: "wall" | "player";
  clock_us: number;
  now_us: number;
  picture_age_ms: number | null;
  silent: boolean;
  complete: boolean;
  plan_hash: string;
  cells: string;
  people_seen: number | null;
  people_at_least: boolean;
  recordings: { wanted: number; recorded: number; disk: "ok" | "disk_80" | "disk_90" | "stopped" } | null;
  zones: Record<string, ZoneNow>;
  gates: Record<string, GateNow>;
  occupancy: Occupancy | null;
  cameras: Record<string, CameraNow>;
  cameras_live: number;
  cameras_all: number;
  vehicles: Vehicle[];
  alerts: Alert[];
  alert_load: { per_operator: number; verdict: string; standing: number; standing_long: number; chattering: [string, string][]; kept_back: number };
  orders: Order[];
  panel_requests: PanelRequest[];
  timeline: Timeline;
}
export interface Preview {
  event_time_us: number;
  width_px: number;
  height_px: number;
  jpeg_base64: string;
  boxes: [number, number, number, number, number, number][];
}
