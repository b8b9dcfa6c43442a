"""Which language a file is in."""

from __future__ import annotations

import subprocess
import sys

import pytest

from lsp_search.languages.grammar import grammar_of
from lsp_search.languages.registry import LANGUAGES, language_of

HEADER = b"#ifndef A_H\n#define A_H\n"


@pytest.mark.parametrize(
    ("path", "head", "language"),
    [
        ("src/a.py", b"", "python"),
        ("a.pyi", b"", "python"),
        ("deep/er/a.TSX", b"", "typescriptreact"),
        ("a.mjs", b"", "javascript"),
        ("a.C", b"", "cpp"),
        ("a.c", b"", "c"),
        ("a.hpp", b"", "cpp"),
        ("a.m", b"", "objective-c"),
        ("a.mli", b"", "ocaml.interface"),
        ("Makefile", b"", "makefile"),
        ("drivers/Kbuild", b"", "makefile"),
        ("drivers/Kconfig", b"", "kconfig"),
        ("Dockerfile.dev", b"", "dockerfile"),
        ("CMakeLists.txt", b"", "cmake"),
        ("tsconfig.json", b"", "jsonc"),
        ("Gemfile", b"", "ruby"),
        (".bashrc", b"", "shellscript"),
        (".gitignore", b"", "ignore"),
        ("a.dts", b"", "devicetree"),
        ("a.rst", b"", "restructuredtext"),
        ("a.S", b"", "assembly"),
        ("tool", b"#!/usr/bin/env python3\n", "python"),
        ("tool", b"#!/usr/bin/env -S uv run --script\n", "python"),
        ("tool", b"#!/bin/bash -e\n", "shellscript"),
        ("tool", b"#! /usr/bin/perl5.36\n", "perl"),
        ("tool", b"#!/opt/unknown\n", "plaintext"),
        ("tool", b"#!", "plaintext"),
        ("README", b"hello", "plaintext"),
        ("a.unknown", b"", "plaintext"),
        (".hidden", b"", "plaintext"),
        ("a.h", HEADER + b"int f(void);\n", "c"),
        ("a.h", HEADER + b'#ifdef __cplusplus\nextern "C" {\n#endif\nint f(void);\n', "c"),
        ("a.h", HEADER + b"#ifdef __cplusplus\n#include <string>\n#endif\nint f(void);\n", "c"),
        ("a.h", HEADER + b"namespace a {\n", "cpp"),
        ("a.h", HEADER + b"class A {\n", "cpp"),
        ("a.h", HEADER + b"template <typename T>\n", "cpp"),
        ("a.h", HEADER + b"#include <vector>\n", "cpp"),
        ("a.h", HEADER + b"struct class_driver { int class; };\n", "c"),
        ("a.h", b"#import <Foundation/Foundation.h>\n@interface A\n", "objective-c"),
        ("a.h", b"", "c"),
    ],
)
def test_language_of(path: str, head: bytes, language: str) -> None:
    assert language_of(path, head) == language


@pytest.mark.parametrize("language", [row.id for row in LANGUAGES.values() if row.module])
def test_grammars_and_queries_load(language: str) -> None:
    grammar = grammar_of(LANGUAGES[language])
    assert len(grammar.patterns) == grammar.query.pattern_count > 0


def test_workers_stay_light() -> None:
    """Extraction imports the one grammar it needs, and nothing of the server."""
    program = (
        "import sys\n"
        "from lsp_search.languages.extract import extract\n"
        "assert extract('go', b'package a\\n')\n"
        "grammars = {name for name in sys.modules if name.startswith('tree_sitter_')}\n"
        "print(sorted({name.partition('.')[0] for name in grammars}),"
        " [name for name in ('numpy', 'pygls', 'lsprotocol', 'msgspec') if name in sys.modules])\n"
    )
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert run.stdout == "['tree_sitter_go'] []\n"
