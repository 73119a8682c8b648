"""What keeps a class from taking place."""

from core.errors import EduTrackError


class SimulationStopped(EduTrackError):
    """The class cannot go on, so that nothing can be said of the rows."""

    title = "The simulation stopped"


class NotAccepted(EduTrackError):
    """The stack refused something that it had to accept, or did not answer for too long."""

    title = "Not accepted"
