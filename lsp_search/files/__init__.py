"""What exists under a root folder, what changed, and what unsaved editors hold: paths and bytes, never symbols.

==============  ==============================================================================
``rules``       which paths belong to the index: ignore files, built-in excludes, settings
``walk``        everything that belongs, or the judgement on one path
``read``        one file as UTF-8 text, whatever its encoding
``watch``       which paths may have changed, with a barrier
``buffers``     the unsaved text of open documents
``positions``   byte columns ↔ a client's columns
``uris``        paths ↔ ``file:`` URIs
==============  ==============================================================================

``read`` runs in worker processes: it imports neither numpy nor watchfiles, and this page imports nothing.
"""
