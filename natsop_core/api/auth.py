"""How clients of a NatsCluster prove who they are."""

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
        description="Name of the account here and, after the cluster's name, of its NACK Account.",
        json_schema_extra={"message": "must have only a-z, 0-9 and '-', and start and end with a letter or digit"},
    )
    public_key: str = Field(min_length=1, max_length=64, description="Public key of the account, which starts with A.")
    jwt: KeyRef = Field(description="Key of a Secret that holds the account's JWT, signed by the operator.")
    user_creds: KeyRef | None = Field(
        None,
        description="Key of a Secret that holds a user's credentials for NACK, which then gets an Account. Those of the"
        " system account are for the operator.",
    )


class ResolverSpec(Model):
    """Where the servers look up the JWTs of accounts."""

    type: Literal["memory", "full"] = Field(
        "memory", description="memory knows the accounts listed here only; full keeps pushed ones on disk as well."
    )
    allow_delete: bool = unset_means(
        False, description="Whether accounts can be deleted from a full resolver. False when unset."
    )
    interval: str | None = Field(
        None, description="How often a full resolver asks its peers for accounts, such as 2m. 2m when unset."
    )
    storage: VolumeTemplateSpec | None = Field(None, description="Volume of a full resolver. Required for one.")


class JwtSpec(Model):
    """Decentralized authentication: an operator signs accounts, which sign users."""

    operator: KeyRef = Field(description="Key of a Secret that holds the operator's JWT.")
    system_account: str = Field(
        min_length=1, max_length=64, description="Public key of the system account, which is one of the accounts."
    )
    accounts: Annotated[tuple[JwtAccountSpec, ...], Strict(False), keyed_by("name")] = Field(
        min_length=1, max_length=64, description="The accounts that the servers know from the start."
    )
    resolver: ResolverSpec = block(ResolverSpec)

    @property
    def system(self) -> JwtAccountSpec | None:
        """The system account; None where it is none of the accounts."""
        return next((each for each in self.accounts if each.public_key == self.system_account), None)


class SystemUserSpec(Model):
    """A user of the system account, for servers without decentralized authentication."""

    enabled: bool = unset_means(
        False,
        description="Whether the servers have a user of the system account, with a key that the operator makes and"
        " keeps in a Secret. Clients without credentials go on as before; clients that send credentials which no"
        " server asks for are refused from then on. It has no effect where accounts are defined otherwise. False"
        " when unset.",
    )


class AuthSpec(Model):
    """Authentication. Without any, everybody who reaches the servers may use them."""

    jwt: JwtSpec | None = Field(None)
    system_user: SystemUserSpec = block(SystemUserSpec)
