"""`edutrack db`: the schema."""

import typer

app = typer.Typer(no_args_is_help=True, help="The database schema.")


@app.command()
def migrate() -> None:
    """Bring the schema up to date; harmless when it is."""
    from core.settings import load_settings
    from migrations.run import upgrade

    upgrade(load_settings())
