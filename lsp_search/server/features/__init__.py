"""One file a feature: it registers its methods, turns params into a core request, and answers in protocol values."""
