"""The languages: how a file's language is told, and what it takes to read one.

A language is one row of data: the grammar's wheel, the query files that say what counts as a
definition, how qualified names are joined. Adding a language is adding a row here, an extension in
``filenames`` and a query file; no code. Languages without a row still have an id (for filters and
statistics), they just give no symbols.

Ids are those of VS Code, where it has one.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from lsp_search.languages.filenames import EXTENSIONS, FILENAMES, INTERPRETERS, PATTERNS

SAME_NAME = "<same name>"
"""Among a language's constructors: a method called like its class is one."""


@dataclass(frozen=True, slots=True)
class Language:
    """One language that gives symbols."""

    id: str
    module: str = ""
    """The module of the grammar's wheel; empty where line rules stand in for a grammar."""
    queries: tuple[str, ...] = ()
    """Files of ``queries/``, read one after the other as one query."""
    function: str = "language"
    """What to call in *module* for the grammar."""
    separator: str = "."
    """Joins the parts of a container."""
    constructors: frozenset[str] = frozenset()
    """Names that make a method a constructor."""
    prepare: str = ""
    """Name of the preparation that runs before the parser (see ``prepare``)."""
    clauses: bool = False
    """Definitions of one function in a row are its clauses, one symbol."""
    max_symbols: int = 0
    """Files give at most so many symbols (0: no cap). For data files, whose keys are names only up to a point."""


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


_JAVASCRIPT = ("ecmascript.scm", "javascript.scm")
_TYPESCRIPT = ("ecmascript.scm", "typescript.scm")
_DATA_CAP = 5_000

_ROWS = (
    Language("c", "tree_sitter_c", ("c.scm",), separator="::", prepare="c"),
    Language("cpp", "tree_sitter_cpp", ("cpp.scm",), "language", "::", frozenset((SAME_NAME,)), "cpp"),
    Language("objective-c", "tree_sitter_objc", ("c.scm", "objc.scm"), prepare="c"),
    Language("objective-cpp", "tree_sitter_objc", ("c.scm", "objc.scm"), prepare="c"),
    Language("cuda-cpp", "tree_sitter_cpp", ("cpp.scm",), "language", "::", frozenset((SAME_NAME,)), "cpp"),
    Language("csharp", "tree_sitter_c_sharp", ("csharp.scm",)),
    Language("java", "tree_sitter_java", ("java.scm",)),
    Language("kotlin", "tree_sitter_kotlin", ("kotlin.scm",)),
    Language("scala", "tree_sitter_scala", ("scala.scm",), constructors=_names("this")),
    Language("swift", "tree_sitter_swift", ("swift.scm",), constructors=_names("init")),
    Language("python", "tree_sitter_python", ("python.scm",), constructors=_names("__init__")),
    Language("ruby", "tree_sitter_ruby", ("ruby.scm",), separator="::", constructors=_names("initialize")),
    Language("php", "tree_sitter_php", ("php.scm",), "language_php", "\\", _names("__construct")),
    Language("javascript", "tree_sitter_javascript", _JAVASCRIPT, constructors=_names("constructor")),
    Language("javascriptreact", "tree_sitter_javascript", _JAVASCRIPT, constructors=_names("constructor")),
    Language(
        "typescript",
        "tree_sitter_typescript",
        _TYPESCRIPT,
        "language_typescript",
        constructors=_names("constructor"),
    ),
    Language(
        "typescriptreact",
        "tree_sitter_typescript",
        _TYPESCRIPT,
        "language_tsx",
        constructors=_names("constructor"),
    ),
    Language("go", "tree_sitter_go", ("go.scm",)),
    Language("rust", "tree_sitter_rust", ("rust.scm",), separator="::"),
    Language("zig", "tree_sitter_zig", ("zig.scm",)),
    Language("lua", "tree_sitter_lua", ("lua.scm",)),
    Language("shellscript", "tree_sitter_bash", ("bash.scm",)),
    Language("elixir", "tree_sitter_elixir", ("elixir.scm",)),
    Language("haskell", "tree_sitter_haskell", ("haskell.scm",), clauses=True),
    Language("ocaml", "tree_sitter_ocaml", ("ocaml.scm", "ocaml_values.scm"), "language_ocaml"),
    Language("ocaml.interface", "tree_sitter_ocaml", ("ocaml.scm",), "language_ocaml_interface"),
    Language("julia", "tree_sitter_julia", ("julia.scm",)),
    Language("sql", "tree_sitter_sql", ("sql.scm",)),
    Language("graphql", "tree_sitter_graphql", ("graphql.scm",)),
    Language("html", "tree_sitter_html", ("html.scm",)),
    Language("css", "tree_sitter_css", ("css.scm",)),
    Language("scss", "tree_sitter_scss", ("css.scm", "scss.scm")),
    Language("json", "tree_sitter_json", ("json.scm",), max_symbols=_DATA_CAP),
    Language("jsonc", "tree_sitter_json", ("json.scm",), max_symbols=_DATA_CAP),
    Language("yaml", "tree_sitter_yaml", ("yaml.scm",), max_symbols=_DATA_CAP),
    Language("toml", "tree_sitter_toml", ("toml.scm",), max_symbols=_DATA_CAP),
    Language("markdown", "tree_sitter_markdown", ("markdown.scm",), separator=" > "),
    Language("makefile", "tree_sitter_make", ("make.scm",)),
    Language("cmake", "tree_sitter_cmake", ("cmake.scm",)),
    Language("dockerfile", "tree_sitter_dockerfile", ("dockerfile.scm",)),
    Language("proto"),
)

LANGUAGES: Mapping[str, Language] = MappingProxyType({row.id: row for row in _ROWS})
"""The languages that give symbols, by id."""

_SHEBANG = re.compile(
    rb"#![ \t]*(?:\S*/)?env[ \t]+(?:-\S+[ \t]+)*(?:\w+=\S*[ \t]+)*(\S+)|#![ \t]*(?:\S*/)?(\S+)"
)
_CPP_HEADER = re.compile(
    rb"^[ \t]*(?:class[ \t]+\w[^;\n]*(?:[{:]|$)|namespace\b|template[ \t]*<|using[ \t]+\w|public:|private:|protected:"
    rb"|(?:constexpr|virtual|explicit|friend|inline[ \t]+namespace)\b)"
    rb"|^[ \t]*\#[ \t]*include[ \t]*<(?:string|vector|map|set|memory|functional|iostream|utility|algorithm"
    rb"|array|atomic|optional|tuple|type_traits|unordered_\w+|c(?:std\w+|string|math|assert))>"
    rb"|\bstd::\w|^[ \t]*\}?[ \t]*//[ \t]*namespace\b|-\*-[ \t]*C\+\+",
    re.M,
)
_CPP_GUARD = re.compile(
    rb"^[ \t]*\#[ \t]*if(?:def[ \t]+__cplusplus|[ \t]+defined[ \t(]*__cplusplus)"
    rb"(?:[^#]|\#(?![ \t]*(?:endif|else)\b))*+",
    re.M,
)
_OBJC_HEADER = re.compile(
    rb"^[ \t]*(?:@(?:interface|protocol|class|import|implementation)\b|\#[ \t]*import\b)", re.M
)


def language_of(relative_path: str, head: bytes = b"") -> str:
    """The id of the language of a file, by its name, its extension, then the first line of *head*.

    *head* is the start of the content, as much of it as is at hand (a few KB do); it decides between C,
    C++ and Objective-C for ``.h`` and names the interpreter of scripts without an extension.
    """
    name = relative_path.rpartition("/")[2]
    known = FILENAMES.get(name) or FILENAMES.get(name.lower())
    if known:
        return known
    stem, dot, extension = name.rpartition(".")
    if dot and stem:
        if extension == "h":
            return _header(head)
        known = EXTENSIONS.get(extension) or EXTENSIONS.get(extension.lower())
        if known:
            return known
    for pattern, language in PATTERNS:
        if pattern.fullmatch(name):
            return language
    return _interpreter(head) if head.startswith(b"#!") else "plaintext"


def _header(head: bytes) -> str:
    """C, C++ or Objective-C. What stands behind ``#ifdef __cplusplus`` says nothing: C headers have it too."""
    if _OBJC_HEADER.search(head):
        return "objective-c"
    if _CPP_HEADER.search(_CPP_GUARD.sub(b"", head)):
        return "cpp"
    return "c"


def _interpreter(head: bytes) -> str:
    found = _SHEBANG.match(head[:256])
    if found is None:
        return "plaintext"
    program = (found[1] or found[2]).rpartition(b"/")[2].decode("ascii", "replace")
    return INTERPRETERS.get(program) or INTERPRETERS.get(program.rstrip("0123456789.-")) or "plaintext"
