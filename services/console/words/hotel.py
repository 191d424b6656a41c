"""Words of the page where a hotel answers an order."""

from __future__ import annotations

WORDS: dict[str, tuple[str, str]] = {
    "hotel.title": ("订房答复", "Rooms for a visit"),
    "hotel.nothing": ("此链接无效", "This link opens nothing"),
    "hotel.nothing_lead": ("链接可能已过期、被更换或不完整。请查看最新一封邮件，或联系接待办。",
                           "It may be too old, replaced by a newer one, or not whole. Look for the "
                           "newest letter, or ask the reception desk."),
    "hotel.order": ("订单号", "Our order"),
    "hotel.visit": ("接待编号", "Visit"),
    "hotel.edition": ("版本", "Version"),
    "hotel.answer_by": ("请于此前答复", "Please answer by"),
    "hotel.names_by": ("住客姓名提供至", "Guests are named by"),
    "hotel.names_by_hint": ("过此日仍无住客的房间，贵方可另行出售；如已售出，请在此页收回。",
                            "Rooms without a guest after that date you may sell. If you have sold "
                            "them, take back here what you agreed to."),
    "hotel.state": ("状态", "State"),
    "hotel.state_asked": ("等待答复", "waits for your answer"),
    "hotel.state_accepted": ("已同意", "you agreed"),
    "hotel.state_firm": ("已确定", "definite"),
    "hotel.state_refused": ("已拒绝", "you refused"),
    "hotel.state_withdrawn": ("已收回", "you took it back"),
    "hotel.state_off": ("已不再需要", "no longer needed"),
    "hotel.rooms": ("客房", "Rooms"),
    "hotel.night": ("日期（当晚）", "Night of"),
    "hotel.type": ("房型", "Room type"),
    "hotel.count": ("间数", "Rooms"),
    "hotel.before": ("此前同意", "Agreed before"),
    "hotel.accept": ("全部同意", "Agree to all"),
    "hotel.accept_lead": ("按上表保留全部客房。", "You keep all rooms of the list for us."),
    "hotel.refuse": ("不能全部提供", "Cannot give all of it"),
    "hotel.refuse_lead": ("请选择原因。如果只是部分日期房间不足，请填写可提供的间数。"
                          "接待办将据此重新安排；本订单视为未接受。",
                          "Choose why. If rooms are short on some nights only, write how many you "
                          "have. The reception desk plans anew with that; this order counts as "
                          "not taken."),
    "hotel.reason": ("原因", "Why"),
    "hotel.reason_full": ("房间不足", "Not enough rooms"),
    "hotel.reason_closed": ("届时不营业", "Closed then"),
    "hotel.reason_terms": ("不接受协议条件", "The terms do not suit us"),
    "hotel.reason_other": ("其他原因", "Another reason"),
    "hotel.left": ("可提供间数", "You can give"),
    "hotel.left_of": ("{night} {type} 可提供间数", "{type} that you can give on {night}"),
    "hotel.send_no": ("拒绝此订单", "Refuse this order"),
    "hotel.sheet": ("用表格答复", "Answer with a spreadsheet"),
    "hotel.sheet_lead": ("下载表格，在“答复”列逐行填写接受或拒绝，再上传。上传后先显示读取结果，"
                         "确认后才生效。",
                         "Download it, write accepted or refused in each line, and send it back "
                         "here. You see first what was read; nothing counts before you confirm."),
    "hotel.sheet_get": ("下载表格", "Download the sheet"),
    "hotel.sheet_definite": ("下载客房清单", "Download the list of rooms"),
    "hotel.sheet_file": ("填好的表格", "The sheet, filled in"),
    "hotel.sheet_look": ("读取", "Read it"),
    "hotel.sheet_read": ("表格读取结果", "What the sheet says"),
    "hotel.sheet_accepted": ("所有行均为接受。", "Every line is accepted."),
    "hotel.sheet_refused": ("以下日期和房型被拒绝，本订单将视为未接受：",
                            "These nights and room types are refused, so that the order counts as "
                            "not taken:"),
    "hotel.sheet_unclear": ("表格中有未答复或看不懂的内容，尚未生效：",
                            "Some of it is not answered or not clear. Nothing counts yet:"),
    "hotel.sheet_closed": ("本订单已不再等待答复，表格未读取。",
                           "This order waits for no answer any more. The sheet was not read."),
    "hotel.sheet_send": ("确认并答复", "Confirm and answer"),
    "hotel.sheet_back": ("返回", "Back"),
    "hotel.withdraw": ("收回已同意的客房", "Take back what you agreed to"),
    "hotel.withdraw_lead": ("仅在客房确实无法提供时使用，接待办将立即另行安排。",
                            "Only when you cannot give the rooms after all. The reception desk "
                            "looks for others at once, and this cannot be undone here."),
    "hotel.withdraw_sure": ("确认无法提供", "We cannot give these rooms"),
    "hotel.stale": ("订单在您答复前已变更，您的答复未生效。请按当前内容重新答复。",
                    "The order has changed before you answered, so your answer does not count. "
                    "Please answer what it says now."),
    "hotel.closed": ("此订单已另有答复或已不再需要，您的答复未生效。",
                     "It was answered otherwise, or is no longer needed: your answer does not "
                     "count."),
    "hotel.invalid": ("请选择原因；可提供间数须少于所需间数，且原因为“房间不足”。",
                      "Choose a reason; rooms that you can give are fewer than asked for, and go "
                      "with “Not enough rooms”."),
    "hotel.keep": ("持有此页地址者即可代表酒店答复并看到住客名单，请勿外传。",
                   "Whoever has the address of this page can answer for the hotel, and sees its "
                   "guests: keep it within your house."),
    "hotel.guests": ("住客名单", "Guests"),
    "hotel.guests_lead": ("{arrival} 入住，{departure} 离店。"
                          "仅供贵店登记住客使用，每次查看均有记录。",
                          "They arrive on {arrival} and leave on {departure}. For your register "
                          "only; each look is recorded."),
    "hotel.guests_none": ("住客名单尚未提供。", "Nobody is named yet."),
    "hotel.guests_away": ("住客名单暂时无法显示，请稍后刷新。",
                          "The guests cannot be shown now. Please load the page again later."),
    "hotel.no_guests": ("本订单目前没有已确定的客房，因此没有住客名单。",
                        "No rooms of this order are definite now, so it has no list of guests."),
    "hotel.no_guests_saved": ("本订单目前没有已确定的客房，因此没有住客名单。未保存任何内容。",
                              "No rooms of this order are definite now, so it has no list of "
                              "guests. Nothing was saved."),
    "hotel.guests_get": ("下载住客名单", "Download the guests"),
    "hotel.guest": ("姓名", "Name"),
    "hotel.shared": ("同住", "shared"),
    "hotel.no_room": ("待定", "not settled"),
    "said.hotel_taken": ("您的答复已收到。", "Your answer is taken."),
}  # fmt: skip
