"""Everything an operator can set."""

from collections.abc import Mapping
from pathlib import Path
from typing import Literal

from msgspec import Struct

from domain.speech.rewrite import DEFAULT_RULES, RewriteRule
from entrypoints.wiring.parsing import Secret

SECRET_BYTES = 32
DatabaseName = Literal["main", "garmin", "blood", "ufc"]
_EVERYWHERE = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - where it listens, it is reached
DEVELOPMENT_ORIGINS = ("http://localhost:*", "http://127.0.0.1:*")


class SettingsError(Exception):
    """A variable is missing or wrong; the text is one line for the operator."""


class Settings(Struct, frozen=True, kw_only=True):
    """The README's table says what each is for."""

    env: Literal["development", "production", "test"] = "development"
    host: str = "127.0.0.1"
    port: int = 8000
    data_dir: Path = Path("data")
    auth_secret: Secret = Secret()
    cors_origins: tuple[str, ...] = ()
    log_level: str = "INFO"
    log_format: Literal["console", "json"] = "console"

    main_db_url: Secret = Secret()
    garmin_db_url: Secret = Secret()
    blood_db_url: Secret = Secret()
    ufc_db_url: Secret = Secret()
    db_pool_size: int = 10
    db_max_overflow: int = 10
    db_pool_timeout_s: float = 5
    db_connect_timeout_s: float = 5
    db_pool_recycle_s: float = 900

    image_s3_bucket: str = ""
    """Where files are; in the data directory when it is empty."""
    aws_region: str = ""
    aws_access_key_id: Secret = Secret()
    aws_secret_access_key: Secret = Secret()
    aws_endpoint_url_s3: str = ""
    s3_delivery: Literal["redirect", "proxy"] = "redirect"
    public_files_base_url: str = ""
    file_link_ttl_s: float = 24 * 3600
    upload_bytes: int = 25 * 1024 * 1024

    openai_api_key: Secret = Secret()
    openai_base_url: str = "https://api.openai.com/v1"
    anthropic_api_key: Secret = Secret()
    anthropic_base_url: str = "https://api.anthropic.com"
    google_api_key: Secret = Secret()
    google_base_url: str = "https://generativelanguage.googleapis.com"
    xai_api_key: Secret = Secret()
    xai_base_url: str = ""
    groq_api_key: Secret = Secret()
    groq_base_url: str = ""
    deepseek_api_key: Secret = Secret()
    deepseek_base_url: str = ""
    perplexity_api_key: Secret = Secret()
    perplexity_base_url: str = ""
    stability_api_key: Secret = Secret()
    stability_base_url: str = ""
    flux_api_key: Secret = Secret()
    flux_base_url: str = ""
    flux_api_version: str = ""
    klingai_access_key: Secret = Secret()
    klingai_secret_key: Secret = Secret()
    klingai_base_url: str = ""
    searxng_base_url: str = ""
    web_search: Literal["searxng", "perplexity", "openai", "none", ""] = ""
    """Empty: the first of them that has an address or a key."""
    local_base_url: str = ""
    local_api_key: Secret = Secret()
    deepgram_api_key: Secret = Secret()
    deepgram_base_url: str = "https://api.eu.deepgram.com"
    elevenlabs_api_key: Secret = Secret()
    elevenlabs_base_url: str = "https://api.elevenlabs.io"
    elevenlabs_voices: Mapping[str, str] = {}
    """Ids of voices by the names that users know."""
    openai_tts_model_default: str = "gpt-4o-mini-tts"
    elevenlabs_model_default: str = "eleven_monolingual_v1"
    transcript_rewrites: tuple[RewriteRule, ...] = DEFAULT_RULES
    recording_bytes: int = 25 * 1024 * 1024
    recording_s: float = 600
    speech_chars: int = 100_000
    claude_code: Path | None = None
    claude_code_model: str = ""
    models_file: Path | None = None
    mcp_file: Path | None = None
    characters_dir: Path | None = None
    egress_allow: tuple[str, ...] = ()
    """`host` or `host:port`: may be fetched from although they are not public."""
    provider_connect_timeout_s: float = 10
    provider_first_token_timeout_s: float = 300
    provider_idle_timeout_s: float = 300
    provider_slow_timeout_s: float = 1800
    circuit_failures: int = 5
    batch_api: bool = True
    batch_polling_s: float = 10
    batch_timeout_s: float = 86_400
    batch_daily: int = 100_000
    batch_rate_limiting: bool = True
    turns_per_user: int = 8
    videos_per_user: int = 4
    spending_cap_usd: float = 0
    """For each user and day (UTC); 0 is no cap."""
    turn_timeout_s: float = 900
    research_timeout_s: float = 3600
    research_cost_usd: float = 2
    turn_events: int = 20_000
    turn_bytes: int = 16 * 1024 * 1024
    agentic_enabled: bool = True
    agent_rounds: int = 10
    agent_timeout_s: float = 300
    agent_tool_calls: int = 50
    agent_tokens: int = 1_000_000
    agent_cost_usd: float = 0
    """For each turn; 0 is no cap of its own."""
    tool_timeout_s: float = 300
    approval_timeout_s: float = 120
    detached_turn_ttl_s: float = 900
    drain_s: float = 10
    socket_idle_timeout_s: float = 1800
    first_message_timeout_s: float = 10
    login_attempts: int = 10
    """Per username and per address, in five minutes."""
    import_max_bytes: int = 1024 * 1024 * 1024
    """Of an archive, and of what it unpacks to."""
    import_max_record_bytes: int = 32 * 1024 * 1024
    import_max_records: int = 1_000_000

    def database_url(self, database: DatabaseName) -> str:
        """Return where a database is; a file in the data directory when none is named."""
        given: Secret = getattr(self, f"{database}_db_url")
        return given or f"sqlite+aiosqlite:///{self.data_dir / database}.db"

    @property
    def files_place(self) -> str:
        """Scheme and host under which clients reach this server; how links to files begin."""
        if self.public_files_base_url:
            return self.public_files_base_url
        host = _EVERYWHERE.get(self.host, self.host)
        return f"http://[{host}]:{self.port}" if ":" in host else f"http://{host}:{self.port}"

    @property
    def origins(self) -> tuple[str, ...]:
        """Browser origins that may connect; `*` stands for any port."""
        if self.cors_origins or self.env == "production":
            return self.cors_origins
        return DEVELOPMENT_ORIGINS
