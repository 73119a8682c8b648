"""Our own processes killed, at any moment and at the worst ones."""

import time
from datetime import timedelta

from stack.waiting import poll
from tests.chaos.fault import Scene, fault
from tests.chaos.keeper import API, COMMANDS, WORKERS
from tests.chaos.load import Load
from tests.chaos.stage import SERVERS
from tests.chaos.worker import Failpoint

DEATHS = 5
ENOUGH_WITHIN = 90
"""Seconds; workers start slowly on a busy machine."""


@fault("consumers killed -9, in turn", accepting=True, short=True)
def kill_consumers(scene: Scene) -> None:
    for number in range(4):
        scene.stage.keeper.kill(WORKERS[number % len(WORKERS)])
        time.sleep(0.8)


@fault("all consumers killed -9", accepting=True)
def kill_all_consumers(scene: Scene) -> None:
    for _ in range(3):
        for worker in WORKERS:
            scene.stage.keeper.kill(worker)
        time.sleep(1.5)


@fault("API killed -9, same ids again")
def kill_api(scene: Scene) -> None:
    for _ in range(3):
        scene.stage.keeper.kill(API)
        time.sleep(3)


@fault("consumer killed mid-batch", accepting=True, short=True)
def die_mid_batch(scene: Scene) -> None:
    _die_at(scene, Failpoint.MID_BATCH)


@fault("consumer killed before COMMIT", accepting=True)
def die_before_commit(scene: Scene) -> None:
    _die_at(scene, Failpoint.BEFORE_COMMIT)


@fault("consumer killed after COMMIT", accepting=True, short=True)
def die_after_commit(scene: Scene) -> None:
    _die_at(scene, Failpoint.AFTER_COMMIT)


def _die_at(scene: Scene, point: Failpoint) -> None:
    deaths = scene.stage.keeper.deaths
    scene.stage.arm(point)
    enough = poll(lambda: len(deaths) >= DEATHS, seconds=ENOUGH_WITHIN)
    scene.stage.disarm(point)
    if not enough:
        scene.problems.append(f"{len(deaths)} workers died: the fault did not happen often enough")


@fault("events 3x, shuffled, late", load=Load(copies=3, shuffled=True), short=True)
def shuffle(scene: Scene) -> None:
    time.sleep(4)


@fault("client clocks a day ahead", load=Load(clock_ahead=timedelta(days=1)))
def clocks_ahead(scene: Scene) -> None:
    time.sleep(4)


@fault("client clocks a day behind", load=Load(clock_ahead=timedelta(days=-1)))
def clocks_behind(scene: Scene) -> None:
    time.sleep(4)


@fault("rolling restart of everything")
def restart_everything(scene: Scene) -> None:
    stage = scene.stage
    with stage.keeper.also_running() as others:
        time.sleep(3)
        for name in (*COMMANDS, *others):
            code = stage.keeper.restart(name)
            if code:
                scene.problems.append(f"{name} stopped with {code}")
            time.sleep(3)
    for server in SERVERS:
        stage.hold(server)
        stage.release(server)
        time.sleep(3)
