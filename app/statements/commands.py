"""``xinlu coder``: what researchers and developers do with the sentiment coder.

Other modules add their commands with ``@coder.command()``; app/cli.py imports them.
"""

import typer

coder = typer.Typer(help="The sentiment coder.", no_args_is_help=True)
