"""The parts of an evaluation, seen as a whole."""

import msgspec

from emg_feedback.link.messages import Phase, SessionState


def as_one(session: SessionState) -> SessionState:
    """Return a session that is over with all its parts as if they were one exercise."""
    if session.phase is not Phase.DONE or not session.parts:
        return session
    results = [result for part in session.parts for result in part.results]
    return msgspec.structs.replace(
        session,
        title=None,
        part=0,
        parts=[],
        sets=1,
        repetitions=sum(part.planned for part in session.parts),
        results=results,
        completed=len(results) - results.count("void"),
        skipped=sum(part.skipped for part in session.parts),
    )
