"""Environment → frozen settings; says in one line what is wrong."""

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Literal

from dotenv import dotenv_values
from msgspec import Struct

from domain.speech.rewrite import DEFAULT_RULES, RewriteRule
from entrypoints.wiring import parsing
from entrypoints.wiring.parsing import Secret

SECRET_BYTES = 32
DatabaseName = Literal["main", "garmin", "blood", "ufc"]
_EVERYWHERE = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - where it listens, it is reached
DEVELOPMENT_ORIGINS = ("http://localhost:*", "http://127.0.0.1:*")


class SettingsError(Exception):
    """A variable is missing or wrong; the text is one line for the operator."""


class Settings(Struct, frozen=True, kw_only=True):
    """Everything an operator can set; the README's table says what each is for."""

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


class _Variable(Struct, frozen=True):
    name: str
    parse: Callable[[str], Any]
    example: str
    older_name: str | None = None
    """Read where the name itself is unset."""


_LEVELS = ("debug", "info", "warning", "error", "critical")

_http = parsing.url("http", "https")

VARIABLES: Mapping[str, _Variable] = {
    "env": _Variable(
        "PARLEY_ENV", parsing.one_of("development", "production", "test"), "production"
    ),
    "host": _Variable("PARLEY_HOST", str.strip, "0.0.0.0"),  # noqa: S104 - an example
    "port": _Variable("PARLEY_PORT", parsing.integer(0, 65535), "8000"),
    "data_dir": _Variable("PARLEY_DATA_DIR", parsing.data_dir, "./data"),
    "auth_secret": _Variable("PARLEY_AUTH_SECRET", Secret, "the output of `openssl rand -hex 32`"),
    "cors_origins": _Variable("PARLEY_CORS_ORIGINS", parsing.origins, "https://chat.example.org"),
    "log_level": _Variable("PARLEY_LOG_LEVEL", parsing.one_of(*_LEVELS), "info"),
    "log_format": _Variable("PARLEY_LOG_FORMAT", parsing.one_of("console", "json"), "json"),
    **{
        f"{name}_db_url": _Variable(
            f"{name.upper()}_DB_URL",
            parsing.database_url,
            f"mysql+aiomysql://parley:secret@127.0.0.1/{place}",
        )
        for name, place in (
            ("main", "parley"),
            ("garmin", "garmin"),
            ("blood", "blood"),
            ("ufc", "ufc"),
        )
    },
    "image_s3_bucket": _Variable("IMAGE_S3_BUCKET", parsing.bucket, "parley-files"),
    "aws_region": _Variable("AWS_REGION", str.strip, "eu-central-1"),
    "aws_access_key_id": _Variable("AWS_ACCESS_KEY_ID", Secret, "AKIA…"),
    "aws_secret_access_key": _Variable("AWS_SECRET_ACCESS_KEY", Secret, "…"),
    "aws_endpoint_url_s3": _Variable(
        "AWS_ENDPOINT_URL_S3", _http, "https://minio.example.org:9000"
    ),
    "s3_delivery": _Variable("PARLEY_S3_DELIVERY", parsing.one_of("redirect", "proxy"), "proxy"),
    "public_files_base_url": _Variable("PUBLIC_FILES_BASE_URL", _http, "https://chat.example.org"),
    "file_link_ttl_s": _Variable("PARLEY_FILE_LINK_TTL_S", parsing.seconds, "86400"),
    "upload_bytes": _Variable("PARLEY_UPLOAD_BYTES", parsing.integer(1, 2**40), "26214400"),
    "db_pool_size": _Variable("DB_POOL_SIZE", parsing.integer(1, 1000), "10"),
    "db_max_overflow": _Variable("DB_MAX_OVERFLOW", parsing.integer(0, 1000), "10"),
    "db_pool_timeout_s": _Variable("DB_POOL_TIMEOUT", parsing.seconds, "5"),
    "db_connect_timeout_s": _Variable("DB_CONNECT_TIMEOUT", parsing.seconds, "5"),
    "db_pool_recycle_s": _Variable("DB_POOL_RECYCLE", parsing.seconds, "900"),
    "openai_api_key": _Variable("OPENAI_API_KEY", Secret, "sk-…"),
    "openai_base_url": _Variable("OPENAI_BASE_URL", _http, "https://api.openai.com/v1"),
    "anthropic_api_key": _Variable("ANTHROPIC_API_KEY", Secret, "sk-ant-…", "CLAUDE_KEY"),
    "anthropic_base_url": _Variable("ANTHROPIC_BASE_URL", _http, "https://api.anthropic.com"),
    "google_api_key": _Variable("GOOGLE_API_KEY", Secret, "AIza…", "GEMINI_API_KEY"),
    "google_base_url": _Variable(
        "GOOGLE_BASE_URL",
        _http,
        "https://generativelanguage.googleapis.com",
    ),
    "xai_api_key": _Variable("XAI_API_KEY", Secret, "…"),
    "xai_base_url": _Variable("XAI_BASE_URL", _http, "https://api.x.ai/v1", "XAI_API_BASE_URL"),
    "groq_api_key": _Variable("GROQ_API_KEY", Secret, "…"),
    "groq_base_url": _Variable("GROQ_BASE_URL", _http, "https://api.groq.com/openai/v1"),
    "deepseek_api_key": _Variable("DEEPSEEK_API_KEY", Secret, "…"),
    "deepseek_base_url": _Variable("DEEPSEEK_BASE_URL", _http, "https://api.deepseek.com/v1"),
    "perplexity_api_key": _Variable("PERPLEXITY_API_KEY", Secret, "…"),
    "perplexity_base_url": _Variable("PERPLEXITY_BASE_URL", _http, "https://api.perplexity.ai"),
    "stability_api_key": _Variable("STABILITY_API_KEY", Secret, "sk-…"),
    "stability_base_url": _Variable("STABILITY_BASE_URL", _http, "https://api.stability.ai"),
    "flux_api_key": _Variable("FLUX_API_KEY", Secret, "…"),
    "flux_base_url": _Variable(
        "FLUX_BASE_URL",
        _http,
        "https://api.eu.bfl.ai",
        "FLUX_API_BASE_URL",
    ),
    "flux_api_version": _Variable("FLUX_API_VERSION", parsing.path_segment, "v1"),
    "klingai_access_key": _Variable("KLINGAI_ACCESS_KEY", Secret, "…"),
    "klingai_secret_key": _Variable("KLINGAI_SECRET_KEY", Secret, "…"),
    "klingai_base_url": _Variable(
        "KLINGAI_BASE_URL",
        _http,
        "https://api-singapore.klingai.com",
        "KLINGAI_API_BASE_URL",
    ),
    "searxng_base_url": _Variable("SEARXNG_BASE_URL", _http, "http://127.0.0.1:8888"),
    "web_search": _Variable(
        "PARLEY_WEB_SEARCH", parsing.one_of("searxng", "perplexity", "openai", "none"), "searxng"
    ),
    "local_base_url": _Variable("LOCAL_BASE_URL", _http, "http://127.0.0.1:11434/v1"),
    "local_api_key": _Variable("LOCAL_API_KEY", Secret, "any text the server expects"),
    "deepgram_api_key": _Variable("DEEPGRAM_API_KEY", Secret, "…"),
    "deepgram_base_url": _Variable(
        "DEEPGRAM_BASE_URL", parsing.sound_place, "https://api.deepgram.com"
    ),
    "elevenlabs_api_key": _Variable("ELEVENLABS_API_KEY", Secret, "sk_…", "ELEVEN_API_KEY"),
    "elevenlabs_base_url": _Variable(
        "ELEVENLABS_BASE_URL", parsing.sound_place, "https://api.elevenlabs.io"
    ),
    "elevenlabs_voices": _Variable(
        "ELEVENLABS_VOICES", parsing.voices, '{"sherlock": "21m00Tcm4TlvDq8ikWAM"}'
    ),
    "openai_tts_model_default": _Variable("OPENAI_TTS_MODEL_DEFAULT", str.strip, "tts-1-hd"),
    "elevenlabs_model_default": _Variable(
        "ELEVENLABS_MODEL_DEFAULT", str.strip, "eleven_turbo_v2_5"
    ),
    "transcript_rewrites": _Variable(
        "PARLEY_TRANSCRIPT_REWRITES", parsing.rewrites, '[["CLOUD CODE", "Claude Code"]]'
    ),
    "recording_bytes": _Variable(
        "PARLEY_RECORDING_BYTES", parsing.integer(1024, 31 * 1024 * 1024), "26214400"
    ),
    "recording_s": _Variable("PARLEY_RECORDING_S", parsing.seconds, "600"),
    "speech_chars": _Variable("PARLEY_SPEECH_CHARS", parsing.integer(1, 1_000_000), "100000"),
    "claude_code": _Variable("PARLEY_CLAUDE_CODE", parsing.program, "/usr/local/bin/claude"),
    "claude_code_model": _Variable("PARLEY_CLAUDE_CODE_MODEL", str.strip, "opus"),
    "models_file": _Variable("PARLEY_MODELS_FILE", parsing.existing("file"), "./models.toml"),
    "mcp_file": _Variable("PARLEY_MCP_FILE", parsing.existing("file"), "./mcp.toml"),
    "characters_dir": _Variable(
        "PARLEY_CHARACTERS_DIR", parsing.existing("directory"), "./characters"
    ),
    "egress_allow": _Variable("PARLEY_EGRESS_ALLOW", parsing.places, "files.intranet:8443"),
    "provider_connect_timeout_s": _Variable(
        "PARLEY_PROVIDER_CONNECT_TIMEOUT_S", parsing.seconds, "10"
    ),
    "provider_first_token_timeout_s": _Variable(
        "PARLEY_PROVIDER_FIRST_TOKEN_TIMEOUT_S", parsing.seconds, "300"
    ),
    "provider_idle_timeout_s": _Variable("PARLEY_PROVIDER_IDLE_TIMEOUT_S", parsing.seconds, "300"),
    "provider_slow_timeout_s": _Variable("PARLEY_PROVIDER_SLOW_TIMEOUT_S", parsing.seconds, "1800"),
    "circuit_failures": _Variable("PARLEY_CIRCUIT_FAILURES", parsing.integer(0, 1000), "5"),
    "batch_api": _Variable("ENABLE_BATCH_API", parsing.truth, "false"),
    "batch_polling_s": _Variable("BATCH_POLLING_INTERVAL_SECONDS", parsing.seconds, "10"),
    "batch_timeout_s": _Variable("BATCH_TIMEOUT_SECONDS", parsing.seconds, "86400"),
    "batch_daily": _Variable("BATCH_MAX_REQUESTS_PER_USER_PER_DAY", parsing.integer(1, 10**9), "5"),
    "batch_rate_limiting": _Variable("ENABLE_BATCH_RATE_LIMITING", parsing.truth, "false"),
    "turns_per_user": _Variable("PARLEY_TURNS_PER_USER", parsing.integer(1, 10_000), "8"),
    "videos_per_user": _Variable("PARLEY_VIDEOS_PER_USER", parsing.integer(1, 1000), "4"),
    "spending_cap_usd": _Variable("PARLEY_SPENDING_CAP_USD", parsing.dollars, "2.50"),
    "turn_timeout_s": _Variable("PARLEY_TURN_TIMEOUT_S", parsing.seconds, "900"),
    "research_timeout_s": _Variable("PARLEY_RESEARCH_TIMEOUT_S", parsing.seconds, "3600"),
    "research_cost_usd": _Variable("PARLEY_RESEARCH_COST_USD", parsing.dollars, "2"),
    "turn_events": _Variable("PARLEY_TURN_EVENTS", parsing.integer(100, 10_000_000), "20000"),
    "turn_bytes": _Variable("PARLEY_TURN_BYTES", parsing.integer(65_536, 2**40), "16777216"),
    "agentic_enabled": _Variable("AGENTIC_ENABLED", parsing.truth, "true"),
    "agent_rounds": _Variable("PARLEY_AGENT_ROUNDS", parsing.integer(1, 100), "10"),
    "agent_timeout_s": _Variable("PARLEY_AGENT_TIMEOUT_S", parsing.seconds, "300"),
    "agent_tool_calls": _Variable("PARLEY_AGENT_TOOL_CALLS", parsing.integer(1, 10_000), "50"),
    "agent_tokens": _Variable("PARLEY_AGENT_TOKENS", parsing.integer(1, 10**12), "1000000"),
    "agent_cost_usd": _Variable("PARLEY_AGENT_COST_USD", parsing.dollars, "0.50"),
    "tool_timeout_s": _Variable("PARLEY_TOOL_TIMEOUT_S", parsing.seconds, "300"),
    "approval_timeout_s": _Variable("PARLEY_APPROVAL_TIMEOUT_S", parsing.seconds, "120"),
    "detached_turn_ttl_s": _Variable("PARLEY_DETACHED_TURN_TTL_S", parsing.seconds, "900"),
    "drain_s": _Variable("PARLEY_DRAIN_S", parsing.seconds, "10"),
    "socket_idle_timeout_s": _Variable("PARLEY_SOCKET_IDLE_TIMEOUT_S", parsing.seconds, "1800"),
    "first_message_timeout_s": _Variable("PARLEY_FIRST_MESSAGE_TIMEOUT_S", parsing.seconds, "10"),
    "login_attempts": _Variable("PARLEY_LOGIN_ATTEMPTS", parsing.integer(1, 1_000_000), "10"),
    "import_max_bytes": _Variable(
        "PARLEY_IMPORT_MAX_BYTES", parsing.integer(1024, 2**40), "1073741824"
    ),
    "import_max_record_bytes": _Variable(
        "PARLEY_IMPORT_MAX_RECORD_BYTES", parsing.integer(1024, 2**30), "33554432"
    ),
    "import_max_records": _Variable(
        "PARLEY_IMPORT_MAX_RECORDS", parsing.integer(1, 100_000_000), "1000000"
    ),
}


def read_settings(environ: Mapping[str, str], dotenv: Path | None = None) -> Settings:
    """Return the settings from the environment; a `.env` file fills what it leaves out.

    An empty value counts as unset; blanks around a value do not count.

    Raises:
        SettingsError: names the variable, what is wrong with it, and an example.
    """
    from_file = dotenv_values(dotenv) if dotenv is not None and dotenv.is_file() else {}
    values: dict[str, Any] = {}
    for field, variable in VARIABLES.items():
        names = [name for name in (variable.name, variable.older_name) if name]
        found = (
            (place.get(name) or "").strip() for name in names for place in (environ, from_file)
        )
        if (text := next(filter(None, found), None)) is None:
            continue
        try:
            values[field] = variable.parse(text)
        except ValueError as error:
            raise SettingsError(
                f"{variable.name} {error}, for example {variable.name}={variable.example}"
            ) from error
    settings = Settings(**values)
    _check_secret(settings)
    _check_bucket(settings)
    return settings


def _check_secret(settings: Settings) -> None:
    variable = VARIABLES["auth_secret"]
    size = len(settings.auth_secret.encode())
    if settings.env == "production" and size == 0:
        raise SettingsError(
            f"{variable.name} must be set in production, for example to {variable.example}"
        )
    if settings.env != "test" and 0 < size < SECRET_BYTES:
        raise SettingsError(
            f"{variable.name} must have at least {SECRET_BYTES} bytes, "
            f"for example {variable.example}"
        )


def _check_bucket(settings: Settings) -> None:
    if not settings.image_s3_bucket:
        return
    needed = ["aws_access_key_id", "aws_secret_access_key"]
    if not settings.aws_endpoint_url_s3:
        needed.append("aws_region")
    for field in needed:
        if not getattr(settings, field):
            variable = VARIABLES[field]
            raise SettingsError(
                f"{variable.name} must be set where {VARIABLES['image_s3_bucket'].name} is, "
                f"for example to {variable.example}"
            )


def process_settings() -> Settings:
    """Return the settings of this process: its environment, and `.env` where it was started.

    Raises:
        SettingsError: as `read_settings`.
    """
    return read_settings(os.environ, Path(".env"))
