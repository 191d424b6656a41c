"""Whose word is taken for who a mail server or a webhook is.

Must not: take nobody's; what cannot be checked is not spoken to.
"""

from __future__ import annotations

import ssl
from pathlib import Path


def trust(authority: Path | None, setting: str) -> ssl.SSLContext:
    """TLS that believes this authority, or those that the system believes when it is None.

    Raises ValueError, naming the setting, where the file holds no certificate.
    """
    try:
        return ssl.create_default_context(cafile=authority)
    except OSError as error:
        raise ValueError(f"{setting}: {authority} is no file of PEM certificates") from error
