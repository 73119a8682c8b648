"""Serve a baseline on an inherited socket, as the gateway is: `python -m bench.baselines.serve NAME`."""

import socket
import sys
from importlib import import_module

import uvicorn

from api.server import SERVER
from core.settings import load_settings


def main(name: str) -> None:
    """Serve until SIGTERM."""
    app = import_module(f"bench.baselines.{name}").app(load_settings())
    config = uvicorn.Config(
        app,
        loop="uvloop",
        http="httptools",
        ws="none",
        access_log=False,
        log_level="warning",
        server_header=False,
        backlog=SERVER.backlog,
    )
    uvicorn.Server(config).run(sockets=[socket.socket(fileno=0)])


if __name__ == "__main__":
    main(sys.argv[1])
