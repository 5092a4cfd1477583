"""What a JSONPath query looks like, told without the library that reads them: most paths are none."""


def is_query(text: str) -> bool:
    """Return whether a path is a JSONPath query: whatever begins with `$`."""
    return text.startswith("$")


def has_query_form(text: str) -> bool:
    """Return whether a text is written like a query; `$10` and `$name` are not, though they begin with `$`."""
    return is_query(text) and text[1:].lstrip(" \t\r\n")[:1] in ("", ".", "[")
