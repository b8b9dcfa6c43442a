"""lsp-search: one language-agnostic search server for editors."""

__version__ = "0.1.0"
