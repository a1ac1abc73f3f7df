"""What earlier servers may have left in a JSON column, and what is read of it."""

import pytest

from adapters.sql.json_columns import Shape, an_object, decoded, objects, texts


@pytest.mark.parametrize(
    ("shape", "stored", "read"),
    [
        (texts, '["a", ""]', ["a", ""]),
        (texts, '["a", null, 5, ["b"], {"c": 1}]', ["a"]),
        (texts, '"https://x/1.png"', ["https://x/1.png"]),
        (texts, '"[\\"a\\", \\"b\\"]"', ["a", "b"]),
        (texts, '"[draft] a"', ["[draft] a"]),
        (texts, '""', []),
        (texts, '{"a": 1}', []),
        (texts, "5", []),
        (texts, "https://x/1.png", ["https://x/1.png"]),
        (texts, "", []),
        (objects, '[{"a": 1}, null, "b"]', [{"a": 1}]),
        (objects, '{"a": 1}', [{"a": 1}]),
        (objects, '"[{\\"a\\": 1}]"', [{"a": 1}]),
        (objects, '"a"', []),
        (objects, "no JSON", []),
        (an_object, '{"a": 1}', {"a": 1}),
        (an_object, '"{\\"a\\": 1}"', {"a": 1}),
        (an_object, "[1]", {}),
        (an_object, '"a"', {}),
        (an_object, "no JSON", {}),
    ],
)
def test_what_fits_is_kept(shape: Shape, stored: str, read: object) -> None:
    assert shape(decoded(stored)) == read
