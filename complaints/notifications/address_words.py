"""What is said of e-mail addresses themselves: they come back, or were replaced."""

from typing import Final

from complaints.notifications.words import Words

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
