"""Words of the page that fills the bus again."""

from __future__ import annotations

WORDS: dict[str, tuple[str, str]] = {
    "bus.title": ("重新填充消息总线", "Fill the bus again"),
    "bus.lead_to": ("重新填充", "Fill it again"),
    "bus.lead": ("若总线可能丢了消息而服务没有察觉：各服务从自己的数据库重发尚未确认处理的消息。",
                 "For a bus that may have lost messages without a service noticing: each service "
                 "sends again, from its own store, what nobody is known to have handled."),
    "bus.last": ("上次填充", "Last time"),
    "bus.would": ("将重发", "Would send"),
    "bus.waiting": ("等待发送", "Waiting"),
    "bus.progress": ("已重发", "Sent again"),
    "bus.of": ("{sent} / {all}", "{sent} of {all}"),
    "bus.or_more": ("至少 {count}", "{count} or more"),
    "bus.refill": ("重新填充总线", "Fill the bus again"),
    "bus.will": ("各服务共重发约 {count} 条消息。不删除任何东西；已处理过的消息会被收件方认出，"
                 "不会重复生效。期间系统照常运行，只是更忙。",
                 "Messages that the services send again: {count}. Nothing is deleted. What was "
                 "handled already is known to whoever gets it again, and has no effect a second "
                 "time. Everything goes on meanwhile, only busier."),
    "bus.away": ("没有回应：{services}。命令会等它们回来。",
                 "No answer from: {services}. The command waits until they are back."),
    "bus.emptying": ("流本身已损坏时，需先清空。任何服务都没有删除流的权限，"
                     "因此只能由运维在命令行执行 make rebuild-bus。",
                     "A stream that is itself damaged has to be emptied first. No service has the "
                     "right to delete one, on purpose: that is done on the command line, with "
                     "make rebuild-bus."),
    "bus.is_away": ("无回应", "no answer"),
    "bus.is_none": ("从未", "never"),
    "bus.is_sending": ("发送中", "sending"),
    "bus.is_done": ("已完成", "done"),
    "said.refill_begun": ("已开始，进度见下表。", "Begun. The table shows how far it is."),
    "said.refill_pending": ("已提交，部分服务尚未确认。",
                            "Sent. Some services have not answered yet."),
}  # fmt: skip
