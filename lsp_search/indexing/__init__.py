"""From changes to generations: the queue, the worker processes, the one writer. Knows nothing of queries."""
