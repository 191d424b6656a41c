"""Letters through Apprise: WeCom, DingTalk, Feishu, SMS gateways and a hundred others, by URL.

Must not: let Apprise log: its URLs are addresses and secrets at once.
"""

from __future__ import annotations

import asyncio
import logging
from functools import cached_property
from types import ModuleType
from typing import Any

from services.notifications.channels.port import Letter, Rejected, Unavailable

TIMEOUT_S = 10.0
_SILENT = logging.CRITICAL + 1


class ByApprise:
    """Apprise is synchronous: each letter gets a thread for as long as it takes."""

    @cached_property
    def _apprise(self) -> ModuleType:
        # Imported here: it takes some megabytes, and few have a contact that is told so.
        import apprise

        logging.getLogger("apprise").setLevel(_SILENT)
        return apprise

    @cached_property
    def _asset(self) -> Any:
        return self._apprise.AppriseAsset(
            app_id="Redcrown",
            plugin_paths=[],
            secure_logging=True,
            storage_mode=self._apprise.PersistentStoreMode.MEMORY,
            service_timeout=TIMEOUT_S,
            http_redirects=0,
            interpret_escapes=False,
            interpret_emojis=False,
            allow_templates=False,
        )

    async def send(self, letter: Letter) -> None:
        """Hand the letter over. Raises Rejected or Unavailable."""
        try:
            taken = await asyncio.to_thread(self._notify, letter)
        except Rejected:
            raise
        except Exception as error:
            # A plugin may raise anything; which one tells nothing about this letter.
            raise Unavailable(f"apprise: {type(error).__name__}") from error
        if not taken:
            raise Unavailable("apprise: the service did not take it")

    def _notify(self, letter: Letter) -> bool:
        target = self._apprise.Apprise(asset=self._asset)
        if not target.add(letter.to):
            raise Rejected("apprise: the address is not one that it knows")
        return bool(
            target.notify(
                body=letter.text,
                title=letter.subject,
                body_format=self._apprise.NotifyFormat.TEXT,
            )
        )
