"""Addresses of signing in and out, and of one's own account."""

from django.urls import path

from portal.accounts.views import (
    accounts,
    invitation,
    kept,
    passkeys,
    postings,
    second_factor,
    sessions,
    signing_in,
)

app_name = "accounts"
urlpatterns = [
    path("dang-nhap/", signing_in.sign_in, name="login"),
    path("dang-nhap/ma/", signing_in.second_step, name="second_step"),
    path("dang-xuat/", signing_in.sign_out, name="logout"),
    path("mat-khau/", signing_in.change_password, name="change_password"),
    path("tai-khoan/buoc-hai/", second_factor.second_factor, name="second_factor"),
    path("tai-khoan/ma-du-phong/", second_factor.recovery_codes, name="recovery_codes"),
    path("dang-nhap/khoa/", signing_in.passkey_step, name="passkey_step"),
    path("tai-khoan/khoa/", passkeys.index, name="passkeys"),
    path("tai-khoan/khoa/moi/", passkeys.new, name="passkey_new"),
    path("tai-khoan/con-lam/", sessions.here, name="here"),
    path("tai-khoan/phien/", sessions.sessions, name="sessions"),
    path("tai-khoan/gui-lai/", kept.kept_work, name="kept_work"),
    path("tai-khoan/phan-cong/", postings.postings, name="postings"),
    path("tai-khoan/", accounts.accounts, name="accounts"),
    path("tai-khoan/moi/", accounts.new_account, name="new_account"),
    path("tai-khoan/<uuid:ref>/", accounts.account, name="account"),
    path("loi-moi/<str:token>/", invitation.invitation, name="invitation"),
]
