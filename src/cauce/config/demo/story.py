"""The people of the demo who have a story. Invented, as everybody here."""

from __future__ import annotations

from collections.abc import Sequence

from cauce.config.demo.market import DriveWish, Merit, Wish, serial
from cauce.config.demo.posts import PostPlan

MARIANA, BRUNO = "mariana@demo.cauce.example", "bruno@demo.cauce.example"
MARIANA_NUMBER, BRUNO_NUMBER = 48_213, 15_746
MARIANA_SPECIALTY, BRUNO_SPECIALTY = "medicina-interna", "anestesiologia"
_HOPED = ("UMAE HE CMN Siglo XXI", "UMAE HE 1 Mérida", "UMAE HE CMN Puebla")
_OBTAINED = "HGR 1 Querétaro"


class NoSuchStory(RuntimeError):
    """The invented market leaves no merit with which Mariana gets her fourth option."""


def mariana(posts: Sequence[PostPlan], others: Sequence[Wish]) -> Wish:
    """Return Mariana's wish: three hospitals that fill up just before her turn, and one that has a seat for her.

    She has the same score as the last one admitted to her third option, who had
    more right answers among the hard items: the first tie-break decides.
    """
    seats = {post.key: post.seats for post in posts}
    mine = {post.place.name: post.key for post in posts if post.specialty == MARIANA_SPECIALTY}
    _got, ends = serial(others, seats)
    hoped = sorted((mine[name] for name in _HOPED), key=lambda key: ends[key].place if key in ends else 10**9)
    fourth = mine[_OBTAINED]
    third = ends.get(hoped[-1])
    if third is None or third.merit.hard < 3:
        raise NoSuchStory("a hospital she hopes for never fills up")
    merit = Merit(third.merit.right, third.merit.hard - 2, 871)
    if fourth in ends and ends[fourth].merit.key >= merit.key:
        raise NoSuchStory("her fourth option fills up before her turn")
    rest = sorted(
        (key for key in mine.values() if key not in (*hoped, fourth)),
        key=lambda key: ends[key].place if key in ends else 10**9,
    )
    return Wish(MARIANA_SPECIALTY, merit, (*hoped, fourth, *rest))


def bruno(posts: Sequence[PostPlan]) -> DriveWish:
    """Return Bruno's wish: anaesthesia near home, five posts, Oaxaca first."""
    mine = sorted(
        (post for post in posts if post.specialty == BRUNO_SPECIALTY and post.place.state in ("20", "21")),
        key=lambda post: (post.place.state, -post.appeal, post.key),
    )
    oaxaca = [post.key for post in mine if post.place.state == "20"][:3]
    puebla = [post.key for post in mine if post.place.state == "21"][:2]
    return DriveWish(BRUNO_SPECIALTY, 91_20, 12, (*oaxaca, *puebla))
