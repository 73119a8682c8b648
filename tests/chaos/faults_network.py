"""Wires cut, silent and slow."""

import time

from tests.chaos.fault import Scene, fault

LONG_SECONDS = 35
"""Long enough for both sides to notice three missing heartbeats."""


@fault("connection cut during COMMIT", accepting=True)
def cut_commits(scene: Scene) -> None:
    wire = scene.stage.wires["postgres"]
    wire.cut_at(b"COMMIT", every=5)
    time.sleep(6)
    wire.cut_at(None)
    if not wire.cuts:
        scene.problems.append("no connection was cut: the fault did not happen")


@fault("network to RabbitMQ silent for 5 s", accepting=True)
def stall_broker(scene: Scene) -> None:
    _stall(scene, "rabbitmq", 5)


@fault("network to RabbitMQ silent for 35 s", accepting=True)
def stall_broker_for_long(scene: Scene) -> None:
    _stall(scene, "rabbitmq", LONG_SECONDS)


@fault("network to PostgreSQL silent for 10 s", accepting=True)
def stall_database(scene: Scene) -> None:
    _stall(scene, "postgres", 10)


@fault("PostgreSQL slow: 500 ms per round trip", accepting=True)
def slow_database(scene: Scene) -> None:
    wire = scene.stage.wires["postgres"]
    wire.delay = 0.5
    time.sleep(10)
    wire.delay = 0.0


@fault("every connection cut", accepting=True)
def cut_everything(scene: Scene) -> None:
    for _ in range(3):
        for wire in scene.stage.wires.values():
            wire.cut()
            wire.mend()
        time.sleep(2)


def _stall(scene: Scene, server: str, seconds: float) -> None:
    wire = scene.stage.wires[server]
    wire.stall()
    time.sleep(seconds)
    wire.flow()
