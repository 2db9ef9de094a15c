"""The channels file: which ways lead to people and systems, over which networks, and what each may carry. No secret stands in it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import AfterValidator, Field, ValidationError, ValidationInfo, model_validator

from pipelines.errors import ConfigError
from plan.part import Part

Id = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,62}$")]
# Push services and mail houses abroad that are known by name. What is not here is taken for the venue's own.
FOREIGN = (
    *("ntfy.sh", "slack.com", "discord.com", "discordapp.com", "telegram.org", "pushover.net", "pushbullet.com", "ifttt.com"),
    *("twilio.com", "vonage.com", "messagebird.com", "googleapis.com", "google.com", "gmail.com", "office.com", "office365.com"),
    *("outlook.com", "larksuite.com", "opsgenie.com", "pagerduty.com", "webex.com", "zoom.us", "whatsapp.com", "sendgrid.net"),
    *("mailgun.org", "amazonaws.com", "azure.com", "yahoo.com", "icloud.com"),
)
_INLINE_SECRETS = re.compile(r"(password|secret|token|key|credential)s?$")


def _beside(path: Path, about: ValidationInfo) -> Path:
    """*path* from the folder of the channels file."""
    folder = (about.context or {}).get("folder")
    return Path(folder, path) if folder is not None else path


Place = Annotated[Path, AfterValidator(_beside)]


class Timeouts(Part):
    """How long one delivery may take."""

    connect_s: float = Field(default=2, ge=0.1, le=10)
    read_s: float = Field(default=3, ge=0.1, le=30, description="between two bytes")
    total_s: float = Field(default=5, ge=0.2, le=30, description="as a whole")

    @model_validator(mode="after")
    def _fits(self) -> Timeouts:
        if self.connect_s > self.total_s:
            raise ValueError("connect_s must not be more than total_s")
        return self


class _Way(Part):
    """What every channel says."""

    name: Id
    network: Id = Field(description="what it runs over; the two bearers of a post share none")
    takes_live: bool
    takes_drills: bool
    allow_foreign: bool = Field(default=False, description="whether it may go by a service abroad")
    addresses: dict[str, str] = Field(default_factory=dict, description="recipient → where the channel finds them")
    timeouts: Timeouts = Timeouts()

    @model_validator(mode="after")
    def _carries(self) -> _Way:
        if not (self.takes_live or self.takes_drills):
            raise ValueError("takes neither what is real nor drills: it would carry nothing")
        return self

    def hosts(self) -> list[str]:
        """The hosts that it calls, as far as the file says."""
        return []


class _Calls(_Way):
    """What calls a server over HTTP."""

    ca_file: Place | None = Field(default=None, description="certificates of a private authority")

    def urls(self) -> list[str]:
        """The addresses that it calls."""
        return [url for url in (getattr(self, "url", ""), *self.addresses.values()) if "://" in url]

    def hosts(self) -> list[str]:
        """The hosts of its addresses."""
        return [re.sub(r"^[a-z]+://([^/@]*@)?|[:/?#].*$", "", url.lower()) for url in self.urls()]


class Webhook(_Calls):
    """A system that takes signed requests, by the Standard Webhooks convention."""

    kind: Literal["webhook"]
    url: str = ""
    secret_file: Place
    format: Literal["json", "cap"] = "json"

    @model_validator(mode="after")
    def _reaches(self) -> Webhook:
        if not self.url and not self.addresses:
            raise ValueError("expected url, or addresses with a URL for each recipient")
        return self


class Mqtt(_Way):
    """An MQTT broker."""

    kind: Literal["mqtt"]
    host: str = Field(min_length=1)
    port: int = Field(default=8883, ge=1, le=65535)
    tls: bool = True
    ca_file: Place | None = None
    user: str = ""
    password_file: Place | None = None
    topic: str = "muster/{mode}/messages/{recipient}"
    format: Literal["json", "cap"] = "json"

    @model_validator(mode="after")
    def _logs_in(self) -> Mqtt:
        if bool(self.user) != (self.password_file is not None):
            raise ValueError("user and password_file belong together")
        return self

    def hosts(self) -> list[str]:
        """The broker."""
        return [self.host.lower()]


class Folder(_Way):
    """A folder into which each message is written as a file."""

    kind: Literal["folder"]
    folder: Place
    format: Literal["json", "cap"] = "json"


class Email(_Way):
    """A mail server."""

    kind: Literal["email"]
    host: str = Field(min_length=1)
    port: int = Field(default=587, ge=1, le=65535)
    security: Literal["starttls", "tls", "none"] = "starttls"
    sender: str = Field(pattern=r"^[^@\s]+@[^@\s]+$")
    address: str = Field(default="", description="of recipients who are not among the addresses")
    user: str = ""
    password_file: Place | None = None
    ca_file: Place | None = None

    @model_validator(mode="after")
    def _reaches(self) -> Email:
        if bool(self.user) != (self.password_file is not None):
            raise ValueError("user and password_file belong together")
        if not self.address and not self.addresses:
            raise ValueError("expected address, or addresses with one for each recipient")
        return self

    def hosts(self) -> list[str]:
        """The server."""
        return [self.host.lower()]


class Sms(_Calls):
    """A gateway for short messages that takes JSON over HTTP."""

    kind: Literal["sms"]
    url: str
    phone_field: str = Field(default="phone", min_length=1)
    text_field: str = Field(default="text", min_length=1)
    fields: dict[str, str] = Field(default_factory=dict, description="what else the gateway wants in each request")
    ok_field: str = Field(default="", description="field of the JSON answer that says whether the gateway took it; else its status tells")
    ok_value: str = Field(default="0", description="what stands there when it did")
    user: str = Field(default="", description="with it the secret is a password, without it a bearer's token")
    secret_file: Place | None = None


class Ntfy(_Calls):
    """A server of ntfy."""

    kind: Literal["ntfy"]
    url: str
    topic: str = Field(default="", pattern=r"^[A-Za-z0-9_-]{0,64}$", description="of recipients who are not among the addresses")
    secret_file: Place | None = None


class Wecom(_Calls):
    """A group robot of WeCom; the file holds its key."""

    kind: Literal["wecom"]
    secret_file: Place


class Dingtalk(_Calls):
    """A group robot of DingTalk; the files hold its token and, where it has one, the secret it signs with."""

    kind: Literal["dingtalk"]
    secret_file: Place
    sign_secret_file: Place | None = None


class Feishu(_Calls):
    """A group robot of Feishu; the file holds its token."""

    kind: Literal["feishu"]
    secret_file: Place


class Push(_Calls):
    """Any other service that apprise knows; the file holds apprise's URL for it."""

    kind: Literal["push"]
    secret_file: Place


Way = Annotated[Webhook | Mqtt | Folder | Email | Sms | Ntfy | Wecom | Dingtalk | Feishu | Push, Field(discriminator="kind")]


class Channels(Part):
    """All channels of one installation."""

    sender: str = Field(default="muster", pattern=r"^[^\s,<&]{1,128}$", description="who speaks, in CAP: unique to the installation")
    expires_s: int = Field(default=3600, ge=60, le=86_400, description="a CAP message holds for so long, if nothing follows")
    channels: tuple[Way, ...] = Field(min_length=1)


def load(path: Path) -> Channels:
    """The channels in the YAML file *path*; paths in it are from its folder.

    Raises:
        ConfigError: no such file, not YAML, or not sound; one sentence a line.
    """
    try:
        loaded = yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError(f"channels {path}: cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise ConfigError(f"channels {path}: is not UTF-8 text (byte {error.start})") from error
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        # The parser's own words quote the file, and whoever wrote a password into it would find it in a log.
        raise ConfigError(f"channels {path}: is not YAML{f' (line {mark.line + 1})' if mark else ''}") from None
    return parse(loaded, name=str(path), folder=path.resolve().parent)


def parse(loaded: Any, *, name: str = "file", folder: Path | None = None) -> Channels:
    """The channels in plain values, checked as a whole.

    Raises:
        ConfigError: as `load`.
    """
    if not isinstance(loaded, dict):
        raise ConfigError(f"channels {name}: expected the key 'channels', got {type(loaded).__name__}")
    try:
        channels = Channels.model_validate(loaded, context={"folder": folder})
    except ValidationError as error:
        raise ConfigError("\n".join(f"channels {name}: {_sentence(row, loaded)}" for row in error.errors())) from None
    wrong = check(channels)
    if wrong:
        raise ConfigError("\n".join(f"channels {name}: {sentence}" for sentence in wrong))
    return channels


def _sentence(row: Any, loaded: Any) -> str:
    """Pydantic's error as `channels[1] 'desk': url: …`. What was given is not quoted: it might be a secret in the wrong place."""
    place, here = "", loaded
    for step in row["loc"]:
        if isinstance(here, dict) and step == here.get("kind"):
            continue  # pydantic names the kind as a step
        place += f"[{step}]" if isinstance(step, int) else f"{'.' if place else ''}{step}"
        try:
            here = here[step]
        except (KeyError, IndexError, TypeError):
            here = None
        if isinstance(here, dict) and isinstance(here.get("name"), str):
            place += f" '{here['name']}'"
    last = str(row["loc"][-1]) if row["loc"] else ""
    if row["type"] == "missing":
        return f"{place} is missing"
    if row["type"] == "extra_forbidden":
        if _INLINE_SECRETS.search(last):
            return f"{place}: no secret stands in this file; put it into a file of its own (chmod 600) and name that as secret_file"
        return f"{place} is not a key that is known here"
    if row["type"] in ("union_tag_invalid", "union_tag_not_found"):
        return f"{place}: kind: expected one of webhook, mqtt, folder, email, sms, ntfy, wecom, dingtalk, feishu, push"
    return f"{place}: {str(row['msg']).removeprefix('Value error, ')}"


def check(channels: Channels) -> list[str]:
    """What is wrong with the file as a whole, one sentence each; empty when it is sound."""
    wrong, seen = [], set()
    for way in channels.channels:
        if way.name in seen:
            wrong.append(f"the name '{way.name}' is there twice")
        seen.add(way.name)
        if not way.allow_foreign:
            wrong += [f"channel '{way.name}': {why}; allow_foreign: true would let it" for why in _foreign(way)]
    return wrong


def _foreign(way: Way) -> list[str]:
    if way.kind == "push":
        return ["goes by a service that may be abroad, and that is off by default"]
    return [
        f"{host} is a service abroad, and those are off by default"
        for host in dict.fromkeys(way.hosts())
        if any(host == known or host.endswith(f".{known}") for known in FOREIGN)
    ]
