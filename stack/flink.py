"""A standalone Flink cluster from the PyFlink wheel: one JobManager, one TaskManager, both on loopback.

The two Java programs are started directly, with what the wheel's shell scripts would work out in two more Java starts.
"""

from __future__ import annotations

import importlib.util
import shutil
from collections.abc import Mapping
from pathlib import Path

from pipelines.errors import ConfigError
from stack.addresses import LOOPBACK, Addresses, somebody_listens
from stack.java import SMALL_MALLOC, SMALL_SERVER, java, java_home, shared_classes
from stack.jobs import Job, cancel, jobs, newest_checkpoint
from stack.loopback import ask
from stack.parts import Part

__all__ = [
    "Job",
    "cancel",
    "client_env",
    "client_settings",
    "jobs",
    "newest_checkpoint",
    "overview",
    "parts",
]

SLOTS = 16
JOBMANAGER_HEAP_MB = 224
TASK_HEAP_MB, FRAMEWORK_HEAP_MB = 256, 64
NETWORK_MB, OFF_HEAP_MB = 64, 64
METASPACE_MB = 192
# Window aggregations buffer in it, and do not open when their share is too small; only touched pages count.
MANAGED_MB = 768
CLIENT_HEAP_MB = 320
JOBMANAGER_CLASS = "org.apache.flink.runtime.entrypoint.StandaloneSessionClusterEntrypoint"
TASKMANAGER_CLASS = "org.apache.flink.runtime.taskexecutor.TaskManagerRunner"
LOG4J = """\
monitorInterval = 0
rootLogger.level = WARN
rootLogger.appenderRef.out.ref = out
appender.out.name = out
appender.out.type = CONSOLE
appender.out.layout.type = PatternLayout
appender.out.layout.pattern = %d{yyyy-MM-dd'T'HH:mm:ss.SSSXXX} %p %c{1} %m%n
logger.tokens.name = org.apache.flink.runtime.security.token
logger.tokens.level = ERROR
logger.web.name = org.apache.flink.runtime.webmonitor.WebMonitorUtils
logger.web.level = ERROR
logger.kafka.name = org.apache.kafka
logger.kafka.level = ERROR
"""
# That a job changed its state is the one line worth having when something went wrong.
LOG4J_JOBS = """\
logger.jobs.name = org.apache.flink.runtime.executiongraph.ExecutionGraph
logger.jobs.level = INFO
logger.jobs.filter.states.type = RegexFilter
logger.jobs.filter.states.regex = Job .*
logger.jobs.filter.states.onMatch = ACCEPT
logger.jobs.filter.states.onMismatch = DENY
"""


def parts(home: Path, addresses: Addresses) -> list[Part]:
    """The JobManager and the TaskManager; their settings are written under ``home/run/flink``."""
    prepare(home, addresses)
    return [jobmanager(home, addresses), taskmanager(home, addresses)]


def jobmanager(home: Path, addresses: Addresses) -> Part:
    """The program that plans and watches the jobs."""
    memory = (
        "-XX:TieredStopAtLevel=1",  # it plans and watches: a quick start is worth more than fast code
        "-Xms64m",
        f"-Xmx{JOBMANAGER_HEAP_MB}m",
        f"-XX:MaxMetaspaceSize={METASPACE_MB}m",
    )
    return Part(
        name="flink-jobmanager",
        command=(*_java(home, "flink-jobmanager", memory), JOBMANAGER_CLASS, "--configDir", str(conf_dir(home))),
        env=_env(),
        ready=lambda: "taskmanagers" in overview(addresses.flink_url),
    )


def taskmanager(home: Path, addresses: Addresses) -> Part:
    """The program that runs all tasks."""
    memory = (
        "-Xms96m",
        "-XX:TieredStopAtLevel=1",
        f"-Xmx{TASK_HEAP_MB + FRAMEWORK_HEAP_MB}m",
        f"-XX:MaxDirectMemorySize={NETWORK_MB + OFF_HEAP_MB}m",
        f"-XX:MaxMetaspaceSize={METASPACE_MB}m",
    )
    return Part(
        name="flink-taskmanager",
        command=(*_java(home, "flink-taskmanager", memory), TASKMANAGER_CLASS, "--configDir", str(conf_dir(home))),
        env=_env(),
        ready=lambda: taskmanager_works(addresses),
    )


def taskmanager_works(addresses: Addresses) -> bool:
    """Whether it listens and is registered: the registration alone outlives a killed one by seconds."""
    return somebody_listens(addresses.flink_taskmanager_port) and overview(addresses.flink_url)["taskmanagers"] >= 1


def _env() -> dict[str, str]:
    return {**SMALL_MALLOC, "FLINK_PLUGINS_DIR": str(_wheel() / "plugins")}


def overview(url: str) -> dict[str, int]:
    """The cluster's own summary; OSError or ValueError while it does not answer."""
    summary: dict[str, int] = ask(f"{url}/overview").json()
    return summary


def client_env(home: Path) -> dict[str, str]:
    """What a process that submits jobs must have in its environment before it imports pyflink.

    The connectors are on the cluster's own class path: ``pipeline.jars`` must stay unset.
    """
    tmp = home / "run" / "flink" / "tmp"
    return {
        "JAVA_HOME": str(java_home()),
        "FLINK_HOME": str(_wheel()),
        "FLINK_CONF_DIR": str(conf_dir(home)),
        "FLINK_LIB_DIR": str(lib_dir(home)),
        "FLINK_LOG_DIR": str(home / "run" / "flink"),
        "FLINK_IDENT_STRING": "client",
        "TMPDIR": str(tmp),
        "JVM_ARGS": f"-Xmx{CLIENT_HEAP_MB}m -XX:TieredStopAtLevel=1 -Djava.io.tmpdir={tmp} {' '.join(SMALL_SERVER)}",
        **SMALL_MALLOC,
    }


def client_settings(url: str) -> dict[str, str]:
    """What a TableEnvironment must be told of the cluster at *url*, or it runs the job in one of its own inside the client."""
    host, _, port = url.removeprefix("http://").partition(":")
    return {"execution.target": "remote", "rest.address": host, "rest.port": port}


def conf_dir(home: Path) -> Path:
    """The folder of config.yaml, for the cluster and for those who submit."""
    return home / "run" / "flink" / "conf"


def lib_dir(home: Path) -> Path:
    """All jars of the cluster: links to the wheel's and to the connectors'."""
    return home / "run" / "flink" / "lib"


def prepare(home: Path, addresses: Addresses) -> None:
    """Write the settings, link the jars, and empty the folder for what killed programs left."""
    folder = _emptied(home)
    _write_settings(home, {**cluster_settings(folder, addresses), **taskmanager_settings()})
    (conf_dir(home) / "log4j-console.properties").write_text(LOG4J + LOG4J_JOBS)


def prepare_client(home: Path) -> None:
    """What a process that submits jobs needs where the cluster runs somewhere else: the jars, and settings without any address."""
    _emptied(home)
    _write_settings(home, {"env.java.opts.all": java_options()})


def _emptied(home: Path) -> Path:
    folder = home / "run" / "flink"
    shutil.rmtree(folder / "tmp", ignore_errors=True)
    shutil.rmtree(lib_dir(home), ignore_errors=True)
    for each in (folder / "tmp", lib_dir(home), conf_dir(home)):
        each.mkdir(parents=True, exist_ok=True)
    for jar in [*(_wheel() / "lib").glob("*.jar"), *(home / "jars" / "flink").glob("*.jar")]:
        (lib_dir(home) / jar.name).symlink_to(jar.resolve())
    return folder


def _write_settings(home: Path, settings: Mapping[str, str | int]) -> None:
    (conf_dir(home) / "config.yaml").write_text("".join(f"{key}: {value}\n" for key, value in settings.items()))
    (conf_dir(home) / "log4j-cli.properties").write_text(LOG4J)


def cluster_settings(folder: Path, addresses: Addresses) -> Mapping[str, str | int]:
    """Where the cluster listens and how it behaves."""
    return {
        "env.java.opts.all": java_options(),
        "jobmanager.rpc.address": LOOPBACK,
        "jobmanager.rpc.port": addresses.flink_rpc_port,
        "jobmanager.bind-host": LOOPBACK,
        "rest.address": LOOPBACK,
        "rest.bind-address": LOOPBACK,
        "rest.port": addresses.flink_rest_port,
        "rest.bind-port": addresses.flink_rest_port,
        "blob.server.port": addresses.flink_blob_port,
        "taskmanager.host": LOOPBACK,
        "taskmanager.rpc.port": addresses.flink_taskmanager_port,
        # One name for all its lives: the JobManager then drops the dead one when the next one comes.
        "taskmanager.resource-id": "taskmanager",
        "taskmanager.bind-host": LOOPBACK,
        "web.submit.enable": "false",
        "io.tmp.dirs": str(folder / "tmp"),
        "heartbeat.interval": 1000,
        "heartbeat.timeout": 6000,
        "restart-strategy.type": "fixed-delay",
        "restart-strategy.fixed-delay.attempts": 2_147_483_647,
        "restart-strategy.fixed-delay.delay": "500 ms",
        "cluster.registration.error-delay": 300,  # the default waits 10 s when the JobManager is not up yet
        "cluster.registration.max-timeout": 1000,
        "security.delegation.tokens.enabled": "false",
        "slot.request.timeout": 60000,
        "state.backend.type": "hashmap",
        "parallelism.default": 1,
        "pipeline.object-reuse": "true",
    }


def taskmanager_settings() -> Mapping[str, str | int]:
    """The sizes that the wheel's script would work out: without it, each must be said."""
    return {
        "taskmanager.numberOfTaskSlots": SLOTS,
        "taskmanager.cpu.cores": f"{SLOTS}.0",
        "taskmanager.memory.framework.heap.size": f"{FRAMEWORK_HEAP_MB}m",
        "taskmanager.memory.task.heap.size": f"{TASK_HEAP_MB}m",
        "taskmanager.memory.framework.off-heap.size": f"{OFF_HEAP_MB}m",
        "taskmanager.memory.task.off-heap.size": "0m",
        "taskmanager.memory.managed.size": f"{MANAGED_MB}m",
        "taskmanager.memory.network.min": f"{NETWORK_MB}m",
        "taskmanager.memory.network.max": f"{NETWORK_MB}m",
        "taskmanager.memory.jvm-metaspace.size": f"{METASPACE_MB}m",
        "taskmanager.memory.jvm-overhead.min": "64m",
        "taskmanager.memory.jvm-overhead.max": "64m",
    }


def _java(home: Path, name: str, memory: tuple[str, ...]) -> tuple[str, ...]:
    log4j = conf_dir(home) / "log4j-console.properties"
    return (
        java(),
        *SMALL_SERVER,
        *memory,
        *shared_classes(home, name, lib_dir(home).iterdir()),
        *java_options().split(),
        f"-Djava.io.tmpdir={home / 'run' / 'flink' / 'tmp'}",
        f"-Dlog4j.configurationFile=file:{log4j}",
        "-cp",
        f"{lib_dir(home)}/*",
    )


def java_options() -> str:
    """The ``--add-opens`` list that this version of Flink asks for."""
    for line in (_wheel() / "conf" / "config.yaml").read_text().splitlines():
        key, _, value = line.partition(":")
        if key.strip() == "all" and "--add-" in value:
            # The wheel's Java has no compiler module, and would say so at each start.
            return " ".join(option for option in value.split() if "jdk.compiler" not in option)
    msg = "the Flink wheel's config.yaml has no env.java.opts.all"
    raise ConfigError(msg)


def _wheel() -> Path:
    spec = importlib.util.find_spec("pyflink")
    if spec is None or not spec.submodule_search_locations:
        msg = "the environment lacks apache-flink: run ./muster again"
        raise ConfigError(msg)
    return Path(spec.submodule_search_locations[0])
