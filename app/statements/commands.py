"""``xinlu coder``: what researchers and developers do with the sentiment coder.

app/cli.py puts the commands of other modules into it.
"""

import typer

coder = typer.Typer(help="The sentiment coder.", no_args_is_help=True)
