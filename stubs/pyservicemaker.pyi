# What Muster uses of PyServiceMaker, which ships inside DeepStream 8 and 9 and is on no index of packages.
# Names after the DeepStream guide, "Service Maker for Python"; written by hand, not run against it.
from collections.abc import Iterator, Mapping
from typing import Any

class RectParams:
    left: float
    top: float
    width: float
    height: float

class ObjectMetadata:
    class_id: int
    object_id: int
    confidence: float
    tracker_confidence: float
    rect_params: RectParams

class FrameMetadata:
    pad_index: int
    source_id: int
    batch_id: int
    frame_number: int
    buffer_pts: int
    ntp_timestamp: int
    source_width: int
    source_height: int
    pipeline_width: int
    pipeline_height: int
    @property
    def object_items(self) -> Iterator[ObjectMetadata]: ...

class BatchMetadata:
    @property
    def frame_items(self) -> Iterator[FrameMetadata]: ...

class Tensor:
    def __dlpack__(self, stream: Any = ...) -> Any: ...
    def __dlpack_device__(self) -> tuple[int, int]: ...

class Buffer:
    batch_meta: BatchMetadata
    batch_size: int
    def extract(self, batch_id: int) -> Tensor: ...

class BufferOperator:
    def __init__(self) -> None: ...
    def handle_buffer(self, buffer: Buffer) -> bool: ...

class BatchMetadataOperator:
    def __init__(self) -> None: ...
    def handle_metadata(self, batch_meta: BatchMetadata) -> None: ...

class Probe:
    def __init__(self, name: str, operator: BufferOperator | BatchMetadataOperator) -> None: ...

class Pipeline:
    def __init__(self, name: str) -> None: ...
    def add(self, factory: str, name: str, properties: Mapping[str, Any] = ...) -> Pipeline: ...
    def link(self, *what: Any) -> Pipeline: ...
    def attach(self, element: str, probe: Probe) -> Pipeline: ...
    def start(self) -> Pipeline: ...
    def wait(self) -> None: ...
    def stop(self) -> None: ...
