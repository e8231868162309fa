# SPDX-License-Identifier: MIT
"""
A long run, for `make soak` or by hand: memory and descriptors stay flat while targets come and go.
SOAK_SECONDS: how long, 600 unless set.
"""
import os
import time

from lib import peer as behave
from lib.peer import Peer
from lib.program import Program, free_port
from lib.scenario import main, scenario

SECONDS = float(os.environ.get("SOAK_SECONDS", "600"))


@scenario
def memory_and_descriptors_stay_flat():
    flapping_port = free_port()
    with Peer(behave.closes_after(20)) as closing, Peer(behave.garbage) as bad, Peer(
        behave.mute
    ) as mute:
        targets = {f"t{number}": "127.0.0.1:{listen}" for number in range(100)}
        targets.update(
            closing=closing.address,
            bad=bad.address,
            mute=mute.address,
            gone="127.0.0.1:9",
            unresolved="no-such-host.invalid:1",
            flapping=f"127.0.0.1:{flapping_port}",
        )
        flags = ("-interval=20ms", "-timeout=400ms", "-threads=2")
        with Program("both", *flags, targets=targets) as program:
            samples = []
            begin = time.monotonic()
            flapping = None
            while time.monotonic() - begin < SECONDS:
                time.sleep(SECONDS / 120)
                metrics = program.metrics()
                program.http(headers={"Accept-Encoding": "gzip"})
                program.http("/")
                samples.append((program.rss(), program.descriptors()))
                if len(samples) % 10 == 0:
                    program.reload(targets)
                if flapping:
                    flapping.close()
                    flapping = None
                else:
                    flapping = Peer(behave.echo, port=flapping_port)
            if flapping:
                flapping.close()
            assert metrics.value("tcp_echo_timeouts_total", target="t0") == 0
            report(samples)
            half = len(samples) // 2
            early = max(rss for rss, _ in samples[half // 2 : half])
            late = max(rss for rss, _ in samples[half:])
            assert late <= early + 256 * 1024, f"memory grows: {early} to {late} bytes"
            # One connection each may be between two states.
            early = max(count for _, count in samples[:half])
            late = max(count for _, count in samples[half:])
            assert late <= early + 3, f"descriptors grow: {early} to {late}"


def report(samples):
    for rss, descriptors in samples[:: max(1, len(samples) // 12)]:
        print(f"rss {rss // 1024} KiB, {descriptors} descriptors", flush=True)


if __name__ == "__main__":
    main(seconds=SECONDS * 2 + 60)
