"""A PostgreSQL of one's own for as long as a test takes."""

import contextlib
import os
import pathlib
import pwd
import secrets
import shutil
import subprocess


@contextlib.contextmanager
def started(folder, port):
    """Starts one in an empty folder; its address."""
    folder.mkdir(mode=0o700)
    data = folder / "data"
    password = secrets.token_hex(16)
    (folder / "password").write_text(password)
    as_user = {"cwd": folder, "stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "check": True}
    if os.geteuid() == 0:
        # PostgreSQL refuses to run as root.
        user = account()
        for path in [folder, folder / "password"]:
            os.chown(path, user.pw_uid, user.pw_gid)
        as_user |= {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}
    control = [programs() / "pg_ctl", "--pgdata", data, "--wait", "--silent"]
    subprocess.run(
        [programs() / "initdb", "--pgdata", data, "--username=tester", f"--pwfile={folder / 'password'}",
         "--auth=scram-sha-256", "--encoding=UTF8", "--locale=C", "--no-sync"],
        **as_user,
    )
    options = f"-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories='' -c fsync=off"
    subprocess.run([*control, "start", f"--log={folder / 'log'}", "--options", options], **as_user)
    try:
        yield f"postgres://tester:{password}@127.0.0.1:{port}/postgres?sslmode=disable"
    finally:
        subprocess.run([*control, "stop", "--mode=immediate"], **as_user)


def account():
    """Who runs it where we are root."""
    try:
        return pwd.getpwnam("postgres")
    except KeyError:
        return pwd.getpwnam("nobody")


def programs():
    """The folder of the server's programs."""
    on_path = shutil.which("pg_ctl")
    folders = [os.environ.get("TOM_ALERTS_TEST_PGBIN"), on_path and pathlib.Path(on_path).resolve().parent]
    folders += sorted(pathlib.Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    for folder in filter(None, folders):
        if (pathlib.Path(folder) / "initdb").exists():
            return pathlib.Path(folder)
    raise SystemExit("No PostgreSQL is installed: set DATABASE_URL, or install the package postgresql")
