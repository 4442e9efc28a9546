"""The few calls to the operating system that Python's standard library does not offer.

Linux only: elsewhere each of them raises OSError.  They act on the calling *thread*, so they belong into a
child that has just been forked from a process with one thread.
"""

import ctypes
import os
import struct
import sys

CAP_DAC_OVERRIDE = 1
CAP_DAC_READ_SEARCH = 2

_PR_SET_PDEATHSIG = 1
_PR_SET_SECUREBITS = 28
_PR_CAP_AMBIENT = 47
_PR_CAP_AMBIENT_RAISE = 2
_SECBIT_NO_SETUID_FIXUP = 4
_CLONE_NEWUSER = 0x10000000
_CAPABILITY_VERSION_3 = 0x20080522


def _call(name: str, *arguments: int | bytes) -> None:
    if not sys.platform.startswith("linux"):
        raise OSError(f"{name} exists on Linux only")
    libc = ctypes.CDLL(None, use_errno=True)
    function = getattr(libc, name)
    converted = [ctypes.c_ulong(value) if isinstance(value, int) else value for value in arguments]
    if function(*converted) != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{name}: {os.strerror(number)}")


def be_signalled_when_the_parent_dies(signal_number: int) -> None:
    """Ask for *signal_number* when the thread that forked us dies.  A change of user forgets it: call it last."""
    _call("prctl", _PR_SET_PDEATHSIG, signal_number, 0, 0, 0)


def keep_capabilities_over_setuid() -> None:
    """Let the capabilities of root survive setuid, and count in access(2), which otherwise ignores them."""
    _call("prctl", _PR_SET_SECUREBITS, _SECBIT_NO_SETUID_FIXUP, 0, 0, 0)


def keep_only(capability: int) -> None:
    """Give up every capability but one, and hand that one on to the program that is executed next."""
    header = struct.pack("=Ii", _CAPABILITY_VERSION_3, 0)
    low = 1 << capability
    _call("capset", header, struct.pack("=6I", low, low, low, 0, 0, 0))
    _call("prctl", _PR_CAP_AMBIENT, _PR_CAP_AMBIENT_RAISE, capability, 0, 0)


def enter_user_namespace(*, uid: int, gid: int) -> None:
    """Appear as *uid* and *gid* to ourselves, while the kernel goes on checking files as before."""
    outer_uid, outer_gid = os.geteuid(), os.getegid()
    _call("unshare", _CLONE_NEWUSER)
    for name, text in (
        ("setgroups", "deny"),
        ("uid_map", f"{uid} {outer_uid} 1"),
        ("gid_map", f"{gid} {outer_gid} 1"),
    ):
        with open(f"/proc/self/{name}", "w", encoding="ascii") as file:
            file.write(text)
