"""Celery's settings where RabbitMQ's quorum queues and its patience ask for something."""

from datetime import timedelta

from core.settings import Settings
from events.tasks import kombu_queue
from events.topology import QUEUES
from workers.celery_app import TASK_POLICY, make_celery, node_name

SETTINGS = Settings(
    env="development",
    database_url="postgresql://nowhere/nothing",
    amqp_url="amqp://nowhere",
    redis_url="redis://nowhere",
)


def test_queues_are_declared_exactly_as_the_topology_has_them() -> None:
    for queue in QUEUES:
        declared = kombu_queue(queue)
        assert declared.queue_arguments == dict(queue.arguments)  # type: ignore[attr-defined] # kombu's are set at run time
        assert (declared.name, declared.exchange.name, declared.routing_key, declared.durable) == (
            queue.name,
            queue.exchange.name,
            queue.routing_key,
            True,
        )


def test_no_task_lasts_until_the_broker_loses_patience() -> None:
    assert TASK_POLICY.soft_limit < TASK_POLICY.hard_limit < timedelta(minutes=30)


def test_a_task_comes_back_when_its_process_dies() -> None:
    conf = make_celery(SETTINGS).conf
    assert conf.task_acks_late
    assert conf.task_reject_on_worker_lost
    assert conf.worker_prefetch_multiplier == 1


def test_no_queue_is_made_that_the_topology_does_not_know() -> None:
    conf = make_celery(SETTINGS).conf
    assert not conf.task_create_missing_queues
    assert not conf.worker_enable_remote_control
    assert {queue.name for queue in conf.task_queues} <= {queue.name for queue in QUEUES}


def test_a_worker_never_has_the_name_of_another() -> None:
    assert len({node_name() for _ in range(100)}) == 100


def test_a_message_is_confirmed_before_it_counts_as_sent() -> None:
    assert make_celery(SETTINGS).conf.broker_transport_options["confirm_publish"]
