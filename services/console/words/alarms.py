"""Words of alarms: the page, the block on Now, and what each rule says."""

from __future__ import annotations

WORDS: dict[str, tuple[str, str]] = {
    "alarms.nav": ("告警", "Alarms"),
    "alarms.title": ("告警", "Alarms"),
    "alarms.lead": ("规则成立一段时间后告警，恢复一段时间后自动解除。无人确认时再次通知值班岗位。",
                    "A rule that holds for a while raises an alarm, and one that no longer holds "
                    "for a while clears it. Duty posts are called again while nobody "
                    "acknowledges it."),
    "alarms.open": ("当前告警", "Standing now"),
    "alarms.none": ("没有告警。", "No alarm stands."),
    "alarms.all": ("全部告警", "All alarms"),
    "alarms.cleared": ("已解除", "Cleared"),
    "alarms.cleared_none": ("没有已解除的告警。", "None was cleared yet."),
    "alarms.older": ("更早的", "Older ones"),
    "alarms.newest": ("回到最新", "Back to the newest"),
    "alarms.pages": ("分页", "Pages"),
    "alarms.back": ("返回告警", "Back to alarms"),
    "alarms.raised": ("发生于", "Raised"),
    "alarms.cleared_at": ("解除于", "Cleared"),
    "alarms.cleared_line": ("已于 {at} 解除", "cleared at {at}"),
    "alarms.acknowledged": ("{who} 已确认", "acknowledged by {who}"),
    "alarms.nobody": ("无人确认", "nobody has acknowledged it"),
    "alarms.silenced": ("{who} 设为静默，直到 {until}", "silenced by {who} until {until}"),
    "alarms.calls": ("已通知 {count} 次", "calls to duty posts: {count}"),
    "alarms.uncalled": ("尚未通知", "nobody was called yet"),
    "alarms.acknowledge": ("确认", "Acknowledge"),
    "alarms.acknowledge_will": ("表示由您处理，不再重复通知。告警在恢复后自动解除。",
                                "You take it on, and nobody is called again. It clears by itself "
                                "when it no longer holds."),
    "alarms.silence": ("静默", "Silence"),
    "alarms.silence_will": ("在此期间不通知任何人，告警仍显示。即使解除后再次发生也不通知。",
                            "Nobody is called for that time. It is still shown. That holds as well "
                            "if it clears and comes again."),
    "alarms.unsilence": ("取消静默", "End the silence"),
    "alarms.unsilence_will": ("无人确认时立即再通知。",
                              "Duty posts are called again while nobody acknowledges it."),
    "alarms.rules": ("规则", "Rules"),
    "alarms.rule": ("规则", "Rule"),
    "alarms.level": ("级别", "Level"),
    "alarms.after": ("持续多久后告警", "Raised after"),
    "alarms.clear": ("恢复多久后解除", "Cleared after"),
    "alarms.told": ("通知了谁", "Who was told"),
    "alarms.told_none": ("还没有通知。", "No notice was made yet."),
    "alarms.told_away": ("通知服务没有回应，暂无法读取。",
                         "Notifications do not answer: this cannot be read now."),
    "alarms.post": ("岗位", "Post"),
    "alarms.channel": ("渠道", "Channel"),
    "alarms.state": ("状态", "State"),
    "alarms.visit": ("相关接待", "Visit"),
    "alarms.gone": ("此告警已解除。", "This alarm is cleared already."),
    "notice_state.waiting": ("待发送", "waiting"),
    "notice_state.sending": ("发送中", "sending"),
    "notice_state.sent": ("已发送", "sent"),
    "notice_state.withheld": ("未发送", "withheld"),
    "notice_state.failed": ("发送失败", "failed"),
    "said.alarm_acknowledged": ("已确认。", "Acknowledged."),
    "said.alarm_silenced": ("已设为静默。", "Silenced."),
    "said.alarm_heard": ("已取消静默。", "The silence is over."),
    "alarm.bus_away": ("消息总线不可用", "The message bus is away"),
    "alarm.bus_stores_nothing": (
        "总线能应答，但不保存发往 {streams} 的消息；请先查看服务器 {servers}",
        "The bus answers, and stores nothing of what is sent to {streams}: look at {servers} first"
    ),
    "alarm.service_missing": ("服务 {service} 没有任何进程回应",
                              "No process of {service} is heard"),
    "alarm.store_away": ("服务 {service} 无法读取自己的数据库",
                         "The store of {service} is away"),
    "alarm.outbox_old": ("服务 {service} 有 {count} 条消息发不到总线",
                         "{service} cannot send {count} messages to the bus"),
    "alarm.disk_nearly_full": ("服务 {service} 的数据库只剩 {mb} MB 空间",
                               "{mb} MB are left for the store of {service}"),
    "alarm.store_slow": ("服务 {service} 的数据库提交需要 {ms} 毫秒",
                         "Transactions of {service} take {ms} ms"),
    "alarm.parked": ("服务 {service} 有 {count} 条消息等待人工处理",
                     "{count} messages of {service} wait for a person"),
    "alarm.orders_undecided": ("有 {count} 个酒店订单等待人工决定",
                               "{count} orders at hotels wait for a person"),
    "alarm.messages_wait": ("{consumer} 落后 {seconds} 秒，{count} 条消息在等待",
                            "{consumer} is {seconds} s behind with {count} messages waiting"),
    "alarm.messages_fail": ("{consumer} 处理的消息有 {percent}% 失败",
                            "{percent} % of what {consumer} handles fails"),
    "alarm.stream_nearly_full": ("流 {stream} 已用去上限的 {percent}%",
                                 "Stream {stream} is {percent} % full"),
    "alarm.stream_copy_behind": ("流 {stream} 的副本未同步：{peers}",
                                 "Copies of stream {stream} are not current: {peers}"),
    "alarm.commands_nobodys": ("有 {count} 条命令无人领取", "{count} commands are nobody's"),
    "alarm.visit_waits": ("{service} 面前最旧的消息已等待 {minutes} 分钟。",
                          "The oldest message before {service} has waited for {minutes} min."),
    "alarm.visit_late": ("须有人决定，处理时间已不足。",
                         "Somebody must decide, and the time to mend it runs out."),
    "alarm.hold_near_expiry": ("预留在 {minutes} 分钟后到期，尚未确认。",
                               "A hold lapses in {minutes} min and is not confirmed."),
    "alarm.rooms_lost": (
        "{hotel}将在 {day} 截房（还有 {hours} 小时），收回来访 {visit} 仍需的 {rooms} 间夜："
        "已同意 {contracted}，已登记住客 {picked}。",
        "{hotel} takes back {rooms} room nights that visit {visit} wants at its cut-off of {day}, "
        "in {hours} h: {contracted} agreed to, {picked} in a guest's name."),
    "alarm.guests_missing": ("{hotel}告知来访 {visit} 有 {count} 位来宾未到店。",
                             "{hotel} says that {count} guests of visit {visit} did not come."),
    "alarm.roster_went_back": (
        "来访 {visit} 的来宾名单退回到较早的版本：来宾服务已从备份恢复。",
        "The roster of visit {visit} went back to an older one: the guests service was brought "
        "back from a copy."),
    "alarms.todo": ("负责人与办法", "Who sees to it, and how"),
    "alarms.hotel": ("相关酒店", "Hotel"),
    "alarm_todo.bus_stores_nothing": (
        "由运维负责：一、在该服务器的磁盘上腾出空间，仅此还不够。二、然后重启 nats-server；"
        "它没有保存的，各服务都留着并会再次发送。make run 会自行重启。"
        "集群中只重启 /healthz 不正常的，逐台进行，"
        "前一台恢复后再重启下一台。不要为腾空间删除 JetStream 的文件。",
        "Whoever runs the bus. First make room on the disk of that server: this alone is not "
        "enough. Then restart nats-server: what it did not take the services keep, and send again. "
        "make run does that by itself. In a cluster restart only those whose /healthz is not "
        "well, each once the one before is. Do not delete files of JetStream to make room."),
    "alarm_todo.stream_copy_behind": (
        "由运维负责：查看该 nats-server 是否在运行，磁盘是否已满。磁盘写满过的"
        "要重新启动后才再保存：先腾出空间，再只重启这一台。其余的照常工作，不要同时重启。",
        "Whoever runs the bus: does that nats-server run, and how full is its disk? One whose disk "
        "was full keeps nothing more until it is started again: make room, then restart that one. "
        "The others go on meanwhile; do not restart them at the same time."),
    "alarm_todo.rooms_lost": (
        "由该来访的计划员负责：在截房之前把住客填入名单，酒店随即登记；不再需要的房间请减少；"
        "或与酒店商定延期。登记够了或订单已改，告警自动解除。",
        "The visit's planner: lodge guests in its roster before the cut-off, so that the hotel "
        "books the rooms in their names; want fewer rooms if fewer come; or agree on a later date "
        "with the hotel. The alarm ends by itself once the rooms are taken up or not wanted."),
    "alarm_todo.guests_missing": (
        "由接待台负责：联系来宾或陪同人员，并告知酒店是否保留房间。酒店改正，或离店日已过，"
        "告警自动解除。",
        "The reception desk: reach the guests or their escorts, and tell the hotel whether to keep "
        "the rooms. The alarm ends by itself when the hotel says otherwise, or the day of "
        "departure is over."),
    "alarm_todo.roster_went_back": (
        "由该来访的计划员负责：查看名单，把最新的名单重新提交一次，告警随即解除。"
        "此后被删除的来宾已再次删除，无需处理。",
        "The visit's planner: look at the roster and put the newest one again; the alarm ends with "
        "that. Guests who were erased since the copy have been erased again already."),
    "rule.bus_away": ("消息总线不可用", "the bus is away"),
    "rule.bus_stores_nothing": ("总线超过 {limit}不保存发来的消息",
                                "for over {limit} the bus stores nothing of what is sent"),
    "rule.service_missing": ("服务没有任何进程回应", "no process of a service is heard"),
    "rule.store_away": ("服务无法读取自己的数据库", "a service's store is away"),
    "rule.outbox_old": ("消息超过 {limit}仍发不到总线", "a message is not sent for {limit}"),
    "rule.disk_nearly_full": ("数据库所在磁盘剩余不足 1 GiB",
                              "less than 1 GiB is left for a store"),
    "rule.store_slow": ("最慢的 1% 提交超过 {limit}", "the slowest commits take over {limit}"),
    "rule.parked": ("有消息等待人工处理", "a message waits for a person"),
    "rule.orders_undecided": ("有酒店订单等待人工决定", "an order at a hotel waits for a person"),
    "rule.messages_wait": ("最旧消息等待超过 {limit}",
                           "the oldest message is over {limit} old"),
    "rule.messages_fail": ("失败比例超过 {limit}",
                           "more than {limit} of them fail"),
    "rule.stream_nearly_full": ("流超过上限的 {limit}",
                                "a stream is over {limit} of its limit"),
    "rule.stream_copy_behind": ("流的副本未同步", "a copy of a stream is not current"),
    "rule.commands_nobodys": ("有命令无人领取", "commands are before no consumer"),
    "rule.visit_waits": ("最旧消息的等待超过接待剩余时间的 {limit}",
                         "the oldest message is over {limit} of the time that is "
                         "left to the visit"),
    "rule.visit_late": ("须有人决定的接待，处理时间不足 30 分钟",
                        "less than 30 min are left to begin mending a visit that somebody must "
                        "decide about"),
    "rule.rooms_lost": ("酒店在 3 天内截房，并会收回仍需的房间",
                        "within 3 days a hotel cuts off rooms that are wanted and not taken up"),
    "rule.guests_missing": ("酒店告知有来宾未到店", "a hotel says that guests did not come"),
    "rule.roster_went_back": ("来宾名单退回到较早的版本", "a roster went back to an older one"),
    "rule.hold_near_expiry": ("未确认的预留在 15 分钟内到期",
                              "an unconfirmed hold lapses within 15 min"),
}  # fmt: skip
