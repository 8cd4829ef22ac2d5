"""Become another program that dies with the process that started it.

Called as `exec_child.py PARENT_PID DEATH_SIGNAL USER PROGRAM [ARGUMENT …]`; USER is `-` to keep
the current one. A small program of its own instead of a `preexec_fn`, which is not safe in a
process that has threads.
"""

import ctypes
import os
import pwd
import sys

PR_SET_PDEATHSIG = 1
PR_SET_SECUREBITS = 28
PR_CAP_AMBIENT = 47
PR_CAP_AMBIENT_RAISE = 2
CAP_DAC_OVERRIDE = 1
SECBIT_NO_SETUID_FIXUP = 1 << 2
CAPABILITY_VERSION_3 = 0x20080522

libc = ctypes.CDLL(None, use_errno=True)


def become_user(name: str) -> None:
    """Give up root, but keep the right to reach files below folders that only root may enter.

    Without that right a checkout in `/root` could not be used. Where a container forbids it the
    program runs without.
    """
    account = pwd.getpwnam(name)
    # Without the fix-up access(2), with which initdb looks at its files, honours the right, too.
    libc.prctl(PR_SET_SECUREBITS, SECBIT_NO_SETUID_FIXUP, 0, 0, 0)
    os.setgroups([])
    os.setgid(account.pw_gid)
    os.setuid(account.pw_uid)
    bit = 1 << CAP_DAC_OVERRIDE
    header = (ctypes.c_uint32 * 2)(CAPABILITY_VERSION_3, 0)
    sets = (ctypes.c_uint32 * 6)(bit, bit, bit, 0, 0, 0)
    if libc.capset(header, sets) == 0:
        libc.prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_DAC_OVERRIDE, 0, 0)


def main() -> None:
    parent, death_signal, user, *argv = sys.argv[1:]
    if user != "-":
        become_user(user)
    libc.prctl(PR_SET_PDEATHSIG, int(death_signal), 0, 0, 0)
    if os.getppid() != int(parent):
        # The parent died before the line above: its death is not signalled any more.
        sys.exit(1)
    try:
        os.execvp(argv[0], argv)  # noqa: S606 - a list of words needs no shell
    except OSError as error:
        sys.exit(f"{argv[0]}: {error.strerror}")


main()
