"""All options of the supported nats-server versions (2.10 to 2.15), with all their spellings (server/opts.go).

The server ignores the case of option names, and rejects unknown ones. Two spellings of one option are separate keys to
it, which it reads in the random order of a Go map.
"""

from __future__ import annotations

from dataclasses import field
from typing import TYPE_CHECKING, Final

from natsop_core.conf.values import Block
from natsop_core.frozen import frozen

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from natsop_core.conf.values import Value


@frozen
class Options:
    """The options of one type of block. names: canonical names, by spelling in lower case.

    kinds: the type of value, for options with only one: str, int, bool, list, map or duration. inner: the options of
    the blocks below an option. named: the user chooses the keys, and each value is a block with these options. The
    content of all other options is not known.
    """

    names: Mapping[str, str] = field(repr=False)
    kinds: Mapping[str, str] = field(repr=False)
    inner: Mapping[str, Options] = field(repr=False)
    named: Options | None = field(default=None, repr=False)

    def knows(self, key: str) -> bool:
        """Whether the key is allowed in such a block."""
        return self.named is not None or key.lower() in self.names

    def name_of(self, key: str) -> str | None:
        """The canonical name of the option with this key; None for an unknown one."""
        return self.names.get(key.lower())

    def kind_of(self, key: str) -> str | None:
        """The type of value of an option; None if it accepts several, or is not known."""
        return "map" if self.named is not None else self.kinds.get(self.names.get(key.lower(), ""))

    def find(self, block: Block, name: str) -> str | None:
        """The key with which a block sets the option; None if it does not."""
        return next((key for key in block if self.names.get(key.lower()) == name), None)


def _options(table: str, **inner: Options) -> Options:
    """Options from a text: separated by spaces, spellings separated by |, and the type after a colon."""
    rows = [row.partition(":") for row in table.split()]
    names = {spelling: row[0].split("|")[0] for row in rows for spelling in row[0].split("|")}
    kinds = {names[row[0].split("|")[0]]: row[2] for row in rows if row[2]}
    return Options(names, kinds, inner)


_TLS: Final = _options(
    "cert_file key_file ca_file insecure verify verify_and_map verify_cert_and_check_known_urls"
    " allow_insecure_cipher_suites cipher_suites:list curve_preferences:list timeout connection_rate_limit"
    " pinned_certs cert_store cert_match_by cert_match ca_certs_match handshake_first|first|immediate"
    " cert_match_skip_invalid ocsp_peer certs|certificates min_version",
    certs=_options("cert_file key_file"),
)
_SUBJECTS: Final = _options("allow deny")
_PERMISSIONS: Final = _options(
    "publish|pub|import subscribe|sub|export allow_responses|publish_allow_responses",
    publish=_SUBJECTS,
    subscribe=_SUBJECTS,
    allow_responses=_options("max|max_msgs|max_messages|max_responses:int expires|expiration|ttl"),
)
_USER: Final = _options(
    "nkey:str user|username:str password|pass:str permissions|permission|authorization"
    " allowed_connection_types|connection_types|clients proxy_required:bool",
    permissions=_PERMISSIONS,
)
_AUTHORIZATION: Final = _options(
    "user|username:str password|pass:str token:str timeout users:list"
    " default_permissions|default_permission|permissions auth_callout|auth_hook proxy_required:bool",
    users=_USER,
    default_permissions=_PERMISSIONS,
    auth_callout=_options("issuer:str account|acc:str auth_users|users xkey|key:str allowed_accounts"),
)
_SIMPLE_AUTHORIZATION: Final = _options("user|username:str password|pass:str token:str timeout")
_COMPRESSION: Final = _options("mode:str rtt_thresholds|thresholds|rtts|rtt:list")
_IMPORTED: Final = _options("account:str subject:str")
_ACCOUNT: Final = _options(
    "nkey imports exports jetstream users default_permissions mappings|maps:map limits msg_trace|trace_dest",
    imports=_options(
        "stream service prefix:str to:str share:bool allow_trace:bool", stream=_IMPORTED, service=_IMPORTED
    ),
    exports=_options(
        "stream service response_type|response threshold|response_threshold|response_max_time|response_time"
        " accounts:list latency account_token_position:int allow_trace:bool"
    ),
    jetstream=_options(
        "max_memory|max_mem|mem|memory max_store|max_file|max_disk|store|disk max_streams|streams"
        " max_consumers|consumers max_bytes_required|max_stream_bytes|max_bytes"
        " mem_max_stream_bytes|memory_max_stream_bytes disk_max_stream_bytes|store_max_stream_bytes"
        " max_ack_pending cluster_traffic"
    ),
    users=_USER,
    default_permissions=_PERMISSIONS,
    limits=_options(
        "max_connections|max_conn:int max_subscriptions|max_subs:int max_payload|max_pay:int"
        " max_leafnodes|max_leafs:int"
    ),
)
_REMOTE: Final = _options(
    "no_randomize|dont_randomize:bool url|urls account|local:str credentials|creds:str nkey|seed:str"
    " tls:map hub:bool deny_imports|deny_import deny_exports|deny_export"
    " ws_compression|ws_compress|websocket_compress|websocket_compression:bool"
    " ws_no_masking|websocket_no_masking:bool jetstream_cluster_migrate|js_cluster_migrate"
    " isolate_leafnode_interest|isolate:bool request_isolation:bool compression first_info_timeout"
    " dial_timeout disabled:bool proxy ignore_discovered_servers:bool",
    tls=_TLS,
    compression=_COMPRESSION,
    proxy=_options("url:str username:str password:str timeout tls:map"),
)

SERVER: Final = _options(
    "listen client_advertise:str port:int server_name:str host|net:str debug:bool trace:bool"
    " trace_verbose:bool trace_headers:bool logtime:bool logtime_utc:bool mappings|maps:map"
    " disable_sublist_cache|no_sublist_cache:bool accounts default_sentinel:str authorization:map http"
    " https http_port|monitor_port:int https_port:int http_base_path:str cluster:map gateway:map leafnodes|leaf:map"
    " store_dir|storedir:str jetstream log_file|logfile:str logfile_size_limit|log_size_limit:int"
    " logfile_max_num|log_max_num:int syslog:bool remote_syslog:str pid_file|pidfile:str"
    " ports_file_dir:str prof_port:int prof_block_rate:int max_control_line:int max_payload:int"
    " max_pending:int proxy_protocol:bool max_connections|max_conn:int max_traced_msg_len:int"
    " max_subscriptions|max_subs:int max_sub_tokens|max_subscription_tokens:int ping_interval:duration"
    " ping_max:int tls:map ocsp allow_non_tls:bool write_deadline:duration write_timeout:str"
    " lame_duck_duration:str"
    " lame_duck_grace_period:str operator|operators|roots|root|root_operators|root_operator"
    " resolver|account_resolver|accounts_resolver resolver_tls:map resolver_preload"
    " resolver_pinned_accounts no_auth_user:str system_account|system"
    " no_system_account|no_system|no_sys_acc:bool no_header_support:bool trusted_keys|trusted"
    " connect_error_reports:int reconnect_error_reports:int websocket|ws:map mqtt:map server_tags server_metadata"
    " feature_flags default_js_domain ocsp_cache no_fast_producer_stall:bool max_closed_clients:int"
    " proxies",
    accounts=Options({}, {}, {}, named=_ACCOUNT),
    authorization=_AUTHORIZATION,
    cluster=_options(
        "name:str listen port:int host|net:str authorization:map routes:list tls:map"
        " cluster_advertise|advertise:str no_advertise:bool connect_retries:int connect_backoff:bool"
        " permissions pool_size:int accounts compression ping_interval ping_max:int write_deadline"
        " write_timeout:str",
        authorization=_AUTHORIZATION,
        tls=_TLS,
        permissions=_PERMISSIONS,
        compression=_COMPRESSION,
    ),
    gateway=_options(
        "name:str listen port:int host|net:str authorization:map tls:map advertise:str connect_retries:int"
        " connect_backoff:bool gateways reject_unknown_cluster|reject_unknown:bool write_deadline"
        " write_timeout:str",
        authorization=_AUTHORIZATION,
        tls=_TLS,
        gateways=_options("name:str tls:map url:str urls:list", tls=_TLS),
    ),
    leafnodes=_options(
        "listen port:int host|net:str authorization:map remotes reconnect|reconnect_delay|reconnect_interval"
        " dial_timeout tls:map advertise|leafnode_advertise:str no_advertise:bool"
        " min_version|minimum_version:str compression isolate_leafnode_interest|isolate:bool write_deadline"
        " write_timeout:str",
        authorization=_options(
            "user|username:str password|pass:str nkey:str timeout users account:str proxy_required:bool",
            users=_options("user|username:str password|pass:str account:str proxy_required:bool"),
        ),
        remotes=_REMOTE,
        tls=_TLS,
        compression=_COMPRESSION,
    ),
    jetstream=_options(
        "strict store_dir|store|storedir:str sync_interval|sync max_memory_store|max_mem_store|max_mem"
        " max_file_store|max_file domain:str enabled|enable:bool key|ek|encryption_key:str"
        " prev_key|prev_ek|prev_encryption_key:str cipher:str extension_hint:str limits tpm unique_tag:str"
        " max_outstanding_catchup max_buffered_size max_buffered_msgs request_queue_limit info_queue_limit"
        " meta_compact meta_compact_size meta_compact_sync:bool max_concurrent_io",
        limits=_options(
            "max_ack_pending:int max_ha_assets:int max_request_batch:int default_max_consumers:int"
            " duplicate_window:str batch",
            batch=_options("max_inflight_per_stream:int max_inflight_total:int max_msgs:int timeout:str"),
        ),
        tpm=_options("keys_file:str encryption_password:str srk_password:str pcr:int cipher:str"),
    ),
    tls=_TLS,
    resolver_tls=_TLS,
    websocket=_options(
        "listen port:int host|net:str advertise:str no_tls:bool tls:map same_origin:bool"
        " allowed_origins|allowed_origin|allow_origins|allow_origin|origins|origin handshake_timeout"
        " compression|compress:bool authorization|authentication:map jwt_cookie:str user_cookie:str"
        " pass_cookie:str token_cookie:str no_auth_user:str headers ping_interval",
        tls=_TLS,
        authorization=_SIMPLE_AUTHORIZATION,
    ),
    mqtt=_options(
        "listen port:int host|net:str tls:map authorization|authentication:map no_auth_user:str"
        " ack_wait|ackwait js_api_timeout|api_timeout max_ack_pending|max_pending|max_inflight:int"
        " js_domain:str stream_replicas:int consumer_replicas consumer_memory_storage:bool"
        " consumer_inactive_threshold|consumer_auto_cleanup reject_qos2_publish:bool"
        " downgrade_qos2_subscribe:bool",
        tls=_TLS,
        authorization=_SIMPLE_AUTHORIZATION,
    ),
    proxies=_options("trusted", trusted=_options("key|public_key:str")),
)
"""The first level of a configuration."""


def inner_blocks(block: Block, options: Options) -> Iterator[tuple[str, Block, Options]]:
    """The blocks with known options directly below a block, also those in lists, each with its key."""
    for key, value in block.items():
        kind = options.named or options.inner.get(options.name_of(key) or "")
        if kind is not None:
            yield from ((key, inner, kind) for inner in _blocks(value))


def all_blocks(block: Block, options: Options = SERVER) -> Iterator[tuple[Block, Options]]:
    """A block and all blocks with known options below it."""
    yield block, options
    for _, inner, kind in inner_blocks(block, options):
        yield from all_blocks(inner, kind)


def _blocks(value: Value) -> Iterator[Block]:
    if isinstance(value, Block):
        yield value
    elif isinstance(value, tuple):
        for item in value:
            yield from _blocks(item)
