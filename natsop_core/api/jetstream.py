"""The fields of a NatsCluster about JetStream: its stores and the volume of the file store."""

from pydantic import Field

from natsop_core.api.model import Model, block, unset_means
from natsop_core.api.passthrough import Quantity
from natsop_core.api.storage import VolumeClaimSpec


class FileStoreSpec(Model):
    """Streams on disk."""

    enabled: bool = unset_means(True, description="Whether JetStream stores on disk. True when unset.")
    max_size: Quantity | None = Field(
        None,
        description="Maximum number of bytes that one server stores on disk. The size of its volume when unset. With an"
        " emptyDir, at most 95 % of its size, because the kubelet evicts a pod that fills it.",
    )
    pvc: VolumeClaimSpec = block(VolumeClaimSpec)


class MemoryStoreSpec(Model):
    """Streams in memory."""

    enabled: bool | None = Field(None, description="Whether JetStream stores in memory. True when unset.")
    max_size: Quantity | None = Field(
        None,
        description="Maximum number of bytes that one server stores in memory. Must fit into the memory limit of the"
        " container. A quarter of that limit when unset, 256Mi without a limit.",
    )


class JetStreamSpec(Model):
    """JetStream, the persistence layer of NATS."""

    enabled: bool = unset_means(False, description="Whether the servers run JetStream. False when unset.")
    file_store: FileStoreSpec = block(FileStoreSpec)
    memory_store: MemoryStoreSpec = block(MemoryStoreSpec)
