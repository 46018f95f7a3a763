"""What `xinlu doctor` says of who else can read the diaries."""

import subprocess

from tests.support.databases import ScratchDatabase, only_on
from tests.support.program import xinlu


@only_on("sqlite")  # what PostgreSQL keeps is PostgreSQL's to guard
def test_the_doctor_warns_of_open_diaries_and_what_it_advises_closes_them(database: ScratchDatabase) -> None:
    path = database.data_dir / "xinlu.db"
    database.data_dir.chmod(0o755)
    path.chmod(0o644)
    said = xinlu("doctor", env=database.env).stdout.splitlines()
    advised = [said[at + 1].strip() for at, line in enumerate(said) if line.startswith("warn") and "里面有日记" in line]
    assert advised == [f"chmod 700 {database.data_dir}", f"chmod 600 {path}"]

    for command in advised:
        subprocess.run(command, shell=True, check=True)  # noqa: S602 - as the operator would
    assert "里面有日记" not in xinlu("doctor", env=database.env).stdout

    database.data_dir.chmod(0o755)
    elsewhere = {**database.env, "XINLU_DATA_DIR": str(database.data_dir / "own")}
    assert "里面有日记" not in xinlu("doctor", env=elsewhere).stdout, "a folder that is not ours may have to be open"
