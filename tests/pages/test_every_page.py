"""Every page of the product, as those who may open it see it: axe, the console, the width of a phone and of a desk."""

from collections.abc import Callable

import pytest

from tests.pages.walk import SETTLED, Walk, a_world, stops
from tests.support.browser import DESK, PHONE, Visitor
from tests.support.live import LiveStack

pytestmark = pytest.mark.django_db(transaction=True)


def test_every_page(live_stack: LiveStack, new_visitor: Callable[..., Visitor]) -> None:
    world = a_world()
    walk = Walk(new_visitor(live_stack.url), live_stack.url)
    for stop in stops(world):
        walk.page.set_viewport_size(DESK)  # type: ignore[arg-type]
        if not walk.open(stop):
            continue
        walk.look(stop)
        walk.page.set_viewport_size(PHONE)  # type: ignore[arg-type]
        walk.page.evaluate(SETTLED)
        walk.look(stop, contrast=False, deep=stop.is_of_a_commune)  # colours do not change with the width
    assert not walk.wrong, "\n".join(walk.wrong)
