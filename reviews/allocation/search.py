"""The choice of the set, by HiGHS. Deterministic: one thread, a fixed seed, a bound on the work and none on the clock."""

from collections import defaultdict
from collections.abc import Sequence

import highspy

from reviews.allocation.problem import Candidate, NotSound, Rules, broken, themes_lacking, themes_of

_INTEGER = [highspy.HighsVarType.kInteger]
NODES = 20_000  # of the search tree: beyond, the best found is given and said not to be proven


def best_set(candidates: Sequence[Candidate], rules: Rules, envelope_cents: int) -> tuple[frozenset[int] | None, bool]:
    """The ids retained (None: no set keeps the rules) and whether the search is finished."""
    free = [one for one in candidates if not one.barred]
    if any(sum(one.file.theme == theme for one in free) < rules.theme_files for theme in themes_of(candidates)):
        return None, True
    if not free:
        return frozenset(), True
    model = _model(free, candidates, rules, envelope_cents)
    first = _search(model, [one.points for one in free])
    if first is None:
        return None, True
    chosen, proven = first
    points = sum(one.points for one, kept in zip(free, chosen, strict=True) if kept)
    weights: list[float] = [one.points for one in free]
    model.addRow(points, highspy.kHighsInf, len(free), list(range(len(free))), weights)
    second = _search(model, [len(candidates) - one.place for one in free], start=chosen)
    if second is not None:
        chosen, finished = second
        proven = proven and finished
    kept = [one for one, taken in zip(free, chosen, strict=True) if taken]
    if broken(kept, rules, envelope_cents) or themes_lacking(kept, candidates, rules):
        raise NotSound("the set of the solver breaks a rule")
    return frozenset(one.file.id for one in kept), proven


def _model(
    free: Sequence[Candidate], candidates: Sequence[Candidate], rules: Rules, envelope_cents: int
) -> highspy.Highs:
    model = highspy.Highs()
    for name, value in {
        "output_flag": False,
        "threads": 1,
        "random_seed": 0,
        "mip_rel_gap": 0.0,
        "mip_abs_gap": 0.5,  # the objective is whole
        "mip_max_nodes": NODES,
        "mip_feasibility_tolerance": 1e-9,
        "primal_feasibility_tolerance": 1e-9,
    }.items():
        model.setOptionValue(name, value)
    count = len(free)
    model.addVars(count, [0] * count, [1] * count)
    model.changeColsIntegrality(count, list(range(count)), _INTEGER * count)  # type: ignore[arg-type]
    room = envelope_cents // rules.unit_cents
    _at_most(model, room, [(index, one.least) for index, one in enumerate(free)])
    _communes(model, free, rules)
    if rules.theme_files:
        for theme in themes_of(candidates):
            of_theme = [index for index, one in enumerate(free) if one.file.theme == theme]
            model.addRow(rules.theme_files, highspy.kHighsInf, len(of_theme), of_theme, [1] * len(of_theme))
    if rules.without_plan_bp:
        _share(model, free, rules, room)
    return model


def _at_most(model: highspy.Highs, bound: int, terms: Sequence[tuple[int, int]]) -> None:
    columns = [column for column, _ in terms]
    values: list[float] = [value for _, value in terms]
    model.addRow(-highspy.kHighsInf, bound, len(columns), columns, values)


def _communes(model: highspy.Highs, free: Sequence[Candidate], rules: Rules) -> None:
    groups: dict[str, list[int]] = defaultdict(list)
    for index, one in enumerate(free):
        groups[one.file.commune].append(index)
    for indexes in groups.values():
        if rules.commune_cents is not None:
            _at_most(model, rules.commune_cents // rules.unit_cents, [(index, free[index].least) for index in indexes])
        if rules.commune_files is not None and len(indexes) > rules.commune_files:
            _at_most(model, rules.commune_files, [(index, 1) for index in indexes])


def _share(model: highspy.Highs, free: Sequence[Candidate], rules: Rules, room: int) -> None:
    """One column a commune without a plan: what it could get at most. They and the least of the others fit in the envelope."""
    groups: dict[str, list[int]] = defaultdict(list)
    for index, one in enumerate(free):
        if not one.file.has_plan:
            groups[one.file.commune].append(index)
    cap = room if rules.commune_cents is None else rules.commune_cents // rules.unit_cents
    with_plan = [(index, one.least) for index, one in enumerate(free) if one.file.has_plan]
    columns = []
    for indexes in groups.values():
        column = model.getNumCol()
        model.addVars(1, [0.0], [max(cap, 0)])
        columns.append(column)
        _at_most(model, 0, [(column, 1), *((index, -free[index].most) for index in indexes)])
        _at_most(model, 0, [(column, -1), *((index, free[index].least) for index in indexes)])
    _at_most(model, room, [*((column, 1) for column in columns), *with_plan])
    share = rules.without_plan_bp
    _at_most(
        model,
        0,
        [
            *((column, share - 10_000) for column in columns),
            *((index, share * least) for index, least in with_plan),
        ],
    )


def _search(
    model: highspy.Highs, weights: Sequence[int], start: Sequence[bool] | None = None
) -> tuple[list[bool], bool] | None:
    count = len(weights)
    model.changeColsCost(count, list(range(count)), list(weights))
    model.changeObjectiveSense(highspy.ObjSense.kMaximize)
    if start is not None:
        solution = highspy.HighsSolution()
        values: list[float] = [int(value) for value in start]
        solution.col_value = [*values, *[0] * (model.getNumCol() - count)]
        model.setSolution(solution)
    model.run()
    status = model.getModelStatus()
    if status == highspy.HighsModelStatus.kInfeasible:
        return None
    found = list(model.getSolution().col_value)
    if len(found) < count:
        raise NotSound(f"the solver stopped without an answer: {status}")
    return [value > 0.5 for value in found[:count]], status == highspy.HighsModelStatus.kOptimal
