"""Makes a provider's own words fit for a client: no secrets, no length."""

import re

LONGEST = 300

_SECRETS = (
    # Tokens with a known beginning; OpenAI masks the middle of a key with asterisks.
    re.compile(r"\b(?:sk|pk|rk|gsk|xai|pplx|r8|hf|key|sess)[-_][\w*.-]{6,}"),
    re.compile(r"\bAIza[\w-]{20,}"),
    re.compile(r"\bey[JK][\w-]{8,}\.[\w.-]+"),
    re.compile(r"\b(?:org|proj|user|req|acct)[-_][A-Za-z0-9*]{6,}"),
    # Long runs of letters and digits together are no words of any language.
    re.compile(r"\b(?=[\w-]*\d)(?=[\w-]*[A-Za-z])[\w-]{32,}\b"),
)
_NAMED_SECRET = re.compile(
    r"(?i)\b((?:api[ _-]?key|token|secret|password|authorization)(?: provided)?[\"']?\s*[:=]\s*)"
    r"(?:\"[^\"]*\"?|'[^']*'?|(?:(?:bearer|basic)\s+)?[^\s,;]+)"
)
_BEARER = re.compile(r"(?i)\bbearer\s+[^\s,;]+")
_URL = re.compile(r"\b([a-z][a-z0-9+.-]*://)([^\s\"'<>]+)", re.IGNORECASE)


def fit_for_clients(text: str) -> str:
    """Return the text in one line of at most `LONGEST` characters, with every secret hidden.

    Of a URL only scheme and host stay: user names, paths and queries may hold tokens.
    """
    text = " ".join(text.split())
    text = _URL.sub(lambda url: url[1] + _host(url[2]), text)
    text = _BEARER.sub("[hidden]", text)
    text = _NAMED_SECRET.sub(r"\1[hidden]", text)
    for secret in _SECRETS:
        text = secret.sub("[hidden]", text)
    return text if len(text) <= LONGEST else text[: LONGEST - 1].rstrip() + "…"


def _host(rest: str) -> str:
    authority = re.split(r"[/?#]", rest, maxsplit=1)[0]
    return authority.rpartition("@")[2]
