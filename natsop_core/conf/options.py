"""Every option that some supported nats-server (2.10 to 2.15) knows, with all its spellings (server/opts.go).

The server takes option names in any case, refuses those that it does not know, and keeps two spellings of one option
apart until it takes them in the random order of a Go map.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from natsop_core.conf.values import Block

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from natsop_core.conf.values import Value


@dataclass(frozen=True)
class Options:
    """The options of one kind of block. names: by every spelling in lower case the name that we call it by.

    inner: for options that are blocks or lists of blocks, what is in these. named: people choose the keys, and each
    value is such a block. Nothing is known of what is below other options.
    """

    names: Mapping[str, str] = field(repr=False)
    inner: Mapping[str, Options] = field(repr=False)
    named: Options | None = field(default=None, repr=False)

    def knows(self, key: str) -> bool:
        """Whether the key may stand in such a block."""
        return self.named is not None or key.lower() in self.names

    def name_of(self, key: str) -> str | None:
        """What we call the option that a key means; None for an unknown one."""
        return self.names.get(key.lower())

    def find(self, block: Block, name: str) -> str | None:
        """The key by which a block sets the option; None where it does not."""
        return next((key for key in block if self.names.get(key.lower()) == name), None)


def _options(spellings: str, **inner: Options) -> Options:
    """Options separated by spaces, the spellings of each by |."""
    groups = [group.split("|") for group in spellings.split()]
    names = {spelling: group[0] for group in groups for spelling in group}
    return Options(names, inner)


_TLS: Final = _options(
    "cert_file key_file ca_file insecure verify verify_and_map verify_cert_and_check_known_urls"
    " allow_insecure_cipher_suites cipher_suites curve_preferences timeout connection_rate_limit pinned_certs"
    " cert_store cert_match_by cert_match ca_certs_match handshake_first|first|immediate cert_match_skip_invalid"
    " ocsp_peer certs|certificates min_version",
    certs=_options("cert_file key_file"),
)
_SUBJECTS: Final = _options("allow deny")
_PERMISSIONS: Final = _options(
    "publish|pub|import subscribe|sub|export allow_responses|publish_allow_responses",
    publish=_SUBJECTS,
    subscribe=_SUBJECTS,
    allow_responses=_options("max|max_msgs|max_messages|max_responses expires|expiration|ttl"),
)
_USER: Final = _options(
    "nkey user|username password|pass permissions|permission|authorization"
    " allowed_connection_types|connection_types|clients proxy_required",
    permissions=_PERMISSIONS,
)
_AUTHORIZATION: Final = _options(
    "user|username password|pass token timeout users default_permissions|default_permission|permissions"
    " auth_callout|auth_hook proxy_required",
    users=_USER,
    default_permissions=_PERMISSIONS,
    auth_callout=_options("issuer account|acc auth_users|users xkey|key allowed_accounts"),
)
_SIMPLE_AUTHORIZATION: Final = _options("user|username password|pass token timeout")
_COMPRESSION: Final = _options("mode rtt_thresholds|thresholds|rtts|rtt")
_IMPORTED: Final = _options("account subject")
_ACCOUNT: Final = _options(
    "nkey imports exports jetstream users default_permissions mappings|maps limits msg_trace|trace_dest",
    imports=_options("stream service prefix to share allow_trace", stream=_IMPORTED, service=_IMPORTED),
    exports=_options(
        "stream service response_type|response threshold|response_threshold|response_max_time|response_time accounts"
        " latency account_token_position allow_trace"
    ),
    jetstream=_options(
        "max_memory|max_mem|mem|memory max_store|max_file|max_disk|store|disk max_streams|streams"
        " max_consumers|consumers max_bytes_required|max_stream_bytes|max_bytes"
        " mem_max_stream_bytes|memory_max_stream_bytes disk_max_stream_bytes|store_max_stream_bytes max_ack_pending"
        " cluster_traffic"
    ),
    users=_USER,
    default_permissions=_PERMISSIONS,
    limits=_options("max_connections|max_conn max_subscriptions|max_subs max_payload|max_pay max_leafnodes|max_leafs"),
)
_REMOTE: Final = _options(
    "no_randomize|dont_randomize url|urls account|local credentials|creds nkey|seed tls hub deny_imports|deny_import"
    " deny_exports|deny_export ws_compression|ws_compress|websocket_compress|websocket_compression"
    " ws_no_masking|websocket_no_masking jetstream_cluster_migrate|js_cluster_migrate"
    " isolate_leafnode_interest|isolate request_isolation compression first_info_timeout dial_timeout disabled proxy"
    " ignore_discovered_servers",
    tls=_TLS,
    compression=_COMPRESSION,
    proxy=_options("url username password timeout tls"),
)

SERVER: Final = _options(
    "listen client_advertise port server_name host|net debug trace trace_verbose trace_headers logtime logtime_utc"
    " mappings|maps disable_sublist_cache|no_sublist_cache accounts default_sentinel authorization http https"
    " http_port|monitor_port https_port http_base_path cluster gateway leafnodes|leaf store_dir|storedir jetstream"
    " log_file|logfile logfile_size_limit|log_size_limit logfile_max_num|log_max_num syslog remote_syslog"
    " pid_file|pidfile ports_file_dir prof_port prof_block_rate max_control_line max_payload max_pending proxy_protocol"
    " max_connections|max_conn max_traced_msg_len max_subscriptions|max_subs max_sub_tokens|max_subscription_tokens"
    " ping_interval ping_max tls ocsp allow_non_tls write_deadline write_timeout lame_duck_duration"
    " lame_duck_grace_period operator|operators|roots|root|root_operators|root_operator"
    " resolver|account_resolver|accounts_resolver resolver_tls resolver_preload resolver_pinned_accounts no_auth_user"
    " system_account|system no_system_account|no_system|no_sys_acc no_header_support trusted_keys|trusted"
    " connect_error_reports reconnect_error_reports websocket|ws mqtt server_tags server_metadata feature_flags"
    " default_js_domain ocsp_cache no_fast_producer_stall max_closed_clients proxies",
    accounts=Options({}, {}, named=_ACCOUNT),
    authorization=_AUTHORIZATION,
    cluster=_options(
        "name listen port host|net authorization routes tls cluster_advertise|advertise no_advertise connect_retries"
        " connect_backoff permissions pool_size accounts compression ping_interval ping_max write_deadline"
        " write_timeout",
        authorization=_AUTHORIZATION,
        tls=_TLS,
        permissions=_PERMISSIONS,
        compression=_COMPRESSION,
    ),
    gateway=_options(
        "name listen port host|net authorization tls advertise connect_retries connect_backoff gateways"
        " reject_unknown_cluster|reject_unknown write_deadline write_timeout",
        authorization=_AUTHORIZATION,
        tls=_TLS,
        gateways=_options("name tls url urls", tls=_TLS),
    ),
    leafnodes=_options(
        "listen port host|net authorization remotes reconnect|reconnect_delay|reconnect_interval dial_timeout tls"
        " advertise|leafnode_advertise no_advertise min_version|minimum_version compression"
        " isolate_leafnode_interest|isolate write_deadline write_timeout",
        authorization=_options(
            "user|username password|pass nkey timeout users account proxy_required",
            users=_options("user|username password|pass account proxy_required"),
        ),
        remotes=_REMOTE,
        tls=_TLS,
        compression=_COMPRESSION,
    ),
    jetstream=_options(
        "strict store_dir|store|storedir sync_interval|sync max_memory_store|max_mem_store|max_mem"
        " max_file_store|max_file domain enabled|enable key|ek|encryption_key prev_key|prev_ek|prev_encryption_key"
        " cipher extension_hint limits tpm unique_tag max_outstanding_catchup max_buffered_size max_buffered_msgs"
        " request_queue_limit info_queue_limit meta_compact meta_compact_size meta_compact_sync max_concurrent_io",
        limits=_options(
            "max_ack_pending max_ha_assets max_request_batch default_max_consumers duplicate_window batch",
            batch=_options("max_inflight_per_stream max_inflight_total max_msgs timeout"),
        ),
        tpm=_options("keys_file encryption_password srk_password pcr cipher"),
    ),
    tls=_TLS,
    resolver_tls=_TLS,
    websocket=_options(
        "listen port host|net advertise no_tls tls same_origin"
        " allowed_origins|allowed_origin|allow_origins|allow_origin|origins|origin handshake_timeout"
        " compression|compress authorization|authentication jwt_cookie user_cookie pass_cookie token_cookie"
        " no_auth_user headers ping_interval",
        tls=_TLS,
        authorization=_SIMPLE_AUTHORIZATION,
    ),
    mqtt=_options(
        "listen port host|net tls authorization|authentication no_auth_user ack_wait|ackwait"
        " js_api_timeout|api_timeout max_ack_pending|max_pending|max_inflight js_domain stream_replicas"
        " consumer_replicas consumer_memory_storage consumer_inactive_threshold|consumer_auto_cleanup"
        " reject_qos2_publish downgrade_qos2_subscribe",
        tls=_TLS,
        authorization=_SIMPLE_AUTHORIZATION,
    ),
    proxies=_options("trusted", trusted=_options("key|public_key")),
)
"""The first level of a configuration."""


def inner_blocks(block: Block, options: Options) -> Iterator[tuple[str, Block, Options]]:
    """The blocks right below one whose own options are known, also those in lists, each with the key that it is at."""
    for key, value in block.items():
        kind = options.named or options.inner.get(options.name_of(key) or "")
        if kind is not None:
            yield from ((key, inner, kind) for inner in _blocks(value))


def all_blocks(block: Block, options: Options = SERVER) -> Iterator[tuple[Block, Options]]:
    """A block and all that are below it whose options are known."""
    yield block, options
    for _, inner, kind in inner_blocks(block, options):
        yield from all_blocks(inner, kind)


def _blocks(value: Value) -> Iterator[Block]:
    if isinstance(value, Block):
        yield value
    elif isinstance(value, tuple):
        for item in value:
            yield from _blocks(item)
