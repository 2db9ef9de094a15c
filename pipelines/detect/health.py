"""Whether a camera's picture can be believed: ok, stale, frozen, black, white, covered, blurred or moved. Pure.

Frozen: a live sensor always has noise, so a picture that neither changes in the mean nor in any block stands still,
even when an encoder behind the freeze repeats its key frames. Measured on a sample of 160 px a line: a frozen picture
re-encoded with a key frame every 2.4 s changes by at most 0.45 grey levels (0.83 in a block), the quietest 3 s of four
live videos by 0.96 (1.6 in a block) at some moment.
Blurred: the strongest edges of a line go soft, while light and shade stay where they were. On four videos the strongest
edges (all but 0.2 %) never fell below 0.72 of their usual difference; a blur of 4 px leaves 0.18 to 0.32 of it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

from pipelines.units import MICRO

State = Literal["ok", "stale", "frozen", "black", "white", "covered", "blurred", "moved"]
_LEAST_LIGHT: Final = 0.4  # of the usual light: when it goes down everything in the picture does, and is forgiven so far
_LEAST_EDGES: Final = 20.0  # grey levels: a picture that never had more has no focus to lose
_FIRST_FRAMES: Final = 25  # of the usual detail: their plain mean


@dataclass(frozen=True, slots=True, kw_only=True)
class HealthSettings:
    """Thresholds; grey levels 0..255 and µs of event time.

    Args:
        still_mean, still_block: a picture that changes by less than both, in the mean and in every block, stands still.
        frozen_us: standing still for so long is frozen.
        dark, bright: mean luma of a black and of a white picture.
        uniform: spread (standard deviation) of a black or white picture at most.
        flat: spread below which nothing is to be seen.
        blurred: share of the camera's usual detail below which it is covered or out of focus.
        soft: share of its usual edges below which it is out of focus.
        structure: share of the usual spread that an unsharp picture keeps; with less it is covered.
        moved: movement of the picture's corners, in widths of it, from which the camera has moved: 1.2 degrees for a lens
            that sees 60; it is back below half of that.
        doubt_us: black, white, covered and blurred must last so long.
        moved_us: moved must last so long.
        dusk, dawn: mean luma below which it is night, and above which it is day again.
        night_us: either must last so long.
        live_us: so long must a picture be well before it is ok again.
        stale_us: no frame for so long is stale.
        usual_us: time constant of the usual detail.
    """

    still_mean: float = 0.7
    still_block: float = 1.2
    frozen_us: int = 3 * MICRO
    dark: float = 20.0
    bright: float = 238.0
    uniform: float = 12.0
    flat: float = 3.0
    blurred: float = 0.35
    soft: float = 0.45
    structure: float = 0.6
    moved: float = 0.02
    doubt_us: int = MICRO
    moved_us: int = 3 * MICRO
    dusk: float = 45.0
    dawn: float = 60.0
    night_us: int = 5 * MICRO
    live_us: int = MICRO
    stale_us: int = 2 * MICRO
    usual_us: int = 60 * MICRO


@dataclass(frozen=True, slots=True, kw_only=True)
class PictureStats:
    """Figures of one picture, in grey levels.

    Args:
        luma, spread: mean and standard deviation.
        detail: mean difference between neighbours of a line.
        change: mean difference to the picture before; None for the first one.
        moved: the largest mean difference of a block of 8 x 8 samples.
        edges: difference over two pixels that only 0.2 % of the places on a line exceed; None where it was not measured.
        shift: how far the picture lies from its reference, in widths of it; 0 where nobody can tell.
        fits: whether it is the whole of what the calibration was made for; one of other proportions shows something else.
    """

    luma: float
    spread: float
    detail: float
    change: float | None = None
    moved: float | None = None
    edges: float | None = None
    shift: float = 0.0
    fits: bool = True


class Health:
    """State of one camera's picture: `step` for each frame, `silence` whenever time passes without one."""

    def __init__(self, *, start_us: int, settings: HealthSettings | None = None) -> None:
        """Begin at *start_us* (µs UTC, event time): ok, until something else is seen."""
        self._settings = settings or HealthSettings()
        self.state: State = "ok"
        self.since_us = start_us
        self._frame_us = start_us
        self._moved_us = start_us
        self._doubt: State = "ok"
        self._doubt_us = start_us
        self._usual = self._usual_spread = self._usual_edges = self._usual_luma = 0.0
        self._usual_frames = 0
        self._soft = False
        self.night = False
        self._light_us = start_us  # since when the light has been as it should be for the present settings

    @property
    def recovering(self) -> bool:
        """Whether the last frames were well, though not yet for long enough."""
        return self.state != "ok" and self._doubt == "ok"

    def step(self, event_us: int, stats: PictureStats) -> State:
        """The state after a frame."""
        passed_us = max(event_us - self._frame_us, 0)
        self._frame_us = event_us
        if self.state == "stale" and self._doubt == "stale":
            self._moved_us = event_us  # stillness begins anew after a gap
        if self._moves(stats):
            self._moved_us = event_us
        seen = self._seen(event_us, stats)
        if seen != self._doubt:
            self._doubt, self._doubt_us = seen, event_us
        self._decide(event_us, seen)
        if seen == "ok" and self.state == "ok":
            self._learn(stats, passed_us)
            self._see_light(event_us, stats.luma)
        return self.state

    def learn_anew(self) -> None:
        """Pictures have another size from now on, and with it other edges and other detail."""
        self._usual = self._usual_spread = self._usual_edges = self._usual_luma = 0.0
        self._usual_frames, self._soft = 0, False

    def silence(self, now_us: int) -> State:
        """The state at *now_us* (event time) when no frame came since the last `step`."""
        if now_us - self._frame_us >= self._settings.stale_us and self.state != "stale":
            self._doubt, self._doubt_us = "stale", now_us
            self._enter("stale", self._frame_us)
        return self.state

    def _moves(self, stats: PictureStats) -> bool:
        if stats.change is None or stats.moved is None:
            return True
        return stats.change >= self._settings.still_mean or stats.moved >= self._settings.still_block

    def _seen(self, event_us: int, stats: PictureStats) -> State:
        """What this frame alone speaks for; a picture without light or detail has its own name, frozen or not."""
        settings = self._settings
        if stats.spread <= settings.uniform and stats.luma <= settings.dark:
            return "black"
        if stats.spread <= settings.uniform and stats.luma >= settings.bright:
            return "white"
        if stats.spread < settings.flat:
            return "covered"
        if not stats.fits:  # what is usual was learnt of other pictures
            return "moved"
        light = min(max(stats.luma / self._usual_luma, _LEAST_LIGHT), 1.0) if self._usual_luma else 1.0
        if self._usual_frames and (self._is_soft(stats, light) or stats.detail < settings.blurred * light * self._usual):
            return "blurred" if stats.spread >= settings.structure * light * self._usual_spread else "covered"
        still_us = event_us - self._moved_us
        if still_us >= settings.frozen_us or (self.state == "frozen" and still_us > 0):
            return "frozen"
        if stats.shift >= (settings.moved / 2 if self.state == "moved" else settings.moved):
            return "moved"
        return "ok"

    def _is_soft(self, stats: PictureStats, light: float) -> bool:
        """Whether the strongest edges were soft when they were measured last."""
        if stats.edges is not None and self._usual_edges >= _LEAST_EDGES:
            self._soft = stats.edges < self._settings.soft * light * self._usual_edges
        return self._soft

    def _see_light(self, event_us: int, luma: float) -> None:
        """Day and night, with a hold and a gap between."""
        turned = luma > self._settings.dawn if self.night else luma < self._settings.dusk
        if not turned:
            self._light_us = event_us
        elif event_us - self._light_us >= self._settings.night_us:
            self.night, self._light_us = not self.night, event_us

    def _decide(self, event_us: int, seen: State) -> None:
        if seen == self.state:
            return
        lasted_us = event_us - self._doubt_us
        if seen == "frozen":
            self._enter("frozen", self._moved_us)
        elif seen == "ok":
            if lasted_us >= self._settings.live_us:
                self._enter("ok", event_us)
        elif lasted_us >= (self._settings.moved_us if seen == "moved" else self._settings.doubt_us):
            self._enter(seen, self._doubt_us)

    def _enter(self, state: State, since_us: int) -> None:
        self.state, self.since_us = state, since_us

    def _learn(self, stats: PictureStats, passed_us: int) -> None:
        """Follow what is usual slowly: quick at first, then with the time constant of the settings."""
        self._usual_frames += 1
        slow = min(passed_us / self._settings.usual_us, 1.0)
        share = max(1 / self._usual_frames, slow) if self._usual_frames <= _FIRST_FRAMES else slow
        self._usual += share * (stats.detail - self._usual)
        self._usual_luma += share * (stats.luma - self._usual_luma)
        self._usual_spread += share * (stats.spread - self._usual_spread)
        if stats.edges is not None:
            self._usual_edges += (stats.edges - self._usual_edges) * (share if self._usual_edges else 1.0)
