"""A small schema registry: serves the committed Avro schemas in the way that Confluent's clients ask for them.

Nothing can be registered that is not committed: an equal schema gets its committed id, any other a refusal.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import unquote, urlsplit

from pipelines.errors import ConfigError
from stack.addresses import LOOPBACK, Addresses
from stack.loopback import HTTP_OK, ask
from stack.parts import Part
from stack.schema_shape import shape

BODY_LIMIT_BYTES = 1024 * 1024
MODE = re.compile(r"^(live|drill-[^.]+)\.")
SUBJECT_UNKNOWN, VERSION_UNKNOWN, SCHEMA_UNKNOWN = 40401, 40402, 40403
INVALID_SCHEMA, INCOMPATIBLE, NO_SUCH_PATH = 42201, 409, 404


@dataclass(frozen=True, slots=True, kw_only=True)
class Committed:
    """One subject as committed: its id, its version and the text of its schema; texts of earlier versions by id."""

    subject: str
    id: int
    version: int
    schema: str
    former: Mapping[int, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """An HTTP status and what goes out as JSON."""

    status: int
    body: object


def part(root: Path, addresses: Addresses) -> Part:
    """The registry over ``schemas/avro`` of the project."""
    return Part(
        name="registry",
        command=(
            *(sys.executable, "-m", "stack.registry"),
            *("--port", str(addresses.registry_port)),
            *("--schemas", str(root / "schemas" / "avro")),
        ),
        env={"PYTHONPATH": str(root)},
        ready=lambda: ask(f"{addresses.registry_url}/subjects").status == HTTP_OK,
    )


def read_subjects(folder: Path) -> dict[str, Committed]:
    """The committed subjects by name, from ``ids.json`` and the schema files that it names.

    Raises:
        ConfigError: a file is missing or is no JSON, or one id stands for two different schemas.
    """
    try:
        listed = json.loads((folder / "ids.json").read_text())
        subjects = {
            name: Committed(
                subject=name,
                id=int(entry["id"]),
                version=int(entry["version"]),
                schema=_text(folder, entry["schema"]),
                former={int(number): _text(folder, path) for number, path in entry.get("former", {}).items()},
            )
            for name, entry in listed.items()
        }
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        msg = f"the schemas in {folder.name} cannot be read: {type(error).__name__}: {error}"
        raise ConfigError(msg) from error
    by_id: dict[int, str] = {}
    for one in subjects.values():
        if by_id.setdefault(one.id, one.schema) != one.schema:
            msg = f"schema id {one.id} stands for two different schemas, one of them {one.subject}'s"
            raise ConfigError(msg)
    return subjects


def _text(folder: Path, path: str) -> str:
    return json.dumps(json.loads((folder / path).read_text()))


def answer(subjects: Mapping[str, Committed], method: str, path: str, body: bytes = b"") -> Answer:
    """The whole behaviour: what the registry says to one request."""
    words = [unquote(word) for word in urlsplit(path).path.split("/") if word]
    match (method, words):
        case ("GET", ["subjects"]):
            return Answer(status=200, body=sorted(subjects))
        case ("GET", ["schemas", "ids", number]):
            return _by_id(subjects, number)
        case ("GET", ["subjects", subject, "versions"]):
            return _about(subjects, subject, lambda one: [one.version])
        case ("GET", ["subjects", subject, "versions", version]):
            return _version(subjects, subject, version)
        case ("POST", ["subjects", subject, "versions"]):
            return _posted(subjects, subject, body, lambda one: {"id": one.id})
        case ("POST", ["subjects", subject]):
            return _posted(subjects, subject, body, _described)
        case ("GET", ["config"]):
            return Answer(status=200, body={"compatibilityLevel": "NONE"})
    return _error(404, NO_SUCH_PATH, f"the registry has nothing at {method} {urlsplit(path).path}")


def _by_id(subjects: Mapping[str, Committed], number: str) -> Answer:
    for one in subjects.values():
        texts = {str(one.id): one.schema, **{str(key): text for key, text in one.former.items()}}
        if number in texts:
            return Answer(status=200, body={"schema": texts[number]})
    return _error(404, SCHEMA_UNKNOWN, f"Schema {number} not found")


def _version(subjects: Mapping[str, Committed], subject: str, version: str) -> Answer:
    one = _find(subjects, subject)
    if one is not None and version not in {"latest", "-1", str(one.version)}:
        return _error(404, VERSION_UNKNOWN, f"Version {version} not found")
    return _about(subjects, subject, _described)


def _about(subjects: Mapping[str, Committed], subject: str, say: Callable[[Committed], object]) -> Answer:
    one = _find(subjects, subject)
    if one is None:
        return _error(404, SUBJECT_UNKNOWN, f"Subject '{subject}' not found")
    return Answer(status=200, body=say(one))


def _posted(subjects: Mapping[str, Committed], subject: str, body: bytes, say: Callable[[Committed], object]) -> Answer:
    one = _find(subjects, subject)
    if one is None:
        return _error(404, SUBJECT_UNKNOWN, f"Subject '{subject}' not found: only committed schemas are served")
    try:
        same = shape(json.loads(json.loads(body)["schema"])) == shape(json.loads(one.schema))
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        return _error(422, INVALID_SCHEMA, f"Input schema is invalid: {error}")
    if not same:
        return _error(409, INCOMPATIBLE, f"this schema is not the committed one of '{one.subject}'")
    return Answer(status=200, body=say(one))


def _find(subjects: Mapping[str, Committed], subject: str) -> Committed | None:
    """The subject as it is, or without the mode that a topic's name begins with."""
    return subjects.get(subject) or subjects.get(MODE.sub("", subject))


def _described(one: Committed) -> dict[str, object]:
    return {"subject": one.subject, "id": one.id, "version": one.version, "schema": one.schema}


def _error(status: int, code: int, message: str) -> Answer:
    return Answer(status=status, body={"error_code": code, "message": message})


def make_server(port: int, folder: Path) -> ThreadingHTTPServer:
    """A server on loopback that reads *folder* again at each request: clients keep what they got, so they are few.

    Raises:
        ConfigError: the schemas cannot be read.
        OSError: the port is taken.
    """
    read_subjects(folder)

    class Conversation(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        timeout = 30

        def do_GET(self) -> None:
            self._answer(b"")

        def do_POST(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            if length > BODY_LIMIT_BYTES:
                self.close_connection = True
                self._send(_error(413, 413, f"a request has at most {BODY_LIMIT_BYTES} bytes"))
                return
            self._answer(self.rfile.read(length))

        def _answer(self, body: bytes) -> None:
            try:
                said = answer(read_subjects(folder), self.command, self.path, body)
            except ConfigError as error:
                said = _error(500, 50001, str(error))
            self._send(said)

        def _send(self, said: Answer) -> None:
            content = json.dumps(said.body).encode()
            self.send_response(said.status)
            self.send_header("Content-Type", "application/vnd.schemaregistry.v1+json")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002, ARG002 - the standard library's signature
            """Only refusals are worth a line."""
            if args[1:] and not str(args[1]).startswith("2"):
                sys.stderr.write(f"{self.path}: {args[1]}\n")

    return ThreadingHTTPServer((LOOPBACK, port), Conversation)


def main() -> int:
    """Serve until a signal ends the process."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--schemas", type=Path, required=True)
    told = parser.parse_args()
    try:
        server = make_server(told.port, told.schemas)
    except (ConfigError, OSError) as error:
        print(error, file=sys.stderr)
        return 1
    server.serve_forever()
    return 0


if __name__ == "__main__":
    sys.exit(main())
