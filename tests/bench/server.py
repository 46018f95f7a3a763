"""The application with one empty endpoint beside it: what the framework and the machine cost by themselves."""

import sys

from fastapi import Depends

from app.core.settings import Settings
from app.main import create_app
from app.web import serving
from app.web.policy import Public


def empty() -> dict[str, bool]:
    """A plain ``def`` endpoint like ours, that does nothing."""
    return {"empty": True}


def main() -> None:
    """Serve on the port given as the only argument."""
    settings = Settings.from_environment().model_copy(update={"port": int(sys.argv[1]), "log_level": "error"})
    from app.core.logging import configure  # noqa: PLC0415 - as `xinlu serve` does

    configure(settings)
    app = create_app(settings)
    app.add_api_route("/empty", empty, dependencies=[Depends(Public("a yardstick"))])
    serving.run(app, settings)


if __name__ == "__main__":
    main()
