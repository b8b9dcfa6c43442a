"""The live page of figures: what it looks like, what feeds it, and who may see it.

==============  ===================================================================================================
``web/``        the page as plain files (HTML, CSS, scripts, uPlot with its licence); an editor's webview shows the same
``page.py``     the page as one self-contained text
``feed.py``     the newest messages, handed to every page that listens
``local.py``    messages of a workspace that is opened here
``site.py``     the web server: loopback only, with a token
==============  ===================================================================================================

A message is ``(type, params)``, the same in every host: ``metrics`` (as ``lspSearch/stats``), ``status`` (as ``lspSearch/status``),
``alert`` (one alert), ``history`` (as ``lspSearch/history``) and ``connection``: ``{state: "live" | "lost", source, detail}``,
whether figures arrive and from where. Messages of a server that runs elsewhere come from
:mod:`lsp_search.server.follow`. Nothing here is loaded unless the dashboard is asked for.
"""
