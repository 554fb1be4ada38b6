"""What is said of e-mail addresses themselves: added, replaced, or they come back."""

from typing import Final

from complaints.notifications.wordings import Words

# By text message, to who gave an address where e-mails come back from.
RETURNED: Final = {
    "vi": Words(
        (
            "Thư điện tử về phản ánh {code} bị trả lại. Từ nay chúng tôi chỉ nhắn"
            " tin số này.",
        ),
        "",
    ),
    "en": Words(
        ("Our e-mails about report {code} come back. We only text this number now.",),
        "",
    ),
}
# By text message, to the telephone of a report: an address was added beside it.
ADDED: Final = {
    "vi": Words(
        (
            "Từ nay tin về phản ánh {code} cũng được gửi đến một địa chỉ thư. Không"
            " phải bạn thêm? Gọi {help}.",
        ),
        "",
    ),
    "en": Words(
        (
            "News of report {code} now also goes to an e-mail address. If you did not"
            " add it, call {help}.",
        ),
        "",
    ),
}
# By e-mail, to the address that another one took the place of.
REPLACED: Final = {
    "vi": Words(
        (),
        "Phản ánh {code}: tin được gửi đến địa chỉ khác",
        "Từ nay tin về phản ánh {code} được gửi đến một địa chỉ khác. Nếu không phải"
        " bạn đổi, hãy gọi {help}.",
    ),
    "en": Words(
        (),
        "Report {code}: news goes to another address",
        "From now on news of report {code} goes to another address. If it was not you"
        " who changed it, call {help}.",
    ),
}
