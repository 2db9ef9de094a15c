"""`./muster …`: the commands. Heavy imports wait until their command is called."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Optional

import typer

from cli import dashboards_options, stores, trust
from cli.console import USAGE, fail
from cli.video import recording

app = typer.Typer(
    name="muster",
    help="Real-time safety for gatherings of 100 people and more.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
play = typer.Typer(help="Play a file through the whole path, in a mode of its own.", no_args_is_help=True)
topics = typer.Typer(help="Look into topics.", no_args_is_help=True)
plans = typer.Typer(help="Check event plans.", no_args_is_help=True)
rules = typer.Typer(help="Check rules, explain alerts, try other numbers on a recording.", no_args_is_help=True)
measure = typer.Typer(help="Measure a file, without any server.", no_args_is_help=True)
linkage = typer.Typer(help="Look at the fire panel.", no_args_is_help=True)
app.add_typer(play, name="play")
app.add_typer(linkage, name="linkage")
app.add_typer(measure, name="measure")
app.add_typer(topics, name="topics")
app.add_typer(plans, name="plan")
app.add_typer(rules, name="rules")
channels = typer.Typer(help="Check and try the ways to people and systems outside.", no_args_is_help=True)
app.add_typer(channels, name="channels")
app.add_typer(trust.ledger, name="ledger")
app.add_typer(trust.audit, name="audit")
cameras = typer.Typer(help="Hold a calibration against its points, propose masks.", no_args_is_help=True)
app.add_typer(cameras, name="camera")
app.add_typer(stores.store, name="store")
app.add_typer(recording, name="recording")
models = typer.Typer(help="Weights: which there are, get them, check them.", no_args_is_help=True)
app.add_typer(models, name="models")
app.command()(trust.watchdog)
dashboards = typer.Typer(help="Grafana's boards.", no_args_is_help=True)
app.add_typer(dashboards, name="dashboards")
dashboards.command("push")(dashboards_options.push)

Report = Annotated[Optional[Path], typer.Option(help="Write the report to this JSON file.")]  # noqa: UP045 - typer reads it at run time
PlanFile = Annotated[Optional[Path], typer.Option("--plan", help="Event plan (YAML).")]  # noqa: UP045
AsJson = Annotated[bool, typer.Option("--json", help="As JSON on standard output.")]
Rate = Annotated[float, typer.Option(min=0, help="1 = real time, 10 = ten times as fast, 0 = as fast as it goes.")]
Wait = Annotated[bool, typer.Option("--wait", help="Wait until the last window's results are there.")]
RecordTo = Annotated[Optional[Path], typer.Option("--record", help="Record what was played into this file, for `muster replay`.")]  # noqa: UP045
Start = Annotated[str, typer.Option(help="The fixed instant (UTC) at which the played mode begins.")]


def seconds(text: str) -> float:
    """`120`, `120s` or `2m` as seconds."""
    found = re.fullmatch(r"(\d+(?:\.\d+)?)(s|m|h)?", text.strip())
    if found is None:
        fail(f"'{text}' is no time: expected e.g. 120s or 2m", USAGE)
    return float(found[1]) * {"s": 1, "m": 60, "h": 3600, None: 1}[found[2]]


@app.command()
def demo(
    *,
    for_: Annotated[Optional[str], typer.Option("--for", help="End by itself this long after ready, e.g. 120s.")] = None,  # noqa: UP045
    report: Report = None,
    video: Annotated[Optional[Path], typer.Option(help="Show this video as one more camera.")] = None,  # noqa: UP045
    clean: Annotated[bool, typer.Option("--clean", help="Remove all that a start has made, and end.")] = False,
) -> None:
    """Play a stadium evening on this machine, as a drill, and show it on a live page."""
    from cli import demo as command  # noqa: PLC0415

    if clean:
        command.remove_all()
        return
    command.run(for_s=seconds(for_) if for_ else None, report=report, video=video)


@app.command()
def up(
    plan: Annotated[Path, typer.Option("--plan", help="Event plan (YAML).")],
    mode: Annotated[str, typer.Option(help="live or drill-<id>.")] = "live",
    channels: Annotated[Optional[Path], typer.Option(help="Channels file (YAML): the ways to people and systems outside.")] = None,  # noqa: UP045
    cameras_per_process: Annotated[
        int | None, typer.Option(min=1, help="Cameras that one detect worker watches, at most; 1 otherwise.")
    ] = None,
) -> None:
    """Start everything for an event and return; called again with another plan, it takes the new one up."""
    from cli import up as command  # noqa: PLC0415

    command.up(plan, mode, channels, cameras_per_process)


@app.command(hidden=True)
def hold(plan: Path, mode: str, channels: Path, cameras_per_process: int) -> None:
    """The process behind `up`."""
    from cli import up as command  # noqa: PLC0415

    command.hold(plan, mode, channels, cameras_per_process)


@app.command()
def down() -> None:
    """Stop what `up` started."""
    from cli import up as command  # noqa: PLC0415

    command.down()


@app.command()
def status(*, as_json: AsJson = False) -> None:
    """What runs, and how far each stage has come."""
    from cli import status as command  # noqa: PLC0415

    command.show(as_json=as_json)


@app.command()
def doctor(*, as_json: AsJson = False) -> None:
    """Check this machine; each line that fails says the command that mends it."""
    from cli import doctor as command  # noqa: PLC0415

    command.show(as_json=as_json)


@topics.command()
def tail(
    topic: Annotated[str, typer.Argument(help="e.g. crowd.density, or drill-demo.crowd.density.v1")],
    *,
    mode: Annotated[Optional[str], typer.Option(help="Mode; the one that runs where there is only one.")] = None,  # noqa: UP045
    limit: Annotated[Optional[int], typer.Option(min=1, help="End after that many records.")] = None,  # noqa: UP045
    ticks: Annotated[bool, typer.Option(help="Show ticks and progress rows too.")] = False,
    begin: Annotated[bool, typer.Option(help="From the topic's beginning.")] = False,
) -> None:
    """Show a topic's records, decoded, one JSON object a line."""
    from cli import topics as command  # noqa: PLC0415

    command.tail(topic, mode=mode, limit=limit, ticks=ticks, begin=begin)


@topics.command()
def asyncapi() -> None:
    """The topics for dispatch systems, as AsyncAPI 3 (YAML)."""
    from cli import asyncapi as command  # noqa: PLC0415

    command.show()


@dashboards.command("generate")
def dashboards_generate(
    *, check: Annotated[bool, typer.Option("--check", help="Write nothing; exit 1 where a file is not as the code makes it.")] = False
) -> None:
    """Write the boards' files and their page from the code."""
    from cli import dashboards as command  # noqa: PLC0415

    command.generate(check=check)


@channels.command("check")
def channels_check(file: Path) -> None:
    """Say what is wrong with a channels file and its secrets' files, or what each channel may carry. Dials nothing."""
    from cli import channels as command  # noqa: PLC0415

    command.check(file)


@channels.command("test")
def channels_test(
    file: Path,
    name: Annotated[str, typer.Argument(help="Name of the channel.")],
    *,
    to: Annotated[str, typer.Option(help="Recipient, as the channel's addresses know it.")] = "test",
    address: Annotated[str, typer.Option(help="Where to, instead of the recipient's own address.")] = "",
) -> None:
    """Send one message marked as a test by a channel that takes drills; print its receipt."""
    from cli import channels as command  # noqa: PLC0415

    command.test(file, name, recipient=to, address=address)


@plans.command()
def check(file: Path) -> None:
    """Say what is wrong with a plan, or its hash."""
    from cli import plans as command  # noqa: PLC0415

    command.check(file)


@plans.command()
def schema() -> None:
    """The plan's JSON Schema, for editors."""
    from cli import plans as command  # noqa: PLC0415

    command.schema()


@rules.command("check")
def rules_check(file: Path) -> None:
    """Say which rules of a plan can never or always fire, or how many can."""
    from cli import rules as command  # noqa: PLC0415

    command.check(file)


@rules.command()
def explain(
    alert: Annotated[str, typer.Argument(help="The alert's id, or its beginning.")],
    *,
    mode: Annotated[Optional[str], typer.Option(help="Mode; the one that runs where there is only one.")] = None,  # noqa: UP045
    recording: Annotated[Optional[Path], typer.Option(help="Explain it from this recording, without a running mode.")] = None,  # noqa: UP045
) -> None:
    """Why an alert is there: its rule, the plan's numbers, what it saw, its steps, what clears it."""
    from cli import rules as command  # noqa: PLC0415

    command.explain(alert, mode=mode, recording=recording)


@rules.command()
def backtest(
    file: Path,
    *,
    set_: Annotated[Optional[list[str]], typer.Option("--set", help="e.g. north.warning=3.5; may be repeated.")] = None,  # noqa: UP045
    operators: Annotated[Optional[int], typer.Option(min=1, help="People who watch; else the plan's monitors.")] = None,  # noqa: UP045
    report: Report = None,
) -> None:
    """Try changed numbers on a recording: levels gained, lost, earlier, later."""
    from cli import rules as command  # noqa: PLC0415

    command.backtest(file, sets=set_ or (), operators=operators, report=report)


@cameras.command()
def calibrate(
    file: Annotated[Path, typer.Argument(help="YAML with 'pixels' and 'metres', four pairs or more, and the size of the 'picture'.")],
    *,
    size: Annotated[Optional[str], typer.Option(help="Width x height of the picture in pixels.")] = None,  # noqa: UP045
    video: Annotated[Optional[Path], typer.Option(help="Video of the camera, which says the size.")] = None,  # noqa: UP045
    error_px: Annotated[float, typer.Option(help="How wrong a foot's pixel may be.")] = 3.0,
    out: Annotated[Optional[Path], typer.Option(help="Write the points with the size of their picture, as a plan has them.")] = None,  # noqa: UP045
) -> None:
    """Say how well pairs of points make a floor, in cm, and how the error grows with the distance."""
    from cli import camera as command  # noqa: PLC0415

    command.calibrate(file, size=size, video=video, error_px=error_px, out=out)


@cameras.command()
def masks(
    file: Annotated[Path, typer.Argument(help="Some minutes of the camera's own picture.")],
    *,
    backend: Annotated[str, typer.Option(help="motion or onnx.")] = "onnx",
    share: Annotated[float, typer.Option(min=0.1, max=1, help="Of the frames in which a box must be at one place.")] = 0.6,
) -> None:
    """Propose masks: boxes that never move. A person decides; who stands still for as long looks the same."""
    from cli import camera as command  # noqa: PLC0415

    command.masks(file, backend=backend, share=share)


ModelNames = Annotated[Optional[list[str]], typer.Argument(help="Names from the list; all of it otherwise.")]  # noqa: UP045


@models.command("list")
def models_list(*, as_json: AsJson = False) -> None:
    """Say which weights Muster knows, what each is for, and which are there."""
    from cli import models as command  # noqa: PLC0415

    command.listed(as_json=as_json)


@models.command()
def pull(names: ModelNames = None) -> None:
    """Fetch weights from where they are published into MUSTER_MODELS, checked by their hash."""
    from cli import models as command  # noqa: PLC0415

    command.pull(names or [])


@models.command("check")
def models_check(names: ModelNames = None) -> None:
    """Hold the weights against the list: hash, size, and the shapes that onnxruntime finds in them."""
    from cli import models as command  # noqa: PLC0415

    command.check(names or [])


@cameras.command("check")
def check_camera(
    file: Annotated[Path, typer.Argument(help="Some minutes of the camera's own picture.")],
    *,
    fps: Annotated[Optional[float], typer.Option(min=0.1, help="Frames a second, where the file's header is wrong.")] = None,  # noqa: UP045
) -> None:
    """Say what a camera's picture is worth: size against the standard, states, light, and whether a moved camera would be noticed."""
    from cli import camera as command  # noqa: PLC0415

    command.check(file, fps=fps)


@play.command()
def positions(
    file: Path,
    *,
    unit: Annotated[str, typer.Option(help="Unit of the file's x and y: m or cm.")],
    fps: Annotated[float, typer.Option(help="Frames per second of the file.")],
    camera: Annotated[str, typer.Option(help="Camera id.")] = "cam",
    area_type: Annotated[str, typer.Option(help="standing, way, stairs or queue; of the zone that is made without --plan.")] = "standing",
    plan: PlanFile = None,
    rate: Rate = 1,
    wait: Wait = False,
    report: Report = None,
    record: RecordTo = None,
    start: Start = "2026-01-01T00:00:00Z",
) -> None:
    """Play recorded positions, rows `id frame x y z`."""
    from cli import play as command  # noqa: PLC0415

    command.positions(
        file,
        command.How(rate=rate, wait=wait, report=report, record=record, start=start),
        unit=unit,
        fps=fps,
        camera=camera,
        area_type=area_type,
        plan=plan,
    )


@play.command()
def video(
    file: Path,
    *,
    camera: Annotated[str, typer.Option(help="Camera id.")] = "cam",
    calibration: Annotated[Optional[Path], typer.Option(help="YAML with 'pixels' and 'metres', four points or more.")] = None,  # noqa: UP045
    scale_px_per_m: Annotated[Optional[float], typer.Option(help="Of a view from straight above.")] = None,  # noqa: UP045
    backend: Annotated[str, typer.Option(help="auto, motion or onnx.")] = "auto",
    fps: Annotated[Optional[float], typer.Option(help="Frames per second, where the file's header is wrong.")] = None,  # noqa: UP045
    area_type: Annotated[str, typer.Option(help="standing, way, stairs or queue.")] = "standing",
    lane: Annotated[Optional[list[str]], typer.Option(help="'x0,y0 x1,y1 [width]', metres, as is permitted: a road.")] = None,  # noqa: UP045
    plan: PlanFile = None,
    rate: Rate = 1,
    wait: Wait = False,
    report: Report = None,
    record: RecordTo = None,
    start: Start = "2026-01-01T00:00:00Z",
) -> None:
    """Play a video: people detected and counted; density too where the camera is calibrated."""
    from cli import play as command  # noqa: PLC0415

    how = command.How(rate=rate, wait=wait, report=report, record=record, start=start)
    command.video(
        file,
        how,
        camera=camera,
        calibration=calibration,
        scale_px_per_m=scale_px_per_m,
        backend=backend,
        fps=fps,
        area_type=area_type,
        lanes=lane or (),
        plan=plan,
    )


@play.command()
def vehicles(
    file: Path,
    *,
    plan: PlanFile = None,
    rate: Rate = 1,
    wait: Wait = False,
    report: Report = None,
    record: RecordTo = None,
    start: Start = "2026-01-01T00:00:00Z",
) -> None:
    """Play recorded vehicles, `t,id,x,y,speed,angle_deg,lane,…`."""
    from cli import play as command  # noqa: PLC0415

    command.vehicles(file, command.How(rate=rate, wait=wait, report=report, record=record, start=start), plan=plan)


@app.command()
def record(
    *,
    out: Annotated[Path, typer.Option("--out", "-o", help="The file to make, e.g. event.mcap.")],
    mode: Annotated[Optional[str], typer.Option(help="Mode; the one that runs where there is only one.")] = None,  # noqa: UP045
    for_: Annotated[Optional[str], typer.Option("--for", help="End after that much of the mode's time, e.g. 60s.")] = None,  # noqa: UP045
    from_: Annotated[str, typer.Option("--from", help="now, or begin: all that its topics still hold.")] = "now",
) -> None:
    """Record the verified topics of a running mode, with its ticks, plan and schemas."""
    from cli import record as command  # noqa: PLC0415

    if from_ not in ("now", "begin"):
        fail(f"--from {from_}: expected now or begin", USAGE)
    command.record(out, mode=mode, for_s=seconds(for_) if for_ else None, begin=from_ == "begin")


@app.command()
def replay(
    file: Path,
    *,
    rate: Rate = 1,
    parallelism: Annotated[int, typer.Option(help="Of the Flink jobs: 1, 2 or 4.")] = 1,
    plan: PlanFile = None,
    report: Report = None,
) -> None:
    """Replay a recording, in a mode of its own, and say the hash of what it found."""
    from cli import replay as command  # noqa: PLC0415

    command.replay(file, command.How(rate=rate, parallelism=parallelism, report=report, plan=plan))


@app.command()
def export(
    *,
    parquet: Annotated[Path, typer.Option(help="Folder for one file a view.")],
    mode: Annotated[Optional[str], typer.Option(help="Mode; the one that runs where there is only one.")] = None,  # noqa: UP045
    since: Annotated[Optional[str], typer.Option(help="From this instant (UTC) on.")] = None,  # noqa: UP045
    until: Annotated[Optional[str], typer.Option(help="Before this instant (UTC).")] = None,  # noqa: UP045
    view: Annotated[Optional[list[str]], typer.Option(help="Only this view; may be repeated.")] = None,  # noqa: UP045
    force: Annotated[bool, typer.Option("--force", help="Write over files that are there.")] = False,
    clickhouse: Annotated[Optional[str], typer.Option(help="host:port of another ClickHouse than this machine's.")] = None,  # noqa: UP045
) -> None:
    """Write the views for analysts as Parquet, one file a view, without personal data."""
    from cli import export as command  # noqa: PLC0415

    command.export(parquet, mode=mode, since=since, until=until, views=view or (), force=force, address=clickhouse)


@linkage.command("check")
def linkage_check(
    plan: Annotated[Path, typer.Argument(help="Event plan (YAML) with a linkage.")],
    *,
    mode: Annotated[str, typer.Option(help="live reads the panel; drill-<id> reads the simulator of drills.")] = "live",
    as_json: AsJson = False,
) -> None:
    """Read the fire panel once, and say in words what each register says. Nothing is written to it."""
    from cli import linkage as command  # noqa: PLC0415

    command.check(plan, mode=mode, as_json=as_json)


@measure.command("positions")
def measure_positions(
    file: Path,
    *,
    unit: Annotated[str, typer.Option(help="Unit of the file's x and y: m or cm.")],
    fps: Annotated[float, typer.Option(help="Frames per second of the file.")],
    zone: Annotated[str, typer.Option(help='The zone, metres: "POLYGON((0 0, 4 0, 4 4, 0 4, 0 0))".')],
    csv: Annotated[Path, typer.Option("--csv", help="Write one row a frame to this file.")],
    walkable: Annotated[Optional[str], typer.Option(help="POLYGON, convex; else the extent of the positions and 0.5 m.")] = None,  # noqa: UP045
    line: Annotated[Optional[str], typer.Option(help='Count who crosses it: "LINESTRING(0 0, 4 0)".')] = None,  # noqa: UP045
    noise_m: Annotated[Optional[float], typer.Option(help="Position noise an axis, metres; else estimated from the file.")] = None,  # noqa: UP045
) -> None:
    """Measure recorded positions, rows `id frame x y z`: density, speed, flow, pressure of a zone, frame by frame."""
    from cli import measure as command  # noqa: PLC0415

    command.positions(file, unit=unit, fps=fps, zone=zone, walkable=walkable, line=line, noise_m=noise_m, out=csv)


@app.command(context_settings={"allow_extra_args": True, "ignore_unknown_options": True})
def test(context: typer.Context) -> None:
    """Run all checks and tests; what follows goes to pytest."""
    from cli import checks as command  # noqa: PLC0415

    command.test(context.args)


@app.command()
def bench(
    name: str,
    *,
    report: Report = None,
    rounds: Annotated[Optional[int], typer.Option(min=1, help="How often everything is run; medians count.")] = None,  # noqa: UP045
    seconds_: Annotated[Optional[int], typer.Option("--seconds", min=1, help="Seconds of the workload.")] = None,  # noqa: UP045
    real_seconds: Annotated[Optional[int], typer.Option(min=1, help="Seconds of the run in real time.")] = None,  # noqa: UP045
    kills: Annotated[Optional[int], typer.Option(min=1, help="Processes to kill.")] = None,  # noqa: UP045
    seed: Annotated[Optional[int], typer.Option(help="Of everything that goes by chance.")] = None,  # noqa: UP045
    only: Annotated[Optional[str], typer.Option(help="Peers, or parts of the benchmark, comma between them.")] = None,  # noqa: UP045
) -> None:
    """Run a benchmark of the folder benchmarks/."""
    from cli import checks as command  # noqa: PLC0415

    settings = {"rounds": rounds, "seconds": seconds_, "real_seconds": real_seconds, "kills": kills, "seed": seed, "only": only}
    command.bench(name, report, {key: value for key, value in settings.items() if value is not None})


if __name__ == "__main__":
    app(prog_name="muster")
