# SPDX-License-Identifier: MIT
"""The machine that figures were measured on, and what else it was doing."""

import os
import time


def page_tables(meltdown, flags):
    """What moves the price of a system call: meltdown is the kernel's word, flags are the processor's."""
    isolation = "on" if "PTI" in meltdown else "off"
    identifiers = "with" if "pcid" in flags.split() else "without"
    return f"PTI {isolation} (Meltdown: {meltdown}), {identifiers} PCID"


def processor():
    """Its model and its flags."""
    model, flags = "unknown processor", ""
    with open("/proc/cpuinfo", encoding="utf-8") as file:
        for line in file:
            name, _, value = line.partition(":")
            if name.strip() == "model name":
                model = value.strip()
            elif name.strip() == "flags":
                flags = value
    return model, flags


def machine():
    """In a line, as far as the system reports it."""
    model, flags = processor()
    system = os.uname()
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    parts = [model, f"{len(os.sched_getaffinity(0))} cores"]
    if "hypervisor" in flags.split():
        parts.append("virtual machine")
    parts += [f"{memory:.0f} GiB", f"{system.sysname} {system.release} {system.machine}"]
    try:
        with open("/sys/devices/system/cpu/vulnerabilities/meltdown", encoding="ascii") as file:
            parts.append(page_tables(file.read().strip(), flags))
    except FileNotFoundError:
        pass  # Not every kernel and architecture tells.
    return ", ".join(parts)


def _cpu_ticks():
    with open("/proc/stat", encoding="ascii") as file:
        return [int(field) for field in file.readline().split()[1:9]]


def machine_cpu():
    """CPU seconds that the whole machine was busy, the hypervisor's share included."""
    ticks = _cpu_ticks()
    idle, waiting = ticks[3:5]
    return (sum(ticks) - idle - waiting) / os.sysconf("SC_CLK_TCK")


def stolen_cpu():
    """CPU seconds that the hypervisor gave to other machines while this one had work to do."""
    return _cpu_ticks()[7] / os.sysconf("SC_CLK_TCK")


def wait_for_quiet(patience_s, quiet_percent):
    """Waits until others leave the machine alone for a second, but not forever."""
    deadline = time.monotonic() + patience_s
    while time.monotonic() < deadline:
        busy = machine_cpu()
        time.sleep(1)
        if (machine_cpu() - busy) * 100 <= quiet_percent:
            return
