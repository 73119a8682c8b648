"""Servers stopped, killed and starved."""

import asyncio
import signal
import time

import aio_pika
import asyncpg

from events.topology import PROGRESS
from stack.waiting import poll
from tests.chaos.fault import Scene, fault

AWAY_SECONDS = 4


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
    broker._evaluate("vm_memory_monitor:set_vm_memory_high_watermark(0.00001).")
    time.sleep(2 * AWAY_SECONDS)
    broker._evaluate("vm_memory_monitor:set_vm_memory_high_watermark(0.4).")


@fault("disk alarm", accepting=True)
def raise_disk_alarm(scene: Scene) -> None:
    broker = scene.stage.broker
    broker._evaluate("rabbit_disk_monitor:set_disk_free_limit(9000000000000000).")
    time.sleep(4 * AWAY_SECONDS)
    broker._evaluate("rabbit_disk_monitor:set_disk_free_limit(50000000).")


def _is_empty(scene: Scene) -> bool:
    """Say whether all that was accepted is applied, so that nothing is left to be acknowledged."""
    logged = scene.stage.query("SELECT count(*) AS n FROM progress_events")[0]["n"]
    return scene.stage.depths()[PROGRESS.name][0] == 0 and logged >= len(scene.ledger.accepted())
