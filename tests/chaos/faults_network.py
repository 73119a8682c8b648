"""Wires cut, silent and slow."""

import time

from events.publisher import PUBLISHING
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


@fault("RabbitMQ silent for 5 s", accepting=True)
def stall_broker(scene: Scene) -> None:
    _stall(scene, "rabbitmq", 5)


@fault("RabbitMQ silent for 35 s", accepting=True)
def stall_broker_for_long(scene: Scene) -> None:
    _stall(scene, "rabbitmq", LONG_SECONDS)


@fault("PostgreSQL silent for 10 s", accepting=True)
def stall_database(scene: Scene) -> None:
    _stall(scene, "postgres", 10)


@fault("RabbitMQ links dropped", accepting=True)
def forget_broker(scene: Scene) -> None:
    """The broker itself takes up to three heartbeats to give back what a worker held."""
    scene.stage.wires["rabbitmq"].forget()
    time.sleep(10)


@fault("PostgreSQL links dropped", accepting=True)
def forget_database(scene: Scene) -> None:
    scene.stage.wires["postgres"].forget()
    time.sleep(5)


@fault("RabbitMQ past its deadline", accepting=True)
def slow_broker(scene: Scene) -> None:
    """No confirm arrives in time, but each arrives: what went to the outbox as well comes twice."""
    wire = scene.stage.wires["rabbitmq"]
    wire.delay = 2 * PUBLISHING.confirm_within.total_seconds()
    time.sleep(10)
    wire.delay = 0.0


@fault("PostgreSQL slow (500 ms)", accepting=True)
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
