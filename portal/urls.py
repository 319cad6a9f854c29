"""Every URL of the portal."""

from django.contrib import admin
from django.urls import include, path

from accounts.views import home
from portal import health

handler400 = "portal.errors.bad_request"
handler403 = "portal.errors.not_allowed"
handler404 = "portal.errors.not_found"
handler500 = "portal.outage.server_error"
urlpatterns = [
    path("", home, name="home"),
    path("accounts/", include("accounts.urls")),
    path("accounts/", include("allauth.account.urls")),
    path("accounts/2fa/", include("allauth.mfa.urls")),
    path("admin/", admin.site.urls),
    path("api/", include("diagnosis.api.urls")),
    path("dicom-web/", include("diagnosis.dicomweb.urls")),
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
    path("", include("diagnosis.urls")),
]
