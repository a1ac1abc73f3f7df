"""Under which name each setting is read, and how."""

from collections.abc import Callable, Mapping
from typing import Any

from msgspec import Struct

from entrypoints.wiring import parsing
from entrypoints.wiring.parsing import Secret


class Variable(Struct, frozen=True):
    """One variable of the environment."""

    name: str
    parse: Callable[[str], Any]
    """Raises `ValueError`, whose text goes on from the name."""
    example: str
    older_name: str | None = None
    """Read where the name itself is unset."""


_LEVELS = ("debug", "info", "warning", "error", "critical")

_http = parsing.url("http", "https")

VARIABLES: Mapping[str, Variable] = {
    "env": Variable(
        "PARLEY_ENV", parsing.one_of("development", "production", "test"), "production"
    ),
    "host": Variable("PARLEY_HOST", str.strip, "0.0.0.0"),  # noqa: S104 - an example
    "port": Variable("PARLEY_PORT", parsing.integer(0, 65535), "8000"),
    "data_dir": Variable("PARLEY_DATA_DIR", parsing.data_dir, "./data"),
    "auth_secret": Variable("PARLEY_AUTH_SECRET", Secret, "the output of `openssl rand -hex 32`"),
    "cors_origins": Variable("PARLEY_CORS_ORIGINS", parsing.origins, "https://chat.example.org"),
    "log_level": Variable("PARLEY_LOG_LEVEL", parsing.one_of(*_LEVELS), "info"),
    "log_format": Variable("PARLEY_LOG_FORMAT", parsing.one_of("console", "json"), "json"),
    **{
        f"{name}_db_url": Variable(
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
    "image_s3_bucket": Variable("IMAGE_S3_BUCKET", parsing.bucket, "parley-files"),
    "aws_region": Variable("AWS_REGION", str.strip, "eu-central-1"),
    "aws_access_key_id": Variable("AWS_ACCESS_KEY_ID", Secret, "AKIA…"),
    "aws_secret_access_key": Variable("AWS_SECRET_ACCESS_KEY", Secret, "…"),
    "aws_endpoint_url_s3": Variable("AWS_ENDPOINT_URL_S3", _http, "https://minio.example.org:9000"),
    "s3_delivery": Variable("PARLEY_S3_DELIVERY", parsing.one_of("redirect", "proxy"), "proxy"),
    "public_files_base_url": Variable("PUBLIC_FILES_BASE_URL", _http, "https://chat.example.org"),
    "file_link_ttl_s": Variable("PARLEY_FILE_LINK_TTL_S", parsing.seconds, "86400"),
    "upload_bytes": Variable("PARLEY_UPLOAD_BYTES", parsing.integer(1, 2**40), "26214400"),
    "db_pool_size": Variable("DB_POOL_SIZE", parsing.integer(1, 1000), "10"),
    "db_max_overflow": Variable("DB_MAX_OVERFLOW", parsing.integer(0, 1000), "10"),
    "db_pool_timeout_s": Variable("DB_POOL_TIMEOUT", parsing.seconds, "5"),
    "db_connect_timeout_s": Variable("DB_CONNECT_TIMEOUT", parsing.seconds, "5"),
    "db_pool_recycle_s": Variable("DB_POOL_RECYCLE", parsing.seconds, "900"),
    "openai_api_key": Variable("OPENAI_API_KEY", Secret, "sk-…"),
    "openai_base_url": Variable("OPENAI_BASE_URL", _http, "https://api.openai.com/v1"),
    "anthropic_api_key": Variable("ANTHROPIC_API_KEY", Secret, "sk-ant-…", "CLAUDE_KEY"),
    "anthropic_base_url": Variable("ANTHROPIC_BASE_URL", _http, "https://api.anthropic.com"),
    "google_api_key": Variable("GOOGLE_API_KEY", Secret, "AIza…", "GEMINI_API_KEY"),
    "google_base_url": Variable(
        "GOOGLE_BASE_URL",
        _http,
        "https://generativelanguage.googleapis.com",
    ),
    "xai_api_key": Variable("XAI_API_KEY", Secret, "…"),
    "xai_base_url": Variable("XAI_BASE_URL", _http, "https://api.x.ai/v1", "XAI_API_BASE_URL"),
    "groq_api_key": Variable("GROQ_API_KEY", Secret, "…"),
    "groq_base_url": Variable("GROQ_BASE_URL", _http, "https://api.groq.com/openai/v1"),
    "deepseek_api_key": Variable("DEEPSEEK_API_KEY", Secret, "…"),
    "deepseek_base_url": Variable("DEEPSEEK_BASE_URL", _http, "https://api.deepseek.com/v1"),
    "perplexity_api_key": Variable("PERPLEXITY_API_KEY", Secret, "…"),
    "perplexity_base_url": Variable("PERPLEXITY_BASE_URL", _http, "https://api.perplexity.ai"),
    "stability_api_key": Variable("STABILITY_API_KEY", Secret, "sk-…"),
    "stability_base_url": Variable("STABILITY_BASE_URL", _http, "https://api.stability.ai"),
    "flux_api_key": Variable("FLUX_API_KEY", Secret, "…"),
    "flux_base_url": Variable(
        "FLUX_BASE_URL",
        _http,
        "https://api.eu.bfl.ai",
        "FLUX_API_BASE_URL",
    ),
    "flux_api_version": Variable("FLUX_API_VERSION", parsing.path_segment, "v1"),
    "klingai_access_key": Variable("KLINGAI_ACCESS_KEY", Secret, "…"),
    "klingai_secret_key": Variable("KLINGAI_SECRET_KEY", Secret, "…"),
    "klingai_base_url": Variable(
        "KLINGAI_BASE_URL",
        _http,
        "https://api-singapore.klingai.com",
        "KLINGAI_API_BASE_URL",
    ),
    "searxng_base_url": Variable("SEARXNG_BASE_URL", _http, "http://127.0.0.1:8888"),
    "web_search": Variable(
        "PARLEY_WEB_SEARCH", parsing.one_of("searxng", "perplexity", "openai", "none"), "searxng"
    ),
    "local_base_url": Variable("LOCAL_BASE_URL", _http, "http://127.0.0.1:11434/v1"),
    "local_api_key": Variable("LOCAL_API_KEY", Secret, "any text the server expects"),
    "deepgram_api_key": Variable("DEEPGRAM_API_KEY", Secret, "…"),
    "deepgram_base_url": Variable(
        "DEEPGRAM_BASE_URL", parsing.sound_place, "https://api.deepgram.com"
    ),
    "elevenlabs_api_key": Variable("ELEVENLABS_API_KEY", Secret, "sk_…", "ELEVEN_API_KEY"),
    "elevenlabs_base_url": Variable(
        "ELEVENLABS_BASE_URL", parsing.sound_place, "https://api.elevenlabs.io"
    ),
    "elevenlabs_voices": Variable(
        "ELEVENLABS_VOICES", parsing.voices, '{"sherlock": "21m00Tcm4TlvDq8ikWAM"}'
    ),
    "openai_tts_model_default": Variable("OPENAI_TTS_MODEL_DEFAULT", str.strip, "tts-1-hd"),
    "elevenlabs_model_default": Variable(
        "ELEVENLABS_MODEL_DEFAULT", str.strip, "eleven_turbo_v2_5"
    ),
    "transcript_rewrites": Variable(
        "PARLEY_TRANSCRIPT_REWRITES", parsing.rewrites, '[["CLOUD CODE", "Claude Code"]]'
    ),
    "recording_bytes": Variable(
        "PARLEY_RECORDING_BYTES", parsing.integer(1024, 31 * 1024 * 1024), "26214400"
    ),
    "recording_s": Variable("PARLEY_RECORDING_S", parsing.seconds, "600"),
    "speech_chars": Variable("PARLEY_SPEECH_CHARS", parsing.integer(1, 1_000_000), "100000"),
    "claude_code": Variable("PARLEY_CLAUDE_CODE", parsing.program, "/usr/local/bin/claude"),
    "claude_code_model": Variable("PARLEY_CLAUDE_CODE_MODEL", str.strip, "opus"),
    "models_file": Variable("PARLEY_MODELS_FILE", parsing.existing("file"), "./models.toml"),
    "mcp_file": Variable("PARLEY_MCP_FILE", parsing.existing("file"), "./mcp.toml"),
    "characters_dir": Variable(
        "PARLEY_CHARACTERS_DIR", parsing.existing("directory"), "./characters"
    ),
    "egress_allow": Variable("PARLEY_EGRESS_ALLOW", parsing.places, "files.intranet:8443"),
    "provider_connect_timeout_s": Variable(
        "PARLEY_PROVIDER_CONNECT_TIMEOUT_S", parsing.seconds, "10"
    ),
    "provider_first_token_timeout_s": Variable(
        "PARLEY_PROVIDER_FIRST_TOKEN_TIMEOUT_S", parsing.seconds, "300"
    ),
    "provider_idle_timeout_s": Variable("PARLEY_PROVIDER_IDLE_TIMEOUT_S", parsing.seconds, "300"),
    "provider_slow_timeout_s": Variable("PARLEY_PROVIDER_SLOW_TIMEOUT_S", parsing.seconds, "1800"),
    "circuit_failures": Variable("PARLEY_CIRCUIT_FAILURES", parsing.integer(0, 1000), "5"),
    "batch_api": Variable("ENABLE_BATCH_API", parsing.truth, "false"),
    "batch_polling_s": Variable("BATCH_POLLING_INTERVAL_SECONDS", parsing.seconds, "10"),
    "batch_timeout_s": Variable("BATCH_TIMEOUT_SECONDS", parsing.seconds, "86400"),
    "batch_daily": Variable("BATCH_MAX_REQUESTS_PER_USER_PER_DAY", parsing.integer(1, 10**9), "5"),
    "batch_rate_limiting": Variable("ENABLE_BATCH_RATE_LIMITING", parsing.truth, "false"),
    "turns_per_user": Variable("PARLEY_TURNS_PER_USER", parsing.integer(1, 10_000), "8"),
    "videos_per_user": Variable("PARLEY_VIDEOS_PER_USER", parsing.integer(1, 1000), "4"),
    "spending_cap_usd": Variable("PARLEY_SPENDING_CAP_USD", parsing.dollars, "2.50"),
    "turn_timeout_s": Variable("PARLEY_TURN_TIMEOUT_S", parsing.seconds, "900"),
    "research_timeout_s": Variable("PARLEY_RESEARCH_TIMEOUT_S", parsing.seconds, "3600"),
    "research_cost_usd": Variable("PARLEY_RESEARCH_COST_USD", parsing.dollars, "2"),
    "turn_events": Variable("PARLEY_TURN_EVENTS", parsing.integer(100, 10_000_000), "20000"),
    "turn_bytes": Variable("PARLEY_TURN_BYTES", parsing.integer(65_536, 2**40), "16777216"),
    "agentic_enabled": Variable("AGENTIC_ENABLED", parsing.truth, "true"),
    "agent_rounds": Variable("PARLEY_AGENT_ROUNDS", parsing.integer(1, 100), "10"),
    "agent_timeout_s": Variable("PARLEY_AGENT_TIMEOUT_S", parsing.seconds, "300"),
    "agent_tool_calls": Variable("PARLEY_AGENT_TOOL_CALLS", parsing.integer(1, 10_000), "50"),
    "agent_tokens": Variable("PARLEY_AGENT_TOKENS", parsing.integer(1, 10**12), "1000000"),
    "agent_cost_usd": Variable("PARLEY_AGENT_COST_USD", parsing.dollars, "0.50"),
    "tool_timeout_s": Variable("PARLEY_TOOL_TIMEOUT_S", parsing.seconds, "300"),
    "approval_timeout_s": Variable("PARLEY_APPROVAL_TIMEOUT_S", parsing.seconds, "120"),
    "detached_turn_ttl_s": Variable("PARLEY_DETACHED_TURN_TTL_S", parsing.seconds, "900"),
    "drain_s": Variable("PARLEY_DRAIN_S", parsing.seconds, "10"),
    "socket_idle_timeout_s": Variable("PARLEY_SOCKET_IDLE_TIMEOUT_S", parsing.seconds, "1800"),
    "first_message_timeout_s": Variable("PARLEY_FIRST_MESSAGE_TIMEOUT_S", parsing.seconds, "10"),
    "login_attempts": Variable("PARLEY_LOGIN_ATTEMPTS", parsing.integer(1, 1_000_000), "10"),
    "import_max_bytes": Variable(
        "PARLEY_IMPORT_MAX_BYTES", parsing.integer(1024, 2**40), "1073741824"
    ),
    "import_max_record_bytes": Variable(
        "PARLEY_IMPORT_MAX_RECORD_BYTES", parsing.integer(1024, 2**30), "33554432"
    ),
    "import_max_records": Variable(
        "PARLEY_IMPORT_MAX_RECORDS", parsing.integer(1, 100_000_000), "1000000"
    ),
}
