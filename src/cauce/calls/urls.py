"""Addresses of calls: public, of the applicant, and of the managers' desk."""

from django.urls import URLPattern, URLResolver, include, path, re_path

from cauce.calls import views

app_name = "calls"

portal: list[URLPattern | URLResolver] = [
    path("", views.home, name="home"),
    path("plazas/", views.search, name="search"),
    path("plazas.csv", views.search_csv, name="search_csv"),
    path("convocatorias/", views.calls, name="calls"),
    path("convocatorias/<slug:code>/", views.call, name="call"),
    path("convocatorias/<slug:code>/reglas.json", views.call_rules, name="call_rules"),
    path("convocatorias/<slug:code>/calendario.ics", views.call_calendar, name="call_calendar"),
    path("convocatorias/<slug:code>/plazas/", views.posts, name="posts"),
    path("convocatorias/<slug:code>/plazas.csv", views.posts_csv, name="posts_csv"),
    path("convocatorias/<slug:code>/plazas/<str:key>/", views.post, name="post"),
    path("comprobantes/<str:receipt>/", views.receipt, name="receipt"),
]
applicant: list[URLPattern | URLResolver] = [
    path("mi/", views.my_home, name="my_home"),
    path("mi/papel/", views.claim_paper, name="claim_paper"),
    path("convocatorias/<slug:code>/postular/", views.apply, name="apply"),
    path("mi/solicitudes/<str:folio>/", views.application, name="application"),
    path("mi/solicitudes/<str:folio>/datos/", views.application_details, name="application_details"),
    path("mi/solicitudes/<str:folio>/lista/", views.application_list, name="application_list"),
    path("mi/solicitudes/<str:folio>/lista/agregar/", views.application_add, name="application_add"),
    path(
        "mi/solicitudes/<str:folio>/lista/versiones/", views.application_versions, name="application_versions"
    ),
    path(
        "mi/solicitudes/<str:folio>/lista/versiones/<int:number>/",
        views.application_conflict,
        name="application_conflict",
    ),
    path("mi/solicitudes/<str:folio>/enviar/", views.application_send, name="application_send"),
    path("mi/solicitudes/<str:folio>/comprobante/", views.application_receipt, name="application_receipt"),
    path(
        "mi/solicitudes/<str:folio>/comprobante/<int:number>.pdf",
        views.application_receipt_pdf,
        name="application_receipt_pdf",
    ),
    path(
        "mi/solicitudes/<str:folio>/comprobante/<int:number>.json",
        views.application_receipt_content,
        name="application_receipt_content",
    ),
    path("mi/solicitudes/<str:folio>/retirar/", views.application_withdraw, name="application_withdraw"),
    path("mi/solicitudes/<str:folio>/reactivar/", views.application_restore, name="application_restore"),
]
of_one_call: list[URLPattern | URLResolver] = [
    path("", views.desk_call, name="desk_call"),
    path("datos/", views.edit_general, name="edit_general"),
    path("calendario/", views.edit_calendar, name="edit_calendar"),
    path("calendario/nueva/", views.edit_entry, name="new_entry"),
    path("calendario/<int:entry_id>/", views.edit_entry, name="edit_entry"),
    path("calendario/<int:entry_id>/quitar/", views.remove_entry, name="remove_entry"),
    path("alcance/", views.edit_scope, name="edit_scope"),
    path("orden/", views.edit_order, name="edit_order"),
    path("orden/nuevo/", views.edit_criterion, name="new_criterion"),
    path("orden/<slug:key>/", views.edit_criterion, name="edit_criterion"),
    path("orden/<slug:key>/mover/", views.move_criterion, name="move_criterion"),
    path("orden/<slug:key>/quitar/", views.remove_criterion, name="remove_criterion"),
    path("plazas/", views.desk_posts, name="desk_posts"),
    path("plazas/nueva/", views.edit_post, name="new_post"),
    path("plazas/tabla/", views.posts_table, name="posts_table"),
    path("plazas/archivo/", views.import_posts, name="import_posts"),
    path("plazas/archivo/avance/", views.import_posts_progress, name="import_posts_progress"),
    path("plazas/archivo/informe.xlsx", views.import_posts_report, name="import_posts_report"),
    path("plazas/archivo/cargar/", views.import_posts_confirm, name="import_posts_confirm"),
    path("plazas/archivo/olvidar/", views.import_posts_drop, name="import_posts_drop"),
    path("plazas/<str:key>/", views.edit_post, name="edit_post"),
    path("plazas/<str:key>/quitar/", views.remove_post, name="remove_post"),
    path("plazas.csv", views.desk_posts_csv, name="desk_posts_csv"),
    path("puntajes/", views.scores, name="scores"),
    path("puntajes/avance/", views.scores_progress, name="scores_progress"),
    path("puntajes/informe.xlsx", views.scores_report, name="scores_report"),
    path("puntajes/cargar/", views.scores_confirm, name="scores_confirm"),
    path("puntajes/olvidar/", views.scores_drop, name="scores_drop"),
    path("puntajes/revisiones/<int:number>/", views.score_review, name="score_review"),
    path("asignacion/", views.edit_design, name="edit_design"),
    path("asignacion/lugares/", views.seats_table, name="seats_table"),
    path("asignacion/lugares.csv", views.seats_csv, name="seats_csv"),
    path("asignacion/grupos/", views.standings, name="standings"),
    path("asignacion/ordenes/", views.own_orders, name="own_orders"),
    path("publicar/", views.publish, name="publish"),
    path("adendas/", views.addenda, name="addenda"),
    path("solicitudes/", views.desk_applications, name="desk_applications"),
    path("solicitudes/papel/", views.import_applicants, name="import_applicants"),
    path("solicitudes/papel/avance/", views.import_applicants_progress, name="import_applicants_progress"),
    path("solicitudes/papel/informe.xlsx", views.import_applicants_report, name="import_applicants_report"),
    path("solicitudes/papel/cargar/", views.import_applicants_confirm, name="import_applicants_confirm"),
    path("solicitudes/papel/olvidar/", views.import_applicants_drop, name="import_applicants_drop"),
    path("silencio/", views.silence, name="silence"),
    path("bitacora/", views.log, name="log"),
    path("bitacora.csv", views.log_csv, name="log_csv"),
]
desk: list[URLPattern | URLResolver] = [
    path("gestion/", views.desk, name="desk"),
    path("gestion/convocatorias/nueva/", views.new_call, name="new_call"),
    # Codes of calls begin with a capital, so that they leave the other addresses of the desk free.
    re_path(r"^gestion/(?P<code>[A-Z][A-Z0-9-]{0,19})/", include(of_one_call)),
    path("auditoria/", views.audit, name="audit"),
    path("auditoria/recorrer/", views.walk_audit, name="walk_audit"),
    path("auditoria/eventos.csv", views.audit_csv, name="audit_csv"),
]
urlpatterns: list[URLPattern | URLResolver] = [*portal, *applicant, *desk]
