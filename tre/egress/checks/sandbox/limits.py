"""What a worker may not do: no network, no new program, no writes, bounded memory, time and descriptors.

The system-call filter fails closed: when it cannot be installed, the worker does not read the file.
"""

import os
import resource
import signal

_DENIED = [
    "socket",
    "socketpair",
    "connect",
    "bind",
    "listen",
    "accept",
    "accept4",
    "sendto",
    "sendmsg",
    "sendmmsg",
    "recvmmsg",
    "execve",
    "execveat",
    "ptrace",
    "process_vm_readv",
    "process_vm_writev",
    "kill",
    "tkill",
    "tgkill",
    "pidfd_send_signal",
    "mount",
    "umount2",
    "chroot",
    "pivot_root",
    "unshare",
    "setns",
    "bpf",
    "perf_event_open",
    "keyctl",
    "add_key",
    "request_key",
    "init_module",
    "finit_module",
    "delete_module",
    "kexec_load",
    "reboot",
    "swapon",
    "swapoff",
    "userfaultfd",
    "io_uring_setup",
    "io_uring_enter",
    "io_uring_register",
    "open_by_handle_at",
    "unlink",
    "unlinkat",
    "rename",
    "renameat",
    "renameat2",
    "rmdir",
    "mkdir",
    "mkdirat",
    "link",
    "linkat",
    "symlink",
    "symlinkat",
    "chmod",
    "fchmod",
    "fchmodat",
    "chown",
    "fchown",
    "lchown",
    "fchownat",
    "truncate",
    "mknod",
    "mknodat",
    "personality",
    "vfork",
    "fork",
]

_CLONE_THREAD = 0x00010000


def lock_down(seconds: int, memory_mb: int) -> None:
    """Apply every limit to this process; raises OSError or RuntimeError when one cannot be applied."""
    for kind, value in (
        (resource.RLIMIT_AS, memory_mb << 20),
        (resource.RLIMIT_CPU, seconds + 5),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_NOFILE, 128),
    ):
        _, hard = resource.getrlimit(kind)
        allowed = value if hard == resource.RLIM_INFINITY else min(value, hard)
        resource.setrlimit(kind, (allowed, allowed))
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    os.umask(0o077)
    _filter_calls()


def _filter_calls() -> None:
    import pyseccomp  # noqa: PLC0415

    calls = pyseccomp.SyscallFilter(pyseccomp.ALLOW)
    refuse = pyseccomp.ERRNO(1)
    for name in _DENIED:
        try:
            calls.add_rule(refuse, name)
        except (OSError, ValueError, RuntimeError):  # not a call of this architecture
            continue
    calls.add_rule(pyseccomp.ERRNO(38), "openat2")  # "no such call": libraries then use openat, which is filtered
    calls.add_rule(
        pyseccomp.ERRNO(38), "clone3"
    )  # libraries then use clone, which is filtered: threads yes, processes no
    calls.add_rule(refuse, "clone", pyseccomp.Arg(0, pyseccomp.MASKED_EQ, _CLONE_THREAD, 0))
    # open for writing: O_WRONLY or O_RDWR in the flags of open (argument 1) and openat (argument 2)
    for flag in (os.O_WRONLY, os.O_RDWR):
        calls.add_rule(refuse, "openat", pyseccomp.Arg(2, pyseccomp.MASKED_EQ, os.O_ACCMODE, flag))
        calls.add_rule(refuse, "open", pyseccomp.Arg(1, pyseccomp.MASKED_EQ, os.O_ACCMODE, flag))
    calls.load()
