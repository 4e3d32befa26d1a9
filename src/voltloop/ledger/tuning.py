"""Settings of the embedded PostgreSQL that follow from the memory and the disk of the machine."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

__all__ = ["memory_bytes", "server_settings"]

_MB = 1_000_000
_GROUP_LIMITS = (Path("/sys/fs/cgroup/memory.max"), Path("/sys/fs/cgroup/memory/memory.limit_in_bytes"))


def memory_bytes() -> int:
    """Give the memory that this process may use [B]: the machine's, or less where its control group says so."""
    memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    for path in _GROUP_LIMITS:
        try:
            memory = min(memory, int(path.read_text()))
        except (OSError, ValueError):
            continue
    return memory


def server_settings(folder: Path) -> dict[str, str]:
    """Give the settings of the server on a folder.

    Parameters
    ----------
    folder
        A folder that exists; the write-ahead log takes at most a tenth of what is free on its disk.

    Notes
    -----
    Nothing here trades durability for speed: ``fsync``, ``synchronous_commit`` and ``full_page_writes`` keep their
    defaults (on). JIT is off since it costs more than the short queries of a ledger take.
    """
    memory = memory_bytes()
    free = shutil.disk_usage(folder).free
    buffers = max(128 * _MB, min(memory // 5, 8_000 * _MB))
    log_size = max(256 * _MB, min(4_000 * _MB, free // 10))
    return {
        "listen_addresses": "",
        "unix_socket_directories": ".",
        "unix_socket_permissions": "0700",
        "port": "5432",
        "cluster_name": "voltloop",
        "max_connections": "200",
        "shared_buffers": _in_mb(buffers),
        "effective_cache_size": _in_mb(memory * 6 // 10),
        "work_mem": _in_mb(max(8 * _MB, min(64 * _MB, memory // 400))),
        "maintenance_work_mem": _in_mb(max(64 * _MB, min(1_000 * _MB, memory // 20))),
        "wal_buffers": "16MB",
        "wal_compression": "on",
        "max_wal_size": _in_mb(log_size),
        "min_wal_size": _in_mb(min(512 * _MB, log_size // 2)),
        "checkpoint_timeout": "15min",
        "random_page_cost": "1.1",
        "effective_io_concurrency": "32",
        "jit": "off",
        "timezone": "UTC",
        "log_timezone": "UTC",
        "autovacuum_vacuum_insert_scale_factor": "0.05",
        "autovacuum_analyze_scale_factor": "0.02",
        "log_checkpoints": "off",
        "dynamic_shared_memory_type": "posix" if _has_shared_memory() else "mmap",
    }


def _in_mb(size: int) -> str:
    return f"{size // (1 << 20)}MB"


def _has_shared_memory() -> bool:
    """Tell whether /dev/shm has room for parallel queries; in a container it often has 64 MB."""
    try:
        return shutil.disk_usage("/dev/shm").free > 512 * _MB
    except OSError:
        return False
