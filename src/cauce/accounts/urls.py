"""Addresses of registration, of what people see about themselves, of the public notices and of the demo's door."""

from django.urls import path

from cauce.accounts import views

app_name = "accounts"
urlpatterns = [
    path("registro/", views.register, name="register"),
    path("registro/otra-curp/", views.other_curp, name="other_curp"),
    path("registro/sin-curp/", views.register_foreign, name="register_foreign"),
    path("registro/llave/", views.passkey_offer, name="passkey_offer"),
    path("registro/seguir/", views.go_on, name="go_on"),
    path("mi/datos/", views.my_data, name="my_data"),
    path("mi/datos/todo.json", views.my_data_file, name="my_data_file"),
    path("mi/datos/curp/", views.link_curp, name="link_curp"),
    path("mi/datos/hora/", views.time_zone, name="time_zone"),
    path("mi/datos/licencia/", views.tell_licence, name="tell_licence"),
    path("mi/datos/licencia/<int:licence_id>/quitar/", views.drop_licence, name="drop_licence"),
    path("mi/datos/derechos/", views.rights, name="rights"),
    path("mi/datos/derechos/<str:folio>/retirar/", views.withdraw_request, name="withdraw_request"),
    path("recuperar/", views.recover, name="recover"),
    path("recuperar/recibida/", views.recovery_asked, name="recovery_asked"),
    path("recuperar/detener/<str:secret>/", views.stop_recovery, name="stop_recovery"),
    path("personas/", views.care, name="care"),
    path("personas/solicitudes/<str:folio>/", views.care_request, name="care_request"),
    path("personas/repetidas/", views.duplicates, name="duplicates"),
    path("personas/repetidas/<int:one_id>/<int:other_id>/", views.pair, name="pair"),
    path("personas/cuentas/<int:recovery_id>/", views.care_recovery, name="care_recovery"),
    path(
        "personas/cuentas/<int:recovery_id>/documento/<int:number>/",
        views.recovery_proof,
        name="recovery_proof",
    ),
    path("privacidad/", views.privacy, name="privacy"),
    path("privacidad/<int:version>/", views.privacy, name="privacy_version"),
    path("accesibilidad/", views.accessibility, name="accessibility"),
    path("demo/", views.demo, name="demo"),
    path("demo/entrar/", views.demo_enter, name="demo_enter"),
    # In the place of allauth's own pages, whose names still lead here.
    path("cuenta/signup/", views.allauth_signup, name="allauth_signup"),
    path("cuenta/confirm-email/", views.confirm, name="confirm"),
]
