"""Who gets what: one row for each address. The order of the columns is that of PEOPLE."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

PEOPLE = (
    "nobody", "mariana", "bruno", "carla", "dario", "sofia", "aurelio", "elena", "rosa", "samuel", "pilar",
)  # fmt: skip

Row = tuple[tuple[int, ...], Callable[[Any], dict[str, Any]]]

# Answers to a GET. 302 of nobody is the way to sign-in; 404 says nothing about what exists.
PUBLIC = (200,) * 11
KNOWN = (302, *(200,) * 10)
STRANGER = (200, *(302,) * 10)  # who has signed in already needs no registration
MINE = (302, 200, *(404,) * 9)
PERSON = (302, 200, 200, *(302,) * 8)  # offices are led to their desk
PEOPLE_ONLY = (302, 200, 200, *(404,) * 8)  # an office has no documents
READS_DESK = (302, 404, 404, 200, 404, 200, 200, 200, *(404,) * 3)
EDITS_DRAFT = (302, 404, 404, 200, 404, 403, 403, 403, *(404,) * 3)  # who only reads is told so
EDITS_FROZEN = (302, 404, 404, 403, 404, 403, 403, 403, *(404,) * 3)  # nobody edits a published call
MANAGES = (302, 404, 404, 200, 404, 404, 404, 404, *(404,) * 3)  # who only reads the desk is not told of it
OFFICE = (302, 404, 404, *(200,) * 8)
MANAGERS = (302, 404, 404, 200, 200, 404, 404, 404, *(404,) * 3)
SERVES = MANAGERS  # and the desk's clerks
SIGNS = (302, 404, 404, 200, 200, 200, 404, 404, *(404,) * 3)
DECIDES = (302, 404, 404, 200, 404, 200, 404, 404, *(404,) * 3)
EXPLAINS = (302, 200, 404, 200, 404, 200, 200, 200, *(404,) * 3)
AUDITOR = (302, *(404,) * 5, 200, 404, *(404,) * 3)
CATALOGUE = (302, *(404,) * 6, 200, *(404,) * 3)
REVIEWS = (302, *(404,) * 7, 200, 404, 404)
READS_PACKAGE = (302, 404, 404, 200, 404, 200, 200, 200, 404, 404, 200)  # and who reviews it
CARES = (302, *(404,) * 9, 200)
PANELLIST = (302, *(404,) * 7, 200, 404, 404)
PARTNER = (302, *(404,) * 8, 200, 404)  # who proposes candidates of that institute
NOBODYS = (302, *(404,) * 10)
BUTTON = (302, *(405,) * 10)  # only a POST does anything here
PUBLIC_BUTTON = (405,) * 11
ONLY_IN_THE_DEMO = (404,) * 11


def none(world):
    return {}


def asked(world):
    return {"folio": world.asked.folio}


def pair(world):
    users = world.people.users
    return {"one_id": users["mariana"].person_id, "other_id": users["bruno"].person_id}


def recovery(world):
    return {"recovery_id": world.recovery.pk}


def opened(world):
    return {"code": world.opened.code}


def filed_by_nobody(world):
    return {"code": world.opened.code, "folio": world.mine.folio}


def draft(world):
    return {"code": world.draft.code}


def closed(world):
    return {"code": world.closed.code}


def run(world):
    return {"code": world.closed.code, "number": world.run.number}


def finding(world):
    return {"code": world.closed.code, "number": world.finding.number}


def unsigned(world):
    return {"code": world.waiting.code, "number": world.certified.number}


def waiting(world):
    return {"code": world.waiting.code}


def live(world):
    return {"code": world.live.call.code}


def mine(world):
    return {"folio": world.mine.folio}


def version(world):
    return {"folio": world.mine.folio, "number": 1}


def placed(world):
    return {"code": world.closed.code, "folio": world.placed.folio}


def after(world):
    return {"code": world.after.code}


def release(world):
    return {"code": world.after.code, "number": 1}


def claim(world):
    return {"code": world.after.code, "receipt": world.claim.receipt}


def own(world):
    return {"code": world.after.code, "folio": world.offer.application.folio}


def offer(world):
    return {**own(world), "number": world.offer.release.number}


def offer_row(world):
    return {"code": world.after.code, "number": world.offer.pk}


def dispute(world):
    return {"code": world.after.code, "number": world.dispute.pk}


def post(world):
    return {"code": world.opened.code, "key": world.post.key}


def draft_post(world):
    return {"code": world.draft.code, "key": world.draft_post.key}


def reviewed(world):
    return {"code": world.opened.code, "number": world.review.pk}


def teams(world):
    return {"code": world.teams.code}


def interview(world):
    return {"number": world.interview.pk}


def my_review(world):
    return {"folio": world.mine.folio, "number": world.review.pk}


def criterion(world):
    return {"code": world.draft.code, "key": world.draft.score_criteria[0]["key"]}


def document(world):
    return {"folio": world.mine.folio, "key": world.evidence.requirement.key}


def requirement(world):
    return {"code": world.draft.code, "key": world.requirement.key}


def case(world):
    return {"number": world.case.pk}


def proposal(world):
    return {"number": world.proposal.pk}


def candidate(world):
    return {"number": world.candidate.pk}


def draft_partner(world):
    return {"code": world.draft.code, "institution": "ISSS"}


def entry(world):
    return {"code": world.draft.code, "entry_id": world.entry.pk}


MATRIX: dict[str, Row] = {
    "base:health": (PUBLIC, none),
    "base:ui": (PUBLIC, none),
    "base:preferences": (PUBLIC_BUTTON, none),
    "accounts:register": (STRANGER, none),
    "accounts:register_foreign": (STRANGER, none),
    "accounts:other_curp": (PUBLIC_BUTTON, none),
    "accounts:allauth_signup": ((302,) * 11, none),
    "accounts:confirm": (PUBLIC, none),
    "accounts:passkey_offer": (KNOWN, none),
    "accounts:go_on": ((302,) * 11, none),
    "accounts:my_data": (KNOWN, none),
    "accounts:my_data_file": (KNOWN, none),
    "accounts:link_curp": (PEOPLE_ONLY, none),
    "accounts:time_zone": (PEOPLE_ONLY, none),
    "accounts:tell_licence": (PEOPLE_ONLY, none),
    "accounts:drop_licence": (BUTTON, lambda world: {"licence_id": 1}),
    "accounts:rights": (PEOPLE_ONLY, none),
    "accounts:withdraw_request": (BUTTON, asked),
    "accounts:recover": (PUBLIC, none),
    "accounts:recovery_asked": (PUBLIC, none),
    "accounts:stop_recovery": (PUBLIC, lambda world: {"secret": "x"}),
    "accounts:care": (CARES, none),
    "accounts:care_request": (CARES, asked),
    "accounts:duplicates": (CARES, none),
    "accounts:pair": (CARES, pair),
    "accounts:care_recovery": (CARES, recovery),
    "accounts:recovery_proof": ((302, *(404,) * 10), lambda world: recovery(world) | {"number": 2}),
    "accounts:privacy": (PUBLIC, none),
    "accounts:privacy_version": (PUBLIC, lambda world: {"version": 1}),
    "accounts:accessibility": (PUBLIC, none),
    "accounts:demo": (ONLY_IN_THE_DEMO, none),
    "accounts:demo_enter": (PUBLIC_BUTTON, none),
    "notices:inbox": (KNOWN, none),
    "notices:open": ((302, 200, *(404,) * 9), lambda world: {"message_id": world.letter.pk}),
    "notices:read_all": (BUTTON, none),
    "notices:reminders": (BUTTON, none),
    "notices:texts": ((302, *(404,) * 5, 200, 200, 404, 404, 200), none),
    "notices:outbox": ((302, *(404,) * 6, 200, 404, 404, 200), none),
    "notices:settle": (BUTTON, lambda world: {"message_id": world.letter.pk}),
    "notices:letterbox": (ONLY_IN_THE_DEMO, none),
    "institutions:sites": (PUBLIC, none),
    "institutions:site": (PUBLIC, lambda world: {"pk": world.post.site_id}),
    "institutions:specialties": (PUBLIC, none),
    "institutions:institutions": (PUBLIC, none),
    "institutions:institution": (PUBLIC, lambda world: {"code": world.opened.institution.code}),
    "institutions:import_clues": (CATALOGUE, none),
    "institutions:import_clues_progress": (CATALOGUE, none),
    "institutions:import_clues_report": ((302, *(404,) * 10), none),  # nothing waits
    "institutions:import_clues_confirm": (BUTTON, none),
    "institutions:import_clues_drop": (BUTTON, none),
    "calls:home": (PUBLIC, none),
    "calls:outages": (PUBLIC, none),
    "calls:search": (PUBLIC, none),
    "calls:search_csv": (PUBLIC, none),
    "calls:calls": (PUBLIC, none),
    "calls:call": (PUBLIC, opened),
    "calls:call_rules": (PUBLIC, opened),
    "calls:call_calendar": (PUBLIC, opened),
    "calls:posts": (PUBLIC, opened),
    "calls:posts_csv": (PUBLIC, opened),
    "calls:post": (PUBLIC, post),
    "calls:receipt": (PUBLIC, lambda world: {"receipt": world.receipt}),
    "calls:coverage": (PUBLIC, teams),
    "calls:coverage_csv": (PUBLIC, teams),
    "calls:my_interview": (MINE, mine),
    "calls:my_home": (PERSON, none),
    "calls:claim_paper": ((302, 302, 302, *(404,) * 8), none),  # nobody here claims to be somebody
    "calls:apply": (KNOWN, opened),
    "calls:application": (MINE, mine),
    "calls:application_details": (MINE, mine),
    "calls:application_list": (MINE, mine),
    "calls:application_add": (MINE, mine),
    "calls:application_versions": (MINE, mine),
    "calls:application_conflict": ((302, 302, *(404,) * 9), version),
    "calls:application_send": (MINE, mine),
    "calls:application_receipt": ((302, 302, *(404,) * 9), mine),
    "calls:application_receipt_pdf": ((302, *(404,) * 10), version),
    "calls:application_receipt_content": ((302, *(404,) * 10), version),
    "calls:application_withdraw": ((302, 302, *(404,) * 9), mine),  # nothing sent: led back to the list
    "calls:application_restore": (BUTTON, mine),
    "calls:application_file": (MINE, mine),
    "calls:application_document": (MINE, document),
    "calls:application_reading": (BUTTON, document),
    "calls:application_reuse": (BUTTON, mine),
    "calls:evidence_page": (
        (302, 200, *(404,) * 6, 200, 404, 404),  # whose it is, and who holds its case
        lambda world: {"key": world.evidence.key, "number": 1},
    ),
    "calls:review_queue": (REVIEWS, none),
    "calls:review_case": (REVIEWS, case),
    "calls:release_case": (BUTTON, case),
    "calls:claim_case": (BUTTON, opened),
    "calls:edit_requirements": (READS_DESK, draft),
    "calls:edit_requirement": (EDITS_DRAFT, requirement),
    "calls:remove_requirement": (BUTTON, requirement),
    "calls:desk_review": (READS_DESK, opened),
    "calls:partner_home": (PARTNER, none),
    "calls:partner": (PARTNER, proposal),
    "calls:nominate": (PARTNER, proposal),
    "calls:nomination": (PARTNER, candidate),
    "calls:sign_nominations": (BUTTON, proposal),
    "calls:remove_nomination": (BUTTON, candidate),
    "calls:import_nominations": (PARTNER, proposal),
    "calls:import_nominations_progress": (PARTNER, proposal),
    "calls:import_nominations_report": ((302, *(404,) * 10), proposal),  # nothing waits
    "calls:import_nominations_confirm": (BUTTON, proposal),
    "calls:import_nominations_drop": (BUTTON, proposal),
    "calls:my_nomination": (MINE, candidate),
    "calls:application_category": (MINE, mine),
    "calls:edit_categories": (READS_DESK, draft),
    "calls:categories_csv": ((302, 404, 404, 200, 404, 403, 403, 403, *(404,) * 3), opened),
    "calls:new_partner": (EDITS_DRAFT, draft),
    "calls:edit_partner": (EDITS_DRAFT, draft_partner),
    "calls:remove_partner": (BUTTON, draft_partner),
    "calls:desk": (OFFICE, none),
    "calls:new_call": (MANAGERS, none),
    "calls:desk_call": (READS_DESK, draft),
    "calls:edit_general": (READS_DESK, draft),
    "calls:edit_calendar": (READS_DESK, draft),
    "calls:edit_scope": (READS_DESK, draft),
    "calls:edit_order": (READS_DESK, draft),
    "calls:new_entry": (EDITS_DRAFT, draft),
    "calls:edit_entry": (EDITS_DRAFT, entry),
    "calls:remove_entry": (BUTTON, entry),
    "calls:new_criterion": (EDITS_DRAFT, draft),
    "calls:edit_criterion": (EDITS_DRAFT, criterion),
    "calls:move_criterion": (BUTTON, criterion),
    "calls:remove_criterion": (BUTTON, criterion),
    "calls:desk_posts": (READS_DESK, draft),
    "calls:desk_posts_csv": (READS_DESK, draft),
    "calls:new_post": (EDITS_DRAFT, draft),
    "calls:posts_table": (EDITS_FROZEN, opened),
    "calls:import_posts": (EDITS_DRAFT, draft),
    "calls:import_posts_progress": (EDITS_DRAFT, draft),
    "calls:import_posts_report": (
        (302, 404, 404, 404, 404, 403, 403, 403, *(404,) * 3),
        draft,
    ),  # nothing waits
    "calls:import_posts_confirm": (BUTTON, draft),
    "calls:import_posts_drop": (BUTTON, draft),
    "calls:edit_post": (EDITS_DRAFT, draft_post),
    "calls:remove_post": (BUTTON, draft_post),
    "calls:edit_design": (READS_DESK, draft),
    "calls:edit_aftermath": (READS_DESK, draft),
    "calls:edit_lottery": (READS_DESK, draft),
    "calls:draw": (READS_DESK, closed),
    "calls:reveal_secret": (READS_DESK, lambda world: {**closed(world), "number": 1}),
    "calls:participants": (PUBLIC, closed),
    "calls:seats_table": (EDITS_DRAFT, draft),
    "calls:seats_csv": (READS_DESK, draft),
    "calls:standings": (READS_DESK, opened),
    "calls:own_orders": (READS_DESK, opened),
    "calls:publish": (READS_DESK, draft),
    "calls:addenda": (READS_DESK, opened),
    "calls:edit_rubric": (EDITS_DRAFT, draft),
    "calls:edit_profile": (EDITS_DRAFT, draft),
    "calls:teams": (READS_DESK, teams),
    "calls:panels": (READS_DESK, opened),
    "calls:interview": (READS_DESK, lambda world: {"code": world.opened.code, "number": world.interview.pk}),
    "calls:shortlists": (READS_DESK, opened),
    "calls:profile_review": (READS_DESK, lambda world: {**opened(world), **mine(world)}),
    "calls:decline": (READS_DESK, lambda world: {**opened(world), "number": world.entry_of_shortlist.pk}),
    "calls:propose": (READS_DESK, post),
    "calls:sign_appointment": (BUTTON, post),
    "calls:my_panels": (PANELLIST, none),
    "calls:sheet": (PANELLIST, interview),
    "calls:replace_panellist": (
        BUTTON,
        lambda world: {"code": world.opened.code, "number": world.interview.pk},
    ),
    "calls:recuse": (BUTTON, interview),
    "calls:reconcile": (BUTTON, interview),
    "calls:scores": (READS_DESK, opened),
    "calls:scores_progress": (EDITS_DRAFT, opened),
    "calls:scores_report": ((302, 404, 404, 404, 404, 403, 403, 403, *(404,) * 3), opened),  # nothing waits
    "calls:scores_confirm": (BUTTON, opened),
    "calls:scores_drop": (BUTTON, opened),
    "calls:score_review": (READS_DESK, reviewed),
    "calls:review_file": ((302, *(404,) * 10), reviewed),  # nobody added one
    "calls:anomalies": (READS_DESK, opened),
    "calls:look_again": (BUTTON, opened),
    "calls:answers": (READS_DESK, opened),
    "calls:answers_progress": (EDITS_DRAFT, opened),
    "calls:answers_report": ((302, 404, 404, 404, 404, 403, 403, 403, *(404,) * 3), opened),  # nothing waits
    "calls:answers_confirm": (BUTTON, opened),
    "calls:answers_drop": (BUTTON, opened),
    "calls:application_reviews": (MINE, mine),
    "calls:answer_review": (BUTTON, my_review),
    "calls:my_review_file": ((302, *(404,) * 10), my_review),
    "calls:desk_applications": (READS_DESK, opened),
    "calls:file_application": (MANAGES, opened),
    "calls:filed_application": (NOBODYS, filed_by_nobody),
    "calls:filed_receipt_pdf": (NOBODYS, filed_by_nobody),
    "calls:consent_scan": (NOBODYS, mine),  # nobody applied for her
    "calls:import_applicants": (MANAGES, opened),
    "calls:import_applicants_progress": (MANAGES, opened),
    "calls:import_applicants_report": ((302, *(404,) * 10), opened),  # nothing waits
    "calls:import_applicants_confirm": (BUTTON, opened),
    "calls:import_applicants_drop": (BUTTON, opened),
    "calls:silence": (READS_DESK, opened),
    "calls:log": (READS_DESK, opened),
    "calls:log_csv": (READS_DESK, opened),
    "calls:audit": (AUDITOR, none),
    "calls:audit_csv": (AUDITOR, none),
    "calls:walk_audit": (BUTTON, none),
    "allocation:live_desks": (SERVES, none),
    "allocation:live": (READS_DESK, live),
    "allocation:prepare_live": (BUTTON, live),
    "allocation:conduct_live": (BUTTON, lambda world: {**live(world), "act": "pausar"}),
    "allocation:decide_correction": (BUTTON, lambda world: {**live(world), "number": 1}),
    "allocation:live_desk": (MANAGES, live),
    "allocation:choose_at_desk": (BUTTON, live),
    "allocation:call_absent": (BUTTON, live),
    "allocation:correct": (MANAGES, lambda world: {**live(world), "number": 1}),
    "allocation:board": (PUBLIC, live),
    "allocation:live_log": (PUBLIC, live),
    "allocation:my_turn": (PEOPLE_ONLY, live),
    "allocation:choose_online": (BUTTON, live),
    "allocation:audit": (READS_DESK, closed),
    "allocation:request_rerun": (BUTTON, closed),
    "allocation:new_finding": (AUDITOR, closed),
    "allocation:audit_finding": (READS_DESK, finding),
    "allocation:reply_to_finding": (BUTTON, finding),
    "allocation:settle_finding": (BUTTON, finding),
    "allocation:opinion": (AUDITOR, closed),
    "allocation:signing": (SIGNS, none),
    "allocation:packages": (CARES, none),
    "allocation:mechanisms": (READS_DESK, closed),
    "allocation:rehearsal_progress": (READS_DESK, closed),
    "allocation:request_rehearsal": (BUTTON, closed),
    "allocation:runs": (READS_DESK, closed),
    "allocation:sensitivity": (READS_DESK, run),
    "allocation:request_run": (BUTTON, closed),
    "allocation:run": (READS_DESK, run),
    "allocation:run_progress": (READS_DESK, run),
    "allocation:run_cutoffs": (READS_DESK, run),
    "allocation:run_package": (READS_PACKAGE, run),
    "allocation:privacy": (READS_PACKAGE, run),
    "allocation:sign": (BUTTON, unsigned),
    "allocation:withdraw": (BUTTON, unsigned),
    "allocation:publish": (BUTTON, unsigned),
    "allocation:releases": (READS_DESK, after),
    "allocation:release": (READS_DESK, release),
    "allocation:propose_list": (BUTTON, after),
    "allocation:propose_undo": (BUTTON, after),
    "allocation:confirm_release": (BUTTON, release),
    "allocation:drop_release": (BUTTON, release),
    "allocation:claims": (READS_DESK, after),
    "allocation:claim": (DECIDES, claim),
    "allocation:claim_file": (
        (302, *(404,) * 10),
        lambda world: {**claim(world), "number": 9},
    ),  # none was brought
    "allocation:propose_decision": (BUTTON, claim),
    "allocation:decide_claim": (BUTTON, claim),
    "allocation:request_correction": (BUTTON, after),
    "allocation:demand": (READS_DESK, after),
    "allocation:candidates": (READS_DESK, after),
    "allocation:candidates_csv": (MANAGES, after),
    "allocation:offers": (READS_DESK, after),
    "allocation:request_round": (BUTTON, after),
    "allocation:propose_round": (BUTTON, after),
    "allocation:record_outside": (BUTTON, after),
    "allocation:resolve_dispute": (BUTTON, dispute),
    "allocation:mark_joined": (BUTTON, offer_row),
    "allocation:claim_form": (MINE, own),
    "allocation:own_claim_file": (
        (302, *(404,) * 10),
        lambda world: {**own(world), "receipt": "I-1", "number": 9},
    ),
    "allocation:my_offers": (MINE, own),
    "allocation:offer": (MINE, offer),
    "allocation:offer_pdf": (MINE, offer),
    "allocation:release_package": (PUBLIC, release),
    "allocation:results": (PUBLIC, none),
    "allocation:call_results": (PUBLIC, closed),
    "allocation:cutoffs": (PUBLIC, closed),
    "allocation:package": (PUBLIC, closed),
    "allocation:result": (PUBLIC, placed),
    "allocation:order": (EXPLAINS, placed),
    "allocation:order_pdf": (EXPLAINS, placed),
    "indicators:figures": (PUBLIC, none),
    "indicators:figures_csv": (PUBLIC, none),
    "indicators:figures_json": (PUBLIC, none),
    "indicators:dictionary": (PUBLIC, none),
    "indicators:figure": (PUBLIC, lambda world: {"code": world.figure}),
    "indicators:replay": (PUBLIC, none),
    "indicators:replay_json": (PUBLIC, none),
    "indicators:replay_csv": (PUBLIC, none),
    "indicators:replay_progress": (PUBLIC, none),
    "indicators:request_replay": (BUTTON, none),
    "indicators:figure_csv": (PUBLIC, lambda world: {"code": "convocatorias-abiertas"}),
}

# Answers to an empty POST, and for whom it writes: 302 is done, or led back with a sentence; 200 and 422 are a
# form that says what it lacks, or a page that says why not; 404 of who may not know.
READERS_TOLD = (302, 404, 404, 302, 404, 302, 302, 302, *(404,) * 3)
READERS_SEE = (302, 404, 404, 200, 404, 200, 200, 200, *(404,) * 3)

POSTED: dict[str, tuple[tuple[int, ...], tuple[str, ...], Callable[[Any], dict[str, Any]]]] = {
    "accounts:link_curp": (PEOPLE_ONLY, (), none),
    "calls:claim_paper": ((302, 302, 302, *(404,) * 8), (), none),
    "accounts:tell_licence": (PEOPLE_ONLY, (), none),
    "accounts:rights": (PEOPLE_ONLY, (), none),
    "accounts:withdraw_request": ((302, 302, *(404,) * 9), ("mariana",), asked),
    "accounts:recover": (PUBLIC, (), none),
    "accounts:stop_recovery": (PUBLIC, (), lambda world: {"secret": "x"}),
    "accounts:care_request": (CARES, (), asked),
    "accounts:pair": (CARES, (), pair),
    "accounts:care_recovery": (CARES, (), recovery),
    "accounts:time_zone": ((302, 302, 302, *(404,) * 8), ("mariana", "bruno"), none),  # empty is the default
    "notices:reminders": ((302,) * 11, PEOPLE[1:], none),
    "notices:settle": (
        (302, *(404,) * 6, 302, 404, 404, 302),
        ("elena", "pilar"),  # a letter that waits is left as it is
        lambda world: {"message_id": world.letter.pk},
    ),
    "accounts:drop_licence": (
        (302, 302, 302, *(404,) * 8),
        ("mariana", "bruno"),
        lambda world: {"licence_id": 1},
    ),
    "institutions:import_clues": ((302, *(404,) * 6, 422, *(404,) * 3), (), none),
    "institutions:import_clues_confirm": ((302, *(404,) * 6, 302, *(404,) * 3), (), none),
    "institutions:import_clues_drop": ((302, *(404,) * 6, 302, *(404,) * 3), (), none),
    "calls:import_posts": ((302, 404, 404, 422, 404, 403, 403, 403, *(404,) * 3), (), draft),
    "calls:import_posts_confirm": ((302, 404, 404, 302, 404, 403, 403, 403, *(404,) * 3), (), draft),
    "calls:import_posts_drop": ((302, 404, 404, 302, 404, 403, 403, 403, *(404,) * 3), (), draft),
    "calls:scores": ((302, 404, 404, 422, 404, 403, 403, 403, *(404,) * 3), (), opened),
    "calls:scores_confirm": ((302, 404, 404, 302, 404, 403, 403, 403, *(404,) * 3), (), opened),
    "calls:scores_drop": ((302, 404, 404, 302, 404, 403, 403, 403, *(404,) * 3), (), opened),
    "calls:score_review": ((302, 404, 404, 422, 404, 403, 403, 403, *(404,) * 3), (), reviewed),
    "calls:look_again": (READERS_TOLD, ("carla",), opened),
    "calls:answers": ((302, 404, 404, 422, 404, 403, 403, 403, *(404,) * 3), (), opened),
    "calls:answers_confirm": ((302, 404, 404, 302, 404, 403, 403, 403, *(404,) * 3), (), opened),
    "calls:answers_drop": ((302, 404, 404, 302, 404, 403, 403, 403, *(404,) * 3), (), opened),
    "calls:answer_review": ((302, 404, *(404,) * 9), (), my_review),  # nobody has been told yet
    "calls:file_application": ((302, 404, 404, 422, *(404,) * 7), (), opened),
    "calls:import_applicants": ((302, 404, 404, 422, *(404,) * 7), (), opened),
    "calls:import_applicants_confirm": ((302, 404, 404, 302, *(404,) * 7), (), opened),
    "calls:import_applicants_drop": ((302, 404, 404, 302, *(404,) * 7), (), opened),
    "calls:partner": ((302, *(404,) * 8, 302, 404), (), proposal),
    "calls:nominate": ((302, *(404,) * 8, 422, 404), (), proposal),
    "calls:sign_nominations": ((302, *(404,) * 8, 302, 404), (), proposal),
    "calls:remove_nomination": ((302, *(404,) * 8, 302, 404), ("samuel",), candidate),
    "calls:import_nominations": ((302, *(404,) * 8, 422, 404), (), proposal),
    "calls:my_nomination": ((302, 302, *(404,) * 9), ("mariana",), candidate),
    "calls:application_category": ((302, 422, *(404,) * 9), (), mine),
    "calls:new_partner": ((302, 404, 404, 422, 404, 403, 403, 403, *(404,) * 3), (), draft),
    "calls:remove_partner": (
        (302, 404, 404, 302, 404, 302, 302, 302, *(404,) * 3),
        ("carla",),
        draft_partner,
    ),
    "calls:apply": ((302,) * 11, ("mariana", "bruno"), opened),
    "calls:application_details": ((302, 422, *(404,) * 9), (), mine),
    "calls:application_list": ((302, 302, *(404,) * 9), (), mine),
    "calls:application_send": ((302, 422, *(404,) * 9), (), mine),
    "calls:application_withdraw": ((302, 302, *(404,) * 9), (), mine),
    "calls:application_restore": ((302, 302, *(404,) * 9), (), mine),
    "calls:application_document": ((302, 422, *(404,) * 9), (), document),
    "calls:application_reuse": ((302, 302, *(404,) * 9), ("mariana",), mine),
    "calls:review_case": ((302, *(404,) * 7, 422, 404, 404), (), case),
    "calls:release_case": ((302, *(404,) * 7, 302, 404, 404), ("rosa",), case),
    "calls:claim_case": ((302, *(404,) * 7, 302, 404, 404), ("rosa",), opened),
    "calls:edit_requirements": ((302, 404, 404, 422, 404, 403, 403, 403, 404, 404, 404), (), draft),
    "calls:remove_requirement": (READERS_TOLD, ("carla",), requirement),
    "calls:new_call": (MANAGERS, (), none),
    "calls:edit_general": (READERS_SEE, (), draft),
    "calls:edit_design": (READERS_SEE, (), draft),
    "calls:publish": (READERS_SEE, (), draft),
    "calls:addenda": (READERS_SEE, (), opened),
    "calls:remove_post": (READERS_TOLD, ("carla",), draft_post),
    "calls:walk_audit": ((302, *(404,) * 5, 302, 404, *(404,) * 3), ("aurelio",), none),
    "indicators:request_replay": ((302,) * 11, PEOPLE[3:], none),
    "allocation:prepare_live": ((302, 404, 404, 422, 404, 422, 422, 422, *(404,) * 3), (), live),
    "allocation:conduct_live": (READERS_TOLD, ("carla",), lambda world: {**live(world), "act": "pausar"}),
    "allocation:decide_correction": ((302, *(404,) * 10), (), lambda world: {**live(world), "number": 9}),
    "allocation:choose_at_desk": ((302, 404, 404, 302, *(404,) * 7), (), live),
    "allocation:call_absent": ((302, 404, 404, 302, *(404,) * 7), (), live),
    "allocation:correct": (
        (302, 404, 404, 422, *(404,) * 7),
        (),
        lambda world: {**live(world), "number": 1},
    ),
    "allocation:choose_online": ((302, 422, 422, *(404,) * 8), (), live),
    "calls:edit_aftermath": (READERS_SEE, (), draft),
    "calls:edit_lottery": (READERS_SEE, (), draft),
    "calls:draw": (READERS_SEE, (), closed),
    "calls:reveal_secret": (READERS_SEE, (), lambda world: {**closed(world), "number": 1}),
    "allocation:privacy": ((302, *(404,) * 9, 422), (), run),
    "allocation:propose_list": (READERS_TOLD, (), after),
    "allocation:propose_undo": ((302, 404, 404, 422, 404, 422, 422, 422, *(404,) * 3), (), after),
    "allocation:confirm_release": (READERS_TOLD, (), release),
    "allocation:drop_release": (READERS_TOLD, (), release),
    "allocation:propose_decision": ((302, 404, 404, 422, 404, 422, *(404,) * 5), (), claim),
    "allocation:decide_claim": ((302, 404, 404, 302, 404, 302, *(404,) * 5), (), claim),
    "allocation:request_correction": (READERS_TOLD, (), after),
    "allocation:request_round": (READERS_TOLD, (), after),
    "allocation:propose_round": ((302, 404, 404, 422, 404, 422, 422, 422, *(404,) * 3), (), after),
    "allocation:record_outside": ((302, 404, 404, 422, 404, 422, 422, 422, *(404,) * 3), (), after),
    "allocation:resolve_dispute": (READERS_TOLD, (), dispute),
    "allocation:mark_joined": (READERS_TOLD, (), offer_row),
    "allocation:claim_form": ((302, 422, *(404,) * 9), (), own),
    "allocation:offer": ((302, 422, *(404,) * 9), (), offer),
    "allocation:request_rerun": ((302, *(404,) * 5, 302, 404, *(404,) * 3), ("aurelio",), closed),
    "allocation:new_finding": ((302, *(404,) * 5, 422, 404, *(404,) * 3), (), closed),
    "allocation:reply_to_finding": ((302, 404, 404, 422, 404, 422, 422, 422, *(404,) * 3), (), finding),
    "allocation:settle_finding": ((302, *(404,) * 5, 422, 404, *(404,) * 3), (), finding),
    "allocation:opinion": ((302, *(404,) * 5, 422, 404, *(404,) * 3), (), closed),
    "allocation:request_rehearsal": (READERS_TOLD, ("carla",), closed),
    "allocation:request_run": (READERS_TOLD, (), waiting),
    "allocation:sensitivity": (READERS_TOLD, ("carla", "aurelio"), run),
    "allocation:sign": (READERS_TOLD, (), unsigned),
    "allocation:withdraw": (READERS_TOLD, (), unsigned),
    "allocation:publish": (READERS_TOLD, (), unsigned),
}
