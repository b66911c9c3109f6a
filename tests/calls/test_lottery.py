"""Where chance comes from: the declaration of a draft, the one text, and who may write what when. No engine."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from django.urls import reverse

from cauce.calls.models import Call
from cauce.calls.rules import desk, lottery
from cauce.calls.rules.downtime import Clause, extension
from cauce.calls.rules.lottery import From, Source
from tests.calls import drafts
from tests.calls import factories as make
from tests.calls.drafts import SOURCE
from tests.calls.test_lint import PUBLIC

# A round of drand, as its network published it: randomness is the SHA-256 of the signature.
RANDOMNESS = "9e9829dfb34bd8db3e21c28e13aefecd86e007ebd19d6bb8a5cee99c0a34798f"
SIGNATURE = "b98dae74f6a9d2ec79d75ba273dcfda86a45d589412860eb4c0fd056b00654dbf667c1b6884987c9aee0d43f8ba9db52"


def test_the_text_is_one_whatever_is_typed_and_never_two_for_one():
    participants = lottery.participants_text(["B-2", "A-1"])
    assert participants == "A-1\nB-2\n"
    value = lottery.tidy("  04 12\u00a0 23, ñ ")
    assert lottery.beacon("ab", value=value) == "cauce-beacon/1;participants=sha256:ab;value=04 12 23, %C3%B1"
    hostile = lottery.beacon("ab", secrets={3: "x;witness1=y", 1: "a\"$`'%"})
    assert (
        hostile == "cauce-beacon/1;participants=sha256:ab;witness1=a%22%24%60%27%25;witness3=x%3Bwitness1%3Dy"
    )
    longest = dict.fromkeys(range(1, lottery.MOST_WITNESSES + 1), "🎲" * lottery.MOST_SECRET)
    assert len(lottery.beacon("a" * 64, secrets=longest)) < 10_000  # what the engine takes


def test_the_round_follows_from_the_moment_and_its_value_is_checked():
    first = datetime.fromtimestamp(1_692_803_367, UTC)
    assert [lottery.round_at(first + timedelta(seconds=late)) for late in (-9, 0, 1, 3, 4)] == [1, 1, 2, 2, 3]
    assert lottery.round_at(datetime(2026, 4, 20, tzinfo=UTC)) == 27_946_612
    drand = Source(kind=From.DRAND, known_at=first)
    assert drand.document()["round"] == 1
    assert any(sentence.endswith("e971/public/1") for sentence in lottery.source_sentences(drand))
    assert lottery.value_problem(drand, RANDOMNESS, SIGNATURE) == ""
    for value, signature in (
        (RANDOMNESS[:-1], SIGNATURE), (RANDOMNESS, SIGNATURE[:-1]), (RANDOMNESS, "0" + SIGNATURE[1:]), ("é" * 64, SIGNATURE),
    ):  # fmt: skip
        assert lottery.value_problem(drand, value, signature)


@pytest.mark.parametrize(
    "source",
    [Source(), SOURCE, PUBLIC, replace(SOURCE, kind=From.WITNESSES, words="", where="", fallback_hours=0)],
)
def test_a_declaration_is_read_as_it_was_frozen(source):
    read = Source.read(source.document())
    assert read == source
    assert read.fingerprint == source.fingerprint
    assert lottery.source_sentences(source)


def test_the_closing_never_moves_past_the_value():
    closes = SOURCE.known_at - timedelta(hours=20)
    call = Call(closes_at=closes, results_at=closes + timedelta(days=9), lottery_source=SOURCE.document())
    verdict = desk.may_extend(call, SOURCE.known_at, now=closes - timedelta(days=1))
    assert "valor público" in verdict.reason
    assert desk.may_extend(call, SOURCE.known_at - timedelta(seconds=1), now=closes - timedelta(days=1))
    clause = Clause(timedelta(hours=3), timedelta(minutes=30))
    found = extension(call, clause, [(closes - timedelta(minutes=5), SOURCE.known_at)], base=closes)
    assert (found.closes_at, found.is_cut) == (SOURCE.known_at - timedelta(seconds=1), True)


def sent(**changes):
    known = {"known_at_0": "28", "known_at_1": "2", "known_at_2": "2024", "known_at_3": "23:59:59"}
    names = {f"{part}_{n}": "" for part in ("name", "office", "seal") for n in range(1, 8)}
    for number, one in enumerate(SOURCE.witnesses, 1):
        names |= {
            f"name_{number}": one.name,
            f"office_{number}": one.office,
            f"seal_{number}": f"SHA256:{one.seal}",
        }
    return {
        "kind": "value", "words": SOURCE.words, "where": SOURCE.where, "fallback_hours": "10", "reveal_hours": "24",
        "seen": Source().fingerprint, **known, **names, **changes,
    }  # fmt: skip


@pytest.mark.once
@pytest.mark.django_db
def test_a_manager_declares_it_on_one_page_and_a_published_call_keeps_it(client):
    call = drafts.draft(lottery_source={})
    client.force_login(drafts.office())
    where = reverse("calls:edit_lottery", args=[call.code])
    wrong = client.post(where, sent(seal_2="sha256:corto"))
    assert "64 cifras hexadecimales" in wrong.text
    assert client.post(where, sent()).status_code == 302
    assert Source.of(Call.objects.get(pk=call.pk)) == SOURCE
    assert "guardó cambios aquí" in client.post(where, sent(words="Otra cosa")).text
    shown = client.get(reverse("calls:edit_order", args=[call.code])).text
    assert "Los seis números del sorteo" in shown
    published = make.call(lottery_source=SOURCE.document())
    where = reverse("calls:edit_lottery", args=[published.code])
    client.post(where, sent(kind="seal", seen=SOURCE.fingerprint))
    assert Source.of(Call.objects.get(pk=published.pk)) == SOURCE
    assert SOURCE.witnesses[0].seal[:8] in client.get(where).text
    public = client.get(reverse("calls:call", args=[published.code])).text
    assert "Testigo 2" in public
    assert SOURCE.witnesses[1].seal[:8] in public
    assert client.get(reverse("calls:participants", args=[published.code])).status_code == 404
