"""What is known and how it is kept: the store on disk, the columnar segments, the published snapshot.

Knows nothing of languages, protocols or queries.
"""
