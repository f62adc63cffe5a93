"""The fields of a NatsCluster about authentication."""

from typing import Annotated, Literal

from pydantic import Field, Strict

from natsop_core.api.common import KeyRef
from natsop_core.api.model import Model, block, keyed_by, unset_means
from natsop_core.api.storage import VolumeTemplateSpec


class JwtAccountSpec(Model):
    """An account that the servers know from the start."""

    name: str = Field(
        min_length=1,
        max_length=63,
        pattern=r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?$",
        description="Name of the account. The name of its NACK Account is the cluster name, '-' and this name.",
        json_schema_extra={"message": "must have only a-z, 0-9 and '-', and start and end with a letter or digit"},
    )
    public_key: str = Field(min_length=1, max_length=64, description="Public key of the account, which starts with A.")
    jwt: KeyRef = Field(description="Key of a Secret with the JWT of the account, signed by the operator.")
    user_creds: KeyRef | None = Field(
        None,
        description="Key of a Secret with the credentials of a user. With them, NACK gets an Account. The credentials"
        " of the system account are used by the operator.",
    )


class ResolverSpec(Model):
    """Where the servers look up the JWTs of accounts."""

    type: Literal["memory", "full"] = Field(
        "memory", description="memory: only the accounts in this list. full: also accounts that are pushed, on disk."
    )
    allow_delete: bool = unset_means(
        False, description="Whether accounts can be deleted from a full resolver. False when unset."
    )
    interval: str | None = Field(
        None, description="How often a full resolver synchronizes accounts with its peers, such as 2m. 2m when unset."
    )
    storage: VolumeTemplateSpec | None = Field(None, description="Volume of a full resolver. Required for type full.")


class JwtSpec(Model):
    """Decentralized authentication with JWTs: an operator signs accounts, and accounts sign users."""

    operator: KeyRef = Field(description="Key of a Secret with the JWT of the NATS operator.")
    system_account: str = Field(
        min_length=1, max_length=64, description="Public key of the system account. It must be one of the accounts."
    )
    accounts: Annotated[tuple[JwtAccountSpec, ...], Strict(False), keyed_by("name")] = Field(
        min_length=1, max_length=64, description="The accounts that the servers know from the start."
    )
    resolver: ResolverSpec = block(ResolverSpec)

    @property
    def system(self) -> JwtAccountSpec | None:
        """The system account; None if it is not in the list of accounts."""
        return next((each for each in self.accounts if each.public_key == self.system_account), None)


class SystemUserSpec(Model):
    """A user of the system account, for servers without JWT authentication."""

    enabled: bool = unset_means(
        False,
        description="Whether the servers have a user of the system account, with a key that the operator generates and"
        " stores in a Secret. Clients without credentials can still connect; clients that send credentials which the"
        " servers do not require are rejected from then on. No effect if accounts are configured elsewhere. False"
        " when unset.",
    )


class AuthSpec(Model):
    """Authentication. Without it, every client that can reach the servers can use them."""

    jwt: JwtSpec | None = Field(None)
    system_user: SystemUserSpec = block(SystemUserSpec)
