"""What tells a database from a copy of it, which has the same rows."""

from pathlib import Path

from django.db import connection


def signs() -> set[str]:
    """Of the database that has the files. One of them stays the same while it is the same one.

    SQLite: its real path, and its inode. PostgreSQL: the server's own number (its address where the
    role may not ask for that), each with the number and the name of the database.
    """
    if connection.vendor == "sqlite":
        return _signs_of_a_file()
    with connection.cursor() as cursor:
        cursor.execute("SELECT has_function_privilege('pg_control_system()', 'execute')")
        (may_ask,) = cursor.fetchone()
        cursor.execute(
            "SELECT system_identifier::text FROM pg_control_system()"
            if may_ask
            else "SELECT concat(host(inet_server_addr()), ':', current_setting('port'))"
        )
        (server,) = cursor.fetchone()
        cursor.execute("SELECT oid, datname FROM pg_database WHERE datname = current_database()")
        number, name = cursor.fetchone()
    return {f"server {server} number {number}", f"server {server} name {name}"}


def _signs_of_a_file() -> set[str]:
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA database_list")
        path = next(file for _number, name, file in cursor.fetchall() if name == "main")
    if not path:
        return {f"memory {connection.settings_dict['NAME']}"}
    file = Path(path).resolve()
    found = file.stat()
    return {f"path {file}", f"inode {found.st_dev} {found.st_ino}"}
