"""What people are told at each step, in both languages: the one place of these words.

``sms`` holds a step's sentences from the fullest to the barest; the first that fits is
taken (``composing``). Vietnamese is written with its marks, which leave the text where
the receiver did not ask for them. Never health data: neither vaccine nor day nor name.
"""

from typing import Final

from complaints.choices import Move, Outcome
from complaints.notifications.special_words import SPECIAL
from complaints.notifications.wordings import Words

HEAD: Final = {"vi": "[TIÊM CHỦNG] ", "en": "[VACCINATION] "}
# What is added as long as there is room, in this order.
TAILS: Final = {
    "vi": (" Xem {link}", " Hỏi: {help}."),
    "en": (" See {link}", " Help: {help}."),
}

WORDS: Final[dict[str, dict[str, Words]]] = {
    Move.SUBMIT: {
        "vi": Words(
            ("Đã nhận phản ánh {code}. Kết quả trước {due}. Bạn không phải gửi lại.",),
            "Đã nhận phản ánh {code}",
            "Nếu trễ hạn, cấp trên được báo và cũng có thể quyết định.",
        ),
        "en": Words(
            ("We received report {code}. Result by {due}. No need to send it again.",),
            "Report {code} received",
            "If it is late, the level above is told and can decide it too.",
        ),
    },
    Move.ROUTE: {
        "vi": Words(
            (
                "Phản ánh {code} đã chuyển đến {holder}. Kết quả trước {due}.",
                "Phản ánh {code} đã chuyển đến nơi chịu trách nhiệm."
                " Kết quả trước {due}.",
            ),
            "Phản ánh {code} đã chuyển đến nơi chịu trách nhiệm",
        ),
        "en": Words(
            (
                "Report {code} is now with {holder}. Result by {due}.",
                "Report {code} is now with the body that answers for it."
                " Result by {due}.",
            ),
            "Report {code} is with the body that answers for it",
        ),
    },
    Move.ASK: {
        "vi": Words(
            (
                "Phản ánh {code} cần bạn bổ sung. Mở trang theo dõi bằng mã này để"
                " xem và trả lời.",
            ),
            "Phản ánh {code} cần bạn bổ sung",
            "Thời hạn tạm dừng trong lúc chờ bạn, cả thảy nhiều nhất {days} ngày.",
        ),
        "en": Words(
            (
                "Report {code} needs more from you. Open the tracking page with this"
                " code to answer.",
            ),
            "Report {code} needs more from you",
            "The clock waits for you, {days} days in all at most.",
        ),
    },
    Move.REMIND: {
        "vi": Words(
            (
                "Phản ánh {code} vẫn chờ bạn bổ sung. Mở trang theo dõi bằng mã này để"
                " trả lời.",
            ),
            "Phản ánh {code} vẫn chờ bạn bổ sung",
            "Quá {days} ngày không trả lời thì phản ánh tạm dừng. Bạn vẫn mở lại được.",
        ),
        "en": Words(
            (
                "Report {code} still waits for you. Open the tracking page with this"
                " code to answer.",
            ),
            "Report {code} still waits for you",
            "After {days} days without an answer it stops. You can open it again.",
        ),
    },
    Move.HAND_OVER: {
        "vi": Words(
            (
                "Phản ánh {code} đã chuyển sang {holder}. Hạn vẫn là {due}.",
                "Phản ánh {code} đã chuyển sang nơi khác xử lý. Hạn vẫn là {due}.",
            ),
            "Phản ánh {code} đã chuyển sang nơi khác",
            "Lý do có trong trang theo dõi.",
        ),
        "en": Words(
            (
                "Report {code} was handed to {holder}. It is still due by {due}.",
                "Report {code} was handed to another body. It is still due by {due}.",
            ),
            "Report {code} was handed to another body",
            "The reason is on the tracking page.",
        ),
    },
    Move.ESCALATE: {
        "vi": Words(
            (
                "Phản ánh {code} đã chuyển cấp trên: {holder}. Hạn vẫn là {due}.",
                "Phản ánh {code} đã chuyển cấp trên. Hạn vẫn là {due}.",
            ),
            "Phản ánh {code} đã chuyển cấp trên",
        ),
        "en": Words(
            (
                "Report {code} was passed to the level above: {holder}."
                " It is still due by {due}.",
                "Report {code} was passed to the level above."
                " It is still due by {due}.",
            ),
            "Report {code} was passed to the level above",
        ),
    },
    Move.WAIT: {
        "vi": Words(
            (
                "Phản ánh {code}: đã hỏi thêm một cơ quan khác. Hạn vẫn là {due}."
                " Bạn không phải làm gì.",
            ),
            "Phản ánh {code}: đã hỏi thêm một cơ quan khác",
            "Hỏi cơ quan nào và vì sao có trong trang theo dõi.",
        ),
        "en": Words(
            (
                "Report {code}: another body was asked to confirm something. It is"
                " still due by {due}. Nothing for you to do.",
                "Report {code}: another body was asked. It is still due by {due}.",
            ),
            "Report {code}: another body was asked",
            "Which body, and why, is on the tracking page.",
        ),
    },
    Move.EXTEND: {
        "vi": Words(
            (
                "Phản ánh {code} cần thêm thời gian. Hạn mới: {due}. Lý do có trong"
                " trang theo dõi.",
            ),
            "Phản ánh {code} cần thêm thời gian",
            "Mỗi phản ánh chỉ được gia hạn một lần.",
        ),
        "en": Words(
            (
                "Report {code} needs more time. New date: {due}. The reason is on the"
                " tracking page.",
            ),
            "Report {code} needs more time",
            "The time of a report can be extended once only.",
        ),
    },
    Move.OVERDUE: {
        "vi": Words(
            (
                "Xin lỗi, phản ánh {code} đã trễ hạn. Cấp trên đã được báo."
                " Bạn không phải gửi lại.",
            ),
            "Xin lỗi, phản ánh {code} đã trễ hạn",
        ),
        "en": Words(
            (
                "Sorry, report {code} is overdue. The level above knows."
                " No need to send it again.",
            ),
            "Sorry, report {code} is overdue",
        ),
    },
    Move.LAPSE: {
        "vi": Words(
            (
                "Phản ánh {code} tạm dừng vì chưa có bổ sung. Bạn mở lại được trong"
                " trang theo dõi.",
            ),
            "Phản ánh {code} tạm dừng",
        ),
        "en": Words(
            (
                "Report {code} stopped as nothing was added. You can reopen it on the"
                " tracking page.",
            ),
            "Report {code} stopped",
        ),
    },
    Move.REFUSE_FILE: {
        "vi": Words(
            (
                "Một ảnh gửi kèm phản ánh {code} không dùng được. Mở trang theo dõi để"
                " gửi ảnh khác.",
            ),
            "Cần ảnh khác cho phản ánh {code}",
        ),
        "en": Words(
            (
                "A photo sent with report {code} cannot be used. Open the tracking page"
                " to send another one.",
            ),
            "Another photo is needed for report {code}",
        ),
    },
    Move.DISAGREE: {
        "vi": Words(
            (
                "Đã nhận ý kiến của bạn về {code}. Cấp trên xem lại,"
                " kết quả trước {due}.",
            ),
            "Cấp trên xem lại phản ánh {code}",
        ),
        "en": Words(
            (
                "We received your objection to {code}. The level above looks again,"
                " result by {due}.",
            ),
            "The level above looks at report {code} again",
        ),
    },
    Move.REVERT: {
        "vi": Words(
            (
                "Phản ánh {code}: phần tự sửa đã được trả lại như cũ. Sẽ có người xem"
                " lại, kết quả trước {due}.",
            ),
            "Phản ánh {code} được xem lại",
        ),
        "en": Words(
            (
                "Report {code}: what was corrected automatically is put back. A person"
                " looks at it, result by {due}.",
            ),
            "Report {code} is looked at again",
        ),
    },
    Move.REOPEN: {
        "vi": Words(
            (
                "Phản ánh {code} được kiểm tra lại và mở lại. Người khác sẽ xem, kết"
                " quả trước {due}.",
            ),
            "Phản ánh {code} được mở lại",
            "Bạn không phải làm gì.",
        ),
        "en": Words(
            (
                "Report {code} was checked again and opened again. Somebody else looks"
                " at it, result by {due}.",
            ),
            "Report {code} is opened again",
            "There is nothing for you to do.",
        ),
    },
    Move.PUT_BACK: {
        "vi": Words(
            (
                "Phản ánh {code}: phần sửa theo danh sách đã trả lại như cũ. Sẽ xem"
                " lại, kết quả trước {due}.",
            ),
            "Phản ánh {code} được xem lại",
            "Bạn không phải làm gì.",
        ),
        "en": Words(
            (
                "Report {code}: what was changed by a list is put back as it was. A"
                " person looks at it, result by {due}.",
            ),
            "Report {code} is looked at once more",
            "There is nothing for you to do.",
        ),
    },
    Move.WITHDRAW: {
        "vi": Words(
            (
                "Đã rút phản ánh {code} theo ý bạn. Nếu không phải bạn rút, hãy gọi"
                " {help}.",
            ),
            "Đã rút phản ánh {code}",
        ),
        "en": Words(
            ("Report {code} was taken back. If that was not you, call {help}.",),
            "Report {code} was taken back",
        ),
    },
    Move.JOIN: {
        "vi": Words(
            (
                "Đã nhận lời báo thêm {code}. Việc đang được xử lý, kết quả trước"
                " {due}. Bạn không phải gửi lại.",
            ),
            "Đã nhận lời báo thêm {code}",
        ),
        "en": Words(
            (
                "We received {code}. It adds to a report that is being handled, result"
                " by {due}. No need to send it again.",
            ),
            "Report {code} adds to an earlier one",
        ),
    },
    Outcome.CORRECTED: {
        "vi": Words(
            ("Phản ánh {code}: đã sửa. Hãy xem lại và cho biết đã đúng chưa.",),
            "Phản ánh {code}: đã sửa",
        ),
        "en": Words(
            ("Report {code}: corrected. Please look and say whether it is right now.",),
            "Report {code}: corrected",
        ),
    },
    Outcome.PARTLY_CORRECTED: {
        "vi": Words(
            ("Phản ánh {code}: đã sửa một phần. Xem lý do trong trang theo dõi.",),
            "Phản ánh {code}: đã sửa một phần",
            "Nếu chưa đúng, bấm “Chưa đúng” trong trang theo dõi.",
        ),
        "en": Words(
            ("Report {code}: partly corrected. See the reason on the tracking page.",),
            "Report {code}: partly corrected",
            "If it is not right, press “Still not right” on the tracking page.",
        ),
    },
    Outcome.KEPT: {
        "vi": Words(
            (
                "Phản ánh {code}: giữ nguyên, có lý do trong trang theo dõi."
                " Nếu chưa đúng, bấm Chưa đúng.",
            ),
            "Phản ánh {code}: giữ nguyên, có lý do",
        ),
        "en": Words(
            (
                "Report {code}: kept as recorded, the reason is on the tracking page."
                " You may disagree there.",
            ),
            "Report {code}: kept as recorded, with a reason",
        ),
    },
    Outcome.ALREADY_CORRECT: {
        "vi": Words(
            ("Phản ánh {code}: thông tin đã đúng sẵn. Xem trang theo dõi.",),
            "Phản ánh {code}: thông tin đã đúng sẵn",
        ),
        "en": Words(
            ("Report {code}: the record was right already. See the tracking page.",),
            "Report {code}: the record was right already",
        ),
    },
    **SPECIAL,
}

# E-mail only: what stands above and below every step's own sentences.
CLOSING: Final = {
    "vi": (
        "Xem tiến độ: {address}",
        "{asks}",
        "Cần người giúp? Gọi {help} (miễn phí, 7 giờ đến 21 giờ).",
    ),
    "en": (
        "See how far it is: {address}",
        "{asks}",
        "Need a person to help? Call {help} (free, 7:00 to 21:00).",
    ),
}
# What the page asks for beside the code: of reports with a telephone, and without one.
ASKS: Final = {
    ("vi", True): "Trang này hỏi 4 số cuối điện thoại của bạn.",
    ("vi", False): "Trang này hỏi năm sinh và họ tên của người tiêm.",
    ("en", True): "The page asks for the last 4 digits of your telephone.",
    ("en", False): "The page asks for the year of birth and the name of who had the"
    " doses.",
}
STOP: Final = {
    "vi": "Không muốn nhận thư nữa? Bấm vào đây: {stop}",
    "en": "No more e-mails? Open this: {stop}",
}
PROOF: Final = {
    "vi": Words(
        (),
        "Xác nhận địa chỉ thư cho phản ánh {code}",
        "Có người muốn nhận tin về phản ánh {code} tại địa chỉ này. Nếu là bạn, mở"
        " trang sau và bấm “Đồng ý”. Nếu không phải bạn, hãy bỏ qua thư này.",
    ),
    "en": Words(
        (),
        "Confirm this address for report {code}",
        "Somebody wants news of report {code} at this address. If it was you, open"
        " the page below and press “Yes”. If not, ignore this e-mail.",
    ),
}
