"""What every request to another computer has in common.

Knows which hosts and hrefs may be read, how secrets are removed from messages, deadlines, and retries.
"""

from cloudless_mosaic.net.retry import RetryPolicy

__all__ = ["RetryPolicy"]
