"""The SQL of deferred jobs. Every statement takes the time as an argument, and says itself what may be changed by it.

Rules of this file:
- `STANDS` is the one place that says whether a job still rests on something: one of its letters, if it has any, of which no part was
  withdrawn that holds this question; an open case; an organisation that still has a system to ask for it.
- Where a job ends without being told, the row for the access log is written by the same statement.
"""

from __future__ import annotations

STANDS = """(
    (cardinality(j.letters) = 0 OR EXISTS (
        SELECT FROM letter AS l JOIN matter_case AS c ON c.id = l.case_id
        WHERE l.id = ANY(j.letters) AND l.status = 'ACTIVE' AND (l.expires_at IS NULL OR l.expires_at > $1)
        AND j.person_id::text <> ALL(l.lapsed) AND ('MONITORING' = ANY(l.validity) OR c.closed_at IS NULL OR c.closed_at > $1)
        AND ('CHECK_FAILED' <> ALL(l.validity) OR c.refused_at IS NULL OR c.refused_at > $1)
        AND NOT EXISTS (
            SELECT FROM jsonb_array_elements(l.withdrawn) AS w
            WHERE (w->'people' = '[]' OR w->'people' ? j.person_id::text) AND (w->'factGroups' = '[]' OR w->'factGroups' ? j.fact_group)
            AND (w->'purposes' = '[]' OR w->'purposes' ? j.purpose)
            AND (w->'receivers' = '[]' OR w->'receivers' ? j.organisation OR EXISTS (
                SELECT FROM jsonb_array_elements_text(w->'regions') AS place JOIN organisation AS o ON o.code = j.organisation
                WHERE o.region LIKE place || '%')))))
    AND EXISTS (
        SELECT FROM matter_case AS c WHERE c.id = j.case_id AND (
            c.closed_at IS NULL OR c.closed_at > $1
            OR (j.purpose = 'MONITORING' AND c.monitored_from <= $1 AND (c.monitored_to IS NULL OR c.monitored_to > $1))))
    AND EXISTS (
        SELECT FROM client AS k JOIN organisation AS a ON a.code = k.organisation
        WHERE a.code = j.organisation AND a.active AND k.active AND j.purpose = ANY(k.purposes))
)"""
_NOTE = """
INSERT INTO outbox (kind, body, at)
SELECT '{kind}', jsonb_build_object('job', id, 'question', intent, 'department', department, 'group', fact_group,
                                    'organisation', organisation, 'case', case_id, 'answered', state = 'KEPT'), $1 FROM gone
"""


def _noted(change: str, kind: str) -> str:
    return f"WITH gone AS ({change} RETURNING j.*) {_NOTE.format(kind=kind)}"


PEOPLE = "SELECT id, blind_index FROM person WHERE blind_index = ANY($1)"

FOUND = """
SELECT j.id, j.case_id, j.person_id, j.state, j.expected_at, j.claimed_by, j.sealed, j.key_version, NOT EXISTS (
    SELECT FROM deferred_job AS s WHERE s.intent = j.intent AND s.case_id = j.case_id AND s.fact_group = j.fact_group AND s.state IN ('ASKED', 'OPEN')
) AS whole
FROM deferred_job AS j
WHERE j.case_id = ANY($1) AND j.organisation = $2 AND j.purpose = $3 AND j.fact_group = $4 AND j.question = $5 AND j.person_id = ANY($6)
ORDER BY j.id FOR UPDATE OF j
"""
"""What was asked before; `whole` where nothing asked with it in its case is still under way."""

CLAIM = "UPDATE deferred_job SET claimed_by = $2, claimed_at = $3 WHERE id = ANY($1)"

INTENT = "SELECT body FROM log_entry WHERE id = $1"

LETTERS = """
SELECT s.covers, s.capacity, s.separately, l.id, l.case_id, l.notice_version, l.template, COALESCE((SELECT region FROM organisation WHERE code = $4), '') AS region
FROM letter AS l JOIN signer AS s ON s.letter_id = l.id
WHERE l.case_id = ANY($1) AND l.id = ANY($2) AND l.fact_groups && ARRAY['ALL_LISTED', $3]
"""

OPENED = """
INSERT INTO deferred_job (id, department, fact_group, case_id, person_id, organisation, purpose, question, columns, intent, letters, state,
                          asked_at, due_at, next_at, ends_at)
SELECT o.id, $2, $3, o.case_id, o.person_id, $6, $7, $8, $9, $10, string_to_array(o.letters, ' '), 'ASKED', $12, $13, $14, $15
FROM unnest($1::text[], $4::text[], $5::uuid[], $11::text[]) AS o(id, case_id, person_id, letters)
ON CONFLICT DO NOTHING RETURNING id
"""
"""Jobs of one question about many people, in one turn; those another worker opened at this moment are left out."""

ACCEPTED = """
UPDATE deferred_job AS j SET state = 'OPEN', expected_at = a.expected, next_at = $3
FROM unnest($1::text[], $2::timestamptz[]) AS a(id, expected) WHERE j.id = a.id AND j.state = 'ASKED'
"""

WITHDRAWN = "DELETE FROM deferred_job WHERE id = ANY($1) AND state IN ('ASKED', 'OPEN')"

JOBS = f"""
SELECT j.*, o.region, {STANDS} AS stands FROM deferred_job AS j JOIN organisation AS o ON o.code = j.organisation
WHERE j.id = ANY($2) AND j.department = $3
"""  # noqa: S608 (words of this file)

KEEP = f"""
WITH kept AS (
    UPDATE deferred_job AS j SET state = 'KEPT', sealed = $3, key_version = $4, ends_at = $5
    WHERE j.id = $2 AND j.state IN ('ASKED', 'OPEN') AND {STANDS} RETURNING j.*
)
INSERT INTO outbox (kind, body, at)
SELECT 'DEFERRED_ANSWERED', jsonb_build_object('job', id, 'question', intent, 'department', department, 'group', fact_group,
                                               'organisation', organisation, 'case', case_id), $1 FROM kept
RETURNING 1
"""  # noqa: S608

STATE = "SELECT state FROM deferred_job WHERE id = $1"

TOLD = "DELETE FROM deferred_job WHERE claimed_by = $1 AND id = ANY($2)"
LET_GO = "UPDATE deferred_job SET claimed_by = NULL, claimed_at = NULL WHERE claimed_by = $1"

DESTROY = _noted(f"DELETE FROM deferred_job AS j WHERE NOT {STANDS}", "DEFERRED_DESTROYED")  # noqa: S608
DESTROY_OF_CASES = _noted(f"DELETE FROM deferred_job AS j WHERE j.case_id = ANY($2) AND NOT {STANDS}", "DEFERRED_DESTROYED")  # noqa: S608
ENDED = _noted("DELETE FROM deferred_job AS j WHERE j.ends_at <= $1 AND j.claimed_by IS NULL", "DEFERRED_ENDED")
OVERDUE = _noted("UPDATE deferred_job AS j SET state = 'CLOSED' WHERE j.state IN ('ASKED', 'OPEN') AND j.due_at <= $1", "DEFERRED_OVERDUE")

# A worker that died after recording may have told, so what it held is gone; where the log says that nothing was told, it is told next time.
SETTLED = """
DELETE FROM deferred_job AS j USING log_entry AS o
WHERE o.question = j.claimed_by AND o.kind = 'OUTCOME' AND o.decision <> 'DENY' AND j.claimed_at <= $1
"""
UNTOLD = """
UPDATE deferred_job AS j SET claimed_by = NULL, claimed_at = NULL FROM log_entry AS o
WHERE o.question = j.claimed_by AND o.kind = 'OUTCOME' AND o.decision = 'DENY'
"""

DUE = f"""
UPDATE deferred_job AS j SET next_at = $4 WHERE j.id IN (
    SELECT id FROM deferred_job WHERE department = $2 AND state = $3 AND next_at <= $1 AND due_at > $1
    ORDER BY next_at LIMIT $5 FOR UPDATE SKIP LOCKED
) AND {STANDS} RETURNING j.id
"""  # noqa: S608
"""Jobs whose turn it is, taken by moving their next turn on: who dies with them in hand leaves them to the next."""

STANDING_OF_CASE = f"SELECT j.id, j.fact_group FROM deferred_job AS j WHERE j.case_id = $2 AND {STANDS} ORDER BY j.id"  # noqa: S608

COUNTS = """
SELECT department, state, count(*) AS number, count(*) FILTER (WHERE state IN ('ASKED', 'OPEN') AND due_at <= $1) AS overdue
FROM deferred_job GROUP BY department, state ORDER BY department, state
"""
