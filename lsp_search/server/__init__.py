"""The edge that speaks the Language Server Protocol, and nothing else.

A connection is one :class:`~lsp_search.server.app.Session`: it turns messages into calls of the
façade (:mod:`lsp_search.workspace`) and its answers into messages. Only this package imports pygls
and lsprotocol (half a second of CPU), so nothing outside ``cli/serve.py`` imports it.

====================  =============================================================================
``app.py``            one connection: wires client, settings, workspace and features together
``host.py``           what all connections of a process share: threads, and open workspaces by roots
``protocol.py``       JSON-RPC: reading, dispatching, cancelling, encoding
``transport.py``      stdio, TCP and WebSocket
``messages.py``       the shapes of our own messages, and of the standard ones that are hot
``client.py``         what the client can do, as plain flags
``from_protocol.py``  params → requests of the core
``to_protocol.py``    answers of the core → results, in the client's position encoding
``features/``         one file a feature
====================  =============================================================================
"""
