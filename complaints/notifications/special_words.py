"""Words of steps for those to whom the usual ones would be untrue.

``joined_``: who reported something that somebody else had reported already. Their page
has neither the reason nor a button, so they are told how it stands and what they can
do. ``overdue_top``, ``looked_again``: nobody stands above whoever has it.
``opened_again``: the answer came after the matter had lapsed, so nobody looks at a
decision.
"""

from typing import Final

from complaints.choices import Move, Outcome
from complaints.notifications.wordings import Words

OVERDUE_TOP: Final = "overdue_top"
OPENED_AGAIN: Final = "opened_again"
LOOKED_AGAIN: Final = "looked_again"
JOINED_PHOTO: Final = "joined_photo"

# Under which key who reported again is told; of other steps they hear nothing.
JOINED: Final[dict[str, str]] = {
    Outcome.CORRECTED: "joined_corrected",
    Outcome.PARTLY_CORRECTED: "joined_partly",
    Outcome.KEPT: "joined_kept",
    Outcome.ALREADY_CORRECT: Outcome.ALREADY_CORRECT,
    Move.ASK: "joined_asked",
    Move.WITHDRAW: "joined_stopped",
    Move.LAPSE: "joined_stopped",
    Move.REVERT: Move.REVERT,
    Move.REOPEN: Move.REOPEN,
    Move.PUT_BACK: Move.PUT_BACK,
}

SPECIAL: Final[dict[str, dict[str, Words]]] = {
    OVERDUE_TOP: {
        "vi": Words(
            (
                "Xin lỗi, phản ánh {code} đã trễ hạn và vẫn đang được xử lý."
                " Bạn không phải gửi lại.",
            ),
            "Xin lỗi, phản ánh {code} đã trễ hạn",
        ),
        "en": Words(
            (
                "Sorry, report {code} is overdue and still being worked on."
                " No need to send it again.",
            ),
            "Sorry, report {code} is overdue",
        ),
    },
    OPENED_AGAIN: {
        "vi": Words(
            (
                "Đã nhận câu trả lời của bạn. Phản ánh {code} được mở lại,"
                " kết quả trước {due}.",
            ),
            "Phản ánh {code} được mở lại",
        ),
        "en": Words(
            ("We received your answer. Report {code} is open again, result by {due}.",),
            "Report {code} is open again",
        ),
    },
    LOOKED_AGAIN: {
        "vi": Words(
            (
                "Đã nhận ý kiến của bạn về {code}. Người khác ở đó xem lại,"
                " kết quả trước {due}.",
            ),
            "Người khác xem lại phản ánh {code}",
        ),
        "en": Words(
            (
                "We received your objection to {code}. Somebody else there looks again,"
                " result by {due}.",
            ),
            "Somebody else looks at report {code} again",
        ),
    },
    "joined_corrected": {
        "vi": Words(
            ("Phản ánh {code}: việc này đã được sửa. Nếu chưa đúng, hãy báo lại.",),
            "Phản ánh {code}: đã sửa",
        ),
        "en": Words(
            ("Report {code}: this is corrected. If it is not right, report it again.",),
            "Report {code}: corrected",
        ),
    },
    "joined_partly": {
        "vi": Words(
            (
                "Phản ánh {code}: việc này đã được sửa một phần. Nếu chưa đúng,"
                " hãy báo lại.",
            ),
            "Phản ánh {code}: đã sửa một phần",
            "Lý do được gửi cho người đã báo trước.",
        ),
        "en": Words(
            (
                "Report {code}: this is partly corrected. If it is not right,"
                " report it again.",
            ),
            "Report {code}: partly corrected",
            "The reason is told to who reported it first.",
        ),
    },
    "joined_kept": {
        "vi": Words(
            (
                "Phản ánh {code}: đã kiểm tra và giữ nguyên. Nếu chưa đúng,"
                " hãy báo lại.",
            ),
            "Phản ánh {code}: giữ nguyên",
            "Lý do được gửi cho người đã báo trước.",
        ),
        "en": Words(
            (
                "Report {code}: checked and kept as recorded. If it is not right,"
                " report it again.",
            ),
            "Report {code}: kept as recorded",
            "The reason is told to who reported it first.",
        ),
    },
    "joined_asked": {
        "vi": Words(
            (
                "Phản ánh {code}: cần bổ sung. Câu hỏi đã gửi đến số điện thoại báo"
                " trước. Cần giúp? Gọi {help}.",
                "Phản ánh {code}: cần bổ sung, đã hỏi số báo trước. Gọi {help}.",
            ),
            "Phản ánh {code}: đã hỏi người báo trước",
            "Ai mở được hồ sơ thì thấy và trả lời được câu hỏi ở đó.",
        ),
        "en": Words(
            (
                "Report {code}: more is needed. The question went to the telephone of"
                " the first report. Help: {help}.",
                "Report {code}: the telephone of the first report was asked. Help:"
                " {help}.",
            ),
            "Report {code}: who reported it first was asked",
            "Who can open the record finds the question there and can answer it.",
        ),
    },
    "joined_stopped": {
        "vi": Words(
            (
                "Phản ánh {code}: việc này đã dừng, chưa có kết quả. Nếu vẫn cần sửa,"
                " hãy báo lại.",
            ),
            "Phản ánh {code} đã dừng",
        ),
        "en": Words(
            (
                "Report {code}: this was stopped without a result. If it still needs"
                " correcting, report it again.",
            ),
            "Report {code} was stopped",
        ),
    },
    JOINED_PHOTO: {
        "vi": Words(
            (
                "Một ảnh gửi kèm phản ánh {code} không dùng được. Muốn gửi ảnh khác,"
                " hãy báo lại.",
            ),
            "Ảnh của phản ánh {code} không dùng được",
        ),
        "en": Words(
            (
                "A photo sent with report {code} cannot be used. To send another one,"
                " report it again.",
            ),
            "A photo of report {code} cannot be used",
        ),
    },
}
