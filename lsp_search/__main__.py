"""``python -m lsp_search``: the command ``lsp-search``."""

from lsp_search.cli import main

if __name__ == "__main__":
    main()
