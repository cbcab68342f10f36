"""The truth is true: boxes against what was really painted, and times against each other."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from numpy.typing import NDArray

from edgeinfer.core.geometry import Box
from edgeinfer.sources.scenes import cars, people, trains
from edgeinfer.sources.scenes.air import Air
from edgeinfer.sources.scenes.camera import Camera
from edgeinfer.sources.scenes.mesh import Mesh
from edgeinfer.sources.scenes.named import SCENES, make
from edgeinfer.sources.scenes.parking import Parking
from edgeinfer.sources.scenes.railway import Railway
from edgeinfer.sources.scenes.scene import Truth
from edgeinfer.sources.scenes.stage import Place, Stage, unit

SIZE = 320, 240
CAMERA = Camera(*SIZE, height_m=4.0, yaw=0.2, pitch=0.1, focal=0.9)
RED = (220.0, 30.0, 30.0)
CHANCE = np.random.default_rng(3)
TRAIN = trains.make("fast", CHANCE).parts[0].mesh


def stage() -> Stage:
    """On a ground of a colour that nothing has."""
    return Stage(np.full((SIZE[1], SIZE[0], 3), 255, np.uint8), CAMERA, Air(), unit(0, 1, 0))


def painted(one: Stage) -> Box:
    """Where less than half of the ground is left, in the paints of these objects."""
    rows, columns = np.nonzero(one.pixels.min(axis=2) < 150)
    width, height = SIZE
    return Box(
        columns.min() / width,
        rows.min() / height,
        (columns.max() + 1) / width,
        (rows.max() + 1) / height,
    )


def same(found: Box, wanted: Box) -> bool:
    """To a pixel and a half: its rim is soft."""
    apart = [
        (found.left - wanted.left) * SIZE[0],
        (found.right - wanted.right) * SIZE[0],
        (found.top - wanted.top) * SIZE[1],
        (found.bottom - wanted.bottom) * SIZE[1],
    ]
    return max(map(abs, apart)) <= 1.5


@pytest.mark.parametrize(
    ("mesh", "place"),
    [
        (cars.car("saloon", RED), Place(1.0, 14.0, 0.6)),
        (cars.car("van", RED), Place(-4.0, 15.0, 3.0)),
        (cars.car("pickup", RED), Place(2.0, 30.0, -1.2)),
        (TRAIN, Place(2.0, 20.0, limits=(-20.0, 30.0))),
        (TRAIN, Place(-9.0, 20.0, np.pi, limits=(-20.0, 30.0))),
    ],
)
def test_a_box_fits_what_was_painted_and_ends_at_the_picture(mesh: Mesh, place: Place) -> None:
    one = stage()
    one.mesh(mesh, place, "thing", 7)
    (truth,) = one.truths()
    assert same(truth.box, painted(one)), (truth.box, painted(one))
    assert (truth.id, truth.visible_share) == (7, 1.0)


@pytest.mark.parametrize("walked_m", [None, 0.3, 0.9])
def test_the_box_of_somebody_fits(walked_m: float | None) -> None:
    one = stage()
    dark = (40.0, 40.0, 44.0)
    somebody = people.Person(1.8, dark, dark, dark, dark, bag=True)
    people.paint(one, somebody, people.Stand(1.0, 9.0, 0.0, walked_m), 5)
    (truth,) = one.truths()
    assert same(truth.box, painted(one))
    assert truth.label == "person"


def test_what_is_outside_or_wholly_hidden_has_no_truth() -> None:
    one = stage()
    one.mesh(cars.car("small", RED), Place(80.0, 20.0), "car", 1)
    one.mesh(cars.car("small", RED), Place(4.0, 24.0), "car", 2)
    one.mesh(TRAIN, Place(2.0, 12.0, limits=(-10.0, 30.0)), "train", 3)
    assert [truth.id for truth in one.truths()] == [3]


def test_the_visible_share_is_what_nearer_things_leave_of_it() -> None:
    one = stage()
    one.mesh(cars.car("saloon", RED), Place(2.0, 18.0), "car", 1)
    (alone,) = one.truths()
    one.mesh(cars.car("saloon", RED), Place(3.6, 15.0), "car", 2)
    behind, before = one.truths()
    assert behind.box == alone.box, "the box is that of the whole object"
    assert 0.2 < behind.visible_share < 0.9
    assert before.visible_share == 1.0


@pytest.mark.parametrize("name", SCENES)
def test_boxes_lie_in_the_picture_and_ids_are_unique(name: str) -> None:
    scene = make(name, 5, SIZE, "mixed", "mixed")
    for t_s in np.arange(0, 90, 4.5):
        _, truths = scene.draw(float(t_s))
        assert len({truth.id for truth in truths}) == len(truths)
        assert all(truth.box == truth.box.clipped() and truth.box.area > 0 for truth in truths)
        assert all(0 < truth.visible_share <= 1 for truth in truths)
        assert {truth.label for truth in truths} <= {"train", "car", "person"}


def _trains(scene: Railway, t_s: float) -> dict[int, Truth]:
    return {truth.id: truth for truth in scene.draw(t_s)[1] if truth.label == "train"}


@pytest.mark.parametrize("seed", [0, 2, 7])
def test_a_passage_lasts_as_long_as_the_train_is_in_the_picture(seed: int) -> None:
    scene = Railway(seed, SIZE)
    events = scene.events(0, 150)
    assert events
    for event in events:
        assert event.id not in _trains(scene, event.start_s - 0.02)
        assert event.id in _trains(scene, event.start_s + 0.4)
        assert event.id in _trains(scene, event.end_s - 0.4) or event.facts["track"] == 1
        assert event.id not in _trains(scene, event.end_s + 0.02)


def test_a_train_comes_from_where_its_direction_says() -> None:
    scene = Railway(4, SIZE)
    for event in scene.events(0, 200):
        box = _trains(scene, event.start_s + 0.15)[event.id].box
        rightward = event.facts["direction"] == "left_to_right"
        assert (box.left if rightward else 1 - box.right) == pytest.approx(0, abs=0.01)


def test_trains_are_of_every_kind_both_ways_stop_and_meet() -> None:
    scene = Railway(1, SIZE)
    events = scene.events(0, 3600)
    assert {event.facts["train"] for event in events} == set(trains.KINDS)
    assert {event.facts["direction"] for event in events} == {"left_to_right", "right_to_left"}
    assert {event.facts["stops"] for event in events} == {True, False}
    assert any(one.end_s > other.start_s for one, other in pairwise(events))


def test_a_car_is_in_its_bay_for_as_long_as_it_is_said_to_occupy_it() -> None:
    scene = Parking(3, SIZE)
    changed = [one for one in scene.events(0, 200) if one.start_s > 0 and one.end_s < 900]
    assert changed
    for event in changed:
        corners = np.array(scene.bays[int(event.facts["bay"])])
        for t_s, parked in ((event.start_s + 0.1, True), (event.end_s - 0.1, True),
                            (event.start_s - 13, False), (event.end_s + 13, False)):  # fmt: skip
            # By then it is in its bay, or out of the picture.
            truth = {one.id: one for one in scene.draw(t_s)[1]}.get(event.id)
            centre = corners.mean(axis=0)
            inside = truth is not None and _holds(truth.box, centre)
            assert inside == parked, (event, t_s)


def _holds(box: Box, point: NDArray[np.float64]) -> bool:
    return bool(box.left < point[0] < box.right and box.top < point[1] < box.bottom + 0.02)


@pytest.mark.parametrize("seed", range(12))
def test_all_bays_lie_in_the_picture_and_none_in_another(seed: int) -> None:
    bays = Parking(seed, SIZE).bays
    assert 6 <= len(bays) <= 12
    assert len(set(bays)) == len(bays)
    assert all(0 < x < 1 and 0 < y < 1 for bay in bays for x, y in bay)


def test_a_bay_is_never_taken_twice() -> None:
    events = Parking(8, SIZE).events(0, 2000)
    for bay in {event.facts["bay"] for event in events}:
        stays = sorted((one.start_s, one.end_s) for one in events if one.facts["bay"] == bay)
        assert all(one[1] < other[0] for one, other in pairwise(stays))
