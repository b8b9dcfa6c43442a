"""The dashboard's page as one text: everything it needs is in it, and nothing in it may load anything.

Its parts are files of their own in ``web/``. ``web/page.html`` is a complete page that names them by relative links, with the
word NONCE wherever the nonce of a visit belongs: hosts that serve files (an editor's webview) put their nonce there and their
address before the names. :func:`html` puts the files themselves in.
"""

from __future__ import annotations

import re
from functools import cache
from importlib import resources

_STYLE = re.compile(r'<link rel="stylesheet" nonce="NONCE" href="([\w.]+)">')
_SCRIPT = re.compile(r'<script nonce="NONCE" src="([\w.]+)"></script>')


def policy(nonce: str) -> str:
    """The Content-Security-Policy that the page is to be served with."""
    return (
        f"default-src 'none'; script-src 'nonce-{nonce}'; style-src 'nonce-{nonce}'; connect-src 'self'; "
        "img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )


def html(nonce: str) -> str:
    """The page for one visit. *nonce*: fresh random letters and digits (base64's alphabet); scripts and styles carry it."""
    if not re.fullmatch(r"[\w+/=-]+", nonce):
        raise ValueError("a nonce is letters and digits")
    return _page().replace("NONCE", nonce)


@cache
def _page() -> str:
    """The page with its files put in."""
    page = _STYLE.sub(lambda found: f'<style nonce="NONCE">\n{_file(found[1])}</style>', _file("page.html"))
    return _SCRIPT.sub(lambda found: f'<script nonce="NONCE">\n{_file(found[1])}</script>', page)


def _file(name: str) -> str:
    return resources.files(__package__).joinpath("web", name).read_text("utf-8")
