"""The environment → settings, and one line about what is wrong with it."""

import stat
import sys
from pathlib import Path

import pytest

from domain.speech.rewrite import RewriteRule
from entrypoints.wiring.auth_secret import auth_secret
from entrypoints.wiring.databases import DATABASES
from entrypoints.wiring.environment import read_settings
from entrypoints.wiring.settings import DEVELOPMENT_ORIGINS, Secret, Settings, SettingsError
from entrypoints.wiring.variables import VARIABLES

LONG = "s" * 32

COMPATIBLE = ("xai", "groq", "deepseek", "perplexity")
GOOD: dict[str, tuple[str, object]] = {
    "env": (" Production ", "production"),
    "host": (" 0.0.0.0 ", "0.0.0.0"),
    "port": ("9000", 9000),
    "data_dir": ("elsewhere", Path("elsewhere")),
    "auth_secret": (LONG, LONG),
    "cors_origins": (
        "https://A.example, http://b.example:3000/,http://localhost:*,http://[::1]:8000",
        ("https://a.example", "http://b.example:3000", "http://localhost:*", "http://[::1]:8000"),
    ),
    "log_level": ("DEBUG", "debug"),
    "log_format": ("json", "json"),
    "main_db_url": ("mysql+aiomysql://u:p@db/parley", "mysql+aiomysql://u:p@db/parley"),
    "garmin_db_url": ("sqlite+aiosqlite:///g.db", "sqlite+aiosqlite:///g.db"),
    "blood_db_url": ("sqlite+aiosqlite:///b.db", "sqlite+aiosqlite:///b.db"),
    "ufc_db_url": ("sqlite+aiosqlite:///u.db", "sqlite+aiosqlite:///u.db"),
    "image_s3_bucket": ("parley.files-1", "parley.files-1"),
    "aws_region": (" eu-central-1", "eu-central-1"),
    "aws_access_key_id": ("AKIA", "AKIA"),
    "aws_secret_access_key": ("x", "x"),
    "aws_endpoint_url_s3": ("http://127.0.0.1:9000/", "http://127.0.0.1:9000"),
    "s3_delivery": ("Proxy", "proxy"),
    "public_files_base_url": ("https://chat.example/", "https://chat.example"),
    "file_link_ttl_s": ("60", 60.0),
    "upload_bytes": ("1000", 1000),
    "openai_api_key": ("sk-1", "sk-1"),
    "openai_base_url": ("http://127.0.0.1:9/v1/", "http://127.0.0.1:9/v1"),
    "anthropic_api_key": ("sk-ant", "sk-ant"),
    "google_api_key": ("AIza", "AIza"),
    "google_base_url": ("http://127.0.0.1:9/", "http://127.0.0.1:9"),
    "anthropic_base_url": ("http://127.0.0.1:9/", "http://127.0.0.1:9"),
    **{f"{name}_api_key": ("x", "x") for name in COMPATIBLE},
    **{
        f"{name}_base_url": ("http://127.0.0.1:9/v1", "http://127.0.0.1:9/v1")
        for name in COMPATIBLE
    },
    "stability_api_key": ("sk-1", "sk-1"),
    "stability_base_url": ("http://127.0.0.1:9/", "http://127.0.0.1:9"),
    "flux_api_key": ("x", "x"),
    "flux_base_url": ("http://127.0.0.1:9/", "http://127.0.0.1:9"),
    "flux_api_version": ("/v2/", "v2"),
    "klingai_access_key": ("x", "x"),
    "klingai_secret_key": ("x", "x"),
    "klingai_base_url": ("http://127.0.0.1:9/", "http://127.0.0.1:9"),
    "videos_per_user": ("2", 2),
    "local_base_url": ("http://127.0.0.1:9/v1", "http://127.0.0.1:9/v1"),
    "local_api_key": ("x", "x"),
    "deepgram_api_key": ("dg", "dg"),
    "deepgram_base_url": ("wss://127.0.0.1:9/v1/", "https://127.0.0.1:9"),
    "elevenlabs_api_key": ("xi", "xi"),
    "elevenlabs_base_url": ("http://127.0.0.1:9", "http://127.0.0.1:9"),
    "elevenlabs_voices": ('{"sherlock": "abc"}', {"sherlock": "abc"}),
    "openai_tts_model_default": ("tts-1", "tts-1"),
    "elevenlabs_model_default": ("eleven_turbo_v2_5", "eleven_turbo_v2_5"),
    "transcript_rewrites": ('[["a+", "b"]]', (RewriteRule("a+", "b"),)),
    "recording_bytes": ("2048", 2048),
    "recording_s": ("60", 60.0),
    "speech_chars": ("10", 10),
    "egress_allow": ("files.intranet, [::1]:8080,", ("files.intranet", "[::1]:8080")),
    "claude_code_model": (" opus ", "opus"),
    "provider_connect_timeout_s": ("2.5", 2.5),
    "provider_first_token_timeout_s": ("60", 60.0),
    "provider_idle_timeout_s": ("60", 60.0),
    "provider_slow_timeout_s": ("60", 60.0),
    "circuit_failures": ("0", 0),
    "batch_api": ("off", False),
    "batch_polling_s": ("2.5", 2.5),
    "batch_timeout_s": ("3600", 3600.0),
    "batch_daily": ("5", 5),
    "batch_rate_limiting": ("false", False),
    "searxng_base_url": ("http://127.0.0.1:8888/", "http://127.0.0.1:8888"),
    "web_search": ("Perplexity", "perplexity"),
    "agentic_enabled": ("No", False),
    "agent_rounds": ("3", 3),
    "agent_timeout_s": ("60", 60.0),
    "agent_tool_calls": ("5", 5),
    "agent_tokens": ("5000", 5000),
    "agent_cost_usd": ("0.5", 0.5),
    "tool_timeout_s": ("30", 30.0),
    "approval_timeout_s": ("30", 30.0),
    "db_pool_size": ("1", 1),
    "db_max_overflow": ("0", 0),
    "db_pool_timeout_s": ("0.5", 0.5),
    "db_connect_timeout_s": ("2", 2),
    "db_pool_recycle_s": ("60", 60),
    "turns_per_user": ("2", 2),
    "spending_cap_usd": (" 2.5", 2.5),
    "turn_timeout_s": ("60", 60.0),
    "research_timeout_s": ("60", 60.0),
    "research_cost_usd": ("0.5", 0.5),
    "turn_events": ("100", 100),
    "turn_bytes": ("65536", 65536),
    "detached_turn_ttl_s": ("60", 60.0),
    "drain_s": ("0.5", 0.5),
    "socket_idle_timeout_s": ("60", 60.0),
    "first_message_timeout_s": ("1", 1.0),
    "login_attempts": ("3", 3),
    "import_max_bytes": ("4096", 4096),
    "import_max_record_bytes": ("2048", 2048),
    "import_max_records": ("7", 7),
}
S3 = {"aws_access_key_id": "a", "aws_secret_access_key": "b", "aws_region": "eu-central-1"}
NUMBERS = [name for name in VARIABLES if name.endswith("_s")]
BAD: list[tuple[str, str, str]] = [
    ("env", "staging", "must be one of development, production, test"),
    ("port", "http", "must be a whole number"),
    ("egress_allow", "http://a/b", "must be a comma-separated list of host or host:port"),
    ("port", "8000.5", "must be a whole number"),
    ("port", "65536", "must be from 0 to 65535"),
    ("port", "-1", "must be from 0 to 65535"),
    ("flux_api_version", "v1/../admin", "must be one word"),
    ("auth_secret", "short", "must have at least 32 bytes"),
    ("cors_origins", "*", "must be a comma-separated list of origins"),
    ("cors_origins", "chat.example", "must be a comma-separated list of origins"),
    ("cors_origins", "https://chat.example/path", "without paths"),
    ("cors_origins", "http://a b", "must be a comma-separated list of origins"),
    ("cors_origins", "http://a http://b", "must be a comma-separated list of origins"),
    ("cors_origins", "ftp://a", "must be a comma-separated list of origins"),
    ("cors_origins", "http://:80", "must be a comma-separated list of origins"),
    ("cors_origins", "http://a:port", "must be a comma-separated list of origins"),
    ("cors_origins", "http://a?b", "must be a comma-separated list of origins"),
    ("cors_origins", "http://a#b", "must be a comma-separated list of origins"),
    ("cors_origins", "http://me@a", "must be a comma-separated list of origins"),
    ("log_level", "loud", "must be one of debug"),
    ("log_format", "xml", "must be one of console, json"),
    ("main_db_url", "postgres://db/parley", "must start with sqlite+aiosqlite://"),
    ("main_db_url", "mysql://u:hunter2@db/parley", "or mysql+aiomysql://"),
    ("image_s3_bucket", "My_Bucket", "must be the name of a bucket"),
    ("image_s3_bucket", "s3://files", "must be the name of a bucket"),
    ("aws_endpoint_url_s3", "minio:9000", "must start with http:// or https://"),
    ("s3_delivery", "direct", "must be one of redirect, proxy"),
    ("public_files_base_url", "chat.example", "must start with http:// or https://"),
    ("upload_bytes", "25 MB", "must be a whole number"),
    ("openai_base_url", "api.openai.com", "must start with http:// or https://"),
    ("local_base_url", "ftp://a", "must start with http:// or https://"),
    *((field, "http://", "names no host") for field in VARIABLES if field.endswith("_base_url")),
    ("openai_base_url", "https:///v1", "names no host"),
    ("openai_base_url", "https://:8080/v1", "names no host"),
    ("local_base_url", "http://127.0.0.1:11434O/v1", "must be a web address, its port from 1"),
    ("local_base_url", "http://127.0.0.1:0/v1", "must be a web address, its port from 1"),
    ("local_base_url", "http://[::1/v1", "must be a web address"),
    ("local_base_url", "http://my host/v1", "must be a web address"),
    ("deepgram_base_url", "ftp://a", "must start with http:// or https:// or ws:// or wss://"),
    ("elevenlabs_voices", "sherlock", "must be a JSON object of names and ids"),
    ("transcript_rewrites", "[1]", "must be a JSON list of pairs"),
    ("transcript_rewrites", '[["(", ""]]', "is no regular expression"),
    ("recording_bytes", "1", "must be from 1024 to"),
    ("claude_code", "no-such-program", "names no program that can be run"),
    ("models_file", "no-such-file.toml", "names a file that does not exist"),
    ("mcp_file", "no-such-file.toml", "names a file that does not exist"),
    ("characters_dir", "no-such-folder", "names a directory that does not exist"),
    ("turns_per_user", "0", "must be from 1 to"),
    ("spending_cap_usd", "$5", "must be a number of US dollars"),
    ("spending_cap_usd", "-1", "must be from 0 to"),
    ("spending_cap_usd", "nan", "must be from 0 to"),
    ("spending_cap_usd", "inf", "must be from 0 to"),
    ("turn_events", "99", "must be from 100 to"),
    ("turn_bytes", "1 MiB", "must be a whole number"),
    ("login_attempts", "none", "must be a whole number"),
    ("import_max_bytes", "1 GiB", "must be a whole number"),
    ("import_max_record_bytes", "1023", "must be from 1024 to"),
    ("import_max_records", "0", "must be from 1 to"),
    *[(name, "soon", "must be a number of seconds") for name in NUMBERS],
    *[(name, "0", "must be more than 0") for name in NUMBERS],
    *[(name, "-1", "must be more than 0") for name in NUMBERS],
    *[(name, "nan", "must be more than 0") for name in NUMBERS],
    *[(name, "inf", "must be more than 0") for name in NUMBERS],
    *[(name, "99999999999", "at most 1000000000") for name in NUMBERS],
]


def read(**values: str) -> Settings:
    return read_settings({VARIABLES[field].name: text for field, text in values.items()})


def test_a_fresh_machine_needs_no_variable() -> None:
    assert read_settings({}) == Settings()


@pytest.mark.parametrize("field", GOOD)
def test_a_good_value(field: str) -> None:
    text, value = GOOD[field]
    extra = {"env": {"auth_secret": LONG}, "image_s3_bucket": S3}.get(field, {})
    assert getattr(read(**{field: text}, **extra), field) == value


@pytest.mark.parametrize(("field", "text", "problem"), BAD)
def test_a_wrong_value_is_told_in_one_line(field: str, text: str, problem: str) -> None:
    with pytest.raises(SettingsError) as told:
        read(**{field: text})
    line, variable = str(told.value), VARIABLES[field]
    assert line.startswith(f"{variable.name} ")
    assert problem in line
    assert variable.example in line
    assert "\n" not in line
    assert "hunter2" not in line


@pytest.mark.parametrize("missing", S3)
def test_a_bucket_needs_to_be_reached(missing: str) -> None:
    given = {"image_s3_bucket": "files", **S3, missing: ""}
    name = VARIABLES[missing].name
    with pytest.raises(SettingsError, match=f"^{name} must be set where IMAGE_S3_BUCKET is, "):
        read(**given)


def test_a_server_that_is_not_amazons_needs_no_region() -> None:
    found = read(
        image_s3_bucket="files", aws_endpoint_url_s3="http://minio", **{**S3, "aws_region": ""}
    )
    assert (found.image_s3_bucket, found.aws_region) == ("files", "")


def test_an_older_name_counts_where_the_name_is_unset() -> None:
    assert read_settings({"CLAUDE_KEY": "old"}).anthropic_api_key == "old"
    both = {"CLAUDE_KEY": "old", "ANTHROPIC_API_KEY": "new"}
    assert read_settings(both).anthropic_api_key == "new"


def test_every_variable_is_tested() -> None:
    assert {*GOOD, "claude_code", "models_file", "mcp_file", "characters_dir"} == set(VARIABLES)
    assert set(VARIABLES) == set(Settings.__struct_fields__)


def test_a_program_is_named_by_its_path_or_on_the_path() -> None:
    by_path = read(claude_code=sys.executable)
    assert by_path.claude_code == Path(sys.executable)
    by_name = read(claude_code="sh").claude_code
    assert by_name is not None
    assert by_name.is_absolute()


def test_a_path_that_is_there(tmp_path: Path) -> None:
    file = tmp_path / "models.toml"
    file.touch()
    found = read(models_file=str(file), characters_dir=str(tmp_path), data_dir=str(tmp_path))
    assert (found.models_file, found.characters_dir) == (file, tmp_path)
    with pytest.raises(SettingsError, match="PARLEY_DATA_DIR names something that is not"):
        read(data_dir=str(file))
    with pytest.raises(SettingsError, match="PARLEY_CHARACTERS_DIR names a directory"):
        read(characters_dir=str(file))


@pytest.mark.parametrize("blank", ["", "  "])
def test_an_empty_value_is_unset(blank: str) -> None:
    assert read(port=blank, models_file=blank, openai_base_url=blank) == Settings()


def test_production_needs_a_secret() -> None:
    with pytest.raises(SettingsError, match="PARLEY_AUTH_SECRET must be set in production"):
        read(env="production")
    assert read(env="production", auth_secret=LONG).auth_secret == LONG


def test_the_environment_wins_over_the_file(tmp_path: Path) -> None:
    file = tmp_path / ".env"
    file.write_text("PARLEY_PORT=1111\nOPENAI_API_KEY='sk-file'\nPARLEY_HOST=\n# A comment\n")
    found = read_settings({"PARLEY_PORT": "2222"}, file)
    assert (found.port, found.openai_api_key, found.host) == (2222, "sk-file", "127.0.0.1")
    assert read_settings({"PARLEY_PORT": ""}, file).port == 1111
    assert read_settings({}, tmp_path / "missing").port == 8000


@pytest.mark.parametrize("content", [b"PARLEY_HOST=\xff\n", b"\xff\xfeP\x00"])
def test_a_file_that_is_no_text_is_said_in_one_line(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / ".env"
    file.write_bytes(content)
    with pytest.raises(SettingsError) as caught:
        read_settings({}, file)
    assert str(caught.value) == f"{file} is no text in UTF-8; save it as one"


def test_secrets_do_not_show_themselves() -> None:
    found = read(auth_secret=LONG, openai_api_key="sk-1", main_db_url="mysql+aiomysql://u:p@db/x")
    shown = repr(found)
    assert LONG not in shown
    assert "sk-1" not in shown
    assert "u:p" not in shown
    assert (repr(Secret("x")), repr(Secret()), str(Secret("x"))) == ("'***'", "''", "x")


def test_origins_of_browsers() -> None:
    assert read().origins == DEVELOPMENT_ORIGINS
    assert read(env="production", auth_secret=LONG).origins == ()
    assert read(cors_origins="https://a.example").origins == ("https://a.example",)


def test_the_database_is_a_file_where_none_is_named() -> None:
    for name in DATABASES:
        assert read(data_dir="d").database_url(name) == f"sqlite+aiosqlite:///d/{name}.db"
    given = read(garmin_db_url="sqlite+aiosqlite:///x.db")
    assert given.database_url("garmin") == "sqlite+aiosqlite:///x.db"
    assert given.database_url("ufc") == "sqlite+aiosqlite:///data/ufc.db"


def test_links_to_files_begin_where_the_server_listens_unless_that_is_said() -> None:
    assert read(port="9000").files_place == "http://127.0.0.1:9000"
    assert read(host="0.0.0.0").files_place == "http://127.0.0.1:8000"
    assert read(host="::").files_place == "http://[::1]:8000"
    assert read(public_files_base_url="https://chat.example/").files_place == "https://chat.example"


def test_the_secret_of_development_is_made_once_and_for_its_owner_only(tmp_path: Path) -> None:
    settings = read(data_dir=str(tmp_path / "data"))
    secret = auth_secret(settings)
    assert len(secret.encode()) >= 32
    assert auth_secret(settings) == secret
    (file,) = (tmp_path / "data").iterdir()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert auth_secret(read(data_dir=str(tmp_path / "other"))) != secret


def test_a_given_secret_is_not_written(tmp_path: Path) -> None:
    settings = read(auth_secret=LONG, data_dir=str(tmp_path / "data"))
    assert auth_secret(settings) == LONG
    assert not (tmp_path / "data").exists()
