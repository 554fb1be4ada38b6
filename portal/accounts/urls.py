"""Addresses of signing in and out."""

from django.urls import path

from portal.accounts import views

app_name = "accounts"
urlpatterns = [
    path("dang-nhap/", views.sign_in, name="login"),
    path("dang-xuat/", views.sign_out, name="logout"),
    path("mat-khau/", views.change_password, name="change_password"),
]
