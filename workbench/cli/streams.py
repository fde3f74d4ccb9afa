"""Standard output and error that take every sign we print, and a reader that went away."""

import codecs
import os
import sys
import unicodedata

# Signs of our texts and of rich's tables that ASCII lacks; whatever else is one becomes `?`.
SIGNS = {
    **dict.fromkeys("–—−‐‑─━═╌╍╴╶╸╺", "-"),
    **dict.fromkeys("│┃║╎╏▏▎▍▌", "|"),
    **dict.fromkeys("┌┐└┘├┤┬┴┼╭╮╯╰┏┓┗┛┡┩┠┨┣┫┳┻╇╈╋╔╗╚╝╠╣╦╩╬", "+"),
    **dict.fromkeys("•·∙", "*"),
    **dict.fromkeys("‘’", "'"),
    **dict.fromkeys("“”„", '"'),
    "…": "...",
    "→": "->",
    "←": "<-",
    "↔": "<->",
    "×": "x",
    "≤": "<=",
    "≥": ">=",
    "≠": "!=",
    "≈": "~",
    "±": "+-",
    "µ": "u",
    "μ": "u",
    "∞": "inf",
    "█": "#",
    "░": ".",
}
HANDLER = "workbench.plain"


def take_every_sign() -> None:
    """Standard output and error write signs that their encoding lacks in plain letters."""
    codecs.register_error(HANDLER, _plain)
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors=HANDLER)


def reader_went_away() -> None:
    """What is left in the buffers goes nowhere: nobody reads (`| head -1`)."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except OSError:
            os.dup2(nowhere, stream.fileno())
    os.close(nowhere)


def plain(text: str) -> str:
    """A text in ASCII."""
    return "".join(one if one.isascii() else _in_ascii(one) for one in text)


def _in_ascii(sign: str) -> str:
    """A sign in ASCII: as listed, or without its accents, or a question mark."""
    bare = unicodedata.normalize("NFKD", sign).encode("ascii", "ignore").decode()
    return SIGNS.get(sign) or bare or "?"


def _plain(error: UnicodeError) -> tuple[str, int]:
    """An error handler of `codecs`: what stands for the signs that cannot be encoded."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    return plain(error.object[error.start : error.end]), error.end
