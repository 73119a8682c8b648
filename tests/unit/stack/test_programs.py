from core.settings import StackSettings
from stack.programs import our_programs


def test_one_gateway_process_binds_its_own_port() -> None:
    gateway = our_programs(StackSettings(api_processes=1))[0]

    assert gateway.socket is None
    assert gateway.command[1:] == ("api",)


def test_several_gateway_processes_share_one_socket() -> None:
    gateway = our_programs(StackSettings(api_processes=4, host="127.0.0.1", port=8123))[0]

    assert (gateway.socket, gateway.processes) == ("127.0.0.1:8123", 4)
    assert gateway.command[1:] == ("api", "--fd", "0")


def test_there_are_as_many_progress_workers_as_asked_for_and_one_scheduler() -> None:
    workers = {program.name: program for program in our_programs(StackSettings(progress_workers=3))}

    assert workers["progress"].processes == 3
    assert workers["scheduler"].processes == 1
