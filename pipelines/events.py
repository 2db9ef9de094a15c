"""The records that travel on topics: frozen, slotted, keyword-only; one class for each file in schemas/avro.

Field meanings and units are the `doc` of the schema's field; a contract test keeps both alike.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class RawEnvelope:
    """A signed reading as its device sent it."""

    site: str
    device: str
    boot_id: str
    sequence: int
    event_time_us: int
    received_us: int
    topic: str
    mode: str
    schema_id: int
    payload: bytes
    hmac: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class SensorTurnstile:
    """Counter report of a turnstile; sent at each passage and at least every second."""

    tick: bool = False
    device: str
    event_time_us: int
    received_us: int
    gate: str
    area: str
    entries_total: int
    exits_total: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SensorIdentity:
    """One credential presented at a gate."""

    tick: bool = False
    device: str
    event_time_us: int
    received_us: int
    gate: str
    credential: str
    pass_pseudonym: str
    outcome: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SensorFire:
    """State of a detector, or of the panel's outputs."""

    tick: bool = False
    device: str
    event_time_us: int
    received_us: int
    zone: str
    kind: str
    state: str
    output: str
    x_cm: int
    y_cm: int
    verified: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class SensorVehicle:
    """Position of one vehicle as a roadside or on-board sensor gives it."""

    tick: bool = False
    device: str
    event_time_us: int
    received_us: int
    vehicle: str
    x_cm: int
    y_cm: int
    speed_cmps: int
    heading_deg: float
    lane: str
    plate: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class VehicleTrack:
    """A vehicle's position held against the plan's lanes."""

    tick: bool = False
    vehicle: str
    event_time_us: int
    received_us: int
    source: str
    x_cm: int
    y_cm: int
    speed_cmps: int
    heading_deg: float
    lane: str
    along_cmps: int
    s_cm: int
    ahead_zone: str
    ahead_cm: int
    plate: str = ""
    excused: str = ""
    beyond: str = ""
    inside_zone: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class VehicleEvent:
    """Evidence about a vehicle, found by the vehicle job."""

    progress: bool
    rows: int
    window_end_us: int
    kind: str
    vehicle: str
    lane: str
    zone: str
    start_us: int
    event_time_us: int
    distance_cm: int
    speed_cmps: int
    ahead_cm: int
    x_cm: int
    y_cm: int
    plate: str = ""
    detail: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CameraFrame:
    """The packed positions of one camera frame: 14 B a person."""

    camera: str
    event_time_us: int
    received_us: int
    tile_x_cm: int
    tile_y_cm: int
    people: int
    positions: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class CameraHealth:
    """State of one camera's picture."""

    tick: bool = False
    camera: str
    event_time_us: int
    received_us: int
    state: str
    since_us: int
    fps: float
    width_px: int
    height_px: int
    calibrated: bool
    people: int
    carried: float = 0.0
    night: bool = False
    saturated: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class CameraEvent:
    """What people do, as one camera's tracks show it."""

    tick: bool = False
    camera: str
    event_time_us: int
    received_us: int
    kind: str
    place: str
    track: int
    since_us: int
    people: int
    value: float
    unit: str
    x_cm: int
    y_cm: int
    state: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CameraPreview:
    """A small picture of a camera with the boxes found in it; never stored."""

    camera: str
    event_time_us: int
    width_px: int
    height_px: int
    jpeg: bytes
    boxes: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class ZoneSums:
    """Integer sums of one zone in one camera's owned area."""

    zone: str
    zone_area_cm2: int
    los_scale: str
    cameras_expected: int
    frames_expected: int
    frames_used: int
    frames_skipped: int
    skip_reason: str
    n: int
    n_v: int
    sum_vx: int
    sum_vy: int
    sum_v: int
    sum_v2: int
    peak_sum: int
    peak_place: int
    around_sum: int
    owned_area_cm2: int = 0
    queue_gate: str = ""
    n_error: int = 0
    noise_micro: int = 0
    pressure_n: int = 0
    pressure_sum: int = 0
    pressure_low_sum: int = 0
    pressure_high_sum: int = 0
    patch_n: int = 0
    lost: int = 0
    saturated: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class CrowdZones:
    """Partial sums of one camera over one 200 ms slice, one entry for each zone it sees."""

    tick: bool = False
    camera: str
    slice_start_us: int
    received_us: int
    plan: str
    entries: tuple[ZoneSums, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class LineCount:
    """Crossings of one line."""

    line: str
    gate: str
    entered: int
    exited: int
    width_cm: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class CrowdCrossings:
    """Line crossings of one camera over one slice."""

    tick: bool = False
    camera: str
    slice_start_us: int
    received_us: int
    entries: tuple[LineCount, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class CrowdCells:
    """The 1 m² grid of one camera's owned area: occupied cells; what is absent is empty."""

    camera: str
    event_time_us: int
    period_us: int
    cells: bytes
    row_bytes: int = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class CrowdDensity:
    """Crowd measures of one zone over one window."""

    progress: bool
    rows: int
    window_end_us: int
    zone: str
    people: float
    density_per_m2: float
    local_peak_per_m2: float
    peak_x_m: float
    peak_y_m: float
    around_per_m2: float
    speed_mps: float | None = None
    vx_mps: float | None = None
    vy_mps: float | None = None
    los: str
    los_scale: str
    cameras_expected: int
    cameras_seen: int
    frames_expected: int
    frames_used: int
    specific_flow_per_m_s: float | None = None
    pressure_per_s2: float | None = None
    pressure_low_per_s2: float | None = None
    pressure_high_per_s2: float | None = None
    noise_mps: float = 0.0
    patch_people: int = 0
    lost: int = 0
    queue_gate: str = ""
    observed_share: float = 0.0
    error_people: float = 0.0
    age_ms: int = -1
    saturated: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class CrowdFlow:
    """Crossings of one line over one window."""

    progress: bool
    rows: int
    window_end_us: int
    gate: str
    line: str
    entered: int
    exited: int
    cameras_seen: int
    width_m: float = 0.0
    entered_per_min: float = 0.0
    exited_per_min: float = 0.0
    entered_per_m_min: float = 0.0
    exited_per_m_min: float = 0.0
    counter_share: float = 0.0
    entered_total: int = 0
    exited_total: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class CrowdOccupancy:
    """People inside one area by its turnstiles."""

    progress: bool
    rows: int
    window_end_us: int
    area: str
    inside: int
    entries_total: int
    exits_total: int
    turnstiles_seen: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LevelStep:
    """A level and when it was reached."""

    level: str
    event_time_us: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertChange:
    """One change of one alert. (alert_id, axis, number) is unique, whatever was repeated."""

    alert_id: str
    mode: str
    axis: str
    number: int
    rule: str
    rule_version: int
    place: str
    priority: str
    level: str
    measured_level: str
    condition: str
    work: str
    latched: bool
    card: bool
    verified: bool
    start_us: int
    event_time_us: int
    value: float
    unit: str
    x_m: float
    y_m: float
    source: str
    levels: tuple[LevelStep, ...] = ()
    actor: str
    actor_role: str
    reason: str
    plan: str
    prompt_en: str = ""
    prompt_zh: str = ""
    owner: str = ""
    verdict: str = ""
    closing: str = ""
    shelved_until_us: int = 0
    grouped_under: str = ""
    inhibited_by: str = ""
    repeats: int = 1
    at_least: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertState:
    """One piece of a numbered set that holds the whole state of ALERTS."""

    set_number: int
    piece: int
    pieces: int
    state: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertCommand:
    """What a person asks of an alert, or reports."""

    command_id: str
    alert_id: str
    action: str
    actor: str
    actor_role: str
    second_gesture: bool
    reason: str
    received_us: int
    target: str = ""
    choice: str = ""
    until_us: int = 0
    x_m: float = 0.0
    y_m: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertAnswer:
    """What ALERTS made of one command, and where in its inputs: after a crash the command is taken there again."""

    command_id: str
    alert_id: str
    action: str
    actor: str
    refusal: str
    received_us: int
    command_offset: int
    step_us: int
    p1_offset: int
    refusal_zh: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class DispatchReceipt:
    """What became of one delivery."""

    alert_id: str
    axis: str
    number: int
    channel: str
    recipient: str
    state: str
    receipt: str
    at_us: int
    step: str = ""
    order_id: str = ""
    attempt: int = 1
    due_us: int = 0
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerEntry:
    """What became of a run of input offsets."""

    stage: str
    topic: str
    partition: int
    first_offset: int
    outcomes: bytes
    devices: bytes
    clamped: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DeadLetter:
    """A record that was refused, whole."""

    stage: str
    topic: str
    partition: int
    offset: int
    reason: str
    raw: bytes
    at_us: int


@dataclass(frozen=True, slots=True, kw_only=True)
class StageHealth:
    """What a stage says of itself, about once a second."""

    stage: str
    at_us: int
    taken: int
    given: int
    late: int
    clamped: int
    refused: int
    lag: int
    tick_age_us: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CrowdForecast:
    """Time to the next level of one zone, from its own trend."""

    window_end_us: int
    zone: str
    level: str
    next_level: str
    trend_per_m2_min: float
    history_s: float
    next_s: float | None = None
    next_low_s: float | None = None
    next_high_s: float | None = None
    critical_high_s: float | None = None
    act_now_high_s: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CrowdQueue:
    """The queue of one gate."""

    window_end_us: int
    gate: str
    people: float
    arriving_per_min: float
    served_per_min: float
    wait_s: float | None = None
    known: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class CrowdBalance:
    """People in one area by conservation: what turnstiles, lines and cameras say of it, reconciled."""

    window_end_us: int
    area: str
    inside: float
    low: float
    high: float
    turnstiles: float | None = None
    lines: float | None = None
    seen: float | None = None
    residual: float
    suspect: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderChange:
    """One change of one order. (order_id, number) is unique, whatever was repeated."""

    order_id: str
    alert_id: str
    mode: str
    number: int
    state: str
    kind: str
    place: str
    recipient: str
    text_en: str
    text_zh: str
    issued_by: str
    issued_role: str
    actor: str
    actor_role: str
    at_us: int
    due_us: int
    effect: str
    effect_due_us: int
    reason: str
    plan: str
    reason_zh: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderCommand:
    """What a person asks of an order, or reports of it."""

    command_id: str
    order_id: str
    alert_id: str
    action: str
    kind: str
    place: str
    recipient: str
    text_en: str
    text_zh: str
    actor: str
    actor_role: str
    second_gesture: bool
    reason: str
    received_us: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditEntry:
    """One act in the hash chain: who did what, in which role, where and why."""

    number: int
    at_us: int
    mode: str
    actor: str
    actor_role: str
    action: str
    subject: str
    place: str
    reason: str
    source: str
    body: bytes
    previous: bytes
    hash: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditRoot:
    """A signed root of the hash chain, once a minute; anchored outside."""

    number: int
    hash: bytes
    at_us: int
    mode: str
    key_id: str
    signature: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class ProbePassed:
    """The dead man's switch: a synthetic signed event has passed one stage. It counts in no total."""

    sequence: int
    sent_us: int
    stage: str
    at_us: int
    clock_us: int
    problem: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkageRequest:
    """A gesture of a person who asks the fire panel for an output."""

    request_id: str
    mode: str
    site: str
    equipment: str
    gesture: str
    actor: str
    actor_role: str
    alert_id: str
    reason: str
    received_us: int
    plan: str
    hmac: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkageChange:
    """What became of a request to the fire panel. (request_id, number) is unique."""

    request_id: str
    mode: str
    number: int
    equipment: str
    zone: str
    state: str
    by: str
    actor: str
    actor_role: str
    alert_id: str
    reason_en: str
    reason_zh: str
    at_us: int
    plan: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CameraSegment:
    """One file of a camera's recorded video."""

    camera: str
    start_us: int
    end_us: int
    file: str
    size_bytes: int
    codec: str
    width_px: int
    height_px: int
    frames: int
    key_frames: int
    damaged: int
    blake2b: str
    gap_us: int
    ended: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RecorderState:
    """What a recorder says of its cameras and of the disk."""

    recorder: str
    at_us: int
    state: str
    cameras: int
    recording: int
    used_percent: float
    free_bytes: int
    sentence_en: str
    sentence_zh: str
