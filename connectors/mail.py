"""E-mail: apprise composes it, one to each recipient, and the standard library's SMTP client submits it.

apprise's own submitting says only yes or no. Here a 4xx is tried again, a 5xx is not, the whole takes `total_s` at most, and the
`Message-ID` is the same at each retry, so that mailboxes know a repeat; an update refers to what it updates.
"""

from __future__ import annotations

import re
import smtplib
import socket
import ssl
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email import message_from_string, policy
from email.utils import format_datetime
from hashlib import blake2b
from pathlib import Path
from typing import Final, Literal

from apprise.plugins.email import NotifyEmail

from connectors.addressing import address_of, header_id
from connectors.clean import clean
from connectors.http_post import LIMITS, Limits
from connectors.marks import check
from connectors.payload import text, title
from connectors.quiet import hush
from pipelines.errors import ConfigError, RefusedError, TransientError
from pipelines.messages import Message

Security = Literal["tls", "starttls", "none"]
_RETRY_S: Final = 5.0
_FOR_GOOD: Final = 500
_SUBJECT: Final = 120
_ADDRESS: Final = re.compile(r"[^@\s,;<>\"]{1,64}@[^@\s,;<>\"]{1,190}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """The server that takes our mail."""

    host: str
    port: int
    security: Security = "starttls"
    user: str = ""
    password: str = field(default="", repr=False)
    ca_file: Path | None = None


@dataclass(kw_only=True)
class MailChannel:
    """A channel by one mail server.

    Args:
        sender: our address.
        address: of recipients who have none of their own.
    """

    name: str
    network: str
    takes_live: bool
    takes_drills: bool
    server: Server
    sender: str
    address: str = ""
    addresses: Mapping[str, str] = field(default_factory=dict)
    limits: Limits = LIMITS

    def __post_init__(self) -> None:
        """Nothing is dialled."""
        hush("apprise")
        self._context: ssl.SSLContext | None = None
        self._started = False

    def start(self) -> None:
        """See that the server is there and lets us in. Each delivery dials by itself: mail servers hang up on who waits.

        Raises:
            TransientError: it is not there now.
            ConfigError: it does not let us in, or the file of certificates is none.
        """
        if self.server.security != "none":
            try:
                self._context = ssl.create_default_context(cafile=None if self.server.ca_file is None else str(self.server.ca_file))
            except (OSError, ssl.SSLError) as error:
                raise ConfigError(f"channel '{self.name}': ca_file: is no file of certificates: {type(error).__name__}") from error
        try:
            with self._session():
                pass
        except smtplib.SMTPAuthenticationError as error:
            raise ConfigError(f"channel '{self.name}': the mail server refuses its user (code {error.smtp_code})") from None
        except (OSError, smtplib.SMTPException) as error:
            raise self._unreachable(error) from None
        self._started = True

    def deliver(self, message: Message) -> str:
        """Submit it; the receipt is what the server answers to the whole message.

        Raises:
            TransientError: no server now, 4xx, or not in time.
            RefusedError: 5xx, no address, or a mode that this channel does not take.
        """
        check(message, name=self.name, takes_live=self.takes_live, takes_drills=self.takes_drills)
        to = address_of(message, self.addresses, self.address, form=r".+@")
        if not _ADDRESS.fullmatch(to):
            raise RefusedError(f"channel '{self.name}': no mail address for '{message.recipient}'")
        if not self._started:
            raise TransientError(f"channel '{self.name}' has not been started, or is closed")
        raw = compose(message, sender=self.sender, to=to)
        try:
            with self._session() as smtp:
                return self._submit(smtp, raw, to)
        except smtplib.SMTPResponseException as error:
            raise self._judged(error.smtp_code, "login") from None
        except (OSError, smtplib.SMTPException) as error:
            raise self._unreachable(error) from None

    def _submit(self, smtp: smtplib.SMTP, raw: bytes, to: str) -> str:
        # Step by step, since `sendmail` keeps the server's last answer to itself.
        code, _ = smtp.mail(self.sender)
        if code != 250:
            raise self._judged(code, "sender")
        code, _ = smtp.rcpt(to)
        if code not in (250, 251):
            raise self._judged(code, "recipient")
        code, said = smtp.data(raw)
        if code != 250:
            raise self._judged(code, "message")
        return clean(said.decode(errors="replace"), most=128) or "250"

    def _judged(self, code: int, what: str) -> RefusedError | TransientError:
        if code >= _FOR_GOOD:
            return RefusedError(f"channel '{self.name}': the mail server refuses the {what} (code {code})")
        return TransientError(f"channel '{self.name}': the mail server does not take the {what} now (code {code})", retry_after_s=_RETRY_S)

    def _unreachable(self, error: Exception) -> TransientError:
        why = "the certificate is not trusted" if isinstance(error, ssl.SSLCertVerificationError) else type(error).__name__
        return TransientError(f"channel '{self.name}': the mail server did not take it: {why}", retry_after_s=_RETRY_S)

    @contextmanager
    def _session(self) -> Iterator[smtplib.SMTP]:
        """A session that is logged in, and is cut off when the time is over, wherever it hangs."""
        timeout_s = min(self.limits.read_s, self.limits.total_s)
        smtp = (
            smtplib.SMTP_SSL(timeout=timeout_s, context=self._context) if self.server.security == "tls" else smtplib.SMTP(timeout=timeout_s)
        )
        smtp._host = self.server.host  # type: ignore[attr-defined] # noqa: SLF001 - only the constructor that dials sets it for TLS
        cut = threading.Timer(self.limits.total_s, _cut, (smtp,))
        cut.daemon = True
        cut.start()
        try:
            code, _ = smtp.connect(self.server.host, self.server.port)
            if code != 220:
                raise smtplib.SMTPConnectError(code, "greeting")
            if self.server.security == "starttls":
                smtp.starttls(context=self._context)
            if self.server.user:
                smtp.login(self.server.user, self.server.password)
            smtp.ehlo_or_helo_if_needed()
            yield smtp
            with suppress(OSError, smtplib.SMTPException):
                smtp.quit()
        finally:
            cut.cancel()
            smtp.close()

    def close(self) -> None:
        """There is no line to hang up; may be called more than once."""
        self._started = False


def compose(message: Message, *, sender: str, to: str) -> bytes:
    """The mail: the same bytes at each retry."""
    host = sender.rpartition("@")[2]
    headers = {
        "X-Muster-Mode": message.mode,
        "X-Muster-Id": header_id(message.message_id),
        **({"In-Reply-To": _mail_id(message.references[-1][0], host)} if message.references else {}),
        **({"References": " ".join(_mail_id(earlier, host) for earlier, _ in message.references[-10:])} if message.references else {}),
    }
    made = next(
        NotifyEmail.prepare_emails(
            subject=clean(title(message), most=_SUBJECT),
            body=text(message) + "\n",
            from_addr=("Muster", sender),
            to=[("", to)],
            smtp_host=host,
            notify_format="text",
            headers=headers,
            tzinfo=UTC,
        )
    )
    mail = message_from_string(made.body, policy=policy.SMTP)
    del mail["Message-ID"], mail["Date"]  # apprise makes new ones at each call
    mail["Message-ID"] = _mail_id(message.message_id, host)
    mail["Date"] = format_datetime(datetime.fromtimestamp(message.sent_us // 1_000_000, UTC))
    return mail.as_bytes()


def _mail_id(message_id: str, host: str) -> str:
    """The id as mail has it; a digest, since no other form is sure to pass every server unfolded."""
    return f"<{blake2b(message_id.encode(), digest_size=16).hexdigest()}@{host}>"


def _cut(smtp: smtplib.SMTP) -> None:
    if smtp.sock is not None:
        with suppress(OSError):
            smtp.sock.shutdown(socket.SHUT_RDWR)
