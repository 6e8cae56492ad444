"""Wagtail's editors' pages; there is no public site."""

from django.urls import include, path
from wagtail.admin import urls as admin_urls

urlpatterns = [path("admin/", include(admin_urls))]
