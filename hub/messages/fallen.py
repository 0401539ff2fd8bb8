"""Which waiting messages may no longer be handed over: those a citizen sent of their own free will, once the citizen has withdrawn.

A message about a matter rests on consent where its kind says so (`kinds.py`): the citizen's own application, the citizen's own proof of
being alive. What an organ tells another as its duty (a payment, a decision, a lead) does not wait for a letter, and does not fall with one.
"""

from __future__ import annotations

from hub.messages.kinds import SORTS

KINDS = tuple(kind.value for kind, sort in SORTS.items() if sort.on_consent)

FALLEN = """
SELECT m.number FROM message AS m JOIN matter_case AS c ON c.id = m.case_id OR (m.case_id IS NULL AND c.platform = m.of AND c.reference = m.reference)
WHERE m.state = 'ACCEPTED' AND m.collected_at IS NULL AND m.receiver IS NOT NULL AND m.kind = ANY($1) AND ({scope})
  AND EXISTS (SELECT FROM letter AS l JOIN signer AS s ON s.letter_id = l.id WHERE l.case_id = c.id AND m.person_id::text = ANY(s.covers))
  AND NOT EXISTS (
    SELECT FROM letter AS l JOIN signer AS s ON s.letter_id = l.id
    WHERE l.case_id = c.id AND m.person_id::text = ANY(s.covers) AND l.status <> 'REVOKED' AND NOT EXISTS (
        SELECT FROM jsonb_array_elements(l.withdrawn) AS w
        WHERE (w->'people' = '[]' OR w->'people' ? m.person_id::text) AND w->'factGroups' = '[]' AND w->'purposes' = '[]' AND w->'receivers' = '[]'
    )
  )
ORDER BY m.number
"""
"""The person had letters in the matter, and each of them was withdrawn, or withdrawn from them. A letter that ran out is no withdrawal."""

FALLEN_OF_NUMBERS = FALLEN.format(scope="m.number = ANY($2)")
FALLEN_OF_CASE = FALLEN.format(scope="c.id = $2")
