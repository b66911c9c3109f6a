"""Posts, doctors and choices that agree with every published total exactly; the rest follows the assumptions given."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from cauce.indicators.rules.draws import THOUSAND, Draws, Ints
from cauce.indicators.rules.drive import Drive

TAIL = 48  # posts that each doctor ranks beyond what they named; no list asked for is longer
EXTRAS = 5
_FINE = 1_000_000
NEVER = -(1 << 40)


class Infeasible(ValueError):
    """The assumptions cannot be reconciled with the totals; the text says which total."""


@dataclass(frozen=True)
class Market:
    """One drive: posts and doctors in parallel columns. Indices are into these columns; -1 is nothing.

    ``named``: each doctor's choices, shape (doctors, 3), best first. ``tail``: the posts that they would rank next,
    best first, none of them named; ``extras``: the same among posts that nobody named. ``more``: how many posts of
    the tail a full list adds; ``hidden``: whether two of them stand before the choices. ``draws`` between 0 and 99
    say who renounces in each of three rounds, who lists again, and who answers a supplement, and ``slot`` where a
    supplemented post enters their list. ``opinions`` is a ranking of all doctors for each institution.
    """

    institution: Ints
    specialty: Ints
    state: Ints
    is_named: Ints
    home: Ints
    field: Ints
    merit: Ints
    named: Ints
    counts: Ints
    tail: Ints
    extras: Ints
    more: Ints
    hidden: Ints
    came: Ints
    refused: Ints
    renounce: Ints
    relist: Ints
    answer: Ints
    slot: Ints
    opinions: Ints
    kilometres: Ints

    @property
    def posts(self) -> int:
        return len(self.institution)

    @property
    def doctors(self) -> int:
        return len(self.home)


def kilometres(drive: Drive) -> Ints:
    """Great-circle distances between the states' centres of population, in whole kilometres."""
    points = [(math.radians(p.latitude), math.radians(p.longitude)) for p in drive.states]
    return np.array(
        [
            [
                round(
                    2 * 6371 * math.asin(
                        math.sqrt(
                            math.sin((b[0] - a[0]) / 2) ** 2
                            + math.cos(a[0]) * math.cos(b[0]) * math.sin((b[1] - a[1]) / 2) ** 2
                        )
                    )
                )
                for b in points
            ]
            for a in points
        ],
        np.int64,
    )  # fmt: skip


def build(drive: Drive, values: Mapping[str, int], seed: str) -> Market:
    """Make the drive of ``seed`` under the assumptions ``values``. Raises ``Infeasible``."""
    return _Builder(drive, values, seed).market()


class _Builder:
    def __init__(self, drive: Drive, values: Mapping[str, int], seed: str) -> None:
        self.drive, self.values, self.seed = drive, values, seed

    def draws(self, part: str) -> Draws:
        return Draws("replay-2022/1", self.seed, part)

    def market(self) -> Market:
        self._posts()
        self._doctors()
        self._choices()
        self._people()
        return Market(
            institution=self.institution, specialty=self.specialty, state=self.state, is_named=self.is_named,
            home=self.home, field=self.field, merit=self.merit, named=self.named, counts=self.counts,
            tail=self.tail, extras=self.extras, more=self.more, hidden=self.hidden, came=self.came,
            refused=self.refused, renounce=self.renounce, relist=self.relist, answer=self.answer,
            slot=self.slot, opinions=self.opinions, kilometres=self.kilometres,
        )  # fmt: skip

    # ---------------------------------------------------------------- posts

    def _posts(self) -> None:
        """Posts with the exact margins, what they attract, and which of them somebody names."""
        drive, v = self.drive, self.values
        total = drive["posts"]
        self.institution = np.repeat(np.arange(len(drive.institutions)), drive.posts_by_institution)
        fields = drive.posts_by_specialty(v["other_specialties"])
        self.specialty = np.repeat(np.arange(len(fields)), fields)[self.draws("specialties").order(total)]
        states = drive.posts_by_state(v["state_split"])
        self.offered = states
        self.state = np.repeat(np.arange(len(states)), states)[self.draws("states").order(total)]
        people = [round(THOUSAND * math.log(place.population)) for place in drive.states]
        pull = (np.array(people, np.int64) * v["state_pull"] // 100)[self.state]
        fame = self.draws("fame").bell(len(states)) * v["state_uneven"] // 100
        appeal = pull + fame[self.state] + self.draws("appeal").noise(total)
        self.is_named = np.zeros(total, bool)
        best = np.argsort(-appeal, kind="stable")
        for code, count in enumerate(drive.named_by_institution):
            self.is_named[best[self.institution[best] == code][:count]] = True
        self._weights(best)

    def _weights(self, best: Ints) -> None:
        """Logarithms of popularity in thousandths: by place within the specialty, and by the specialty's pressure."""
        v = self.values
        pressure = self.draws("pressure").bell(int(self.specialty.max()) + 1) * v["specialty_spread"] // 100
        self.popularity = np.zeros(len(self.institution), np.int64)
        for field in range(len(pressure)):
            of = best[self.specialty[best] == field]
            named = of[self.is_named[of]]
            step = self.drive["named"] / max(1, len(named))  # so that small specialties are not sought more
            fall = [-round(v["skew"] * 10 * math.log(place * step + 10)) for place in range(len(named))]
            self.popularity[named] = fall
            rest = of[~self.is_named[of]]
            self.popularity[rest] = (fall[-1] if fall else 0) - v["unnamed_appeal"] * 10
        self.pressure = pressure

    # -------------------------------------------------------------- doctors

    def _doctors(self) -> None:
        """Doctors, born from their first choices; their homes; how many choices each made."""
        drive, v = self.drive, self.values
        weight = self.popularity + self.pressure[self.specialty]
        chosen = []
        for code, count in enumerate(drive.first_by_institution):
            of = np.flatnonzero(self.is_named & (self.institution == code))
            heavy = np.array([max(1, round(_FINE * math.exp(w / THOUSAND))) for w in weight[of]], np.int64)
            chosen.append(of[self.draws(f"first {code}").pick(heavy, int(count))])
        first = np.concatenate(chosen)
        self.first = first[self.draws("shuffle").order(len(first))]
        count = len(self.first)
        self.field = self.specialty[self.first]
        stays = self.draws("stays").below(100, count) < v["home_first"]
        self.home = np.where(stays, self.state[self.first], self._elsewhere(self.state[self.first]))
        three = count * v["three_used"] // 100
        extra = drive["choices"] - count
        sizes = np.repeat(np.array([3, 2, 1]), [three, extra - 2 * three, count - extra + three])
        self.counts = sizes[self.draws("sizes").order(count)]
        self._make_room()

    def _elsewhere(self, states: Ints) -> Ints:
        """For each state another one, by population."""
        people = np.array([place.population for place in self.drive.states], np.int64)
        ends = np.cumsum(people)
        drawn = self.draws("homes").below(ends[-1] - people[states], len(states))
        drawn += np.where(drawn >= (ends - people)[states], people[states], 0)
        return np.searchsorted(ends, drawn, side="right")

    def _make_room(self) -> None:
        """Exchange list lengths between specialties until each can name all of its named posts."""
        fields = int(self.specialty.max()) + 1
        named = np.bincount(self.specialty[self.is_named], minlength=fields)
        reached = np.bincount(self.specialty[np.unique(self.first)], minlength=fields)
        spare = np.bincount(self.field, weights=self.counts - 1, minlength=fields).astype(np.int64) - (
            named - reached
        )
        for field in np.flatnonzero(spare < 0):
            givers = iter(np.flatnonzero((self.counts == 3) & (self.field != field)))
            for short in np.flatnonzero((self.field == field) & (self.counts < 3)):
                if spare[field] >= 0:
                    break
                giver = next((one for one in givers if spare[self.field[one]] >= 2), None)
                if giver is None:
                    break
                moved = 3 - self.counts[short]
                self.counts[short], self.counts[giver] = 3, 3 - moved
                spare[field] += moved
                spare[self.field[giver]] -= moved
            if spare[field] < 0:
                raise Infeasible(f"specialty {field}: {-spare[field]} named posts more than its choices")

    # -------------------------------------------------------------- choices

    def _choices(self) -> None:
        """Second and third choices, and what each doctor would rank next; each named post is named by somebody."""
        self.kilometres = kilometres(self.drive)
        self.bonus = self._home_bonus()
        count = len(self.first)
        self.named = np.full((count, 3), -1, np.int64)
        self.tail = np.full((count, TAIL), -1, np.int64)
        self.extras = np.full((count, EXTRAS), -1, np.int64)
        for field in range(int(self.specialty.max()) + 1):
            doctors = np.flatnonzero(self.field == field)
            if len(doctors):
                self._choose(doctors, np.flatnonzero(self.specialty == field), field)
        if int((self.named >= 0).sum()) != self.drive["choices"]:
            raise Infeasible("a specialty has fewer named posts than its doctors have choices")

    def _home_bonus(self) -> Ints:
        """What the own state is worth, by state: as much as makes the assumed share choose it over all others."""
        share, total = self.values["home_first"] / 100, self.drive["posts"]
        parts = [int(offered) / total for offered in self.offered]
        return np.array(
            [round(THOUSAND * math.log(share * (1 - part) / ((1 - share) * part))) for part in parts],
            np.int64,
        )

    def _choose(self, doctors: Ints, posts: Ints, field: int) -> None:
        worth = self._worth(doctors, posts, field)
        local = {int(post): at for at, post in enumerate(posts)}
        named = self.is_named[posts]
        self.named[doctors, 0] = self.first[doctors]
        room = self.counts[doctors] - 1
        first = np.array([local[int(post)] for post in self.first[doctors]], np.int64)
        taken: list[list[int]] = [[] for _doctor in doctors]
        uncovered = np.setdiff1d(np.flatnonzero(named), first)
        for post in uncovered[self.draws(f"covering {field}").order(len(uncovered))]:
            column = np.where(room > 0, worth[:, post], NEVER)
            who = int(column.argmax())
            if room[who] <= 0:
                raise Infeasible(f"specialty {field}: a named post with nobody left to name it")
            taken[who].append(int(post))
            room[who] -= 1
        depth = min(TAIL + 6, len(posts))
        best = _best(worth, depth)
        best_named = _best(np.where(named, worth, NEVER), min(6, int(named.sum())))
        best_rest = _best(np.where(named, NEVER, worth), min(EXTRAS, int((~named).sum())))
        for row, doctor in enumerate(doctors):
            mine = taken[row]
            for post in best_named[row]:
                if len(mine) + 1 == self.counts[doctor]:
                    break
                if post != first[row] and post not in mine:
                    mine.append(int(post))
            mine.sort(key=lambda post: (-worth[row, post], post))
            self.named[doctor, 1 : 1 + len(mine)] = posts[mine]
            listed = {int(first[row]), *mine}
            rest = [post for post in best[row] if post not in listed][:TAIL]
            self.tail[doctor, : len(rest)] = posts[rest]
        self.extras[doctors, : best_rest.shape[1]] = posts[best_rest]

    def _worth(self, doctors: Ints, posts: Ints, field: int) -> Ints:
        """What each post is worth to each doctor, in thousandths of a logarithm."""
        v = self.values
        noise = self.draws(f"tastes {field}").noise(len(doctors) * len(posts)).reshape(len(doctors), -1)
        homes, states = self.home[doctors], self.state[posts]
        by_state = -(self.kilometres * v["distance_weight"] * 10 // 500)
        by_state[np.arange(len(by_state)), np.arange(len(by_state))] += self.bonus
        return noise + by_state[np.ix_(homes, states)] + self.popularity[posts]

    # --------------------------------------------------------------- people

    def _people(self) -> None:
        """Merit, who came, and what each would do if asked: of all doctors, so that every scenario asks the same."""
        v, drive, count = self.values, self.drive, len(self.first)
        sought = _ranks(self.popularity[self.first] * 100_000 + self.draws("sought").below(100_000, count))
        mixed = sought * v["ambition"] + _ranks(self.draws("merit").noise(count)) * (100 - v["ambition"])
        self.merit = _ranks(mixed)
        at_home = np.where(self.state[self.first] == self.home, count, 0)
        chance = _ranks(self.draws("came").noise(count))
        rest = 100 - v["came_by_merit"] - v["came_by_home"]
        likely = chance * rest + self.merit * v["came_by_merit"] + at_home * v["came_by_home"]
        order = np.argsort(-likely, kind="stable")
        self.came = np.zeros(count, bool)
        where = self.institution[self.first]
        for code, quota in enumerate(drive.accredited_by_institution):
            self.came[order[where[order] == code][:quota]] = True
        others = np.flatnonzero(~self.came)
        self.refused = np.zeros(count, bool)
        self.refused[others[self.draws("refused").order(len(others))[: drive["refused"]]]] = True
        self.renounce = self.draws("renounce").below(100, 3 * count).reshape(count, 3)
        self.relist = self.draws("relist").below(100, count)
        self.answer = self.draws("answer").below(100, count)
        self.slot = self.draws("slot").below(4, count)
        self.opinions = np.array(
            [self.draws(f"opinion {code}").order(count) for code in range(len(drive.institutions))]
        )
        wants = (self.counts == 3) & (self.draws("wants").below(100, count) < v["wanted_more"])
        spread = 1 + self.draws("length").below(2 * v["list_length"] - 1, count)
        self.more = np.where(wants, spread, 0)
        self.hidden = (self.counts == 3) & (self.draws("hidden").below(100, count) < v["safe_play"])


def _ranks(values: Ints) -> Ints:
    """Places from 0, the lowest value first; equal values in their order."""
    ranks = np.empty(len(values), np.int64)
    ranks[np.argsort(values, kind="stable")] = np.arange(len(values))
    return ranks


def _best(worth: Ints, count: int) -> Ints:
    """Columns of the ``count`` best of each row, best first; of equal ones the first column."""
    if not count:
        return np.empty((len(worth), 0), np.int64)
    keys = (worth << 14) + (worth.shape[1] - 1 - np.arange(worth.shape[1]))
    part = np.argpartition(-keys, min(count, worth.shape[1] - 1), axis=1)[:, :count]
    inner = np.argsort(-np.take_along_axis(keys, part, axis=1), axis=1, kind="stable")
    return np.take_along_axis(part, inner, axis=1)
