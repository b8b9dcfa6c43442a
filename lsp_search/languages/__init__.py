"""Text in, symbols out: which language a file is in, and what it defines.

``registry`` names the languages, ``extract`` turns one file's bytes into symbols. Both are pure: they
open no file but their own query files, and know of no index. Grammars are imported when first needed,
one at a time, so that a worker which meets only C never pays for the other forty.
"""
