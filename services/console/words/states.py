"""Words of states that other services name: the key ends with the state's own value."""

from __future__ import annotations

WORDS: dict[str, tuple[str, str]] = {
    "phase.holding": ("预留中", "holding"),
    "phase.waiting": ("待答复", "waiting"),
    "phase.confirming": ("确认中", "confirming"),
    "phase.ready": ("就绪", "ready"),
    "phase.blocked": ("受阻", "blocked"),
    "phase.cancelling": ("取消中", "cancelling"),
    "phase.cancelled": ("已取消", "cancelled"),
    "phase.closed": ("已结束", "closed"),
    "proposal.holding": ("预留中", "holding"),
    "proposal.waiting": ("待答复", "waiting"),
    "proposal.open": ("可提交", "open"),
    "proposal.blocked": ("受阻", "blocked"),
    "line.government": ("政务", "government"),
    "line.business": ("商务", "business"),
    "line.foreign": ("外宾", "foreign"),
    "line.event": ("公众活动", "event"),
}
