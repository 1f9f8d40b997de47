"""What the engine tells only when it is asked; no Qt."""

from typing import Any


class Answers:
    """The newest answers of one engine; ``patients`` and ``protocols`` are None until they come.

    Attributes
    ----------
    patients, protocols : list of dict or None
    placements : dict
        By muscle, where its electrodes go.
    evaluation : dict
        The initial evaluation of the session, or of the one that ended last; empty before it.
    summary : dict or None
        What the session came to so far, or the one that ended last.
    """

    def __init__(self) -> None:
        self.patients: list[dict[str, Any]] | None = None
        self.protocols: list[dict[str, Any]] | None = None
        self.placements: dict[str, dict[str, Any]] = {}
        self.evaluation: dict[str, Any] = {}
        self.summary: dict[str, Any] | None = None
        self._histories: dict[str, dict[str, Any]] = {}

    def take(self, command: str, result: dict[str, Any], patient: str | None) -> None:
        """Take the result of a command; ``patient`` is whose session is open."""
        match command:
            case "patients" | "add_patient":
                self.patients = list(result.get("patients", []))
            case "protocols":
                self.protocols = list(result.get("protocols", []))
            case "placements":
                self.placements = dict(result.get("placements", {}))
            case "history":
                self._histories[str(result.get("patient"))] = result
            case "evaluation":
                if result.get("patient", patient) == patient:  # another's may have begun meanwhile
                    self.evaluation = result
            case "summary":
                told = result.get("summary") or {}
                if patient and told.get("patient") == patient:  # it may have ended meanwhile
                    self.summary = told
            case "end_session":
                self.summary = result.get("summary")
                self._histories.clear()
            case "begin_session":
                self.summary, self.evaluation = None, {}

    def forget(self) -> None:
        """Forget what another engine would answer otherwise."""
        self.patients = self.protocols = None
        self._histories.clear()

    def history_of(self, patient: str | None) -> dict[str, Any]:
        """Return programme, sessions and calibrations of a patient; empty while not known."""
        return self._histories.get(patient, {}) if patient is not None else {}
