import configparser

from stack.home import Home
from stack.program import Group, Program, configuration


def parsed(home: Home, *programs: Program) -> configparser.RawConfigParser:
    parser = configparser.RawConfigParser()
    parser.read_string(configuration(home, programs))
    return parser


def test_nothing_starts_by_itself_and_whatever_started_is_kept_up(home: Home) -> None:
    program = parsed(home, Program("redis", Group.SERVERS, ("redis-server",)))["program:redis"]

    assert program["autostart"] == "false"
    assert program["autorestart"] == "true"


def test_groups_stop_from_gateway_to_name_server(home: Home) -> None:
    found = parsed(
        home,
        Program("epmd", Group.NAMES, ("epmd",)),
        Program("postgres", Group.SERVERS, ("postgres",)),
        Program("progress", Group.WORKERS, ("edutrack",)),
        Program("api", Group.GATEWAY, ("edutrack",)),
    )

    priority = {name: int(found[f"group:{name}"]["priority"]) for name in ("names", "servers", "workers")}
    # supervisor stops the group with the highest priority first.
    assert (
        priority["names"]
        < priority["servers"]
        < priority["workers"]
        < int(found["group:gateway"]["priority"])
    )


def test_processes_that_share_a_socket_are_told_apart_by_number(home: Home) -> None:
    program = Program("api", Group.GATEWAY, ("edutrack",), processes=3, socket="127.0.0.1:8000")

    found = parsed(home, program)["fcgi-program:api"]

    assert found["socket"] == "tcp://127.0.0.1:8000"
    assert found["numprocs"] == "3"
    assert found["process_name"] == "%(program_name)s-%(process_num)d"
    assert found["priority"] == str(int(Group.GATEWAY))


def test_a_percent_sign_stays_one_in_a_command_and_an_environment(home: Home) -> None:
    program = Program("x", Group.SERVERS, ("run", "100%"), environment={"A": "50%"})

    found = parsed(home, program)["program:x"]

    assert found["command"] == "run 100%%"
    assert found["environment"] == 'A="50%%"'


def test_the_control_socket_is_for_its_owner_alone(home: Home) -> None:
    found = parsed(home)

    assert found["unix_http_server"]["chmod"] == "0700"
    assert found["supervisord"]["umask"] == "077"
