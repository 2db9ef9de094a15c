"""The one root of Muster's errors, and the four kinds an entry point tells apart."""

from __future__ import annotations


class MusterError(Exception):
    """Whatever Muster refuses: its text is a sentence that a person understands."""


class ConfigError(MusterError):
    """A setting, plan or file is wrong: the start stops here."""


class ShapeError(MusterError):
    """An array does not have the shape that its contract names."""

    def __init__(self, name: str, *, expected: str, got: object) -> None:
        """Say which array, what was expected and what came."""
        self.name, self.expected, self.got = name, expected, got
        super().__init__(f"{name}: expected {expected}, got {got}")


class TransientError(MusterError):
    """A client failed in a way that may pass: try again after *retry_after_s* seconds."""

    def __init__(self, sentence: str, *, retry_after_s: float = 1.0) -> None:
        """Keep how long to wait beside the sentence."""
        self.retry_after_s = retry_after_s
        super().__init__(sentence)


class RefusedError(MusterError):
    """The other side said no, and will say no again."""


class DecodeError(MusterError):
    """Bytes are not the record that they claim to be."""
