"""Servers stopped, killed and starved."""

import asyncio
import signal
import time

import aio_pika
import asyncpg

from events.topology import PROGRESS
from stack.waiting import poll
from tests.chaos.cluster import FIRST, leader_of_events
from tests.chaos.fault import Scene, fault
from tests.chaos.keeper import API
from tests.chaos.ledger import Outcome
from tests.chaos.stage import Layout

AWAY_SECONDS = 4
SMALL_OUTBOX = 1_000
ROOM = 50
"""What a full outbox may have left: the next report can have more events than that."""


@fault("RabbitMQ restarted", accepting=True, short=True)
def restart_broker(scene: Scene) -> None:
    scene.stage.hold("rabbitmq")
    scene.stage.release("rabbitmq")


@fault("RabbitMQ killed -9", accepting=True)
def kill_broker(scene: Scene) -> None:
    scene.stage.signal_server("rabbitmq", signal.SIGKILL)
    time.sleep(1)
    scene.stage.wait_for_server("rabbitmq")


@fault("PostgreSQL restarted immediate", accepting=True, short=True)
def quit_database(scene: Scene) -> None:
    scene.stage.signal_server("postgres", signal.SIGQUIT)
    time.sleep(1)
    scene.stage.wait_for_server("postgres")


@fault("PostgreSQL killed -9", accepting=True)
def kill_database(scene: Scene) -> None:
    scene.stage.signal_server("postgres", signal.SIGKILL)
    time.sleep(1)
    scene.stage.wait_for_server("postgres")


@fault("PostgreSQL away for a while", accepting=True)
def hold_database(scene: Scene) -> None:
    scene.stage.hold("postgres")
    time.sleep(AWAY_SECONDS)
    scene.stage.release("postgres")


@fault("RabbitMQ and PostgreSQL away")
def hold_both(scene: Scene) -> None:
    scene.stage.hold("rabbitmq")
    scene.stage.hold("postgres")
    time.sleep(1)
    began = time.monotonic()
    time.sleep(AWAY_SECONDS)
    if scene.ledger.accepted_between(began, time.monotonic()):
        scene.problems.append("events were accepted while nothing could store them")
    scene.stage.release("postgres")
    scene.stage.release("rabbitmq")


@fault("outbox full")
def fill_outbox(scene: Scene) -> None:
    stage = scene.stage
    stage.keeper.restart(API, EDUTRACK_OUTBOX_EVENTS=str(SMALL_OUTBOX))
    stage.processes.wait_until_listening()
    time.sleep(1)
    stage.hold("rabbitmq")
    full = poll(lambda: stage.waiting() > SMALL_OUTBOX - ROOM, seconds=20)
    before = scene.ledger.count(Outcome.REFUSED)
    time.sleep(AWAY_SECONDS)
    if not full or scene.ledger.count(Outcome.REFUSED) == before:
        scene.problems.append("nothing was refused: the fault did not happen")
    if stage.waiting() > SMALL_OUTBOX:
        scene.problems.append(f"{stage.waiting()} events wait where {SMALL_OUTBOX} may")
    stage.release("rabbitmq")
    time.sleep(AWAY_SECONDS)
    stage.keeper.restart(API)


@fault("PostgreSQL fails over", accepting=True, layout=Layout.STANDBY)
def fail_over(scene: Scene) -> None:
    scene.stage.fail_over()
    time.sleep(1)


@fault("leader of 3 RabbitMQs killed", accepting=True, layout=Layout.CLUSTER)
def kill_leader(scene: Scene) -> None:
    stage = scene.stage
    leader = leader_of_events(stage.broker, stage.vhost)
    if leader == FIRST:
        stage.signal_server("rabbitmq", signal.SIGKILL)
        time.sleep(AWAY_SECONDS)
        assert poll(stage.broker.is_ready, seconds=60)
    else:
        node = next(it for it in stage.nodes if it.name == leader)
        node.kill()
        time.sleep(AWAY_SECONDS)
        node.start()
        node.wait()


@fault("2 of 3 RabbitMQs killed", accepting=True, layout=Layout.CLUSTER)
def kill_two_of_three(scene: Scene) -> None:
    for node in scene.stage.nodes:
        node.kill()
    time.sleep(3 * AWAY_SECONDS)
    if not scene.stage.waiting():
        scene.problems.append("no event went to the outbox: the fault did not happen")
    for node in scene.stage.nodes:
        node.start()
    for node in scene.stage.nodes:
        node.wait()


@fault("Redis killed -9", accepting=True)
def kill_redis(scene: Scene) -> None:
    scene.stage.signal_server("redis", signal.SIGKILL)
    time.sleep(AWAY_SECONDS)
    scene.stage.wait_for_server("redis")


@fault("Redis stopped (SIGSTOP)", accepting=True)
def stop_redis(scene: Scene) -> None:
    scene.stage.signal_server("redis", signal.SIGSTOP)
    time.sleep(2 * AWAY_SECONDS)
    scene.stage.signal_server("redis", signal.SIGCONT)


@fault("a table locked", accepting=True)
def lock_table(scene: Scene) -> None:
    async def lock() -> None:
        connection = await asyncpg.connect(scene.stage.database_url)
        try:
            async with connection.transaction():
                await connection.execute("LOCK TABLE progress IN ACCESS EXCLUSIVE MODE")
                await asyncio.sleep(2 * AWAY_SECONDS)
        finally:
            await connection.close()

    asyncio.run(lock())


@fault("queue deleted")
def delete_queue(scene: Scene) -> None:
    """What lies in a queue goes with it; so the harness lets it run empty first."""

    async def delete() -> None:
        async with (
            await aio_pika.connect(scene.stage.amqp_url) as connection,
            connection.channel() as channel,
        ):
            await channel.queue_delete(PROGRESS.name)

    with scene.lesson.interrupted():
        assert poll(lambda: _is_empty(scene), seconds=30)
        asyncio.run(delete())
    time.sleep(1)


@fault("binding removed", accepting=True)
def unbind(scene: Scene) -> None:
    async def remove() -> None:
        async with (
            await aio_pika.connect(scene.stage.amqp_url) as connection,
            connection.channel() as channel,
        ):
            queue = await channel.get_queue(PROGRESS.name, ensure=False)
            await queue.unbind(PROGRESS.exchange.name, PROGRESS.routing_key)

    asyncio.run(remove())
    time.sleep(2)


@fault("memory alarm", accepting=True)
def raise_memory_alarm(scene: Scene) -> None:
    broker = scene.stage.broker
    broker.evaluate("vm_memory_monitor:set_vm_memory_high_watermark(0.00001).")
    time.sleep(2 * AWAY_SECONDS)
    broker.evaluate("vm_memory_monitor:set_vm_memory_high_watermark(0.4).")


@fault("disk alarm", accepting=True)
def raise_disk_alarm(scene: Scene) -> None:
    broker = scene.stage.broker
    broker.evaluate("rabbit_disk_monitor:set_disk_free_limit(9000000000000000).")
    time.sleep(4 * AWAY_SECONDS)
    broker.evaluate("rabbit_disk_monitor:set_disk_free_limit(50000000).")


def _is_empty(scene: Scene) -> bool:
    """Say whether all that was accepted is applied, so that nothing is left to be acknowledged."""
    return scene.ledger.accepted() <= scene.stage.logged() and not scene.stage.messages()
