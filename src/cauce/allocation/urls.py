"""Addresses of runs (desk) and of results (public)."""

from django.urls import include, path, re_path

from cauce.allocation import views

app_name = "allocation"
of_one_audit = [
    path("", views.audit, name="audit"),
    path("repetir/", views.request_rerun, name="request_rerun"),
    path("hallazgos/nuevo/", views.new_finding, name="new_finding"),
    path("hallazgos/<int:number>/", views.audit_finding, name="audit_finding"),
    path("hallazgos/<int:number>/contestar/", views.reply_to_finding, name="reply_to_finding"),
    path("hallazgos/<int:number>/resolver/", views.settle_finding, name="settle_finding"),
    path("dictamen/", views.opinion, name="opinion"),
]
urlpatterns = [
    re_path(r"^auditoria/(?P<code>[A-Z][A-Z0-9-]{0,19})/", include(of_one_audit)),
    path("gestion/paquetes/", views.packages, name="packages"),
    path("gestion/firmas/", views.signing, name="signing"),
    path("gestion/mesas/", views.live_desks, name="live_desks"),
    path("gestion/<slug:code>/eleccion/", views.live, name="live"),
    path("gestion/<slug:code>/eleccion/preparar/", views.prepare_live, name="prepare_live"),
    path("gestion/<slug:code>/eleccion/<slug:act>/", views.conduct_live, name="conduct_live"),
    path("gestion/<slug:code>/eleccion/correcciones/<int:number>/", views.decide, name="decide_correction"),
    path("gestion/<slug:code>/mesa/", views.live_desk, name="live_desk"),
    path("gestion/<slug:code>/mesa/elegir/", views.choose_at_desk, name="choose_at_desk"),
    path("gestion/<slug:code>/mesa/ausente/", views.call_absent, name="call_absent"),
    path("gestion/<slug:code>/mesa/corregir/<int:number>/", views.correct, name="correct"),
    path("eleccion/<slug:code>/", views.board, name="board"),
    path("eleccion/<slug:code>/registro.csv", views.live_log, name="live_log"),
    path("eleccion/<slug:code>/mi-turno/", views.my_turn, name="my_turn"),
    path("eleccion/<slug:code>/mi-turno/elegir/", views.choose_online, name="choose_online"),
    path("gestion/<slug:code>/mecanismo/", views.mechanisms, name="mechanisms"),
    path("gestion/<slug:code>/mecanismo/avance/", views.rehearsal_progress, name="rehearsal_progress"),
    path("gestion/<slug:code>/mecanismo/ensayar/", views.request_rehearsal, name="request_rehearsal"),
    path("gestion/<slug:code>/corridas/", views.runs, name="runs"),
    path("gestion/<slug:code>/corridas/pedir/", views.request_run, name="request_run"),
    path("gestion/<slug:code>/corridas/<int:number>/", views.run, name="run"),
    path("gestion/<slug:code>/corridas/<int:number>/avance/", views.run_progress, name="run_progress"),
    path("gestion/<slug:code>/corridas/<int:number>/cortes.csv", views.run_cutoffs, name="run_cutoffs"),
    path("gestion/<slug:code>/corridas/<int:number>/paquete.zip", views.run_package, name="run_package"),
    path("gestion/<slug:code>/corridas/<int:number>/firmar/", views.sign, name="sign"),
    path("gestion/<slug:code>/corridas/<int:number>/retirar-firma/", views.withdraw, name="withdraw"),
    path("gestion/<slug:code>/corridas/<int:number>/publicar/", views.publish, name="publish"),
    path("gestion/<slug:code>/corridas/<int:number>/privacidad/", views.privacy, name="privacy"),
    path("gestion/<slug:code>/corridas/<int:number>/desempates/", views.sensitivity, name="sensitivity"),
    path("gestion/<slug:code>/publicaciones/", views.releases, name="releases"),
    path("gestion/<slug:code>/publicaciones/definitiva/", views.propose_list, name="propose_list"),
    path("gestion/<slug:code>/publicaciones/deshacer/", views.propose_undo, name="propose_undo"),
    path("gestion/<slug:code>/publicaciones/<int:number>/", views.release, name="release"),
    path(
        "gestion/<slug:code>/publicaciones/<int:number>/confirmar/",
        views.confirm_release,
        name="confirm_release",
    ),
    path(
        "gestion/<slug:code>/publicaciones/<int:number>/descartar/", views.drop_release, name="drop_release"
    ),
    path("gestion/<slug:code>/inconformidades/", views.claims, name="claims"),
    path("gestion/<slug:code>/inconformidades/aplicar/", views.request_correction, name="request_correction"),
    path("gestion/<slug:code>/inconformidades/<str:receipt>/", views.claim, name="claim"),
    path(
        "gestion/<slug:code>/inconformidades/<str:receipt>/proponer/",
        views.propose_decision,
        name="propose_decision",
    ),
    path(
        "gestion/<slug:code>/inconformidades/<str:receipt>/decidir/", views.decide_claim, name="decide_claim"
    ),
    path(
        "gestion/<slug:code>/inconformidades/<str:receipt>/prueba-<int:number>/",
        views.claim_file,
        name="claim_file",
    ),
    path("gestion/<slug:code>/candidatos/", views.candidates, name="candidates"),
    path("gestion/<slug:code>/demanda/", views.demand, name="demand"),
    path("gestion/<slug:code>/candidatos.csv", views.candidates_csv, name="candidates_csv"),
    path("gestion/<slug:code>/ofertas/", views.offers, name="offers"),
    path("gestion/<slug:code>/ofertas/ronda/", views.request_round, name="request_round"),
    path("gestion/<slug:code>/ofertas/proponer/", views.propose_round, name="propose_round"),
    path("gestion/<slug:code>/ofertas/fuera/", views.record_outside, name="record_outside"),
    path("gestion/<slug:code>/ofertas/disputa/<int:number>/", views.resolve_dispute, name="resolve_dispute"),
    path("gestion/<slug:code>/ofertas/<int:number>/llegada/", views.mark_joined, name="mark_joined"),
    path("resultados/", views.results, name="results"),
    path("resultados/<slug:code>/", views.call_results, name="call_results"),
    path("resultados/<slug:code>/cortes.csv", views.cutoffs, name="cutoffs"),
    path("resultados/<slug:code>/paquete.zip", views.package, name="package"),
    path(
        "resultados/<slug:code>/publicacion-<int:number>.zip", views.release_package, name="release_package"
    ),
    path("resultados/<slug:code>/<str:folio>/inconformidad/", views.claim_form, name="claim_form"),
    path(
        "resultados/<slug:code>/<str:folio>/inconformidad/<str:receipt>/prueba-<int:number>/",
        views.own_claim_file,
        name="own_claim_file",
    ),
    path("resultados/<slug:code>/<str:folio>/ofertas/", views.my_offers, name="my_offers"),
    path("resultados/<slug:code>/<str:folio>/ofertas/<int:number>/", views.offer, name="offer"),
    path(
        "resultados/<slug:code>/<str:folio>/ofertas/<int:number>/oferta.pdf",
        views.offer_pdf,
        name="offer_pdf",
    ),
    path("resultados/<slug:code>/<str:folio>/orden/", views.order, name="order"),
    path("resultados/<slug:code>/<str:folio>/orden.pdf", views.order_pdf, name="order_pdf"),
    path("resultados/<slug:code>/<str:folio>/", views.result, name="result"),
]
