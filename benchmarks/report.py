"""What a run found, against its targets: a line a figure, misses named as misses."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from benchmarks import growth

Found = Mapping[str, Any]


def lines(found: Found) -> Iterator[str]:
    """The table, for people."""
    yield from _head(found)
    for name, part, write in _PARTS:
        if name in found:
            yield ""
            yield part
            yield from write(found[name])


def verdict(value: float, target: float, aim: float | None = None) -> str:
    """Whether a figure that should be small is small enough."""
    if aim is not None and value <= aim:
        return f"reached, and the aim of {aim:g}"
    return "reached" if value <= target else "MISSED"


def _head(found: Found) -> Iterator[str]:
    yield f"The measured road: {found['machine']}, {found['seconds']:.0f} s"
    equal = found.get("equal")
    if equal is None:
        return
    yield (
        f"one household, 4 members, 6 departments, {equal['leaves_an_answer']} leaves; answers of both compared equal, "
        f"{equal['leaves']} leaves of {equal['families']} families; gateway on one core, departments, database and load on the other"
    )


def _ratio(found: Found, target: float, aim: float) -> Iterator[str]:
    spent = found["cpu_ms"]
    for name, title in (("baseline", "baseline"), ("road", "the road"), ("database", "  PostgreSQL's log, apart")):
        rate = found["answers_a_second"].get(name)
        yield f"  {title:<34}{_ms(spent[name])}" + (f"   {rate['median']:.0f} answers/s" if rate else "")
    ratio = found["ratio"]
    yield (
        f"  ratio{'':<29}{ratio['median']:6.3f}    ({ratio['min']:.3f} to {ratio['max']:.3f})   "
        f"target {target:g}: {verdict(ratio['median'], target, aim)}"
    )


def _idle(found: Found) -> Iterator[str]:
    slowest = max(found["departments_ms"], key=found["departments_ms"].get)
    yield f"  critical path: one wave, departments {found['late_ms']:.0f} ms late; the slowest alone, {slowest}, {found['critical_path_ms']:.2f} ms"
    yield f"  p50 {found['p50_ms']:.2f}, p95 {found['p95_ms']:.2f} ms; departments not late: p50 {found['prompt_departments_p50_ms']:.2f} ms"
    yield f"  over the critical path{'':<12}{found['over_ms']:6.2f} ms   target 6: {verdict(found['over_ms'], 6)}"
    yield f"  over the lateness alone{'':<11}{found['over_lateness_ms']:6.2f} ms"
    yield f"  the baseline over its six plain calls, as late: p50 {found['baseline_p50_ms']:.2f} ms"


def _gathering(found: Found) -> Iterator[str]:
    calls, rates = found["calls_an_answer"], found["answers_a_second"]
    for name in ("ungathered", "gathered"):
        yield f"  {name:<34}{calls[name]:6.2f} calls an answer   {rates[name]:.0f} answers/s"
    yield f"  ratio{'':<29}{found['ratio']:6.3f}   target 0.25: {verdict(found['ratio'], 0.25)}"


def _log(found: Found) -> Iterator[str]:
    raw, target = max(found["raw_unnest"], found["raw_executemany"]), found["target"]
    yield f"  raw batched insert {raw:.0f} rows/s; one writer {found['append_one_writer']:.0f}; two writers {found['append_two_writers']:.0f} together"
    yield f"  ratio of one writer{'':<15}{found['ratio_one_writer']:6.3f}   target {target:g} or more: {'reached' if found['reached'] else 'MISSED'}"
    yield f"  ratio of two writers{'':<14}{found['ratio_two_writers']:6.3f}"


def _memory(found: Found) -> Iterator[str]:
    curve, most = found["resident_mb"], max(found["resident_mb"])
    flat = found["growth_mb"] <= 0.05 * most
    yield f"  {found['answers']} answers, {found['operations']} operations; MB after each tenth: {' '.join(f'{one:.0f}' for one in curve)}"
    yield f"  most {most:.0f} MB, target 250: {verdict(most, 250)}; over the second half {found['growth_mb']:+.1f} MB: {'flat' if flat else 'GROWS'}"


def _leaves(found: Found) -> Iterator[str]:
    yield f"  {found['groups']} groups; leaves and µs: {' '.join(f'{x}:{y}' for x, y in found['points'])}"
    whole, larger = found["us_a_leaf"], found["us_a_leaf_larger"]
    steeper = "STEEPER where there are more" if larger > 1.5 * whole else "no steeper where there are more"
    yield f"  slope {whole:.2f} µs a leaf over {found['us_base']:.0f} µs; {larger:.2f} over the larger half: {steeper}"


def _cold_start(found: Found) -> Iterator[str]:
    yield f"  {found['manifests']} manifests, imports done: {found['seconds']:.2f} s   target 2: {verdict(found['seconds'], 2)}"


def _scale(found: Found) -> Iterator[str]:
    for size in growth.SIZES:
        one = found[str(size)]
        yield f"  {size:>9,} people: p50 {one['p50_ms']:.1f}, p95 {one['p95_ms']:.1f} ms for all groups of a family; written down in {one['opened_s']:.0f} s, peak {one['peak_mb']} MB"
    yield f"  ratio{'':<29}{found['ratio']:6.3f} over {found['families']} families"


def _consent(found: Found) -> Iterator[str]:
    members = found["members"]
    yield f"  {members} members; standing remembered, token known: identify {found['remembered']:.1f} µs"
    yield f"  the checks afresh, {found['letters']['one']} letter of all:{'':<6}{found['one_letter']:6.1f} µs   target 60: {verdict(found['one_letter'], 60)}"
    yield f"  a letter each, an obligor's too ({found['letters']['apart']}):{'':<5}{found['letters_apart']:6.1f} µs   target 60: {verdict(found['letters_apart'], 60)}"
    yield f"  apart: a token verified once {found['verify_token']:.0f} µs, a DPoP proof each request {found['verify_proof']:.0f} µs"
    yield f"  a token issued, database client and both signatures included: {found['issued']:.0f} µs"


def _letters(found: Found) -> Iterator[str]:
    yield f"  {', '.join(f'{count:,} {table}' for table, count in found['rows'].items())}; copied in {found['filled_s']:.0f} s"
    for size, p50 in found["p50_ms"].items():
        yield f"  {int(size):>9,} letters: a matter read in p50 {p50:.2f} ms"
    yield f"  ratio{'':<29}{found['ratio']:6.3f}"
    for title, lines in found["plans"].items():
        whole = ", ".join(found["read_whole"][title])
        yield f"  {title}: {found['ms'][title]:.2f} ms, {found['pages'][title]} pages, " + (f"READS WHOLE {whole}" if whole else "by index")
        yield from (f"      {line}" for line in lines)


def _many(found: Found) -> Iterator[str]:
    yield f"  {found['households']} households, {found['people']} people, {found['leaves']} leaves; {found['told']:.1%} of the statuses MATCHED or NO_RECORD"
    calls, bound = found["calls"], found["bound"]
    for department in sorted(calls["together"]):
        within = "within" if calls["together"][department] <= bound[department] else "PAST"
        yield (
            f"  {department}: {calls['together'][department]:>4} calls in one operation, {within} its bound of column sets x ceil(subjects / batch) = {bound[department]}; "
            f"{calls['alone'][department]} one by one"
        )
    spent = found["us_a_leaf"]
    yield f"  CPU a leaf {spent['together']:.1f} µs in one operation, {spent['alone']:.1f} µs one by one; ratio {found['ratio']:.3f} over {found['rounds']} rounds"


def _ms(spread: Mapping[str, float]) -> str:
    return f"{spread['median']:6.3f} ms ({spread['min']:.3f} to {spread['max']:.3f})"


_PARTS: tuple[tuple[str, str, Callable[[Found], Iterator[str]]], ...] = (
    ("road", "CPU per answer, the whole road as shipped: consent, policy, masks, two durable entries, asks gathered", lambda f: _ratio(f, 1 / 2, 1 / 4)),
    ("ungathered", "The same, each ask a call of its own", lambda f: _ratio(f, 1 / 2, 1 / 4)),
    ("memory_source", "CPU per answer without department I/O, both sides telling from memory", lambda f: _ratio(f, 1 / 4, 1 / 8)),
    ("idle", "Latency of an idle hub", _idle),
    ("gathering", "Department calls per answer, 32 askers of one organisation", _gathering),
    ("log", "store.append, 64 producers, beside the raw batched insert", _log),
    ("memory", "Resident memory of one worker", _memory),
    ("leaves", "CPU per answer over ever more leaves, from memory", _leaves),
    ("cold_start", "A hub opening", _cold_start),
    ("consent", "CPU of the checks of a household, its letters in memory", _consent),
    ("letters", "A hundred thousand letters of five signers each: how rows are found", _letters),
    ("many", "Two hundred households in one operation beside as many questions", _many),
    ("scale", "Departments over ten thousand and over a million people, asked one after another", _scale),
)
