"""The demonstration's courses: public playlists, with the first videos of each."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class DemoVideo:
    """A video by its YouTube id; `seconds` is how long it plays."""

    youtube_id: str
    title: str
    seconds: int

    @property
    def link(self) -> str:
        return f"https://www.youtube.com/watch?v={self.youtube_id}"


@dataclass(frozen=True, slots=True)
class DemoCourse:
    """A course; its playlist's id is what makes loading it twice harmless."""

    title: str
    playlist_id: str
    videos: tuple[DemoVideo, ...]

    @property
    def link(self) -> str:
        return f"https://www.youtube.com/playlist?list={self.playlist_id}"


COURSES = (
    DemoCourse(
        "Essence of linear algebra",
        "PLZHQObOWTQDPD3MizzM2xVFitgF8hE_ab",
        (
            DemoVideo("fNk_zzaMoSs", "Vectors", 592),
            DemoVideo("k7RM-ot2NWY", "Linear combinations, span, and basis vectors", 599),
            DemoVideo("kYB8IZa5AuE", "Linear transformations and matrices", 659),
            DemoVideo("XkY2DOUCWMU", "Matrix multiplication as composition", 604),
            DemoVideo("rHLEWRxRGiM", "Three-dimensional linear transformations", 286),
            DemoVideo("Ip3X9LOh2dk", "The determinant", 603),
            DemoVideo("uQhTuRlWMxw", "Inverse matrices, column space and null space", 729),
            DemoVideo("LyGKycYT2v0", "Dot products and duality", 852),
        ),
    ),
    DemoCourse(
        "Essence of calculus",
        "PLZHQObOWTQDMsr9K-rj53DwVRMYO3t5Yr",
        (
            DemoVideo("WUvTyaaNkzM", "The essence of calculus", 1025),
            DemoVideo("9vKqVkMQHKk", "The paradox of the derivative", 1037),
            DemoVideo("S0_qX4VJhMQ", "Derivative formulas through geometry", 1105),
            DemoVideo("YG15m2VwSjA", "Visualizing the chain rule and product rule", 983),
            DemoVideo("m2MIpDrF7Es", "What's so special about Euler's number e?", 830),
            DemoVideo("qb40J4N1fa4", "Implicit differentiation, what's going on here?", 933),
        ),
    ),
    DemoCourse(
        "Neural networks",
        "PLZHQObOWTQDNU6R1_67000Dx_ZCJB-3pi",
        (
            DemoVideo("aircAruvnKk", "But what is a neural network?", 1120),
            DemoVideo("IHZwWFHWa-w", "Gradient descent, how neural networks learn", 1233),
            DemoVideo("Ilg3gGewQ5U", "What is backpropagation really doing?", 827),
            DemoVideo("tIeHLnjs5U8", "Backpropagation calculus", 618),
        ),
    ),
)
