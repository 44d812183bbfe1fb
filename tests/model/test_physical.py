"""What went wrong among rigid bodies, said so that somebody can act on it."""

from __future__ import annotations

import pytest

from layout.model.physical import INCIDENTS, TOLERATED, Incident


def incident(kind: str, *subjects: str, product: str = "carton", **more: object) -> Incident:
    given = {"amount": 0.024, "unit": "m", "limit": 0.02, "cause": "a reason", "part": 4, **more}
    return Incident(12.34, kind, subjects, (3.2, 1.05, 0.9), product=product, **given)  # type: ignore[arg-type]


@pytest.mark.parametrize("kind", INCIDENTS)
def test_every_kind_is_a_sentence_with_time_place_part_cause_and_advice(kind: str) -> None:
    said = incident(kind, "first", "second").sentence
    assert said.startswith("After 12.3 s, at x 3.20 m, y 1.05 m, 0.90 m high: ")
    assert "24 mm, limit 20 mm" in said and ": a reason." in said and "{" not in said
    assert "first" in said or "second" in said
    assert ("carton (part 4)" in said) == (kind != "waiting")
    assert (" Try " in said) == (kind not in TOLERATED) and said.endswith(".")


def test_whose_doing_it_was_is_named() -> None:
    assert (
        incident("pushed", "tender", "belt").what
        == "carton (part 4) was pushed out of line on belt (24 mm, limit 20 mm)"
    )
    assert incident("collision", "tender", "mill 1", amount=31.0, unit="N", limit=0.0).what == (
        "tender touched mill 1 with carton (part 4) (31 N)"
    )
    empty = incident("near miss", "tender", "mill 1", product="", part=-1)
    assert empty.what == "tender came too close to mill 1 (24 mm, limit 20 mm)"


def test_angles_are_degrees() -> None:
    assert incident("tipped", "belt", amount=0.6, unit="rad", limit=0.5236).how_bad == "34.4°, limit 30°"


def test_what_is_known_better_than_by_the_kind_is_advised() -> None:
    assert incident("slipped", "cart", remedy="a lower acceleration").sentence.endswith("Try a lower acceleration.")
