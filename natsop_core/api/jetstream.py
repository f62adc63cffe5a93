"""The JetStream block of a NatsCluster: its stores and the volume behind the file store."""

from pydantic import Field

from natsop_core.api.model import Model, block, unset_means
from natsop_core.api.passthrough import Quantity
from natsop_core.api.storage import VolumeClaimSpec


class FileStoreSpec(Model):
    """Streams on disk."""

    enabled: bool = unset_means(True, description="Whether JetStream stores on disk. True when unset.")
    max_size: Quantity | None = Field(
        None,
        description="Most bytes that one server stores on disk. The size of its volume when unset. An emptyDir is not"
        " filled beyond 95 % of its size: the kubelet would evict the pod.",
    )
    pvc: VolumeClaimSpec = block(VolumeClaimSpec)


class MemoryStoreSpec(Model):
    """Streams in memory."""

    enabled: bool | None = Field(None, description="Whether JetStream stores in memory. True when unset.")
    max_size: Quantity | None = Field(
        None,
        description="Most bytes that one server stores in memory, which must fit into the container's memory limit. A"
        " quarter of that limit when unset, 256Mi without a limit.",
    )


class JetStreamSpec(Model):
    """JetStream, the persistence of NATS."""

    enabled: bool = unset_means(False, description="Whether the servers run JetStream. False when unset.")
    file_store: FileStoreSpec = block(FileStoreSpec)
    memory_store: MemoryStoreSpec = block(MemoryStoreSpec)
