"""Random questions, small enough to understand a failure by reading it."""

from __future__ import annotations

from hypothesis import strategies as st

from cauce_engine import commitment_of

NAMES = ["ana", "Beto", "ñu", "d-4", "e 5", "日本", 'g"7', "h\\8", "i", "j\n", "k", "𝒜"]


@st.composite
def serial_documents(draw, most_people: int = 8, most_posts: int = 4) -> dict:
    """Questions of one order, with ties, empty lists, posts without seats and strange identifiers."""
    posts = draw(st.lists(st.sampled_from(NAMES), min_size=1, max_size=most_posts, unique=True))
    people = draw(st.lists(st.sampled_from(NAMES), min_size=0, max_size=most_people, unique=True))
    width = draw(st.integers(0, 2))
    value = st.one_of(
        st.decimals(-3, 3, places=1).map(str),
        st.integers(-3, 3).map(str),
        st.sampled_from(["1.50", "1.5", "-0"]),
    )
    applicants = []
    for person in people:
        entry: dict = {"id": person, "choices": draw(st.lists(st.sampled_from(posts), unique=True))}
        if width:
            entry["merit"] = [draw(value) for _ in range(width)]
        applicants.append(entry)
    document: dict = {
        "format": "cauce-question/1",
        "mechanism": "serial",
        "applicants": applicants,
        "posts": [{"id": post, "capacity": draw(st.integers(0, 3))} for post in posts],
    }
    if draw(st.booleans()):
        seed = draw(st.text(min_size=1, max_size=5).filter(encodable))
        document["lottery"] = {"seed": seed, "commitment": commitment_of(seed)}
        if draw(st.booleans()):
            document["lottery"]["beacon"] = "sorteo 4417"
    return document


def encodable(text: str) -> bool:
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


@st.composite
def stable_documents(draw, most_people: int = 6, most_posts: int = 4) -> dict:
    """Two-sided questions: own orders with ties and one-sided wishes, some posts by merit, some lotteries."""
    document = draw(serial_documents(most_people=most_people, most_posts=most_posts))
    document["mechanism"] = "stable"
    people = [person["id"] for person in document["applicants"]]
    for post in document["posts"]:
        if draw(st.integers(0, 4)):
            listed = draw(st.permutations(people))[: draw(st.integers(0, len(people)) | st.just(len(people)))]
            post["order"] = tied(draw, listed) if draw(st.booleans()) else listed
    return document


def tied(draw, listed: list[str]) -> list:
    order: list = []
    while listed:
        size = draw(st.integers(1, 3))
        group, listed = listed[:size], listed[size:]
        order.append(group[0] if len(group) == 1 and draw(st.booleans()) else group)
    return order


@st.composite
def class_documents(draw, most_people: int = 5, most_posts: int = 3) -> dict:
    """Questions with classes of seats and reversion, by one order or by posts' own."""
    document = draw(
        st.one_of(serial_documents(most_people, most_posts), stable_documents(most_people, most_posts))
    )
    groups = ["foreign", "partner"]
    for person in document["applicants"]:
        person["groups"] = draw(st.lists(st.sampled_from(groups), unique=True))
    for post in document["posts"]:
        names = draw(st.permutations([*groups, None]))[: draw(st.integers(0, 3))]
        if not names:
            continue
        classes: list[dict] = []
        for name in names:
            turned = draw(st.sampled_from([None, "open", *[c["group"] or "open" for c in classes]]))
            entry = {"group": name, "seats": draw(st.integers(0, 2))}
            if turned is not None and turned != (name or "open") and name is not None:
                entry["reverts_to"] = turned
            classes.append(entry)
        post["classes"] = draw(st.permutations(classes))
        post["capacity"] = sum(entry["seats"] for entry in classes)
    return document


@st.composite
def region_documents(draw, most_people: int = 5, most_posts: int = 4) -> dict:
    """Questions with caps over regions, by the flexible rule or by targets."""
    document = draw(
        st.one_of(serial_documents(most_people, most_posts), stable_documents(most_people, most_posts))
    )
    document["regions"] = [
        {"id": name, "cap": draw(st.integers(0, 4)), "rule": draw(st.sampled_from(["flexible", "target"]))}
        for name in ("20", "07")
    ]
    for post in document["posts"]:
        region = draw(st.sampled_from([None, "20", "07"]))
        if region is not None:
            post["region"] = region
            post["target"] = draw(st.integers(0, 2))
    return document


@st.composite
def mixed_documents(draw, most_people: int = 5, most_posts: int = 4) -> dict:
    """Questions with classes of seats inside regions; caps leave room for the seats kept for groups."""
    document = draw(class_documents(most_people, most_posts))
    flexible, cut = draw(st.integers(0, 4)), draw(st.integers(0, 4))
    document["regions"] = [
        {"id": "20", "cap": flexible, "rule": "flexible"},
        {"id": "07", "cap": cut, "rule": "target"},
    ]
    for post in document["posts"]:
        region = draw(st.sampled_from([None, *document["regions"], *document["regions"]]))
        if region is not None:
            post["region"] = region["id"]
            post["target"] = draw(st.integers(0, 3))
            region["cap"] += sum(c["seats"] for c in post.get("classes", []) if c["group"] is not None)
    return document
